"""What all adapters share beside the contract: closing while the call is under way, and what may be kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambdas.adapters.answer import MOST_PENDING_BYTES, Answer, Line, earlier_talk, kept
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.ports import AgentEvent, Finished, Role, Said, Text


class Stream:
    """A body of botocore's that remembers whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_an_answer_closed_while_it_was_asked_for_is_not_read() -> None:
    """The call cannot be woken before its first byte; what then comes is put down at once."""
    stream = Stream()

    def work(line: Line) -> Iterator[AgentEvent]:
        answer.close()
        with line.over(stream):
            yield Text("for nobody")

    answer = Answer(work)

    assert list(answer) == []
    assert stream.closed


def test_a_failure_after_hanging_up_is_no_failure() -> None:
    """Hanging up is what broke it."""

    def work(line: Line) -> Iterator[AgentEvent]:
        yield Text("Hello")
        line.hang_up()
        raise AgentUnavailable("AnswerWithoutEnd", retryable=True)

    assert list(Answer(work)) == [Text("Hello")]


def test_a_body_is_closed_at_the_end() -> None:
    """Its connection goes back, or away."""
    stream = Stream()

    def work(line: Line) -> Iterator[AgentEvent]:
        with line.over(stream):
            yield Finished()

    assert list(Answer(work)) == [Finished()]
    assert stream.closed


def test_what_is_kept_of_a_control_is_measured_in_bytes() -> None:
    """As the table counts."""
    assert kept("x" * MOST_PENDING_BYTES) == "x" * MOST_PENDING_BYTES
    for too_large in ("x" * (MOST_PENDING_BYTES + 1), "ñ" * (MOST_PENDING_BYTES // 2 + 1)):
        assert kept(too_large) == ""


def test_what_is_kept_of_a_control_can_be_written() -> None:
    """The table takes no half of a character."""
    assert kept('{"note": "caf\ud83d"}') == '{"note": "caf?"}'


def test_a_failure_that_nobody_foresaw_is_told_by_its_kind() -> None:
    """Its message might quote the customer; whoever looks for the mistake finds it as the cause."""
    mistake = RecursionError("canary")

    def work(line: Line) -> Iterator[AgentEvent]:
        yield Text("Hello")
        raise mistake

    with pytest.raises(AgentUnavailable) as raised:
        list(Answer(work))

    assert (raised.value.code, raised.value.retryable) == ("RecursionError", False)
    assert raised.value.__cause__ is mistake
    assert "canary" not in str(raised.value)


def test_the_earlier_talk_begins_with_the_customer_and_takes_turns() -> None:
    """Models refuse anything else; a person counts as whoever answered, the flow's prompts do not count."""

    def said(role: Role, text: str) -> Said:
        return Said(id="i", at=0.0, role=role, text=text, content_type="text/plain")

    talk = (
        said("SYSTEM", "Bienvenida"),
        said("CUSTOM_BOT", "¡Hola!"),
        said("CUSTOMER", "Hola"),
        said("CUSTOMER", "¿Dónde está mi pedido?"),
        said("AGENT", "Lo miro."),
        said("CUSTOM_BOT", ""),
        said("CUSTOM_BOT", "Está en camino."),
        said("CUSTOMER", "Gracias"),
    )

    assert earlier_talk(talk) == [
        ("user", "Hola\n¿Dónde está mi pedido?"),
        ("assistant", "Lo miro.\nEstá en camino."),
        ("user", "Gracias"),
    ]
