"""Whatever an agent's backend sends, its adapter yields events or says `AgentUnavailable`, and nobody meets silence."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.chat_bot.reactions import ChatBot
from lambdas.conversation.contact import Session, State
from lambdas.conversation.errors import AgentUnavailable, description_of, explanation_of
from lambdas.conversation.ports import Finished, Question, Refused, ReturnControl, Text
from tests.fuzz.inputs import CANARY, fewer
from tests.fuzz.streams import EVENTS, answers
from tests.lambdas.adapters.agent_benches import WireBench, events_of, running
from tests.lambdas.aws_server import Stream
from tests.stage import CONTACT, FUNCTION_SECONDS, Stage

SESSION = "s" * 40
"""As long as a backend wants it."""
QUESTION = Question(
    contact_id=CONTACT,
    session_id=SESSION,
    turn_id="turn",
    text="canary question",
    language="en",
    told={"name": "canary-name"},
    history=(),
)


@pytest.fixture(scope="module", params=sorted(EVENTS))
def bench(request: pytest.FixtureRequest) -> Iterator[tuple[WireBench, str]]:
    with running(request.param) as bench:
        assert isinstance(bench, WireBench)
        yield bench, request.param


@fewer
@given(data=st.data())
def test_an_adapter_yields_events_or_says_that_the_agent_is_unavailable(
    bench: tuple[WireBench, str], data: st.DataObject
) -> None:
    """What it says in the log holds nothing of what was sent; an answer without its end is never taken for a whole."""
    wire, name = bench
    answer = data.draw(answers(EVENTS[name]), label="answer")
    wire.aws.answers("POST", wire.path, Stream(answer.pieces(), wire.content_type))

    last, said = None, ""
    try:
        for event in events_of(wire.agents.ask(QUESTION)):  # type: ignore[attr-defined]  # each bench has its own
            assert isinstance(event, Text | ReturnControl | Refused | Finished)
            last = event
    except AgentUnavailable as failure:
        said = f"{failure} {explanation_of(failure)} {description_of(failure)}"
    finally:
        wire.aws.forget(wire.path)

    assert CANARY not in said
    assert said or isinstance(last, Finished | ReturnControl)


@fewer
@given(data=st.data())
def test_a_turn_ends_in_an_answer_or_a_person(bench: tuple[WireBench, str], data: st.DataObject) -> None:
    """Never in silence, whatever the first two answers are; nothing planted is counted or explained."""
    wire, name = bench
    drawn = [data.draw(answers(EVENTS[name]), label="answer") for _ in range(2)]
    wire.aws.answers("POST", wire.path, *(Stream(answer.pieces(), wire.content_type) for answer in drawn))
    stage, told = Stage(), list[str]()
    stage.stays.turns[CONTACT] = replace(stage.record, session=Session(id=SESSION))
    message = stage.room.customer_says("canary question")
    numbers = itertools.count(1)
    chat_bot = ChatBot(
        stays=stage.stays,
        room=stage.room,
        agents=wire.agents,  # type: ignore[attr-defined]  # each bench has its own
        policy=stage.policy,
        rules=stage.rules,
        may_read_transcript=True,
        new_id=lambda: f"owner-{next(numbers):040d}",
        random=lambda: 0.5,
    )

    try:
        chat_bot.handle(
            spoken(message.id, message.text, stage.clock.now()),
            clock=stage.clock,
            ends_at=stage.clock.now() + FUNCTION_SECONDS,
            report=told.append,
            explain=lambda failure: told.append(str(explanation_of(failure))),
        )
    finally:
        wire.aws.forget(wire.path)

    assert stage.heard, "the customer heard nothing"
    assert CANARY not in " ".join(told)
    assert (stage.record.inbox, stage.record.lease) == ((), None)
    if stage.record.state is State.BOT:
        assert stage.connected
    else:
        assert (stage.record.state, stage.connected) == (State.HUMAN, False)
        assert stage.room.attributes["handoff_reason"]


def spoken(identifier: str, text: str, at: float) -> dict[str, object]:
    """The message as SNS brings it."""

    item = {
        "AbsoluteTime": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
        "Content": text,
        "ContentType": "text/plain",
        "Id": identifier,
        "Type": "MESSAGE",
        "ParticipantRole": "CUSTOMER",
        "InitialContactId": CONTACT,
        "ContactId": CONTACT,
    }
    return {"Sns": {"Message": json.dumps(item)}}
