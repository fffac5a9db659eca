"""The one clock of the laptop stack.

Emulator, flow waits, Lambda's retries and, with every invocation, the Lambdas themselves read this clock, so a test
moves the whole world by `advance` and nothing has to sleep. It is wall time plus an offset that only grows; with a pace
below 1 it goes more slowly than the wall's, so that limits of time leave a slow machine enough of it.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Clock:
    """Wall time that can be moved forward.

    `pace` is how many of its seconds pass in one of the wall's. `read_wall` is the source of real seconds since the
    epoch. Sleepers live in the event loop that called `sleep`; `advance` must be called in that loop.
    """

    def __init__(self, *, pace: float = 1.0, read_wall: Callable[[], float] = time.time) -> None:
        self.pace = pace
        self._read_wall = read_wall
        self._offset_seconds = read_wall() * (1 - pace) if pace != 1 else 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def offset_seconds(self) -> float:
        """How far this clock is ahead of wall time at its pace; a worker process adds it to its own."""
        return self._offset_seconds

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._read_wall() * self.pace + self._offset_seconds

    async def sleep(self, seconds: float) -> None:
        """Return once this clock has moved on by `seconds`, in real time or by `advance`."""
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        heapq.heappush(self._sleepers, (self.now() + seconds, next(self._numbers), woken))
        timer = loop.call_later(seconds / self.pace, self._wake)
        try:
            await woken
        finally:
            timer.cancel()

    def advance(self, seconds: float) -> None:
        """Move the clock forward and wake who was waiting for a moment that has now passed."""
        if seconds < 0:
            raise ValueError(f"the clock only moves forward, not by {seconds} s")
        self._offset_seconds += seconds
        self._wake()

    def _wake(self) -> None:
        # A timer may fire a hair before the wall clock shows its moment; without the tolerance nobody would wake.
        now = self.now() + 0.002
        while self._sleepers and self._sleepers[0][0] <= now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
