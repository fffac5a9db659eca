"""Connect is too busy for what the bot says: words come later and together, dots not at all, and nobody is lost."""

from __future__ import annotations

import pytest

from lambdas.conversation.contact import State
from lambdas.conversation.errors import ChatError, ChatThrottled
from lambdas.conversation.world import Rules
from tests.fakes import ScriptedAgents
from tests.stage import LAMBDA_RETRY_SECONDS, Stage, answering, escalates, says

THROTTLED = ChatThrottled("SendMessage", "ThrottlingException")
NO_ANSWER = ChatError("SendMessage", "ReadTimeoutError", retryable=True)


def test_a_throttled_message_is_said_later() -> None:
    """Nothing was done, so nothing is lost."""
    stage = answering("It is in the warehouse.")
    stage.room.meets("send", THROTTLED, THROTTLED)

    stage.hears("Where is my order?")

    assert stage.heard == ["It is in the warehouse."]
    assert stage.record.state is State.BOT


def test_what_is_left_of_a_throttled_answer_is_one_message() -> None:
    """Three messages of one chat are two that another chat cannot send."""
    stage = answering("One.\n\nTwo.\n\nThree.\n\nFour.")
    stage.room.meets("send", None, THROTTLED)

    stage.hears("Where is my order?")

    assert stage.heard == ["One.", "Two.\n\nThree.\n\nFour."]


def test_what_comes_after_is_waited_for() -> None:
    """Pieces of the answer that the agent has not said yet belong to the same message."""
    stage = Stage(agents=ScriptedAgents(["One.\n\n", "Two.", "\n\nThree."]))
    stage.room.meets("send", THROTTLED)

    stage.hears("Where is my order?")

    assert stage.heard == ["One.\n\nTwo.\n\nThree."]


def test_the_next_answer_is_said_as_usual() -> None:
    """A rush is over soon."""
    stage = answering("One.\n\nTwo.", "Three.\n\nFour.")
    stage.room.meets("send", THROTTLED)

    stage.hears("Where is my order?")
    stage.hears("And my ticket?")

    assert stage.heard == ["One.\n\nTwo.", "Three.", "Four."]


def test_what_may_have_been_heard_is_repeated_word_for_word() -> None:
    """Connect knows the client token and shows it once; joined with more it would be another message."""
    stage = answering("One.\n\nTwo.")
    stage.room.loses_answer("send")
    stage.room.meets("send", None, THROTTLED)

    stage.hears("Where is my order?")

    assert stage.heard == ["One.", "Two."]


def test_a_message_that_never_gets_an_answer_fails_the_turn_after_a_few_tries() -> None:
    """Lambda's next try looks at the transcript."""
    stage = answering("One.", "One.")
    stage.room.meets("send", *[NO_ANSWER] * 4)
    message = stage.room.customer_says("Where is my order?")

    with pytest.raises(ChatError):
        stage.hears(message)
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears(message)

    assert stage.heard == ["One."]


def test_who_cannot_speak_until_the_deadline_hands_over() -> None:
    """Nobody waits in silence: the person reads what was asked."""
    stage = Stage(agents=ScriptedAgents(["One."]), rules=Rules(deadline_seconds=20))
    stage.room.meets("send", *[THROTTLED] * 25)
    began = stage.clock.now()

    stage.hears("Where is my order?")

    assert stage.room.attributes["handoff_reason"] == "deadline"
    assert stage.room.attributes["handoff_summary"] == "Where is my order?"
    assert stage.clock.now() - began < 40
    assert not stage.connected


def test_a_goodbye_that_is_throttled_for_long_is_left_out() -> None:
    """The person is worth more than the sentence."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    stage.room.meets("send", *[THROTTLED] * 25)

    stage.hears("A person, please")

    assert says("escalate") not in stage.heard
    assert stage.record.state is State.HUMAN
