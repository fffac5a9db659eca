"""The judge of the load sees what a customer must never meet."""

from __future__ import annotations

import pytest

from tests.load.judge import faults, heard_all
from tests.load.repeating_team import question

ASKED = [question(1, 1), question(1, 2)]
A1, A2, B1, B2 = (f"Answer 001-0{number}, {part} part." for number in (1, 2) for part in ("first", "second"))


@pytest.mark.parametrize("answers", [[A1, A2, B1, B2], [B1, B2, A1, A2], [A1, f"{A2}\n\n{B1}", B2]])
def test_each_question_answered_once_is_no_fault(answers: list[str]) -> None:
    """In any order of the questions, and with parts joined into one message."""
    assert [*faults(ASKED, answers)] == []


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ([A1, A2, B1], "second part of 001-02 was said 0 times"),
        ([A1, A2, A1, A2, B1, B2], "first part of 001-01 was said 2 times"),
        ([A1, B1, A2, B2], "parts apart"),
        ([A2, A1, B1, B2], "parts apart"),
        ([A1, A2, B1, B2, "Answer 002-01, first part."], "never asked: ['002-01']"),
        ([A1, A2, B1, B2, "One moment, please."], "not an answer: 'One moment, please.'"),
    ],
)
def test_what_is_lost_doubled_or_mixed_is_seen(answers: list[str], seen: str) -> None:
    """Else a run without a fault would say nothing."""
    assert seen in "\n".join(faults(ASKED, answers))


def test_an_order_that_nobody_disturbed_is_kept() -> None:
    """SNS reorders; the bot does not."""
    assert "another order" in "\n".join(faults(ASKED, [B1, B2, A1, A2], in_order=True))


SAID = [("Hello", 10.0), (A1, 20.0), (A2, 21.0)]


@pytest.mark.parametrize(
    ("heard", "listens_at", "all_of_it"),
    [
        (["Hello", A1, A2], 9.0, True),
        (["Hello", A1, A2], 10.5, True),  # it subscribed while the first one was on its way
        ([A1, A2], 10.5, True),
        ([A1, A2], 9.0, False),
        (["Hello", A1], 9.0, False),
        (["Hello", A2, A1], 9.0, False),
        (["Hello", A1, A1, A2], 9.0, False),
        ([A2], 10.5, False),
    ],
)
def test_only_what_was_said_before_the_socket_listened_may_be_missing(
    heard: list[str], listens_at: float, all_of_it: bool
) -> None:
    """A greeting may be quicker than a browser's subscription; ChatJS's users then read it in the transcript."""
    assert heard_all(heard, SAID, listens_at=listens_at) == all_of_it
