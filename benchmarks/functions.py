"""A function that runs, and what it did with an event.

It is a process of its own with nothing in its environment but what Lambda and the stack write there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lambdas.process import Process, process


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment inside a function; all figures are seconds."""

    what: str
    """`invoked`, `returned`, and for a call of the SDK `begun`, `ended`."""
    operation: str
    at: float
    """Monotonic, the same for all processes."""
    process_cpu: float
    thread_cpu: float
    thread: int


@dataclass(frozen=True, slots=True)
class Execution:
    """One event, from the call of the handler to its return."""

    result: Any
    marks: Sequence[Mark]

    @property
    def seconds(self) -> float:
        return self.the("returned").at - self.the("invoked").at

    @property
    def cpu(self) -> float:
        """Of the whole process."""
        return self.the("returned").process_cpu - self.the("invoked").process_cpu

    @property
    def calls_cpu(self) -> float:
        """Of the calls of the SDK, each in its own thread; a stream that is read afterwards is no part of its call."""
        ended = [mark.thread_cpu for mark in self.marks if mark.what == "ended"]
        return sum(ended) - sum(mark.thread_cpu for mark in self.marks if mark.what == "begun")

    def the(self, what: str, operation: str = "") -> Mark:
        """The first such moment; raises `LookupError`."""
        return self.all_of(what, operation)[0]

    def all_of(self, what: str, operation: str = "") -> list[Mark]:
        found = [mark for mark in self.marks if (mark.what, mark.operation) == (what, operation)]
        if not found:
            raise LookupError(f"{what} {operation} never came; there is {self.marks}")
        return found

    def until(self, what: str, operation: str, *, last: bool = False) -> float:
        """Seconds from the event to the first (or last) such moment."""
        found = self.all_of(what, operation)
        return found[-1 if last else 0].at - self.the("invoked").at

    def cpu_until(self, what: str, operation: str) -> float:
        """CPU seconds of the whole process up to the first such moment."""
        return self.the(what, operation).process_cpu - self.the("invoked").process_cpu


@dataclass(frozen=True, slots=True)
class Function:
    """Events go in one after another."""

    _process: Process

    def invoke(self, event: Mapping[str, Any]) -> Execution:
        answer = self._process.ask(event)
        return Execution(answer["result"], [Mark(**mark) for mark in answer["marks"]])


@contextmanager
def running(handler: str, variables: Mapping[str, str], folder: Path) -> Iterator[Function]:
    """The function `handler`, until the block ends. Raises `ProcessEnded` if its module cannot be imported."""
    log = folder / f"{handler}-{uuid.uuid4()}.log"
    environment = {"_HANDLER": handler, **variables}
    with process("benchmarks.function_process", environment, folder, log) as started:
        started.receive()
        yield Function(started)
