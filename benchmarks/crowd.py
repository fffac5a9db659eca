"""Figure 7: many chats at once, and several messages of one customer at once, over a few processes of ChatBot.

As in Lambda, a process takes one event at a time. There are eight, because all of them share this machine's cores: what
is measured is whether one chat slows another, not how many a Region bears.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue

from benchmarks import events
from benchmarks.figure import Figure, ratio
from benchmarks.functions import Execution, Function
from benchmarks.services.answers import asking_for
from benchmarks.stage import CHAT_BOT, Stage, stage
from benchmarks.turns import ASKING

GROUP = "crowd"
BACKEND = "bedrock-agents"
ANSWER = "short"
PROCESSES = 8
CHATS = 16
BURST = 5
"""Messages that one customer writes at once."""
TURNS_OF_A_BURST = 2
"""The first message is asked about as it comes, all that came meanwhile in one more turn."""
SENT = "SendMessage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush:
    """What came at once, and what one turn takes at least, measured in quiet before."""

    floor: float
    executions: Sequence[Execution]
    asks: int

    @property
    def seconds(self) -> float:
        """From the first event to the last word."""
        begun = min(one.the("invoked").at for one in self.executions)
        return (
            max(mark.at for one in self.executions for mark in one.marks if _is_said(mark.what, mark.operation)) - begun
        )


class Processes:
    """Whichever is free takes the next event."""

    def __init__(self, functions: Iterable[Function], threads: ThreadPoolExecutor) -> None:
        self._free: SimpleQueue[Function] = SimpleQueue()
        self._threads = threads
        for function in functions:
            self._free.put(function)

    def take(self, contact_ids: Iterable[str]) -> list[Execution]:
        """Each of these chats has written; all at once."""
        return list(self._threads.map(self._take, contact_ids))

    def _take(self, contact_id: str) -> Execution:
        function = self._free.get()
        try:
            return function.invoke(events.message(contact_id, asking_for(ANSWER)))
        finally:
            self._free.put(function)


def measure(runs: int) -> list[Figure]:
    with stage() as there, ExitStack() as until_the_end:
        threads = until_the_end.enter_context(ThreadPoolExecutor(PROCESSES))
        processes = Processes(threads.map(lambda _: there.start(CHAT_BOT, BACKEND), range(PROCESSES)), threads)
        chats = [there.join()[0] for _ in range(CHATS)]
        processes.take(chats)  # makes every process warm
        crowds, bursts = [], []
        for _ in range(runs):
            floor = there.floor("words", BACKEND, answer=ANSWER).seconds
            crowds.append(_rush(there, processes, chats, floor=floor))
            bursts.append(_rush(there, processes, chats[:1] * BURST, floor=floor))
    return [*of_crowds(crowds), *of_bursts(bursts)]


def _rush(there: Stage, processes: Processes, contact_ids: Sequence[str], *, floor: float) -> Rush:
    there.calls()
    executions = processes.take(contact_ids)
    asks = sum(call.operation == ASKING[BACKEND] for call in there.calls())
    return Rush(floor=floor, executions=executions, asks=asks)


def of_crowds(rushes: Sequence[Rush]) -> tuple[Figure, Figure]:
    about = f"{CHATS} chats over {PROCESSES} processes"
    throughput = ratio(
        GROUP,
        f"turns in a second / as many as the floor allows, {about}",
        ("turns in a second", (len(rush.executions) / rush.seconds for rush in rushes)),
        ("floor", (PROCESSES / rush.floor for rush in rushes)),
    )
    first = [one.until("ended", SENT) for rush in rushes for one in rush.executions]
    slowest = ratio(
        GROUP,
        f"first words, 99th percentile / median, {about}, {len(first)} turns",
        ("99th percentile", (percentile(99, first),)),
        ("median", (statistics.median(first),)),
    )
    return throughput, slowest


def of_bursts(rushes: Sequence[Rush]) -> tuple[Figure, Figure]:
    about = f"{BURST} messages at once in one chat"
    heard = ratio(
        GROUP,
        f"last words / floor of {TURNS_OF_A_BURST} turns, {about}",
        ("last words", (rush.seconds for rush in rushes)),
        ("floor", (TURNS_OF_A_BURST * rush.floor for rush in rushes)),
    )
    asks = Figure(
        group=GROUP,
        name=f"asks of the agent, {about}",
        samples=tuple(float(rush.asks) for rush in rushes),
        unit="asks",
    )
    return heard, asks


def percentile(wanted: int, samples: Sequence[float]) -> float:
    return statistics.quantiles(samples, n=100, method="inclusive")[wanted - 1]


def _is_said(what: str, operation: str) -> bool:
    return (what, operation) == ("ended", SENT)
