"""A turn that is stopped between any two effects, and what must be true when others have taken over.

Every step of every scenario is tried: the execution dies there, or stalls there for longer than its lease and comes
back after another has finished. Lambda tries a failed event again after a minute, at most twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.handoff import OUTCOME, REASON
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.ports import Refused
from tests.fakes import Answer, ScriptedAgents
from tests.stage import LAMBDA_RETRY_SECONDS, THROTTLED, Execution, Stage, escalates, says

LAMBDA_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What the customer sends, in order, and what the team answers to each text."""

    sends: Sequence[str]
    kind: Kind = Kind.TEXT
    answers: Mapping[str, Answer] = field(default_factory=dict)
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The messages the customer hears of each answer."""
    fails_first: bool = False
    """Whoever asks first, before or after a crash, finds the team throttled."""
    ends_with: State = State.BOT


SCENARIOS = {
    "a plain answer in two paragraphs": Scenario(
        sends=["Where is my order?"],
        answers={"Where is my order?": ["It is in the ware", "house.\n\nIt leaves", " tomorrow."]},
        parts={"Where is my order?": ["It is in the warehouse.", "It leaves tomorrow."]},
    ),
    "an answer at the second try": Scenario(
        sends=["Where is my order?"],
        answers={"Where is my order?": ["It is in the warehouse.\n\nIt leaves tomorrow."]},
        parts={"Where is my order?": ["It is in the warehouse.", "It leaves tomorrow."]},
        fails_first=True,
    ),
    "an escalation with text before the control": Scenario(
        sends=["A person, please"],
        answers={"A person, please": ["Of course.", escalates("Wants a person")]},
        parts={"A person, please": ["Of course."]},
        ends_with=State.HUMAN,
    ),
    "a guardrail in the middle of the answer": Scenario(
        sends=["Where is my order, and what is my neighbour's?"],
        answers={
            "Where is my order, and what is my neighbour's?": [
                "It is here.\n\n",
                "It leaves today. Hers is",
                Refused("guardrail"),
            ]
        },
        parts={"Where is my order, and what is my neighbour's?": ["It is here.", "It leaves today.", says("refused")]},
    ),
    "an attachment": Scenario(sends=[""], kind=Kind.ATTACHMENT, parts={"": [says("attachment")]}),
    "two messages, the second in mid-turn": Scenario(
        sends=["Where is my order?", "And my ticket?"],
        answers={
            "Where is my order?": ["It is in the warehouse.\n\n", "It leaves tomorrow."],
            "And my ticket?": ["Your ticket is open."],
        },
        parts={
            "Where is my order?": ["It is in the warehouse.", "It leaves tomorrow."],
            "And my ticket?": ["Your ticket is open."],
        },
    ),
}


class Chat:
    """One run of a scenario, with its rules watched while it goes on."""

    def __init__(self, scenario: Scenario, *, shows_transcript: bool = True) -> None:
        self.scenario = scenario
        self.stage = Stage(agents=ScriptedAgents(to=self._answer))
        self.stage.room.shows_transcript = shows_transcript
        self.sent: list[Message] = []
        self.asked = 0

    def _answer(self, question: str) -> Answer:
        """The team's answer; whoever asks again after something of it was heard breaks a rule."""
        heard = [part for part in self.scenario.parts[question] if part in self.stage.heard]
        assert not heard, f"'{question}' is asked again, though {heard} was heard"
        self.asked += 1
        if self.scenario.fails_first and self.asked == 1:
            return [THROTTLED]
        return self.scenario.answers[question]

    def send(self, number: int) -> Message:
        message = self.stage.room.customer_says(self.scenario.sends[number], kind=self.scenario.kind)
        self.sent.append(message)
        return message

    def sends_the_rest(self) -> None:
        """Each further message has an execution of its own, which finds the turn taken, or free."""
        for number in range(len(self.sent), len(self.scenario.sends)):
            message = self.send(number)
            self.completes(self.stage.execution(message), message)

    def completes(self, execution: Execution, message: Message, *, tries: int = LAMBDA_TRIES) -> None:
        """To the end, as Lambda does it: again after a minute if it failed."""
        execution.finish()
        if execution.failure is not None:
            assert tries > 1, "Lambda gave up"
            self.stage.clock.advance(LAMBDA_RETRY_SECONDS)
            self.completes(self.stage.execution(message), message, tries=tries - 1)

    def dies_and_is_retried(self, dying: Execution, message: Message, *, dies_again_after: int | None = None) -> bool:
        """Whether the second try was over before it could die."""
        if dying.over:
            return True
        dying.kill()
        self.stage.clock.advance(LAMBDA_RETRY_SECONDS)
        retry = self.stage.execution(message)
        if dies_again_after is None:
            self.completes(retry, message, tries=LAMBDA_TRIES - 1)
            return True
        retry.go(dies_again_after)
        return self.dies_and_is_retried(retry, message)

    def require_rules(self) -> None:
        """What must be true when everything has come to rest."""
        stage, record = self.stage, self.stage.record
        assert len(set(stage.heard)) == len(stage.heard), f"something was heard twice: {stage.heard}"
        assert record.inbox == ()
        assert record.lease is None
        assert record.state in {State.BOT, State.HUMAN}
        for parts in self.scenario.parts.values():
            heard = [part for part in stage.heard if part in parts]
            assert heard == list(parts)[: len(heard)], f"the parts of an answer came in another order: {stage.heard}"
        if record.state is State.HUMAN:
            self._require_a_finished_hand_off()
        else:
            self._require_answers()

    def _require_a_finished_hand_off(self) -> None:
        stage, handoff = self.stage, self.stage.record.handoff
        assert handoff is not None
        assert (stage.room.attributes[OUTCOME], stage.room.attributes[REASON]) == (handoff.outcome, handoff.reason)
        assert not stage.connected
        assert not stage.room.streams
        if stage.room.shows_transcript:
            assert stage.heard[-1] == handoff.sentence

    def _require_answers(self) -> None:
        assert self.scenario.ends_with is State.BOT or says("partly_heard") in self.stage.heard
        assert {message.mark for message in self.sent} <= set(self.stage.record.done)
        for parts in self.scenario.parts.values():
            heard = [part for part in parts if part in self.stage.heard]
            if len(heard) < len(parts):
                assert says("partly_heard") in self.stage.heard
            assert heard or not self.stage.room.shows_transcript, f"nothing of {parts} was heard: {self.stage.heard}"


def steps_of(scenario: Scenario) -> range:
    """How many effects a turn of the scenario has when nothing disturbs it, its other messages coming at once."""
    return range(len(undisturbed(Chat(scenario)).performed) + 1)


def undisturbed(chat: Chat) -> Execution:
    execution = chat.stage.execution(chat.send(0))
    execution.step()
    chat.sends_the_rest()
    execution.run()
    return execution


@contextmanager
def when(**disturbance: int) -> Iterator[None]:
    """Names the disturbance in what a failing test reports."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"when {disturbance}")
        raise


every_scenario = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
with_and_without_transcript = pytest.mark.parametrize("shows_transcript", [True, False], ids=["shown", "refused"])


@every_scenario
def test_an_undisturbed_turn_says_everything_once(scenario: Scenario) -> None:
    """What the disturbed ones are compared with."""
    chat = Chat(scenario)

    undisturbed(chat)

    chat.require_rules()
    assert chat.stage.record.state is scenario.ends_with
    assert [part for part in chat.stage.heard if part not in {says("escalate"), says("one_moment")}] == [
        part for parts in scenario.parts.values() for part in parts
    ]


@every_scenario
@with_and_without_transcript
def test_a_turn_that_dies_is_finished_by_the_retry(scenario: Scenario, shows_transcript: bool) -> None:
    """Rules 1 and 8: nothing heard is said again and no message is left behind, whenever the other messages come."""
    for step in steps_of(scenario):
        for arrival in range(step + 1 if len(scenario.sends) > 1 else 1):
            with when(dies_after=step, the_rest_comes_after=arrival):
                chat = Chat(scenario, shows_transcript=shows_transcript)
                first = chat.send(0)

                dying = chat.stage.execution(first)
                dying.go(arrival)
                chat.sends_the_rest()
                dying.go(step - arrival)
                chat.dies_and_is_retried(dying, first)

                chat.require_rules()


@every_scenario
@with_and_without_transcript
def test_a_turn_that_dies_twice_ends_well(scenario: Scenario, shows_transcript: bool) -> None:
    """The second try may die at any step, too; the third still leaves nothing behind."""
    for step in steps_of(scenario):
        second_step, second_is_over = 0, False
        while not second_is_over:
            with when(dies_after=step, dies_again_after=second_step):
                chat = Chat(scenario, shows_transcript=shows_transcript)
                first = chat.send(0)

                dying = chat.stage.execution(first)
                dying.go(step)
                chat.sends_the_rest()
                second_is_over = chat.dies_and_is_retried(dying, first, dies_again_after=second_step)

                chat.require_rules()
            second_step += 1


@every_scenario
@with_and_without_transcript
def test_a_turn_that_stalls_comes_back_to_a_finished_one(scenario: Scenario, shows_transcript: bool) -> None:
    """Rule 3: whoever lost the turn is silent, even while it does not know yet."""
    for step in steps_of(scenario):
        with when(stalls_after=step):
            chat = Chat(scenario, shows_transcript=shows_transcript)
            first = chat.send(0)

            stalled = chat.stage.execution(first)
            stalled.go(step)
            chat.sends_the_rest()
            chat.stage.clock.advance(LEASE_SECONDS + 1)
            chat.completes(chat.stage.execution(first), first)
            heard = list(chat.stage.heard)
            chat.completes(stalled, first)

            assert chat.stage.heard == heard
            chat.require_rules()
