"""What StartBot does for the flow, and the flat answers the flow reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lambdas.conversation.contact import State, TurnRecord
from lambdas.conversation.errors import ChatError
from lambdas.conversation.handoff import Handoff
from lambdas.conversation.ports import Chat, Said
from lambdas.conversation.stay import Reception
from lambdas.start_bot.actions import StartBot
from lambdas.start_bot.events import FlowEvent
from tests.fakes import MemoryStays, ScriptedAgents
from tests.stage import CHAT, CONTACT, Stage, answering, escalates, says


def start_bot_of(stage: Stage, *, language: str = "en", told: tuple[str, ...] = ()) -> StartBot:
    numbers = itertools.count(1)

    def hand_to_chat_bot(chat: Chat, early: Sequence[Said]) -> None:
        raise AssertionError(f"nothing was written early in {chat}: {early}")

    return StartBot(
        reception=Reception(
            stays=stage.stays,
            room=stage.room,
            clock=stage.clock,
            new_id=lambda: f"start-{next(numbers)}",
            random=lambda: 0.5,
            hand_to_chat_bot=hand_to_chat_bot,
            topic_arn="topic",
            bot_name="Bot",
            may_read_transcript=stage.may_read_transcript,
        ),
        policy=stage.policy,
        language=language,
        told_attributes=told,
        report=stage.reports.append,
    )


def before_the_bot() -> Stage:
    """A chat the bot has not joined yet."""
    stage = Stage()
    stage.stays.turns.clear()
    stage.stays.contacts.clear()
    stage.room.bot_leaves()
    stage.room.items.clear()
    return stage


def asks(action: str, **more: object) -> FlowEvent:
    return replace(FlowEvent(action=action, chat=CHAT), **more)  # type: ignore[arg-type]  # the fields of a FlowEvent


# ---- join


def test_the_flow_learns_that_the_bot_has_joined() -> None:
    """Then it waits."""
    stage = before_the_bot()

    assert start_bot_of(stage).act(asks("join")) == {"status": "joined"}
    assert stage.record.state is State.BOT
    assert stage.reports == ["BotJoined"]


def test_the_flow_learns_that_the_bot_could_not_join() -> None:
    """Then it looks for a person."""
    stage = before_the_bot()
    stage.room.meets("create_participant", ChatError("create_participant", "ServiceQuotaExceededException"))

    assert start_bot_of(stage).act(asks("join")) == {"status": "failed"}
    assert stage.reports == ["BotCouldNotJoin"]


@pytest.mark.parametrize(
    ("attributes", "language_code", "setting", "language"),
    [
        ({"language": "es-MX"}, "en-US", "en", "es"),
        ({}, "es-US", "en", "es"),
        ({}, "", "es", "es"),
        ({"language": ""}, "", "es", "es"),
        ({"language": "fr"}, "es-US", "es", "en"),
    ],
)
def test_the_language_is_the_customers_then_the_flows_then_the_settings(
    attributes: dict[str, str], language_code: str, setting: str, language: str
) -> None:
    """What is given but unknown means English."""
    stage = before_the_bot()

    start_bot_of(stage, language=setting).act(asks("join", attributes=attributes, language_code=language_code))

    assert stage.record.language == language
    assert stage.room.bot_said == [says("greeting", language)]


def test_the_agent_is_told_only_the_attributes_of_the_setting() -> None:
    """The customer's other attributes are none of its business."""
    stage = before_the_bot()

    start_bot_of(stage, told=("name", "city")).act(asks("join", attributes={"name": "Ana", "card": "4111"}))

    assert stage.record.told == {"name": "Ana"}


def test_the_channel_is_remembered() -> None:
    """It decides how long a message may be."""
    stage = before_the_bot()

    start_bot_of(stage).act(asks("join", subtype="connect:SMS"))

    assert stage.stays.contacts[CONTACT].subtype == "connect:SMS"


# ---- watch


def test_the_flow_waits_while_the_customer_has_an_answer() -> None:
    """Most rounds end like this."""
    assert start_bot_of(Stage()).act(asks("watch")) == {"status": "wait"}


def test_the_flow_takes_over_when_the_customer_has_none() -> None:
    """After three minutes."""
    stage = Stage()
    stage.room.customer_says("Hello?")
    stage.clock.advance(181)

    assert start_bot_of(stage).act(asks("watch")) == {"status": "take_over"}


# ---- leave


def test_the_bot_leaves_and_the_person_gets_what_waits() -> None:
    """Without a word of its own: the flow speaks."""
    stage = answering("Never.")
    stage.execution(stage.room.customer_says("Where is my order?")).go(1)

    answer = start_bot_of(stage).act(asks("leave", reason="unanswered"))

    assert answer == {"status": "left"}
    assert stage.room.attributes["handoff_reason"] == "unanswered"
    assert stage.room.attributes["handoff_summary"] == "Where is my order?"
    assert stage.heard == []
    assert not stage.connected
    assert (stage.record.state, stage.record.inbox) == (State.HUMAN, ())
    assert stage.reports == ["Handoff.unanswered"]


@pytest.mark.parametrize("reason", ["flow_error", "", "because"])
def test_any_other_reason_is_an_error_of_the_flow(reason: str) -> None:
    """The list of reasons is closed."""
    stage = Stage()

    start_bot_of(stage).act(asks("leave", reason=reason))

    assert stage.room.attributes["handoff_reason"] == "flow_error"


def test_leaving_finishes_a_hand_off_that_hangs() -> None:
    """With the reason it was begun for."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.execution(stage.room.customer_says("A person, please")).go(5)

    start_bot_of(stage).act(asks("leave", reason="unanswered"))

    assert stage.room.attributes["handoff_reason"] == "customer_asked"
    assert stage.record.state is State.HUMAN


class OvertakenStays(MemoryStays):
    """Just before the flow's hand-off is written, somebody else does something."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def begin_handoff(self, record: TurnRecord, handoff: Handoff, *, owner: str, now: float, seize: bool) -> TurnRecord:
        if seize:
            self.meanwhile()
        return super().begin_handoff(record, handoff, owner=owner, now=now, seize=seize)


def test_leaving_while_the_bot_decides_to_hand_off_finishes_that_hand_off() -> None:
    """The bot's decision came between reading and writing; the flow must not wait for its steps."""
    stays = OvertakenStays()
    stage = Stage(agents=ScriptedAgents([escalates()]), stays=stays)
    holder = stage.execution(stage.room.customer_says("A person, please"))
    holder.go(4)
    stays.meanwhile = holder.step

    answer = start_bot_of(stage).act(asks("leave", reason="unanswered"))

    assert answer == {"status": "left"}
    assert holder.performed[-1] == "BeginHandoff"
    assert stage.room.attributes["handoff_reason"] == "customer_asked"
    assert stage.record.state is State.HUMAN


def test_leaving_while_a_person_joins_changes_nothing() -> None:
    """The person has the chat already."""
    stays = OvertakenStays()
    stage = Stage(stays=stays)
    stays.meanwhile = lambda: stays.become_human(stage.record, now=stage.clock.now())

    assert start_bot_of(stage).act(asks("leave", reason="unanswered")) == {"status": "left"}
    assert stage.room.attributes == {}


def test_a_bot_that_never_finished_joining_leaves_without_a_word() -> None:
    """There is nothing to hand over."""
    stage = Stage()
    stage.stays.turns[CONTACT] = replace(stage.record, state=State.JOINING)

    assert start_bot_of(stage).act(asks("leave", reason="flow_error")) == {"status": "left"}
    assert stage.record.state is State.HUMAN
    assert not stage.connected
    assert stage.room.attributes == {}


@pytest.mark.parametrize("state", [State.HUMAN, State.ENDED])
def test_leaving_a_chat_the_bot_has_left_changes_nothing(state: State) -> None:
    """The flow asks to be sure."""
    stage = Stage()
    stage.stays.turns[CONTACT] = replace(stage.record, state=state)

    assert start_bot_of(stage).act(asks("leave", reason="flow_error")) == {"status": "left"}
    assert stage.record.state is state
    assert stage.room.calls == []


def test_leaving_an_unknown_chat_changes_nothing() -> None:
    """The bot was never there."""
    assert start_bot_of(before_the_bot()).act(asks("leave", reason="flow_error")) == {"status": "left"}


def test_a_message_that_comes_while_the_bot_leaves_belongs_to_the_person() -> None:
    """It is in the transcript; the bot says nothing more."""
    stage = answering("Never.")
    start_bot_of(stage).act(asks("leave", reason="unanswered"))

    stage.hears("Hello?")

    assert stage.heard == []


# ---- give up


def test_a_chat_that_found_nobody_is_counted() -> None:
    """The one branch besides an ended talk that ends a chat; someone should look at the number."""
    stage = Stage()

    assert start_bot_of(stage).act(asks("give_up")) == {"status": "counted"}
    assert stage.reports == ["ChatsEndedWithoutAPerson"]
