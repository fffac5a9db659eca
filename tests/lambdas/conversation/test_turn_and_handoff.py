"""One turn's way out: the hand-off when Connect fails, and when the flow takes the contact back."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.errors import (
    AttributesRefused,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    FenceClosed,
)
from lambdas.conversation.handoff import Call, Reason
from lambdas.conversation.leaving import take_back
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, DENIED, LAMBDA_RETRY_SECONDS, Stage, answering, escalates, says

# ---- Connect that fails


def test_a_bot_that_connect_has_removed_leaves_the_chat_to_the_person() -> None:
    """A refused token ends the turn; what waits belongs to the person, and nothing is tried again."""
    stage = answering("Here.")
    stage.room.meets("send", stage.room.bot_leaves)

    stage.hears("Where is my order?")

    assert stage.heard == []
    assert (stage.record.state, stage.record.inbox, stage.record.lease) == (State.HUMAN, (), None)
    assert (stage.room.streams, stage.agents.ended) == (set(), ["session"])


def test_a_message_that_could_not_be_sent_fails_the_turn() -> None:
    """Lambda looks again, and finds out from the transcript what was heard."""
    stage = answering("Here.", "Here.")
    stage.room.meets("send", ChatError("send", "ValidationException"))

    message = stage.room.customer_says("Where is my order?")

    with pytest.raises(ChatError):
        stage.hears(message)
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears(message)

    assert stage.heard == ["Here."]


def test_nothing_is_said_with_the_tokens_of_another_stay() -> None:
    """Connect is the last fence: a turn uses only what its own stay was given."""
    stage = answering("Here.")
    contact = stage.stays.contacts[CONTACT]
    stage.stays.contacts[CONTACT] = replace(contact, stay=2)

    stage.hears("Where is my order?")

    assert stage.heard == []


def test_tokens_that_were_never_written_fail_the_turn() -> None:
    """Nobody else will answer, so this must not look like success."""
    stage = answering("Here.")
    stage.stays.contacts.clear()

    with pytest.raises(FenceClosed):
        stage.hears("Where is my order?")


def test_an_execution_whose_lease_runs_out_is_silent_and_fails() -> None:
    """Somebody else may be answering already."""
    stage = answering("Here.")
    execution = stage.execution(stage.room.customer_says("Where is my order?"))

    execution.go(3)
    stage.clock.advance(LEASE_SECONDS - 4)
    with pytest.raises(FenceClosed):
        execution.run()

    assert stage.heard == []


def test_an_execution_whose_lease_runs_out_does_not_ask() -> None:
    """The agent acts on what it is asked; the call is repeated only by a takeover."""
    stage = Stage()
    execution = stage.execution(stage.room.customer_says("Cancel my order"))

    execution.go(2)
    stage.clock.advance(LEASE_SECONDS + 1)
    with pytest.raises(FenceClosed):
        execution.run()

    assert stage.agents.asked == []


def test_a_refused_bot_is_not_taken_for_a_failing_agent() -> None:
    """Each error has its own way out."""
    stage = answering("Here.")
    stage.room.meets("send", ConnectionRefused("send", "AccessDeniedException"))

    stage.hears("Where is my order?")

    assert stage.record.state is State.HUMAN
    assert stage.record.handoffs == 0


# ---- the hand-off when something fails


def test_refused_attributes_shrink_and_the_hand_off_goes_on() -> None:
    """Enough to route: outcome, reason, queue."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.meets("set_attributes", AttributesRefused("set_attributes", "InvalidRequestException"))

    stage.hears("I want a person")

    assert stage.room.attributes == {
        "handoff_outcome": "escalate",
        "handoff_reason": "customer_asked",
        "handoff_queue": "Orders",
    }
    assert stage.record.state is State.HUMAN


def test_a_hand_off_goes_on_without_any_attribute() -> None:
    """The flow sends whatever it does not know to a person."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    refused = AttributesRefused("set_attributes", "InvalidRequestException")
    stage.room.meets("set_attributes", refused, refused)

    stage.hears("I want a person")

    assert stage.room.attributes == {}
    assert stage.heard == [says("escalate")]
    assert stage.record.state is State.HUMAN


@pytest.mark.parametrize("operation", ["send", "stop_streaming"])
def test_a_goodbye_or_a_stream_that_fails_does_not_keep_the_customer_from_the_person(operation: str) -> None:
    """One try; the flow wakes when the bot disconnects."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.meets(operation, ChatError(operation, "InternalServerException", retryable=True))

    stage.hears("I want a person")

    assert not stage.connected
    assert stage.record.state is State.HUMAN


def test_a_goodbye_that_connect_will_not_take_is_left_out() -> None:
    """The person says hello."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.meets("send", ChatError("send", "ValidationException"))

    stage.hears("I want a person")

    assert stage.heard == []
    assert (stage.record.state, stage.connected) == (State.HUMAN, False)


def test_a_bot_that_connect_has_removed_already_counts_as_disconnected() -> None:
    """That is what the step wanted."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.meets("stop_streaming", stage.room.bot_leaves)

    stage.hears("I want a person")

    assert stage.record.state is State.HUMAN


@pytest.mark.parametrize("operation", ["set_attributes", "disconnect"])
def test_a_throttled_step_is_tried_again_within_seconds(operation: str) -> None:
    """The customer has been told that a person comes; Lambda's next try is a silent minute away."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.meets(operation, *[ChatThrottled(operation, "ThrottlingException")] * 3)
    began = stage.clock.now()

    stage.hears("I want a person")

    assert stage.clock.now() - began < 10
    assert (stage.record.state, stage.connected) == (State.HUMAN, False)


@pytest.mark.parametrize("operation", ["set_attributes", "disconnect"])
def test_a_step_that_keeps_failing_is_done_by_the_retry(operation: str) -> None:
    """A hand-off is never left half done; the goodbye is still said once."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    is_up = never_up(stage, operation, ChatError(operation, "InternalServerException", retryable=True))
    message = stage.room.customer_says("I want a person")

    with pytest.raises(ChatError):
        stage.hears(message)
    is_up.set()
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears(message)

    assert stage.heard == [says("escalate")]
    assert stage.room.attributes["handoff_reason"] == "customer_asked"
    assert not stage.connected
    assert stage.record.state is State.HUMAN


@pytest.mark.parametrize(
    "failure",
    [
        ChatThrottled("UpdateContactAttributes", "ThrottlingException"),
        ChatError("UpdateContactAttributes", "ReadTimeoutError", retryable=True),
    ],
    ids=["throttled", "no answer"],
)
def test_nobody_waits_in_silence_for_attributes_that_cannot_be_set(failure: ChatError) -> None:
    """Whoever asks for a person hears within 10 s that it was heard; the bot leaves when the attributes stand."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    is_up = never_up(stage, "set_attributes", failure)
    asked_at = stage.clock.now()
    message = stage.room.customer_says("I want a person")

    with pytest.raises(ChatError):
        stage.hears(message)
    heard_at = next(said.at for said in stage.room.items if said.text == says("escalate"))
    connected = stage.connected
    is_up.set()
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears(message)

    assert heard_at - asked_at < 10
    assert connected
    assert stage.heard == [says("escalate")]
    assert (stage.record.state, stage.room.attributes["handoff_reason"]) == (State.HUMAN, "customer_asked")


def never_up(stage: Stage, operation: str, failure: ChatError) -> threading.Event:
    """Each call fails, after the seconds that a client waits for an answer, until the event is set."""
    is_up = threading.Event()

    def fails() -> None:
        if is_up.is_set():
            return
        if failure.code == "ReadTimeoutError":
            stage.clock.advance(5.0)
        raise failure

    stage.room.meets(operation, *[fails] * 100)
    return is_up


def test_a_goodbye_counts_as_a_hand_off_too() -> None:
    """The number says how often the flow got the contact back, whatever it is to do with it."""
    stage = Stage(agents=ScriptedAgents([Call(function="say_goodbye")]))
    stage.stays.turns[CONTACT] = replace(stage.record, handoffs=1)

    stage.hears("That was all")

    assert stage.room.attributes["handoff_outcome"] == "end"
    assert stage.room.attributes["handoff_attempts"] == "2"


def test_a_second_hand_off_counts_on_and_shows_nothing_of_the_first() -> None:
    """Connect merges attributes."""
    stage = Stage(agents=ScriptedAgents([DENIED]))
    stage.stays.turns[CONTACT] = replace(stage.record, handoffs=1, stay=2)
    stage.stays.contacts[CONTACT] = replace(stage.stays.contacts[CONTACT], stay=2)
    stage.room.attributes.update(
        handoff_queue="Orders", handoff_description="Old story", functionName="escalate", tier="gold"
    )

    stage.hears("Hello")

    assert stage.room.attributes["handoff_attempts"] == "2"
    assert stage.room.attributes["handoff_description"] == ""
    assert stage.room.attributes["handoff_queue"] == ""
    assert stage.room.attributes["functionName"] == ""
    assert stage.room.attributes["tier"] == "gold", "what is not the hand-off's is left alone"


@pytest.mark.parametrize("person_was_faster", [True, False])
def test_a_message_that_was_carried_to_a_person_is_not_answered_by_a_returning_bot(person_was_faster: bool) -> None:
    """Its event may be delivered again when the bot is back; the person has had it."""
    stage = Stage(agents=ScriptedAgents(["Of course.", escalates()]))
    if person_was_faster:
        stage.room.meets("send", stage.room.bot_leaves)
    message = stage.hears("I want a person")
    again = stage.stays.begin_joining(stage.record, now=stage.clock.now())
    stage.stays.become_bot(again, now=stage.clock.now())

    stage.hears(message)

    assert len(stage.agents.asked) == 1


# ---- when the flow takes the contact back


def take_it_back(stage: Stage, reason: Reason = Reason.UNANSWERED) -> None:
    performer = stage.performer()
    performer.record = stage.record
    with performer:
        performer.perform(take_back(stage.record, reason, stage.world()))


def test_the_flow_takes_a_contact_from_whoever_holds_the_turn() -> None:
    """An unanswered customer must not depend on an agent that hangs; the flow speaks, not the bot."""
    stage = answering("Here.")
    holder = stage.execution(stage.room.customer_says("Where is my order?"))
    holder.go(3)

    take_it_back(stage)

    assert stage.record.state is State.HUMAN
    assert stage.room.attributes["handoff_reason"] == "unanswered"
    assert stage.room.attributes["handoff_summary"] == "Where is my order?"
    assert stage.heard == []
    assert not stage.connected
    assert stage.room.streams == set()


def test_a_holder_whose_contact_was_taken_back_ends_quietly() -> None:
    """The person has the message: there is nothing to fail about, and nothing to say."""
    stage = answering("Here.")
    holder = stage.execution(stage.room.customer_says("Where is my order?"))
    holder.go(3)
    take_it_back(stage)

    holder.run()

    assert stage.heard == []
    assert stage.record.state is State.HUMAN


def test_a_hand_off_that_hangs_is_finished_without_words() -> None:
    """Its holder may yet speak; two goodbyes would be one too many."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    holder = stage.execution(stage.room.customer_says("I want a person"))
    holder.go(5)

    take_it_back(stage)

    assert stage.heard == []
    assert stage.room.attributes["handoff_reason"] == "customer_asked"
    assert stage.record.state is State.HUMAN


def test_an_end_that_was_not_carried_out_becomes_a_hand_over() -> None:
    """The customer has not heard the goodbye, so nobody may hang up on them."""
    stage = Stage(agents=ScriptedAgents([Call(function="say_goodbye")]))
    holder = stage.execution(stage.room.customer_says("That was all"))
    holder.go(5)

    take_it_back(stage)

    assert stage.room.attributes["handoff_outcome"] == "escalate"
    assert stage.room.attributes["handoff_reason"] == "unanswered"
