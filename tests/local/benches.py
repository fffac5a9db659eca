"""Workers on a bench: functions of `tests.local.functions`, run as the stack runs them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from local.activity import Activity
from local.clock import Clock
from local.guard import Guard
from local.intrinsics import arn
from local.template import Function
from local.workers import Workers

ROOT = Path(__file__).resolve().parents[2]


def function(name: str, **changes: Any) -> Function:
    """One of `tests.local.functions`, as the template would describe it."""
    described: dict[str, Any] = {
        "name": name,
        "arn": arn("lambda", f"function:{name}"),
        "qualifiers": ("$LATEST", "live"),
        "handler": f"tests.local.functions.{name}",
        "environment": {"LANGUAGE": "es"},
        "timeout_seconds": 10.0,
        "memory_mb": 256,
        "retry_attempts": 2,
        "maximum_event_age_seconds": 21_600.0,
        "on_failure_arn": arn("sqs", "unanswered"),
    }
    return Function(**{**described, **changes})


class Bench:
    """Workers with what they need, and what they reported."""

    def __init__(self, *functions: Function, logs: Path, guard: Guard, pool_size: int = 2) -> None:
        numbers = itertools.count(1)
        self.logs = logs
        self.clock = Clock()
        self.activity = Activity(now=self.clock.now)
        self.workers = Workers(
            root=ROOT,
            logs=logs,
            clock=self.clock,
            guard=guard,
            activity=self.activity,
            new_id=lambda: f"request-{next(numbers)}",
            pool_size=pool_size,
        )
        self.workers.define(functions, origin="http://127.0.0.1:9", environment={"HANDOFF_POLICY": "policy.json"})

    def phases(self) -> list[str]:
        return [entry.facts["phase"] for entry in self.activity.entries()]

    async def phase(self, wanted: str, times: int = 1) -> None:
        """Wait until the workers have reported a phase this often."""
        async for _ in self.activity.follow(contact_id=None, after=0):
            if self.phases().count(wanted) >= times:
                return


@asynccontextmanager
async def bench(*functions: Function, logs: Path, guard: Guard, pool_size: int = 2) -> AsyncIterator[Bench]:
    made = Bench(*functions, logs=logs, guard=guard, pool_size=pool_size)
    try:
        yield made
    finally:
        await made.workers.close()
