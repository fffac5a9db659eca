"""A turn whose agent thinks for long: the customer is asked for a moment, once, and then hears the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.conversation import effects as do
from lambdas.conversation.contact import State
from lambdas.conversation.errors import ChatThrottled
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import Refused
from lambdas.conversation.turn import PAUSE_SECONDS
from lambdas.conversation.world import Rules
from tests.fakes import ScriptedAgents
from tests.stage import (
    CONTACT,
    THROTTLED,
    Execution,
    Stage,
    answering,
    comes_meanwhile,
    crashed_after,
    escalates,
    says,
)

PATIENCE = 15.0


def asked(stage: Stage, text: str = "Where is my order?") -> Execution:
    """A turn whose agent has been asked and is listened to."""
    execution = stage.execution(stage.room.customer_says(text))
    execution.go_to(do.Listen)
    return execution


def thinks(stage: Stage, execution: Execution, seconds: float) -> None:
    """So long nothing comes of the agent, and the lease is renewed as it would be beside the turn."""
    stage.clock.advance(seconds)
    execution.performer._hold_from(stage.clock.monotonic(), stage.clock.now(), None)
    execution.step()


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_has_heard_nothing_for_long_is_asked_for_a_moment(language: str) -> None:
    """In the contact's language; then the answer comes."""
    stage = answering("Here.")
    stage.stays.turns[CONTACT] = replace(stage.record, language=language)
    execution = asked(stage)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment", language), "Here."]
    assert len(stage.agents.asked) == 1
    assert stage.record.state is State.BOT


def test_before_that_nobody_is() -> None:
    """Most answers are there long before."""
    stage = answering("Here.")
    execution = asked(stage)

    thinks(stage, execution, PATIENCE - 0.5)
    execution.finish()

    assert stage.heard == ["Here."]


def test_a_customer_is_asked_for_a_moment_once() -> None:
    """However long it takes after that: dots go on."""
    stage = answering("Here.")
    execution = asked(stage)

    thinks(stage, execution, PATIENCE)
    execution.go_to(do.Listen)
    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), "Here."]


def test_who_has_heard_something_of_the_answer_is_not_asked() -> None:
    """The first sentence shows that the answer comes."""
    stage = answering("It is on its way. More soon.")
    execution = asked(stage)
    execution.go_to(do.Send)
    execution.go_to(do.Listen)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == ["It is on its way.", "More soon."]


def test_a_whole_sentence_is_said_when_the_agent_pauses() -> None:
    """It is certain only by what follows; but an agent that looks something up must not keep it back."""
    stage = Stage(agents=ScriptedAgents(["Let me look that up.", " It is here."]))
    execution = asked(stage)
    execution.step()

    thinks(stage, execution, PAUSE_SECONDS)
    execution.go_to(do.Listen)
    said_by_then = list(stage.heard)
    execution.finish()

    assert said_by_then == ["Let me look that up."]
    assert stage.heard == ["Let me look that up.", "It is here."]


def test_half_a_sentence_is_kept_however_long_the_pause() -> None:
    """It would look like a mistake; after long enough the customer is asked for a moment."""
    stage = Stage(agents=ScriptedAgents(["Your order", " is here."]))
    execution = asked(stage)
    execution.step()

    thinks(stage, execution, PAUSE_SECONDS)
    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), "Your order is here."]


def test_what_connect_is_too_busy_for_at_a_pause_comes_with_the_rest() -> None:
    """As any other part of an answer."""
    stage = Stage(agents=ScriptedAgents(["Let me look that up.", " It is here."]))
    stage.room.meets("send", ChatThrottled("SendMessage", "ThrottlingException"))
    execution = asked(stage)
    execution.step()

    thinks(stage, execution, PAUSE_SECONDS)
    execution.finish()

    assert " ".join(" ".join(stage.heard).split()) == "Let me look that up. It is here."


def test_an_answer_that_is_said_as_a_whole_is_silence_too() -> None:
    """The agent has begun, but the customer does not know."""
    stage = Stage(agents=ScriptedAgents(["It is ", "here."]), rules=Rules(manner="whole"))
    execution = asked(stage)
    execution.step()

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), "It is here."]


def test_the_silence_goes_on_through_a_control() -> None:
    """It is the customer's, whatever is done for them meanwhile."""
    stage = Stage(agents=ScriptedAgents([Call(function="note", parameters={"topic": "an order"})], ["Noted."]))
    execution = asked(stage)
    stage.clock.advance(PATIENCE - 1)
    execution.go_to(do.Resume)
    execution.go_to(do.Listen)

    thinks(stage, execution, 1)
    execution.finish()

    assert stage.heard == [says("one_moment"), "Noted."]


def test_who_was_refused_is_not_asked_for_a_moment() -> None:
    """The refusal is all there is to hear."""
    stage = Stage(agents=ScriptedAgents([Refused("guardrail")]))
    execution = asked(stage)
    execution.go_to(do.Send)
    execution.go_to(do.Listen)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("refused")]


def test_a_failure_after_that_is_told_in_other_words() -> None:
    """Nobody waits in silence after a failure, and nobody is asked for a moment twice."""
    stage = Stage(agents=ScriptedAgents([THROTTLED], ["Here."]))
    execution = asked(stage)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), says("still_trying"), "Here."]


def test_a_failure_before_that_has_asked_already() -> None:
    """One such sentence is enough."""
    stage = Stage(agents=ScriptedAgents([THROTTLED], ["Here."]))
    execution = asked(stage)
    execution.go_to(do.Ask)
    execution.go_to(do.Listen)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), "Here."]


def test_each_question_has_its_own_silence() -> None:
    """A message that waited is another question."""
    stage = Stage()
    stage.agents = ScriptedAgents([lambda: comes_meanwhile(stage, "And my ticket?"), "Tomorrow."], ["Open."])
    execution = asked(stage)
    thinks(stage, execution, PATIENCE)
    execution.go_to(do.GoRound)
    execution.go_to(do.Listen)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), "Tomorrow.", says("one_moment"), "Open."]


def test_a_turn_that_was_taken_over_does_not_ask() -> None:
    """Whoever held it may have asked already."""
    stage = answering("Here.", "Here.")
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Ask")
    execution = stage.execution(message)
    execution.go_to(do.Listen)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == ["Here."]


def test_a_crash_after_it_leaves_the_question_open() -> None:
    """It is no answer."""
    stage = answering("Here.", "Here.")
    message = stage.room.customer_says("Where is my order?")
    execution = stage.execution(message)
    execution.go_to(do.Listen)
    thinks(stage, execution, PATIENCE)
    execution.go_to(do.Listen)
    execution.kill()
    stage.clock.advance(60)

    stage.hears(message)

    assert stage.heard == [says("one_moment"), "Here."]


def test_where_connect_is_too_busy_it_is_left_out() -> None:
    """The answer is worth more, and waits for nothing."""
    stage = answering("Here.")
    stage.room.meets("send", ChatThrottled("SendMessage", "ThrottlingException"))
    execution = asked(stage)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == ["Here."]
    assert stage.clock.slept == []


def test_a_person_who_comes_meanwhile_ends_the_turn() -> None:
    """Connect refuses the bot, which then has nothing more to say."""
    stage = answering("Here.")
    execution = asked(stage)
    stage.room.bot_leaves()

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == []
    assert stage.record.state is State.HUMAN


def test_a_hand_off_follows_it_as_any_other_answer() -> None:
    """The closing sentence is still the last."""
    stage = Stage(agents=ScriptedAgents([escalates()]))
    execution = asked(stage)

    thinks(stage, execution, PATIENCE)
    execution.finish()

    assert stage.heard == [says("one_moment"), says("escalate")]


def test_a_setting_says_how_long_and_whether_at_all() -> None:
    """Each such message costs."""
    short, never = (
        Stage(agents=ScriptedAgents(["Here."]), rules=Rules(one_moment_seconds=seconds)) for seconds in (5.0, 0.0)
    )
    for stage in (short, never):
        execution = asked(stage)
        thinks(stage, execution, 5 if stage is short else 60)
        execution.finish()

    assert short.heard == [says("one_moment"), "Here."]
    assert never.heard == ["Here."]
