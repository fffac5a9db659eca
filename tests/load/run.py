"""One run: a stack, a crowd, and what came of it.

At most `WORKERS` execution environments answer the messages and join the chats; the agents take `AGENT_SECONDS` of real
time for every question, in which their worker waits.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from lambdas.conversation.phrases import phrases
from local.agent_faces import BEDROCK_AGENTS
from local.contact import State
from local.settings import ROOT, StackSettings
from local.stack import FLOW_ID, INSTANCE_ID, WARM_HANDLERS, Stack
from tests.load.crowd import BOT, Crowd, Customer
from tests.load.judge import faults, heard_all
from tests.load.load_stack import LoadStack
from tests.load.repeating_team import ANSWER
from tests.running_stack import RunningStack, running_stack

WORKERS: Final = 32
FUNCTIONS: Final = WARM_HANDLERS
"""They share the workers; the repeating team has no tools, and without a failure nobody is rescued."""
AGENT_SECONDS: Final = 0.8
GREETING: Final = phrases("en").say("greeting")
ONE_MOMENT: Final = phrases("en").say("one_moment")
RUN_SECONDS: Final = 1_200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a run is made of."""

    chats: int
    joins_per_second: float
    bursts: int
    think_seconds: float
    workers: int = WORKERS
    """Execution environments at most, half of them ChatBot's and half StartBot's."""
    quotas: bool = False
    patience_seconds: float = 170.0
    """Less than the 180 s after which the flow would look for a person."""
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run; times in seconds."""

    load: Load
    customers: Sequence[Customer]
    not_joined: Sequence[str]
    """Contact ids of the chats that the bot did not come into: a person has them."""
    not_greeted: int
    """Chats in which the bot was, and its greeting was not: a throttled one is given up for the sake of time."""
    handed_over: dict[str, str]
    """The reason, by contact id, of the chats that the bot has left although nobody asked for it."""
    faults: Sequence[str]
    delays: Sequence[float]
    """From the question to the first part of its answer, one for each answered question."""
    joins: Sequence[float]
    """From coming to the greeting."""
    talk_seconds: float
    """From the first question to the last answer."""
    fates: Counter[str]
    called: Counter[str]
    throttled: Counter[str]
    failed_turns: Counter[str]
    """What ChatBot logged as failed, by error."""
    given_up: int
    busy: Sequence[int]
    """ChatBot's workers at work, at every look."""
    cpu: dict[str, float]
    """CPU seconds of the stack, the crowd and the workers."""
    seconds: float

    @property
    def asked(self) -> int:
        return sum(len(customer.asked) for customer in self.customers)

    @property
    def asked_again(self) -> int:
        """How often a customer heard that it takes longer: a call to the agents broke off and was made again."""
        return sum(text == ONE_MOMENT for one in self.customers for role, text, _ in one.heard if role == BOT)

    @property
    def refused(self) -> int:
        """Calls of the customers that were throttled."""
        return sum(customer.refused for customer in self.customers)

    @property
    def answered_per_second(self) -> float:
        return len(self.delays) / self.talk_seconds if self.talk_seconds else 0.0


def run(load: Load) -> Outcome:
    """The whole run; raises only for faults of the machinery."""
    pool = load.workers // len(FUNCTIONS)
    settings = StackSettings(port=0, watch=False, backend=BEDROCK_AGENTS, quotas=load.quotas, pool_size=pool)
    log = Log(ROOT / "build" / "local" / "logs")
    began, stack_cpu, children_cpu = time.monotonic(), time.process_time(), _children_cpu()
    with running_stack(settings, make=partial(LoadStack, seed=load.seed)) as running:
        running.call(_prepare)
        for handler in FUNCTIONS:
            asyncio.run_coroutine_threadsafe(_warm(running.stack, handler, pool), running.loop).result()
        customers, crowd_cpu = _visit(running, load)
        running.settle()
        seen = running.call(lambda stack: _seen(stack, customers))
    cpu = {
        "stack": time.process_time() - stack_cpu,
        "customers": crowd_cpu,
        "workers": _children_cpu() - children_cpu - crowd_cpu,
    }
    delays = [*_delays(customers)]
    joins = [at - one.came_at for one in customers for text, at in seen["said"][one.contact_id] if text == GREETING]
    return Outcome(
        load=load,
        customers=customers,
        faults=[*_faults(customers, seen)],
        delays=delays,
        not_greeted=len(customers) - len(seen["not_joined"]) - len(joins),
        joins=joins,
        talk_seconds=_talk_seconds(customers),
        failed_turns=log.failures(),
        cpu=cpu,
        seconds=time.monotonic() - began,
        not_joined=seen["not_joined"],
        handed_over=seen["handed_over"],
        fates=seen["fates"],
        called=seen["called"],
        throttled=seen["throttled"],
        given_up=seen["given_up"],
        busy=seen["busy"],
    )


class Log:
    """What the functions have logged since now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes = {file: file.stat().st_size for file in folder.glob("*.log")}

    def failures(self) -> Counter[str]:
        return Counter(
            f"{told.get('error')}: {told.get('reason', '')}".partition("contact")[0].strip()
            for file in self._folder.glob("*.log")
            for told in self._lines(file)
            if told.get("message") == "turn failed"
        )

    def _lines(self, file: Path) -> Iterator[dict[str, Any]]:
        before = self._sizes.get(file, 0)
        with file.open("rb") as log:
            log.seek(before if before <= file.stat().st_size else 0)
            for line in log:
                if line.startswith(b"{"):
                    yield json.loads(line)


def _prepare(stack: Stack) -> None:
    assert isinstance(stack, LoadStack)
    stack.count()
    stack.switches.delay(stack.agents.operation, seconds=AGENT_SECONDS)


async def _warm(stack: Stack, handler: str, idle: int) -> None:
    """Starting a process costs this machine more than answering: what is measured is what comes then."""
    await stack.workers.warm(stack.function(handler), idle=idle)


def _visit(running: RunningStack, load: Load) -> tuple[list[Customer], float]:
    crowd = Crowd(
        origin=running.origin,
        instance_id=INSTANCE_ID,
        flow_id=FLOW_ID,
        chats=load.chats,
        joins_per_second=load.joins_per_second,
        bursts=load.bursts,
        think_seconds=load.think_seconds,
        patience_seconds=load.patience_seconds,
        seed=load.seed,
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.crowd"],
        input=json.dumps(dataclasses.asdict(crowd)),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        check=True,
        timeout=RUN_SECONDS,
    )
    told = json.loads(done.stdout)
    return [Customer(**customer) for customer in told["customers"]], told["cpu"]


def _seen(stack: Stack, customers: Sequence[Customer]) -> dict[str, Any]:
    """What only the stack knows; in its own loop."""
    assert isinstance(stack, LoadStack)
    contacts = {one.contact_id: stack.chats._contacts[one.contact_id] for one in customers}
    left = {name: contact for name, contact in contacts.items() if contact.state is not State.IN_FLOW}
    came_in = {one.contact_id for one in customers if one.greeted_at}
    return {
        "not_joined": sorted(set(left) - came_in),
        "handed_over": {
            name: contact.attributes.get("handoff_reason", "the flow took it back")
            for name, contact in left.items()
            if name in came_in
        },
        "fates": stack.sns.fates,
        "called": stack.called,
        "throttled": stack.throttled,
        "busy": stack.busy,
        "given_up": len(stack.workers.given_up),
        "said": {name: _bot_messages(contact) for name, contact in contacts.items()},
    }


def _bot_messages(contact: Any) -> list[tuple[str, float]]:
    """Text, and seconds since the epoch."""
    items = contact.transcript.page(contact.customer.role, {"MaxResults": 100, "SortOrder": "ASCENDING"}).items
    mine = [one for one in items if one["Type"] == "MESSAGE" and one["ParticipantRole"] == BOT]
    return [(one["Content"], datetime.fromisoformat(one["AbsoluteTime"]).timestamp()) for one in mine]


def _faults(customers: Sequence[Customer], seen: dict[str, Any]) -> Iterator[str]:
    """Of the chats that the bot was in to the end; the others are counted by their reasons."""
    for one in customers:
        if one.contact_id in seen["not_joined"] or one.contact_id in seen["handed_over"]:
            continue
        heard = [text for role, text, _ in one.heard if role == BOT]
        said = seen["said"][one.contact_id]
        if len(said) < 100 and not heard_all(heard, said, listens_at=one.listens_at):
            yield f"chat {one.number}: heard other than what the transcript has"
        if heard.count(GREETING) > 1:
            yield f"chat {one.number}: greeted {heard.count(GREETING)} times"
        answers = [text for text in heard if text not in {GREETING, ONE_MOMENT}]
        yield from (f"chat {one.number}: {fault}" for fault in faults([text for text, _ in one.asked], answers))


def _delays(customers: Sequence[Customer]) -> Iterator[float]:
    for one in customers:
        answered = {
            found: at for role, text, at in reversed(one.heard) if role == BOT for found, _ in ANSWER.findall(text)
        }
        for text, at in one.asked:
            number = text.split()[1].rstrip(",")
            if number in answered:
                yield answered[number] - at


def _talk_seconds(customers: Sequence[Customer]) -> float:
    asked = [at for one in customers for _, at in one.asked]
    heard = [at for one in customers for role, text, at in one.heard if role == BOT and ANSWER.search(text)]
    return max(heard) - min(asked) if asked and heard else 0.0


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spread(seconds: Sequence[float]) -> str:
    """Median, 95th of a hundred, and the longest."""
    if len(seconds) < 2:
        return "none"
    cuts = statistics.quantiles(seconds, n=100)
    return f"{cuts[49]:.1f} / {cuts[94]:.1f} / {max(seconds):.1f} s"


SHORT: Final = Load(chats=40, joins_per_second=3, bursts=2, think_seconds=3, workers=16)
SHORT_WITH_QUOTAS: Final = Load(chats=12, joins_per_second=1, bursts=4, think_seconds=1.5, workers=16, quotas=True)
LONG: Final = Load(chats=500, joins_per_second=4, bursts=2, think_seconds=20)
LONG_WITH_QUOTAS: Final = Load(chats=50, joins_per_second=1, bursts=3, think_seconds=30, quotas=True)
