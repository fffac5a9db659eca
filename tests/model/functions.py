"""The Lambda functions in virtual time: the real code, with tasks where it would start threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.adapters.performer import Explain, Performer, Report
from lambdas.chat_bot.reactions import ChatBot
from lambdas.conversation.ports import AgentEvent, Asking, Clock
from lambdas.conversation.world import Rules
from lambdas.rescue_bot.rescues import RescueBot
from lambdas.start_bot.actions import StartBot
from tests.model.agents import VirtualAnswer, VirtualHearing
from tests.model.judge import Judge
from tests.model.virtual_time import Companion, Later, Process, Tasks

CHAT_BOT_SECONDS = 180.0
START_BOT_SECONDS = 8.0
RESCUE_BOT_SECONDS = 15.0
LOOKS_OF_RESCUE_BOT = 5
SEEN_AGAIN_AFTER_SECONDS = 90.0
NEXT_TRY_WITHIN_SECONDS = (75.0, 150.0)
"""After the first and the second crash of an event's execution somebody has gone on."""
RETRIES_SECONDS = (60.0, 120.0)
"""How long Lambda waits before its second and its third try of an asynchronous event."""


@dataclass(slots=True)
class VirtualPerformer(Performer):
    """The performer, but what it starts beside the turn are tasks of the same process."""

    tasks: Tasks = field(kw_only=True)
    process: Process = field(kw_only=True)

    def _start(self, work: Callable[[], None]) -> Any:
        companion = Companion(self.tasks.start(self.process, work), self.tasks)
        self._beside.append(companion)  # type: ignore[arg-type]  # joined as a thread is
        return companion

    def _promise(self) -> Any:
        return Later(self.tasks)

    def _hear(self, stream: Iterator[Asking | AgentEvent]) -> None:
        assert isinstance(stream, VirtualAnswer)
        self._stop_hearing()
        self._hearing = VirtualHearing(stream)  # type: ignore[assignment]  # heard as the thread would be
        self._fetch_contact()


@dataclass(frozen=True, slots=True)
class Performers:
    """Makes the performer of whichever execution asks for one."""

    tasks: Tasks
    kind: type[VirtualPerformer] = VirtualPerformer

    def make(self, **parts: Any) -> VirtualPerformer:
        process = self.tasks.process
        assert process is not None, "a performer outside any execution"
        return self.kind(tasks=self.tasks, process=process, **parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualChatBot(ChatBot):
    """ChatBot, one process an execution."""

    performers: Performers

    def _performer(self, clock: Clock, report: Report, explain: Explain = lambda _: None) -> Performer:
        return self.performers.make(
            stays=self.stays,
            room=self.room,
            agents=self.agents,
            clock=clock,
            owner=self.new_id(),
            random=self.random,
            may_read_transcript=self.may_read_transcript,
            report=report,
            explain=explain,
            rush=self.rush,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualStartBot(StartBot):
    """StartBot, one process an execution."""

    performers: Performers

    def _performer(self, clock: Clock) -> Performer:
        reception = self.reception
        return self.performers.make(
            stays=reception.stays,
            room=reception.room,
            clock=clock,
            owner=reception.new_id(),
            random=reception.random,
            may_read_transcript=reception.may_read_transcript,
            report=self.report,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualRescueBot(RescueBot):
    """RescueBot, one process an execution."""

    performers: Performers

    def _performer(self, clock: Clock, report: Report) -> Performer:
        return self.performers.make(
            stays=self.stays,
            room=self.room,
            clock=clock,
            owner=self.new_id(),
            random=self.random,
            may_read_transcript=self.may_read_transcript,
            report=report,
        )


@dataclass(slots=True)
class VirtualQueue:
    """What SQS does for RescueBot: keep. (`Queue` is of boto3's client; this stands for both.)"""

    tasks: Tasks
    judge: Judge

    def send_message(self, **message: str) -> object:
        self.tasks.stop_at("queue", "SendMessage")
        self.judge.happened("an event is kept after its rescue")
        return {}

    def receive_message(self, **asked: object) -> Mapping[str, Any]:
        raise AssertionError("RescueBot is given what it rescues")

    delete_message = change_message_visibility = receive_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What differs from one deployment to the next."""

    shows_transcript: bool = True
    """Whether Connect shows it to the bot."""
    may_read_transcript: bool = True
    """The setting."""
    whole: bool = False
    """The bot speaks when the agent has finished."""
    initial_message: bool = False
    marked: bool = False
    """The agent answers in Markdown."""
    shows_markdown: bool = True
    """Whether the customer's chat takes it."""

    @property
    def sees_transcript(self) -> bool:
        return self.shows_transcript and self.may_read_transcript

    @property
    def rules(self) -> Rules:
        return Rules(manner="whole" if self.whole else "first-sentence")
