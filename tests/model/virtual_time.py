"""Virtual time in which nothing runs by itself.

Whatever would be a thread (an execution, its renewal, its typing) is a greenlet here, and stops at every call to the
outside: a *point*. Whoever holds `Tasks` decides who goes on, with what fate, and how time passes. So any order can be
tried, and the same decisions give the same history.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet  # type: ignore[import-untyped]

from tests.fakes import NOON

NEVER = float("inf")
WELL = "well"
"""The fate of a call that does what it should."""


def _never() -> bool:
    return False


@dataclass(slots=True)
class Point:
    """Where a task has stopped: before a call to `actor`, or waiting for a moment."""

    actor: str
    operation: str
    due: float
    """Seconds since the epoch; it cannot go on before, unless it is woken."""
    woken: Callable[[], bool] = _never
    fate: str = WELL


@dataclass(slots=True, eq=False)
class Process:
    """What dies and freezes together: one execution in its container."""

    name: str
    tasks: list[Task] = field(default_factory=list)
    dead: bool = False
    frozen_until: float = 0.0
    troubled: bool = False
    """Something went wrong for it that it could not help: a fault, a freeze."""
    retry_within: float | None = None
    """If it dies, somebody else must go on within so many seconds."""

    @property
    def main(self) -> Task:
        return self.tasks[0]


@dataclass(slots=True, eq=False)
class Task:
    """One line of execution."""

    process: Process
    thread: greenlet
    point: Point
    failure: Exception | None = None

    @property
    def over(self) -> bool:
        return bool(self.thread.dead)


class VirtualClock:
    """The clock port; it moves when `Tasks` says so."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def now(self) -> float:
        return self._tasks.now

    def monotonic(self) -> float:
        return self._tasks.now - NOON

    def sleep(self, seconds: float) -> None:
        self._tasks.stop_at("clock", "sleep", due=self._tasks.now + seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self._tasks.stop_at("clock", "wait", due=self._tasks.now + seconds, woken=event.is_set)
        return event.is_set()


class Tasks:
    """All that could go on, and the time."""

    def __init__(self) -> None:
        self.now = NOON
        self.clock = VirtualClock(self)
        self._alive: list[Task] = []
        self._running: Task | None = None
        self._scheduler = getcurrent()

    # ---- for whoever decides

    def start(self, process: Process, work: Callable[[], object]) -> Task:
        def run() -> None:
            try:
                work()
            except GreenletExit:
                return
            except Exception as failure:  # looked at by whoever started it
                task.failure = failure

        task = Task(process, greenlet(run, parent=self._scheduler), Point("process", "starts", self.now))
        process.tasks.append(task)
        self._alive.append(task)
        return task

    def ready(self) -> list[Task]:
        return [task for task in self._alive if self.due(task) <= self.now]

    def due(self, task: Task) -> float:
        """When it can go on; `NEVER` if only another's step can wake it."""
        point = task.point
        due = self.now if point.due > self.now and point.woken() else point.due
        return max(due, task.process.frozen_until)

    def next_due(self) -> float:
        return min(map(self.due, self._alive), default=NEVER)

    def go_on(self, task: Task, fate: str = WELL) -> None:
        """Let one task carry out the call it has stopped at, and come to its next."""
        task.point.fate = fate
        self._running = task
        task.thread.switch()
        self._running = None
        self._forget_dead()

    def kill(self, process: Process) -> None:
        process.dead = True
        for task in process.tasks:
            if not task.over:
                self._running = task
                task.thread.throw(GreenletExit)
        self._running = None
        self._forget_dead()

    def _forget_dead(self) -> None:
        self._alive = [task for task in self._alive if not task.over]

    # ---- for what runs

    @property
    def process(self) -> Process | None:
        """Whose code runs now; `None` in the scheduler and in real threads."""
        running = self._running
        return running.process if running is not None and getcurrent() is running.thread else None

    def stop_at(
        self, actor: str, operation: str, *, due: float | None = None, woken: Callable[[], bool] = _never
    ) -> str:
        """Stop before a call; its fate comes back. A real thread beside (StartBot has one) cannot be stopped."""
        task = self._running
        if task is None or getcurrent() is not task.thread:
            return WELL
        if task.process.dead:
            raise GreenletExit
        task.point = Point(actor, operation, self.now if due is None else due, woken)
        self._scheduler.switch()
        if task.process.dead:
            raise GreenletExit
        return task.point.fate


class Later(Future[Any]):
    """A future that is waited for in virtual time."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            self._tasks.stop_at("process", "waits", due=NEVER, woken=self.done)
        return super().result(0)


@dataclass(frozen=True, slots=True)
class Companion:
    """What a thread's starter gets: something to join."""

    task: Task
    tasks: Tasks

    def join(self, timeout: float | None = None) -> None:
        if not self.task.over:
            due = NEVER if timeout is None else self.tasks.now + timeout
            self.tasks.stop_at("process", "joins", due=due, woken=lambda: self.task.over)
