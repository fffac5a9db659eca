"""What ChatBot does about each record: one straight line from the event to the turn."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.chat_bot.events import CHAT_ENDED, PARTICIPANT_JOINED
from lambdas.chat_bot.reactions import ChatBot
from lambdas.conversation.contact import KEPT_AFTER_END_SECONDS, State
from lambdas.conversation.errors import InvalidEvent
from lambdas.conversation.handoff import Reason
from lambdas.conversation.leaving import take_back
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, FUNCTION_SECONDS, Stage, answering, crashed_after, escalates, says


def chat_bot_of(stage: Stage) -> ChatBot:
    numbers = itertools.count(1)
    return ChatBot(
        stays=stage.stays,
        room=stage.room,
        agents=stage.agents,
        policy=stage.policy,
        rules=stage.rules,
        may_read_transcript=stage.may_read_transcript,
        new_id=lambda: f"owner-{next(numbers)}",
        random=lambda: 0.5,
    )


def somebody_joins(*, at: float) -> dict[str, object]:
    moment = datetime.fromtimestamp(at, UTC).isoformat()
    return {
        "Type": "EVENT",
        "ContentType": PARTICIPANT_JOINED,
        "ParticipantRole": "AGENT",
        "AbsoluteTime": moment,
    }


def happens(stage: Stage, **item: object) -> None:
    """Connect publishes this of the contact, and ChatBot reacts."""
    publishes(stage, chat_bot_of(stage), item)


def publishes(stage: Stage, chat_bot: ChatBot, item: Mapping[str, object]) -> None:
    record = {"Sns": {"Message": json.dumps({"InitialContactId": CONTACT, **item})}}
    chat_bot.handle(
        record,
        clock=stage.clock,
        ends_at=stage.clock.now() + FUNCTION_SECONDS,
        report=stage.reports.append,
    )


def customer_writes(text: str = "", **changes: Any) -> dict[str, object]:
    return {
        "Id": "item-of-the-customer",
        "AbsoluteTime": "2026-09-21T14:13:20.000Z",
        "Type": "MESSAGE",
        "ParticipantRole": "CUSTOMER",
        "ContentType": "text/plain",
        "Content": text,
        **changes,
    }


def test_a_message_of_the_customer_is_answered() -> None:
    """From the published item to what the customer hears."""
    stage = answering("Here.")

    happens(stage, **customer_writes("Where is my order?"))

    assert stage.heard == ["Here."]
    assert stage.agents.asked[0].text == "Where is my order?"


def test_every_execution_is_an_owner_of_its_own() -> None:
    """A retry repeats Lambda's request id; two executions must never take themselves for one."""
    owners: list[str] = []
    stage = Stage()

    def note_owner() -> None:
        assert stage.record.lease is not None
        owners.append(stage.record.lease.owner)

    stage.agents = ScriptedAgents([note_owner, "Here."], [note_owner, "Open."])
    chat_bot = chat_bot_of(stage)

    for text in ("Where is my order?", "And my ticket?"):
        publishes(stage, chat_bot, customer_writes(text, Id=text))

    assert len(set(owners)) == 2


def test_a_file_is_answered_by_the_bot_itself() -> None:
    """The item has neither content nor content type."""
    stage = Stage()

    happens(stage, **customer_writes(Type="ATTACHMENT", ContentType=None, Content=None))

    assert stage.heard == [says("attachment")]


def test_a_hand_off_is_counted_by_its_reason() -> None:
    """Metrics name things, never texts of the customer."""
    stage = Stage(agents=ScriptedAgents([escalates("Order 10020030")]))

    happens(stage, **customer_writes("A person, please"))

    assert stage.reports == ["Handoff.customer_asked"]


def test_a_person_who_joins_has_the_chat() -> None:
    """Connect has removed the bot; what waits in the inbox is the person's to answer."""
    stage = Stage()
    stage.execution(stage.room.customer_says("Where is my order?")).go(1)

    happens(stage, **somebody_joins(at=stage.clock.now()))

    assert (stage.record.state, stage.record.inbox, stage.record.lease) == (State.HUMAN, (), None)
    assert (stage.room.streams, stage.agents.ended) == (set(), ["session"])


def test_a_person_who_joins_after_the_hand_off_has_nothing_left_to_end() -> None:
    """The bot has left in good order; SNS may also bring the event twice."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.hears("A person, please")
    stage.room.calls.clear()

    for _ in range(2):
        happens(stage, **somebody_joins(at=stage.clock.now()))

    assert stage.agents.ended == ["session"]
    assert stage.room.calls == []


def test_a_person_who_joined_before_this_stay_of_the_bot_has_gone_again() -> None:
    """SNS may bring the event late, when the bot is back in the chat."""
    stage = Stage()

    happens(stage, **somebody_joins(at=stage.record.joined_at - 60))

    assert stage.record.state is State.BOT
    assert (len(stage.room.streams), stage.agents.ended) == (1, [])


def test_a_person_who_joins_an_unknown_contact_changes_nothing() -> None:
    """A chat the bot never had."""
    stage = Stage()
    stage.stays.turns.clear()

    happens(stage, **somebody_joins(at=stage.clock.now()))

    assert stage.stays.turns == {}


def test_the_end_of_a_chat_is_recorded_and_ends_the_agents_session() -> None:
    """What is kept of the contact goes a day later."""
    stage = Stage()

    happens(stage, Type="EVENT", ContentType=CHAT_ENDED)

    assert stage.record.state is State.ENDED
    assert stage.record.expires_at == stage.clock.now() + KEPT_AFTER_END_SECONDS
    assert stage.stays.contacts_expire_at[CONTACT] == stage.record.expires_at
    assert stage.agents.ended == ["session"]
    assert stage.reports == ["ChatsEndedWithTheBot"]


def test_a_chat_that_ends_with_a_person_has_no_session_to_end() -> None:
    """The bot ended it when it left."""
    stage = Stage()
    stage.stays.become_human(stage.record, now=stage.clock.now())

    happens(stage, Type="EVENT", ContentType=CHAT_ENDED)

    assert stage.record.state is State.ENDED
    assert (stage.agents.ended, stage.reports) == ([], [])


def test_a_chat_that_ends_in_mid_hand_off_ends_the_agents_session() -> None:
    """Whoever was handing off has died; nobody else would end it."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    crashed_after(stage, stage.room.customer_says("A person, please"), "BeginHandoff")

    happens(stage, Type="EVENT", ContentType=CHAT_ENDED)

    assert stage.record.state is State.ENDED
    assert (stage.agents.ended, "ChatsEndedWithTheBot" in stage.reports) == (["session"], False)


@pytest.mark.parametrize("event", ["a person joins", "the chat ends"])
@pytest.mark.parametrize("reason", [Reason.UNANSWERED, Reason.FLOW_ERROR])
def test_the_session_of_a_contact_that_the_flow_took_back_is_ended(event: str, reason: Reason) -> None:
    """StartBot has no agents to end it with."""
    stage = Stage()
    with stage.performer() as performer:
        performer.record, performer.agents = stage.record, None
        performer.perform(take_back(stage.record, reason, stage.world()))
    assert stage.agents.ended == []
    stage.room.calls.clear()

    if event == "a person joins":
        happens(stage, **somebody_joins(at=stage.clock.now()))
    else:
        happens(stage, Type="EVENT", ContentType=CHAT_ENDED)

    assert (stage.agents.ended, stage.room.calls) == (["session"], [])


def test_a_chat_ends_once() -> None:
    """SNS may say it twice."""
    stage = Stage()

    for _ in range(2):
        happens(stage, Type="EVENT", ContentType=CHAT_ENDED)

    assert stage.agents.ended == ["session"]


def test_a_message_after_the_end_is_moot() -> None:
    """Nobody is there to hear an answer."""
    stage = Stage()
    happens(stage, Type="EVENT", ContentType=CHAT_ENDED)

    happens(stage, **customer_writes("Hello?"))

    assert stage.heard == []


def test_what_the_filter_should_have_kept_away_is_counted() -> None:
    """A growing number shows that the filter or Connect has changed."""
    stage = Stage()

    happens(stage, Type="EVENT", ContentType="application/vnd.amazonaws.connect.event.typing")

    assert stage.reports == ["IrrelevantEvents"]


def test_a_record_that_is_none_is_refused() -> None:
    """The handler goes on with its neighbours."""
    stage = Stage()

    with pytest.raises(InvalidEvent):
        chat_bot_of(stage).handle({}, clock=stage.clock, ends_at=0.0, report=stage.reports.append)
