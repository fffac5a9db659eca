"""A laptop stack in a thread of its own, for tests that are customers and humans on plain boto3.

Whatever is looked at or changed inside it is done in its own event loop, by `call`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from local.event_stream import never_fail
from local.stack import Stack, StackSettings

START_SECONDS = 120.0
"""The first start on a machine synthesizes the template."""
PATIENCE_SECONDS = 40.0
LOOK_EVERY_SECONDS = 0.02

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that runs, and the ways into it."""

    stack: Stack
    origin: str
    loop: asyncio.AbstractEventLoop

    def call(self, act: Callable[[Stack], Found]) -> Found:
        """What `act` gives, done in the stack's own loop."""

        async def run() -> Found:
            return act(self.stack)

        return self.wait(run())

    def wait(self, work: Coroutine[Any, Any, Found]) -> Found:
        """What `work` gives, done in the stack's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=PATIENCE_SECONDS)

    def settle(self) -> None:
        """Return when no function runs; one that waits for Lambda's next try does not count."""
        self.wait(self.stack.workers.settle())

    def advance(self, seconds: float) -> None:
        """Move the stack's clock once everything that runs has ended: what comes next belongs to the new time."""
        self.settle()
        self.call(lambda stack: stack.clock.advance(seconds))

    def forget_switches(self) -> None:
        """Undo what a test made go wrong."""

        def undo(stack: Stack) -> None:
            stack.switches.clear()
            stack.delivery.switches.copies = 1
            stack.delivery.switches.delay_seconds = 0.0
            stack.delivery.switches.refused = False
            stack.delivery.switches.hold = False
            stack.delivery.switches.held.clear()
            stack.delivery.switches.chosen.clear()
            stack.agents.fail_next = never_fail
            stack.workers.given_up.clear()
            stack.queues.clear()

        self.call(undo)


@contextmanager
def running_stack(settings: StackSettings, *, make: Callable[[StackSettings], Stack] = Stack) -> Iterator[RunningStack]:
    """The stack, until the block ends. What stops its start is raised here."""
    running: list[RunningStack] = []
    problems: list[BaseException] = []
    started, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        try:
            async with make(settings) as stack:
                running.append(RunningStack(stack, stack.origin, asyncio.get_running_loop()))
                started.set()
                await stop.wait()
        except BaseException as problem:
            problems.append(problem)
            raise
        finally:
            started.set()

    thread = threading.Thread(target=_run_quietly, args=(run,), name="stack")
    thread.start()
    started.wait(timeout=START_SECONDS)
    if not running:
        thread.join()
        raise problems[0]
    try:
        yield running[0]
    finally:
        running[0].loop.call_soon_threadsafe(stop.set)
        thread.join()


def eventually(
    look: Callable[[], Found | None],
    *,
    seconds: float = PATIENCE_SECONDS,
    instead: Callable[[], object] = lambda: "nothing",
) -> Found:
    """What `look` finds once it finds something; after `seconds` of real time it fails, telling what is `instead`."""
    ends_at, pause = time.monotonic() + seconds, threading.Event()
    while not (found := look()):
        assert time.monotonic() < ends_at, f"it never happened; there is {instead()}"
        pause.wait(LOOK_EVERY_SECONDS)
    return found


def _run_quietly(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Problems are raised by whoever wanted the stack; the thread itself says nothing."""
    try:
        asyncio.run(run())
    except Exception as problem:
        del problem
