"""A rescue: whoever still waits for an answer hears one sentence and gets a person; everybody else is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.errors import ChatError, ChatThrottled, ConnectionRefused, ContactNotReady, TurnUnderWay
from lambdas.conversation.inbox import REMEMBERED_SECONDS, Kind, Message
from lambdas.conversation.ports import NotTaken
from lambdas.conversation.rescue import rescue
from lambdas.conversation.turn import react
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, Execution, Stage, answering, crashed_after, escalates, says

RESCUE_BOT_SECONDS = 15.0
GIVEN_UP_AFTER_SECONDS = 185.0
"""Three tries that fail at once, a minute and two minutes apart."""
SEEN_AGAIN_SECONDS = 90.0


def rescuing(stage: Stage, message: Message, *, random: Callable[[], float] | None = None) -> Execution:
    """One execution of RescueBot, which has no agents."""
    performer = stage.performer()
    performer.agents = None
    world = replace(stage.world(), ends_at=stage.clock.now() + RESCUE_BOT_SECONDS)
    world = replace(world, random=random or world.random)
    return Execution(rescue(CONTACT, message, world), performer)


def given_up(stage: Stage, text: str = "Where is my order?") -> Message:
    """A message whose event Lambda has given up on, no try of which ever reached the record."""
    message = stage.room.customer_says(text)
    stage.clock.advance(GIVEN_UP_AFTER_SECONDS)
    return message


def require_rescued(stage: Stage) -> None:
    assert stage.heard[-1] == says("rescued")
    assert stage.heard.count(says("rescued")) == 1
    assert stage.room.attributes["handoff_reason"] == "rescued"
    assert stage.room.attributes["handoff_outcome"] == "escalate"
    assert stage.record.state is State.HUMAN
    assert (stage.record.inbox, stage.record.lease) == ((), None)
    assert not stage.connected
    assert not stage.room.streams


# ---- who is rescued


def test_a_message_that_nobody_answered_ends_with_a_person() -> None:
    """One sentence, and the person finds what the customer wrote."""
    stage = Stage()
    message = given_up(stage)

    rescuing(stage, message).run()

    require_rescued(stage)
    assert stage.heard == [says("rescued")]
    assert stage.room.attributes["handoff_summary"] == "Where is my order?"
    assert stage.agents.asked == []


def test_the_customer_hears_it_in_their_language() -> None:
    stage = Stage(language="es")

    rescuing(stage, given_up(stage)).run()

    assert stage.heard == [says("rescued", "es")]
    assert stage.room.attributes["handoff_language"] == "es"


def test_the_person_gets_everything_that_waited() -> None:
    """What came before in the inbox of a dead holder, and the message of the event itself."""
    stage = answering("Here.")
    first = stage.room.customer_says("Where is my order?")
    crashed_after(stage, first, "Ask")
    second = given_up(stage, "And my ticket?")

    rescuing(stage, second).run()

    require_rescued(stage)
    assert stage.room.attributes["handoff_summary"] == "Where is my order?\nAnd my ticket?"
    assert set(stage.record.done) == {first.mark, second.mark}


def test_a_file_that_nobody_answered_brings_a_person_too() -> None:
    """There is nothing to quote; the person sees the file in the chat."""
    stage = Stage()
    message = stage.room.customer_says(kind=Kind.ATTACHMENT)

    rescuing(stage, message).run()

    require_rescued(stage)
    assert stage.room.attributes["handoff_summary"] == ""


def test_an_old_message_is_rescued_all_the_same() -> None:
    """The age limit is about the agents; a person can answer late."""
    stage = Stage()
    message = stage.room.customer_says("Where is my order?")
    stage.clock.advance(REMEMBERED_SECONDS + 60)

    rescuing(stage, message).run()

    require_rescued(stage)


def test_a_message_that_was_answered_so_long_ago_that_the_record_forgot_it_needs_no_rescue() -> None:
    """The transcript remembers: nobody is handed over with an apology for an answer they had."""
    stage = answering("Here.", "Tomorrow.")
    message = stage.hears("Where is my order?")
    stage.clock.advance(REMEMBERED_SECONDS + 60)
    stage.hears("And when?")
    assert message.mark not in stage.record.done

    rescuing(stage, message).run()

    assert stage.heard == ["Here.", "Tomorrow."]
    assert stage.record.state is State.BOT
    assert (stage.record.inbox, stage.record.lease) == ((), None)


def test_what_comes_while_it_is_found_to_be_answered_is_rescued() -> None:
    """It went into the inbox of a turn that asks nobody, so it must not be left there."""
    stage = answering("Here.")
    message = stage.hears("Where is my order?")
    stage.clock.advance(REMEMBERED_SECONDS + 60)
    stage.stays.turns[CONTACT] = replace(stage.record, done=())
    execution = rescuing(stage, message)
    while "ReadTranscript" not in execution.performed:
        execution.step()
    late = stage.room.customer_says("Hello?")
    assert isinstance(stage.stays.take(CONTACT, late, owner="other", now=stage.clock.now()), NotTaken)

    execution.run()

    require_rescued(stage)
    assert stage.room.attributes["handoff_summary"] == "Hello?"


# ---- who is not


def test_a_message_that_is_answered_needs_no_rescue() -> None:
    """The event of a try that died after its release, for example."""
    stage = answering("Here.")
    message = stage.hears("Where is my order?")

    rescuing(stage, message).run()

    assert stage.heard == ["Here."]
    assert stage.record.state is State.BOT


@pytest.mark.parametrize("state", [State.HUMAN, State.ENDED])
def test_a_contact_that_has_left_the_bot_needs_no_rescue(state: State) -> None:
    stage = Stage()
    message = given_up(stage)
    stage.stays.turns[CONTACT] = replace(stage.record, state=state)
    stage.room.calls.clear()

    rescuing(stage, message).run()

    assert stage.room.calls == []
    assert stage.record.state is state


def test_a_rescue_that_is_repeated_does_nothing() -> None:
    """SQS delivers at least once."""
    stage = Stage()
    message = given_up(stage)
    rescuing(stage, message).run()
    stage.room.calls.clear()

    rescuing(stage, message).run()

    assert stage.room.calls == []


def test_a_person_who_has_just_come_takes_the_contact() -> None:
    """Connect has removed the bot; nothing is said into their chat."""
    stage = Stage()
    message = given_up(stage)
    stage.room.bot_leaves()

    rescuing(stage, message).run()

    assert stage.heard == []
    assert stage.record.state is State.HUMAN


# ---- who holds the turn


def test_what_a_live_holder_will_answer_is_left_to_it_but_looked_at_again() -> None:
    """No try of Lambda comes any more: if the holder dies, nobody else would know."""
    stage = answering("Here.", "Open.")
    first = stage.room.customer_says("Where is my order?")
    alive = stage.execution(first)
    alive.go(2)
    second = stage.room.customer_says("And my ticket?")

    with pytest.raises(TurnUnderWay):
        rescuing(stage, second).run()
    alive.run()
    stage.clock.advance(SEEN_AGAIN_SECONDS)
    rescuing(stage, second).run()

    assert stage.heard == ["Here.", "Open."]
    assert stage.record.state is State.BOT


def test_the_third_try_that_died_a_moment_ago_is_not_taken_for_a_live_one() -> None:
    """Its lease outlives it by half a minute: at the next look it is over."""
    stage = answering("Here.")
    message = stage.room.customer_says("Where is my order?")
    dying = stage.execution(message)
    dying.go(3)
    dying.kill()

    with pytest.raises(TurnUnderWay):
        rescuing(stage, message).run()
    assert stage.heard == []
    stage.clock.advance(SEEN_AGAIN_SECONDS)
    rescuing(stage, message).run()

    require_rescued(stage)


def test_a_hand_off_that_was_left_unfinished_is_finished_as_it_was_decided() -> None:
    """The customer asked for a person and gets one for that reason; the sentence is said once."""
    stage = answering("")
    stage.agents = ScriptedAgents([escalates("Wants to talk to a person")])
    message = stage.room.customer_says("A person, please")
    crashed_after(stage, message, "SetAttributes")

    rescuing(stage, message).run()

    assert stage.heard == [says("escalate")]
    assert stage.room.attributes["handoff_reason"] == "customer_asked"
    assert stage.record.state is State.HUMAN
    assert not stage.connected


def test_a_closing_sentence_that_was_heard_is_not_said_again() -> None:
    stage = Stage(agents=ScriptedAgents([escalates()]))
    message = stage.room.customer_says("A person, please")
    crashed_after(stage, message, "Send")

    rescuing(stage, message).run()

    assert stage.heard == [says("escalate")]
    assert stage.record.state is State.HUMAN


def test_a_hand_off_under_way_is_looked_at_again() -> None:
    """Its holder may be dead, too."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    message = stage.room.customer_says("A person, please")
    dying = stage.execution(message)
    while "BeginHandoff" not in dying.performed:
        dying.step()
    dying.kill()

    with pytest.raises(TurnUnderWay):
        rescuing(stage, message).run()
    stage.clock.advance(SEEN_AGAIN_SECONDS)
    rescuing(stage, message).run()

    assert stage.record.state is State.HUMAN
    assert stage.heard == [says("escalate")]


def test_two_rescues_of_one_contact_say_it_once() -> None:
    """Two events of a burst are given up on together."""
    stage = Stage()
    first, second = given_up(stage, "Hello"), stage.room.customer_says("Anybody?")
    rescuer = rescuing(stage, first)
    rescuer.go(2)

    with pytest.raises(TurnUnderWay):
        rescuing(stage, second).run()
    rescuer.run()
    stage.clock.advance(SEEN_AGAIN_SECONDS)
    rescuing(stage, second).run()

    require_rescued(stage)


# ---- what cannot be done yet


def test_a_contact_that_is_still_joining_is_waited_for_and_then_comes_again() -> None:
    stage = Stage()
    message = given_up(stage)
    stage.stays.turns[CONTACT] = replace(stage.record, state=State.JOINING)

    with pytest.raises(ContactNotReady):
        rescuing(stage, message).run()

    assert sum(stage.clock.slept) < RESCUE_BOT_SECONDS - 5


def test_an_unknown_contact_comes_again() -> None:
    stage = Stage()
    message = given_up(stage)
    stage.stays.turns.clear()

    with pytest.raises(ContactNotReady):
        rescuing(stage, message).run()


def test_a_sentence_that_cannot_be_sent_does_not_keep_the_customer_from_the_person() -> None:
    stage = Stage()
    message = given_up(stage)
    stage.room.meets("send", *[ChatError("SendMessage", "InternalServerException")] * 20)

    rescuing(stage, message).run()

    assert stage.record.state is State.HUMAN
    assert not stage.connected


@pytest.mark.parametrize("attributes_throttled", range(4))
@pytest.mark.parametrize("jitter", [0.2, 0.4, 0.6, 0.8, 0.99])
def test_a_sentence_that_connect_is_too_busy_for_leaves_time_to_leave_the_chat(
    jitter: float, attributes_throttled: int
) -> None:
    """A rescue that was stopped before the disconnect would come again only 90 s later, a rush or not."""
    stage = Stage()
    message = given_up(stage)
    stage.room.meets(
        "set_attributes", *[ChatThrottled("UpdateContactAttributes", "ThrottlingException")] * attributes_throttled
    )
    stage.room.meets("send", *[ChatThrottled("SendMessage", "ThrottlingException")] * 100)
    stage.room.meets("disconnect", ChatThrottled("DisconnectParticipant", "ThrottlingException"))
    started = stage.clock.now()

    rescuing(stage, message, random=lambda: jitter).run()

    assert stage.record.state is State.HUMAN
    assert not stage.connected
    assert stage.clock.now() - started < RESCUE_BOT_SECONDS - 1


# ---- a rescue that dies


def steps_of_a_rescue() -> range:
    stage = Stage()
    execution = rescuing(stage, given_up(stage))
    execution.run()
    return range(len(execution.performed) + 1)


@pytest.mark.parametrize("shows_transcript", [True, False], ids=["shown", "refused"])
@pytest.mark.parametrize("step", steps_of_a_rescue())
def test_a_rescue_that_dies_is_finished_by_the_next_look(step: int, shows_transcript: bool) -> None:
    """The sentence is heard at most once, the person always comes, and the attributes stand before the flow wakes."""
    stage = Stage()
    stage.room.shows_transcript = shows_transcript
    message = given_up(stage)
    dying = rescuing(stage, message)
    dying.go(step)
    dying.kill()
    stage.clock.advance(SEEN_AGAIN_SECONDS)

    rescuing(stage, message).run()

    assert stage.record.state is State.HUMAN
    assert stage.room.attributes["handoff_reason"] == "rescued"
    assert stage.heard.count(says("rescued")) <= 1
    assert not stage.connected
    if shows_transcript:
        require_rescued(stage)


@pytest.mark.parametrize("step", steps_of_a_rescue())
def test_a_turn_and_a_rescue_side_by_side_leave_the_contact_with_one_of_them(step: int) -> None:
    """A late duplicate of the event reaches ChatBot while RescueBot is at it."""
    stage = answering("Here.")
    message = given_up(stage)
    rescuer = rescuing(stage, message)
    rescuer.go(step)

    duplicate = Execution(react(CONTACT, message, stage.world()), stage.performer())
    duplicate.run()
    rescuer.finish()

    assert len(stage.heard) == 1
    assert stage.record.state is (State.BOT if stage.heard == ["Here."] else State.HUMAN)


@pytest.mark.parametrize("step", steps_of_a_rescue())
def test_a_rescue_that_stalls_is_silent_once_another_has_taken_over(step: int) -> None:
    stage = Stage()
    message = given_up(stage)
    stalled = rescuing(stage, message)
    stalled.go(step)
    stage.clock.advance(LEASE_SECONDS + 1)
    rescuing(stage, message).run()

    stalled.finish()

    require_rescued(stage)


@pytest.mark.parametrize("step", steps_of_a_rescue())
def test_a_person_who_comes_in_the_middle_of_a_rescue_takes_the_contact(step: int) -> None:
    """At most one sentence crosses with them, and the record is closed."""
    stage = Stage()
    message = given_up(stage)
    rescuer = rescuing(stage, message)
    rescuer.go(step)
    stage.room.bot_leaves()

    rescuer.finish()

    assert rescuer.failure is None or isinstance(rescuer.failure, ConnectionRefused)
    assert stage.record.state is State.HUMAN
