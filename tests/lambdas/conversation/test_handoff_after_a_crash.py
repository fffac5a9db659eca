"""A hand-off that breaks off after any of its steps, and everybody who may find it: it is finished, and happens once.

The sentence and the numbers of the briefing are those of a hand-off that nothing disturbs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lambdas.conversation.contact import State
from lambdas.conversation.handoff import Reason
from lambdas.conversation.inbox import Message
from lambdas.conversation.leaving import take_back
from tests.fakes import ScriptedAgents
from tests.stage import LAMBDA_RETRY_SECONDS, Stage, crashed_after, escalates, says

STEPS = {
    "the state": "BeginHandoff",
    "the attributes": "SetAttributes",
    "the sentence": "Send",
    "the stop": "StopStreaming",
    "the disconnect": "Disconnect",
    "human": "BecomeHuman",
}
SAID_BY_THEN = {"the sentence", "the stop", "the disconnect", "human"}

Finder = Callable[[Stage, Message], None]


def the_retry(stage: Stage, message: Message) -> None:
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears(message)


def another_message(stage: Stage, _: Message) -> None:
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears("Hello? Is anybody there?")


def the_flow(stage: Stage, _: Message) -> None:
    """Its leave, while the lease of whoever died still runs."""
    if stage.record.state is State.HUMAN:
        return  # StartBot has nothing to do
    with stage.performer() as performer:
        performer.record, performer.agents = stage.record, None
        performer.perform(take_back(stage.record, Reason.FLOW_ERROR, stage.world()))


def breaks_off(after: str) -> tuple[Stage, Message]:
    """A hand-off with a briefing, whose execution dies right after this step."""
    stage = Stage(agents=ScriptedAgents([escalates("Order 10020030 is late", order_number="10020030")]))
    message = stage.room.customer_says("I want a person")
    crashed_after(stage, message, STEPS[after])
    return stage, message


def whole_briefing() -> dict[str, str]:
    stage = Stage(agents=ScriptedAgents([escalates("Order 10020030 is late", order_number="10020030")]))
    stage.hears("I want a person")
    return dict(stage.room.attributes)


def require_hand_over(stage: Stage, *, sentences: int) -> None:
    """The person has the contact and the briefing, and the bot has decided and spoken once."""
    assert (stage.record.state, stage.record.lease, stage.record.inbox) == (State.HUMAN, None, ())
    assert stage.room.attributes == whole_briefing()
    assert stage.heard == [says("escalate")] * sentences
    assert (stage.connected, stage.room.streams) == (False, set())
    assert (stage.record.handoffs, len(stage.agents.asked)) == (1, 1)


@contextmanager
def when(disturbance: str) -> Iterator[None]:
    """Names the disturbance in what a failing test reports."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"when {disturbance}")
        raise


every_step = pytest.mark.parametrize("step", STEPS)
every_finder = pytest.mark.parametrize("finder", [the_retry, another_message, the_flow])


@every_step
@pytest.mark.parametrize("finder", [the_retry, another_message])
def test_a_hand_off_that_broke_off_is_finished_by_whatever_event_comes_next(step: str, finder: Finder) -> None:
    """Lambda's retry, or a customer who writes again: what they write belongs to the person."""
    stage, message = breaks_off(step)

    finder(stage, message)

    require_hand_over(stage, sentences=1)


def test_a_sentence_that_the_transcript_shows_is_not_sent_again() -> None:
    """How long Connect knows a client token is written nowhere; what was heard is known without it."""
    stage, message = breaks_off("the sentence")
    stage.room.calls.clear()

    stage.hears(message)

    assert "send" not in stage.room.calls
    require_hand_over(stage, sentences=1)


@every_step
def test_a_hand_off_that_broke_off_is_finished_by_the_flow_without_words(step: str) -> None:
    """The flow speaks itself; whoever hung may have spoken, and may yet."""
    stage, message = breaks_off(step)

    the_flow(stage, message)

    require_hand_over(stage, sentences=step in SAID_BY_THEN)


@every_step
@every_finder
def test_a_hand_off_that_broke_off_twice_is_finished(step: str, finder: Finder) -> None:
    """The second execution may die after any of its steps; without words only if the flow comes before the sentence."""
    second_step, second_is_over = 0, False
    while not second_is_over:
        with when(f"dies again after {second_step} steps"):
            stage, message = breaks_off(step)
            dying = stage.execution(message)
            dying.go(second_step)
            second_is_over = dying.over
            dying.kill()

            finder(stage, message)

            sentences = len(stage.heard)
            assert sentences == 1 or finder is the_flow
            require_hand_over(stage, sentences=sentences)
        second_step += 1


@every_step
@every_finder
def test_a_finished_hand_off_is_not_found_again(step: str, finder: Finder) -> None:
    """However late and often the others come: nothing is called, nothing is said."""
    stage, message = breaks_off(step)
    finder(stage, message)
    before, heard = stage.record, list(stage.heard)
    stage.room.calls.clear()

    for late in (the_flow, the_retry, another_message, the_retry):
        late(stage, message)

    assert (stage.record, stage.heard, stage.room.calls) == (before, heard, [])


@every_step
def test_a_person_who_comes_after_a_crash_has_the_contact(step: str) -> None:
    """Connect removes the bot; the next event closes the record, and nobody speaks into the person's chat."""
    stage, message = breaks_off(step)
    heard = list(stage.heard)
    stage.room.bot_leaves()

    the_retry(stage, message)

    assert (stage.record.state, stage.heard) == (State.HUMAN, heard)
    assert stage.room.attributes == whole_briefing()
    assert stage.room.streams == set()
