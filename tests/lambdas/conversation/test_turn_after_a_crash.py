"""A turn whose holder has died: who goes on, what is asked again, and what is not said again."""

from __future__ import annotations

import pytest

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.errors import ChatError, LeaseLost
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, THROTTLED, Stage, answering, comes_meanwhile, crashed_after, escalates, says


def test_an_unanswered_message_is_asked_again_in_a_new_session() -> None:
    """Nothing was heard; the broken session may hold half of it, so the agent is told the talk anew."""
    stage = answering("Good morning.", "Here.", "Here.")
    stage.hears("Good morning")
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Ask")

    stage.hears(message)

    _, broken, again = stage.agents.asked
    assert (again.text, again.turn_id) == (broken.text, broken.turn_id)
    assert again.session_id != broken.session_id
    assert [said.text for said in again.history] == [says("greeting"), "Good morning", "Good morning."]
    assert stage.heard == ["Good morning.", "Here."]


def test_an_answer_that_was_heard_is_not_given_again() -> None:
    """One sentence says that something may be missing, and offers to go on or a person."""
    stage = answering("It is here.\n\nIt leaves tomorrow.")
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Send")

    stage.hears(message)

    assert stage.heard == ["It is here.", says("partly_heard")]
    assert len(stage.agents.asked) == 1
    assert stage.record.done == (message.mark,)


def test_after_a_broken_answer_the_agent_starts_anew_with_the_talk() -> None:
    """The session is unsound: nobody knows what it remembers."""
    stage = answering("It is here.\n\nIt leaves tomorrow.", "Tomorrow.")
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Send")
    stage.hears(message)

    stage.hears("Go on")

    first, second = stage.agents.asked
    assert second.session_id != first.session_id
    assert [said.text for said in second.history] == [
        says("greeting"),
        "Where is my order?",
        "It is here.",
        says("partly_heard"),
    ]


def test_a_word_of_patience_is_no_answer() -> None:
    """After it the question still stands."""
    stage = Stage(agents=ScriptedAgents([THROTTLED], ["Here."], ["Here."]))
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Send")

    stage.hears(message)

    assert stage.heard == [says("one_moment"), "Here."]


def test_an_answer_to_the_message_before_is_no_answer_to_the_one_that_waited() -> None:
    """It came after both, but was given to the first: the second must not be left behind."""
    stage = Stage()
    stage.agents = ScriptedAgents([lambda: comes_meanwhile(stage, "And my ticket?"), "Tomorrow."], ["Open."])
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "GoRound")

    stage.hears(message)

    assert stage.heard == ["Tomorrow.", "Open."]


@pytest.mark.parametrize("by_setting", [True, False])
def test_without_a_transcript_a_crashed_turn_counts_as_heard(by_setting: bool) -> None:
    """Better to offer than to say twice."""
    stage = answering("Here.")
    stage.room.shows_transcript = by_setting
    stage.may_read_transcript = not by_setting
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Ask")

    stage.hears(message)

    assert stage.heard == [says("partly_heard")]
    assert len(stage.agents.asked) == 1


def test_a_transcript_that_cannot_be_read_just_now_counts_as_none() -> None:
    """The alternative is a minute of silence until Lambda's next try."""
    stage = answering("Here.")
    stage.room.meets("transcript", ChatError("GetTranscript", "ThrottlingException"))
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Ask")

    stage.hears(message)

    assert stage.heard == [says("partly_heard")]


def test_a_second_crash_hands_off() -> None:
    """Two tries are enough of a test for the customer's patience."""
    stage = answering("Here.", "Here.")
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Ask")
    crashed_after(stage, message, "Ask")

    stage.hears(message)

    assert stage.heard == [says("crashed")]
    assert stage.room.attributes["handoff_reason"] == "crashed"
    assert stage.record.state is State.HUMAN


def test_any_other_message_finds_an_abandoned_turn() -> None:
    """The customer writes again before Lambda's retry comes; both get their answer."""
    stage = answering("Here.", "Here.", "I am here.")
    crashed_after(stage, stage.room.customer_says("Where is my order?"), "Ask")

    stage.hears("Hello?")

    assert [question.text for question in stage.agents.asked[1:]] == ["Where is my order?", "Hello?"]
    assert stage.record.inbox == ()


def test_a_duplicate_of_an_answered_message_finds_an_abandoned_turn() -> None:
    """Any event of a contact looks at the lease."""
    stage = answering("Here.", "Open.", "Open.")
    answered = stage.hears("Where is my order?")
    crashed_after(stage, stage.room.customer_says("And my ticket?"), "Ask")

    stage.hears(answered)

    assert stage.heard == ["Here.", "Open."]


def test_of_two_that_find_an_abandoned_turn_one_takes_it() -> None:
    """The other goes home."""
    stage = answering("Here.", "Here.")
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Ask")
    slow, fast = stage.execution(message), stage.execution(message)

    slow.go(1)
    fast.run()
    slow.run()

    assert stage.heard == ["Here."]
    assert slow.performed == ["Take", "TakeOver"]


def test_a_holder_whose_turn_is_answered_by_another_fails() -> None:
    """It never returns success with messages left: if the other dies, too, somebody must look again."""
    stage = answering("Here.")
    message = stage.room.customer_says("Where is my order?")
    stalled = stage.execution(message)
    stalled.go(7)
    stage.clock.advance(LEASE_SECONDS + 1)
    other = stage.execution(message)
    other.go(2)

    with pytest.raises(LeaseLost):
        stalled.run()

    other.run()
    assert stage.heard == ["Here.", says("partly_heard")]


def test_a_turn_under_way_is_left_to_its_holder() -> None:
    """Its lease has not run out."""
    stage = answering("Here.")
    message = stage.room.customer_says("Where is my order?")
    holder = stage.execution(message)
    holder.go(3)

    stage.hears(message)
    holder.run()

    assert stage.heard == ["Here."]


@pytest.mark.parametrize("step", ["BeginHandoff", "SetAttributes", "Send", "StopStreaming", "Disconnect"])
@pytest.mark.parametrize("shows_transcript", [True, False])
def test_a_hand_off_that_broke_off_is_finished(step: str, shows_transcript: bool) -> None:
    """With the goodbye at most once; where nobody can know, it counts as said."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.shows_transcript = shows_transcript
    message = stage.room.customer_says("I want a person")
    crashed_after(stage, message, step)
    said_before = list(stage.heard)

    stage.hears(message)

    assert stage.heard == ([says("escalate")] if shows_transcript and step != "Disconnect" else said_before)
    assert stage.room.attributes["handoff_reason"] == "customer_asked"
    assert not stage.connected
    assert stage.record.state is State.HUMAN


def test_a_goodbye_that_the_transcript_does_not_show_yet_is_not_said_again() -> None:
    """Whoever finishes the hand-off sends the very same message, so Connect knows it by its client token."""
    stage = Stage(agents=ScriptedAgents(["Let me see.", escalates()]))
    message = stage.room.customer_says("I want a person")
    crashed_after(stage, message, "Send", times=2)
    stage.room.items.pop()

    stage.hears(message)

    assert stage.room.seen.count(says("escalate")) == 1
    assert stage.record.state is State.HUMAN


def test_a_goodbye_of_an_earlier_stay_is_not_taken_for_this_one() -> None:
    """Both say the same; the time tells them apart, with some room for clocks that differ."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    token = stage.stays.contacts[CONTACT].connection_token
    stage.room.send(token, says("escalate"), client_token="an earlier stay")
    stage.clock.advance(60)
    message = stage.room.customer_says("I want a person")
    crashed_after(stage, message, "SetAttributes")

    stage.hears(message)

    assert stage.heard == [says("escalate"), says("escalate")]
