"""One chat with everybody who acts in it, and the moves by which they do.

A move is a name and two numbers, which pick among what is possible then; so any list of moves is a history, also one
from which moves were taken away. Every move is one step.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lambdas.adapters.connect_chat import event_of
from lambdas.adapters.queues import Queue
from lambdas.chat_bot.events import CHAT_ENDED, PARTICIPANT_JOINED
from lambdas.conversation.errors import FunctionUnavailable, HandoffError, TurnFailed
from lambdas.conversation.ports import Chat, Said
from lambdas.conversation.stay import Reception
from lambdas.start_bot.events import FlowEvent
from tests.fakes import NOON
from tests.memory_stays import MemoryStays
from tests.model import agents as agent_fates
from tests.model import connect as connect_fates
from tests.model import record as record_fates
from tests.model.agents import VirtualAgents
from tests.model.connect import CHAT, FAILED, LOST, Connect, VirtualRoom
from tests.model.flow import Block, Flow, StartBotAnswer
from tests.model.functions import (
    CHAT_BOT_SECONDS,
    LOOKS_OF_RESCUE_BOT,
    NEXT_TRY_WITHIN_SECONDS,
    RESCUE_BOT_SECONDS,
    RETRIES_SECONDS,
    SEEN_AGAIN_AFTER_SECONDS,
    START_BOT_SECONDS,
    Manners,
    Performers,
    VirtualChatBot,
    VirtualPerformer,
    VirtualQueue,
    VirtualRescueBot,
    VirtualStartBot,
)
from tests.model.judge import Judge
from tests.model.record import VirtualStays
from tests.model.virtual_time import NEVER, WELL, Process, Task, Tasks
from tests.stage import POLICY

STEP_SECONDS = 0.03
SNS_SECONDS = 0.1
DELAYS_SECONDS = (2.0, 20.0, 100.0, 400.0)
FREEZES_SECONDS = (3.0, 6.0, 12.0, 31.0, 40.0, 70.0)
STALLS_SECONDS = (1.0, 5.0, 12.0, 31.0, 65.0)
DELIVERY_FATES = ("doubled", "delayed", "delayed", "lost", "undelivered")
KINDS = (*("text",) * 8, "attachment", "unreadable")
REST_WITHIN_STEPS = 30_000
MOST_MESSAGES = 30
BURST = 22


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the history."""

    name: str
    who: int = 0
    what: int = 0

    def __str__(self) -> str:
        return f"{self.name}({self.who}, {self.what})"


@dataclass(slots=True, eq=False)
class Event:
    """An event on its way to ChatBot."""

    name: str
    bodies: Sequence[str]
    due: float
    tries: int = 0
    """How often Lambda has tried it."""
    looks: int | None = None
    """How often RescueBot has looked at it, if nobody else will any more."""


@dataclass(slots=True, eq=False)
class Execution:
    """One that runs, and what follows from its end."""

    process: Process
    ends_at: float
    over: Callable[[Exception | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the scene is made of; broken ones show whether the judge is awake."""

    memory: Callable[[], MemoryStays] = MemoryStays
    performer: type[VirtualPerformer] = VirtualPerformer
    room: type[VirtualRoom] = VirtualRoom
    start_bot: type[VirtualStartBot] = VirtualStartBot
    chat_bot: type[VirtualChatBot] = VirtualChatBot


@dataclass
class Scene:
    """A contact from the start of its chat to its end."""

    manners: Manners = field(default_factory=Manners)
    parts: Parts = field(default_factory=Parts)

    def __post_init__(self) -> None:
        self.judge = Judge(sees_transcript=self.manners.sees_transcript)
        self.tasks = Tasks()
        self.steps = 0
        self.on_the_way: list[Event] = []
        self.running: list[Execution] = []
        self.published: list[tuple[str, Sequence[str]]] = []
        self._number = 0
        self._messages = 0
        self._random = random.Random(0)  # noqa: S311  (jitter, the same in each repetition)
        self.connect = Connect(self.tasks, self._publish)
        self.stays = VirtualStays(self.tasks, self.judge, self.parts.memory())
        self.room = self.parts.room(
            self.connect,
            self.tasks,
            self.judge,
            shows_transcript=self.manners.shows_transcript,
            shows_markdown=self.manners.shows_markdown,
        )
        self.performers = Performers(self.tasks, self.parts.performer)
        self.flow = Flow(
            tasks=self.tasks,
            judge=self.judge,
            invoke=self._invoke_start_bot,
            end_chat=self._end_chat,
            bot_is_there=lambda: bool(self.connect.bearers),
            attributes=self.connect.attributes,
        )
        self.chat_bot = self._chat_bot()
        self.start_bot = self._start_bot()
        self.rescue_bot = self._rescue_bot()
        self.initial_message = ""
        if self.manners.initial_message:
            self._write("text")
            self.initial_message = "m1"

    # ---- the functions

    def _chat_bot(self) -> VirtualChatBot:
        return self.parts.chat_bot(
            performers=self.performers,
            stays=self.stays,
            room=self.room,
            agents=VirtualAgents(self.tasks, self.judge, marked=self.manners.marked),
            policy=POLICY,
            rules=self.manners.rules,
            may_read_transcript=self.manners.may_read_transcript,
            new_id=self._new_id,
            random=self._random.random,
        )

    def _start_bot(self) -> VirtualStartBot:
        return self.parts.start_bot(
            performers=self.performers,
            reception=Reception(
                stays=self.stays,
                room=self.room,
                clock=self.tasks.clock,
                new_id=self._new_id,
                random=self._random.random,
                hand_to_chat_bot=self._hand_over,
                topic_arn="topic",
                bot_name="Bot",
                may_read_transcript=self.manners.may_read_transcript,
            ),
            policy=POLICY,
            language="en",
            told_attributes=(),
            report=self._report,
        )

    def _rescue_bot(self) -> VirtualRescueBot:
        return VirtualRescueBot(
            performers=self.performers,
            stays=self.stays,
            room=self.room,
            policy=POLICY,
            kept=Queue(VirtualQueue(self.tasks, self.judge), "kept"),
            may_read_transcript=self.manners.may_read_transcript,
            new_id=self._new_id,
            random=self._random.random,
        )

    def _new_id(self) -> str:
        self._number += 1
        return f"id-{self._number}"

    def _report(self, name: str) -> None:
        if not name.startswith("Handoff."):
            self.judge.counts[f"reported: {name}"] += 1

    def _invoke_start_bot(self, action: str, reason: str) -> None:
        block: Block = self.flow.block
        answers: list[StartBotAnswer] = []
        asked = FlowEvent(
            action=action,
            chat=CHAT,
            attributes=dict(self.connect.attributes),
            initial_message=self.initial_message if action == "join" else "",
            reason=reason,
        )

        def over(failure: Exception | None) -> None:
            self.flow.start_bot_answered(block, answers[0] if answers else None)

        self._run(f"StartBot {action}", START_BOT_SECONDS, lambda: answers.append(self.start_bot.act(asked)), over)

    def _invoke_chat_bot(self, event: Event) -> None:
        ends_at = self.tasks.now + CHAT_BOT_SECONDS
        event.tries += 1

        def work() -> None:
            failures = []
            for body in event.bodies:
                try:
                    self.chat_bot.handle(
                        {"Sns": {"Message": body}}, clock=self.tasks.clock, ends_at=ends_at, report=self._report
                    )
                except HandoffError as failure:
                    failures.append(type(failure).__name__)
            if failures:
                raise TurnFailed(failures)

        def over(failure: Exception | None) -> None:
            if failure is not None:
                self._retry(event)

        retry_within = [*NEXT_TRY_WITHIN_SECONDS, None][event.tries - 1]
        self._run(f"ChatBot({event.name})#{event.tries}", CHAT_BOT_SECONDS, work, over, retry_within=retry_within)

    def _retry(self, event: Event) -> None:
        if event.tries <= len(RETRIES_SECONDS):
            self.judge.happened("Lambda tries again later")
            self.on_the_way.append(
                Event(event.name, event.bodies, self.tasks.now + RETRIES_SECONDS[event.tries - 1], event.tries)
            )
        else:
            self.judge.happened("Lambda gives an event up")
            self._to_failures(event)

    def _to_failures(self, event: Event) -> None:
        self.on_the_way.append(Event(event.name, event.bodies, self.tasks.now + SNS_SECONDS, looks=0))

    def _invoke_rescue_bot(self, event: Event) -> None:
        """One look of the queue's reader; a failed one is seen again, the last goes where an alarm is."""
        ends_at = self.tasks.now + RESCUE_BOT_SECONDS
        looks = (event.looks or 0) + 1
        body = json.dumps({"Records": [{"Sns": {"Message": body}} for body in event.bodies]})

        def work() -> None:
            self.rescue_bot.save(
                body, clock=self.tasks.clock, ends_at=ends_at, report=self._report, explain=self._explain
            )

        def over(failure: Exception | None) -> None:
            if failure is None:
                self.judge.happened("RescueBot settles an event")
            elif looks < LOOKS_OF_RESCUE_BOT:
                self.judge.happened("RescueBot looks again later")
                self.on_the_way.append(
                    Event(
                        event.name, event.bodies, ends_at - RESCUE_BOT_SECONDS + SEEN_AGAIN_AFTER_SECONDS, looks=looks
                    )
                )
            else:
                self.judge.happened("an event is left unrescued, and an alarm tells")

        self._run(f"RescueBot({event.name})#{looks}", RESCUE_BOT_SECONDS, work, over)

    def _explain(self, contact_id: str, failure: Exception) -> None:
        self.judge.told(f"RescueBot: {type(failure).__name__}: {failure}")

    def _run(
        self,
        name: str,
        seconds: float,
        work: Callable[[], object],
        over: Callable[[Exception | None], None],
        *,
        retry_within: float | None = None,
    ) -> None:
        self._number += 1
        process = Process(f"{name}/{self._number}", retry_within=retry_within)
        self.tasks.start(process, work)
        self.running.append(Execution(process, self.tasks.now + seconds, over))

    def _hand_over(self, chat: Chat, early: Sequence[Said]) -> None:
        fate = self.tasks.stop_at("lambda", "Invoke")
        if fate != WELL:
            self.judge.trouble(self.tasks.process, "Invoke", fate)
        if fate == FAILED:
            raise FunctionUnavailable("ServiceException")
        self.judge.happened("early messages are handed over")
        bodies = [event_of(said, chat) for said in early]
        self.on_the_way.append(Event("early", bodies, self.tasks.now + SNS_SECONDS))
        if fate == LOST:
            raise FunctionUnavailable("ReadTimeoutError")

    # ---- what Connect publishes

    def _publish(self, said: Said, content_type: str) -> None:
        if content_type:
            members = {"Type": "EVENT", "ParticipantRole": said.role, "ContentType": content_type}
            body = json.dumps({**json.loads(event_of(said, CHAT)), **members})
        else:
            body = event_of(said, CHAT)
        name = said.text or content_type.rpartition(".event.")[2] or said.id
        self.published.append((name, [body]))
        self.on_the_way.append(Event(name, [body], self.tasks.now + SNS_SECONDS))

    # ---- the moves

    def play(self, move: Move) -> None:
        """One step. Raises nothing: what was wrong is in the judge."""
        self.steps += 1
        MOVES[move.name](self, move.who, move.what)
        self._look_round()

    def begins(self, who: int = 0, what: int = 0) -> None:
        """The flow comes to the bot."""
        if self.flow.block == "before":
            self.flow.join()

    def goes_on(self, who: int = 0, what: int = 0) -> None:
        """Somebody makes the next call, and it goes well; if nobody can, time passes until somebody can."""
        self._step(who, None)

    def goes_wrong(self, who: int, what: int) -> None:
        self._step(who, what)

    def customer_bursts(self, who: int, what: int) -> None:
        """More at once than an inbox holds."""
        if not self.connect.ended and self._messages < MOST_MESSAGES:
            self.judge.happened("customer writes more than an inbox holds")
            for _ in range(BURST):
                self._write("text")

    def agent_does(self, who: int, what: int) -> None:
        """An agent that is waited for does something of its own; if none is, somebody goes on."""
        self._until(self.tasks.now + STEP_SECONDS)
        waited_for = [task for task in self.tasks.ready() if task.point.operation == "answers"]
        if waited_for:
            task = waited_for[who % len(waited_for)]
            self.tasks.go_on(task, self._fate(task, what))
        else:
            self._step(who, None)

    def customer_writes(self, who: int, what: int) -> None:
        if not self.connect.ended and self._messages < MOST_MESSAGES:
            self._write(KINDS[what % len(KINDS)])

    def sns_repeats(self, who: int, what: int) -> None:
        """Something that was published comes once more, however long ago."""
        if self.published:
            name, bodies = self.published[who % len(self.published)]
            self.judge.happened("an event comes once more")
            self.judge.disturbed()
            self.on_the_way.append(Event(name, bodies, self.tasks.now))

    def execution_dies(self, who: int, what: int) -> None:
        if self.running:
            execution = self.running[who % len(self.running)]
            self.judge.counts[f"{execution.process.name.split('(')[0].split('/')[0]} dies"] += 1
            self._kill(execution, "dies")

    def execution_freezes(self, who: int, what: int) -> None:
        if self.running:
            seconds = FREEZES_SECONDS[what % len(FREEZES_SECONDS)]
            process = self.running[who % len(self.running)].process
            process.frozen_until = self.tasks.now + seconds
            self.judge.hindered(process, f"freezes for {seconds:.0f} s")
            self.judge.counts["freezes longer than the lease" if seconds > 30 else "freezes"] += 1

    def freezes_before_speaking(self, who: int, what: int) -> None:
        """After the fence, before the call leaves: the worst moment, and for longer than the lease."""
        speaking = [task for task in self.tasks.ready() if task.point.operation in {"SendMessage", "ask"}]
        if speaking:
            process = speaking[who % len(speaking)].process
            process.frozen_until = self.tasks.now + FREEZES_SECONDS[-1 - what % 3]
            self.judge.hindered(process, "freezes before it speaks")
            self.judge.counts["freezes between fence and call, longer than the lease"] += 1

    def time_passes(self, who: int, what: int) -> None:
        """Everybody is slow at once."""
        seconds = STALLS_SECONDS[what % len(STALLS_SECONDS)]
        self.judge.disturbed()
        if self.running:
            self.judge.counts[f"all stall for {seconds:.0f} s"] += 1
        for execution in self.running:
            self.judge.hindered(execution.process, f"stalls for {seconds:.0f} s")
        self._until(self.tasks.now + seconds)

    def person_comes(self, who: int, what: int) -> None:
        if self.flow.block == "queue":
            self.flow.block = "person"
            self.connect.bearers.clear()
            self.connect.announce("AGENT", PARTICIPANT_JOINED)
            self.judge.human_joined()

    def person_writes(self, who: int, what: int) -> None:
        if self.flow.block == "person":
            self.connect.add("AGENT", f"H{self.connect.number()}")

    def bot_comes_again(self, who: int, what: int) -> None:
        """The person, or the queue, gives the contact back to the bot."""
        if self.flow.block in {"queue", "person"}:
            self._until(self.tasks.now + 1.5)
            self.initial_message = ""
            self.judge.happened("the contact goes back to the bot")
            self.flow.join()

    def streaming_fails(self, who: int, what: int) -> None:
        """The next time StartBot asks for it."""
        self.room.streaming_fails = not self.room.streaming_fails
        self.judge.disturbed()

    def chat_ends(self, who: int, what: int) -> None:
        if not self.connect.ended:
            self._end_chat("the customer")

    def as_told(self) -> str:
        """The story so far, a line for each thing that happened, with the seconds since the chat began."""
        lines = (f"{moment - NOON:9.2f} s  {what}" for moment, what in self.judge.story)
        return "\n".join(["", *lines])

    # ---- how they work

    def _step(self, who: int, trouble: int | None) -> None:
        self._until(self.tasks.now + STEP_SECONDS)
        ready: list[Task | Event] = [*self.tasks.ready(), *(e for e in self.on_the_way if e.due <= self.tasks.now)]
        if not ready:
            self._until(self._next_due())
            return
        chosen = ready[who % len(ready)]
        if isinstance(chosen, Event):
            self._deliver(chosen, trouble)
        else:
            self.tasks.go_on(chosen, self._fate(chosen, trouble))

    def _fate(self, task: Task, trouble: int | None) -> str:
        if trouble is None:
            return WELL
        fates = _fates_of(task)
        return fates[trouble % len(fates)]

    def _deliver(self, event: Event, trouble: int | None) -> None:
        fate = WELL if trouble is None else DELIVERY_FATES[trouble % len(DELIVERY_FATES)]
        if fate != WELL and (event.tries or event.looks is not None):
            fate = "doubled"  # Lambda or SQS has it: it may come twice, but not be lost
        if fate != WELL:
            self.judge.happened(f"an event is {fate}")
        if fate not in {WELL, "doubled"}:
            self.judge.disturbed()
        if fate == "delayed":
            event.due = self.tasks.now + DELAYS_SECONDS[(trouble or 0) // len(DELIVERY_FATES) % len(DELAYS_SECONDS)]
            return
        self.on_the_way.remove(event)
        if fate == "doubled":
            self.on_the_way.append(Event(event.name, event.bodies, self.tasks.now + 1.0, event.tries, event.looks))
        if fate == "undelivered":
            self._to_failures(event)
        elif event.looks is not None:
            self._invoke_rescue_bot(event)
        elif fate != "lost":
            self._invoke_chat_bot(event)

    def _write(self, kind: str) -> None:
        self._messages += 1
        name = f"m{self._messages}"
        content_type = "application/json" if kind == "unreadable" else "text/plain"
        said = self.connect.add("CUSTOMER", name, attachment=kind == "attachment", content_type=content_type)
        carried = self.flow.block in {"queue", "person"}
        self.judge.customer_wrote(name, said, kind, published=self.connect.streaming, carried=carried)

    def _end_chat(self, by: str) -> None:
        self.connect.announce("SYSTEM", CHAT_ENDED)
        self.connect.ended, self.connect.streaming = True, False
        self.connect.bearers.clear()
        self.flow.block, self.flow.due = "over", NEVER
        self.judge.chat_ended(by)

    # ---- time

    def _next_due(self) -> float:
        ends = (execution.ends_at for execution in self.running)
        events = (event.due for event in self.on_the_way)
        return min([self.tasks.next_due(), self.flow.due, *ends, *events])

    def _until(self, moment: float) -> None:
        """Time passes; the flow is in time, and executions are stopped when their time is over."""
        if moment == NEVER:
            return
        while (due := min([self.flow.due, *(execution.ends_at for execution in self.running)])) <= moment:
            self._set_time(due)
            if self.flow.due <= due:
                self.flow.time_is_over()
            for execution in [execution for execution in self.running if execution.ends_at <= due]:
                self.judge.happened("an execution runs out of time")
                self._kill(execution, "runs out of time")
        self._set_time(moment)

    def _set_time(self, moment: float) -> None:
        self.tasks.now = max(self.tasks.now, moment)
        self.judge.time_is(self.tasks.now)

    def _kill(self, execution: Execution, how: str) -> None:
        self.judge.hindered(execution.process, how)
        self.tasks.kill(execution.process)
        self.running.remove(execution)
        self.judge.failed(execution.process, execution.process.retry_within)
        execution.over(TurnFailed([how]))

    def _look_round(self) -> None:
        """Who has come to an end, and whether the bot has left."""
        for execution in [execution for execution in self.running if execution.process.main.over]:
            failure = execution.process.main.failure
            if failure is not None and not isinstance(failure, HandoffError):
                self.judge.violated(f"{execution.process.name} broke: {failure!r}")
            if failure is not None:
                self.judge.told(f"{execution.process.name} raises {failure}")
                self.judge.failed(execution.process, execution.process.retry_within)
            self.running.remove(execution)
            execution.over(failure)
        self.flow.bot_left()

    # ---- the end

    def comes_to_rest(self) -> None:
        """Nothing goes wrong any more, and whatever is under way comes to its end."""
        self.room.streaming_fails = False
        self.play(Move("begins"))
        for _ in range(REST_WITHIN_STEPS):
            if self.judge.violation or self._rests():
                break
            self.play(Move("person_comes" if self.flow.block == "queue" and not self._busy else "goes_on"))
        else:
            self.judge.violated("the chat does not come to rest")

    @property
    def _busy(self) -> bool:
        return bool(self.running or self.on_the_way or self.tasks.ready())

    def _rests(self) -> bool:
        """Nothing is under way, and with a bot in the chat nothing waits for it either."""
        if self._busy or self.judge.unsettled():
            return False
        record = self.stays.record
        left_behind = record is not None and (record.inbox or record.lease is not None)
        return self.flow.block in {"person", "over"} or (self.flow.block == "wait" and not left_behind)


def _fates_of(task: Task) -> Sequence[str]:
    point = task.point
    match point.actor:
        case "agent" if point.operation == "answers":
            return agent_fates.FATES
        case "connect" if point.operation == "UpdateContactAttributes":
            return connect_fates.ATTRIBUTES_FATES
        case "connect" if not point.operation.startswith("answer of"):
            return connect_fates.CALL_FATES
        case "record" if not point.operation.startswith("answer of"):
            return record_fates.FATES
        case "lambda":
            return (FAILED, LOST)
        case _:
            return (WELL,)


MOVES: dict[str, Callable[[Scene, int, int], Any]] = {
    "begins": Scene.begins,
    "goes_on": Scene.goes_on,
    "goes_wrong": Scene.goes_wrong,
    "agent_does": Scene.agent_does,
    "customer_bursts": Scene.customer_bursts,
    "customer_writes": Scene.customer_writes,
    "sns_repeats": Scene.sns_repeats,
    "execution_dies": Scene.execution_dies,
    "execution_freezes": Scene.execution_freezes,
    "freezes_before_speaking": Scene.freezes_before_speaking,
    "time_passes": Scene.time_passes,
    "person_comes": Scene.person_comes,
    "person_writes": Scene.person_writes,
    "bot_comes_again": Scene.bot_comes_again,
    "streaming_fails": Scene.streaming_fails,
    "chat_ends": Scene.chat_ends,
}
