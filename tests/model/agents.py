"""A team of agents whose next word is decided from outside, when it is waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lambdas.conversation.errors import AgentUnavailable, DeadlineReached
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import AgentEvent, Clock, Finished, Question, Refused, Result, ReturnControl, Text
from tests.model.judge import Judge
from tests.model.virtual_time import NEVER, WELL, Tasks

PIECES_WHEN_WELL = 2
PACE_SECONDS = 1.0
SLOW_SECONDS = 25.0

PIECE, LAST, CONTROL, FAREWELL, NOTE, UNKNOWN, GUARDRAIL, BUSY, DENIED, BROKEN, HANGS, SLOW = (
    "says a piece",
    "ends",
    "asks for a person",
    "says goodbye",
    "makes a note",
    "returns an unknown control",
    "is refused by a guardrail",
    "is throttled",
    "is denied",
    "breaks",
    "hangs",
    "takes long",
)
FATES = (LAST, PIECE, CONTROL, FAREWELL, NOTE, UNKNOWN, GUARDRAIL, BUSY, DENIED, BROKEN, HANGS, SLOW)
CONTROLS = {
    CONTROL: Call(function="escalate", action_group="escalation", parameters={"description": "a person, please"}),
    FAREWELL: Call(function="say_goodbye"),
    NOTE: Call(function="note", parameters={"topic": "an order"}),
    UNKNOWN: Call(function="launch", parameters={"what": "a rocket"}),
}
FAILURES = {
    BUSY: AgentUnavailable("ThrottlingException", retryable=True),
    DENIED: AgentUnavailable("AccessDeniedException", retryable=False),
    BROKEN: AgentUnavailable("ConnectionClosedError", retryable=True),
}


class VirtualAgents:
    """The port `Agents`."""

    def __init__(self, tasks: Tasks, judge: Judge, *, marked: bool = False) -> None:
        self.tasks = tasks
        self.judge = judge
        self.marks = "*" if marked else ""
        self._answers = 0

    def ask(self, question: Question) -> VirtualAnswer:
        began = self.judge.send_begins(self.tasks.process)
        self.tasks.stop_at("agent", "ask")
        self._answers += 1
        texts = question.text.split("\n")
        self.judge.agent_asked(self.tasks.process, self._answers, texts, began)
        return VirtualAnswer(self, self._answers)

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> VirtualAnswer:
        self.tasks.stop_at("agent", "resume")
        self._answers += 1
        self.judge.agent_resumed(self.tasks.process, self._answers, question.text.split("\n"))
        return VirtualAnswer(self, self._answers)

    def end(self, session_id: str) -> None:
        self.tasks.stop_at("agent", "end session")
        self.judge.happened("agent session ended")


class VirtualAnswer:
    """One answer; the iterator of the port is never used, `VirtualHearing` takes its events."""

    def __init__(self, agents: VirtualAgents, number: int) -> None:
        self.agents = agents
        self.number = number
        self.pieces = 0
        self.begun = False
        self.pace = PACE_SECONDS
        """Until its next word; without end once it hangs."""

    def __iter__(self) -> Iterator[AgentEvent]:
        return self

    def __next__(self) -> AgentEvent:
        raise AssertionError("virtual answers are heard by VirtualHearing")

    def close(self) -> None:
        """Nobody listens any more."""

    def event(self, fate: str) -> AgentEvent:
        if fate == WELL:
            fate = PIECE if self.pieces < PIECES_WHEN_WELL else LAST
        if fate in FAILURES:
            failure = FAILURES[fate]
            raise AgentUnavailable(failure.code, retryable=failure.retryable and not self.begun)
        self.begun = True
        if fate in CONTROLS:
            return ReturnControl(calls=(CONTROLS[fate],), pending="pending")
        if fate == GUARDRAIL:
            return Refused("guardrail")
        if fate == PIECE:
            self.pieces += 1
            marks = self.agents.marks
            return Text(f"{marks}A{self.number}p{self.pieces}.{marks}\n\n")
        return Finished()


class VirtualHearing:
    """Hears an answer in virtual time: stands in for `Hearing` and its thread."""

    def __init__(self, answer: VirtualAnswer) -> None:
        self._answer = answer

    def next(self, *, until: float, wakes_at: float, clock: Clock) -> AgentEvent | None:
        tasks, judge, answer = self._answer.agents.tasks, self._answer.agents.judge, self._answer
        wakes_at = min(until, wakes_at)
        while clock.now() < wakes_at:
            fate = tasks.stop_at("agent", "answers", due=min(wakes_at, clock.now() + answer.pace))
            if clock.now() >= wakes_at:
                break
            if fate == SLOW:
                judge.agent_is_slow()
                answer.pace = SLOW_SECONDS
            elif fate == HANGS:
                answer.pace = NEVER
            else:
                answer.pace = PACE_SECONDS
                return self._said(fate)
        if clock.now() < until:
            return None
        judge.agent_failed(tasks.process, HANGS)
        raise DeadlineReached

    def _said(self, fate: str) -> AgentEvent:
        tasks, judge = self._answer.agents.tasks, self._answer.agents.judge
        judge.happened(f"agent {fate}" if fate != WELL else "agent answers well")
        try:
            event = self._answer.event(fate)
        except AgentUnavailable as failure:
            judge.agent_failed(tasks.process, fate, retryable=failure.retryable)
            raise
        judge.agent_answers(tasks.process, self._answer.number)
        return event

    def close(self) -> None:
        self._answer.close()

    def join(self, timeout: float | None = None) -> None:
        """There is no thread."""
