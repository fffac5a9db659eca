"""The laptop stack under load: a repeating team, an SNS that doubles and reorders, and every call counted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from local.agents import Agents
from local.calls import Call
from local.delivery import DeliverySwitches, Fate
from local.settings import StackSettings
from local.stack import CHAT_BOT, Stack
from tests.load.repeating_team import RepeatingModel

DOUBLED = 0.15
OVERTAKEN = 0.15
LATE = 0.15
"""Shares of the events that arrive twice, after the next of their chat, or up to `LATE_SECONDS` late."""
LATE_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.5


class UnrulySns(DeliverySwitches):
    """Chooses a fate for every event by chance; none is lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.fates: Counter[str] = Counter()
        self._chance = random.Random(seed)  # noqa: S311  (repeatable, not secret)

    def fate_of(self, kind: str, contact_id: str | None) -> Fate | None:
        share, late = self._chance.random(), self._chance.uniform(0, LATE_SECONDS)
        if share < DOUBLED:
            self.fates["doubled"] += 1
            return Fate(arrives_after=(0.0, late))
        if share < DOUBLED + OVERTAKEN:
            self.fates["overtaken"] += 1
            return Fate(arrives_after=(LATE_SECONDS,), after_the_next=True)
        if share < DOUBLED + OVERTAKEN + LATE:
            self.fates["late"] += 1
            return Fate(arrives_after=(late,))
        self.fates["plain"] += 1
        return None


class LoadStack(Stack):
    """Counts the calls of functions, and what of them was throttled, by operation."""

    def __init__(self, settings: StackSettings, *, seed: int) -> None:
        super().__init__(settings)
        self.sns = UnrulySns(seed)
        self.delivery.switches = self.sns
        self.called: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()
        self.busy: list[int] = []
        """How many of ChatBot's workers were at work, looked at every `LOOK_EVERY_SECONDS`."""

    def count(self) -> None:
        """Begin; the calls are there once the stack runs."""
        self.calls.listeners.append(self._hear)
        self._run_in_background(self._look())

    async def _look(self) -> None:
        chat_bot = self.function(CHAT_BOT)
        while True:
            running = [run.function.name for _, run in self.workers._running.values()]
            self.busy.append(running.count(chat_bot))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _hear(self, call: Call) -> None:
        if call.function is not None:
            self.called[call.operation] += 1
            self.throttled[call.operation] += call.status == 429

    def _make_agents(self) -> Agents:
        self.model = RepeatingModel()
        return super()._make_agents()
