"""The races: which racers do what at the same time, on one contact after the other, and how each was judged.

A round is one contact. It begins in state `bot`; after the race somebody comes as Lambda's next try would, long after
every lease has expired, and finishes what is left.
"""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.conversation.contact import State
from tests.races.judge import violations
from tests.races.racer import Line, Plan, Racer, Report, SharedTime, contacts_at, race
from tests.races.shared_table import SharedTable, Write, shared_table

PROCESSES: Final = 8
START: Final = 1_800_000_000.0
LONGEST_WAIT_SECONDS: Final = 60.0
"""For the others at the start: one that has died never comes, and the race then fails instead of standing still."""
STORM_ACTS: Final = 10
STORM_JUMPS: Final = 12
"""At most; more would make the first messages of a round too old to be remembered."""
STORM: Final[Mapping[str, float]] = {
    "take": 5,
    "take_same": 1,
    "settle": 3,
    "release": 2,
    "go_round": 1,
    "renew": 2,
    "keep_pending": 1,
    "take_over": 2,
    "hand_off": 0.5,
    "seize": 0.3,
    "human": 0.6,
    "join": 1.2,
    "end": 0.05,
}

Acts = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """What one racer does, and what the others do. `first` is done by the one, before anybody races."""

    first: Acts = ()
    one: Acts = ()
    others: Acts = ()


RACES: Final[Mapping[str, Race]] = {
    "messages that come at the same time": Race(one=("take",), others=("take",)),
    "one message, delivered many times": Race(one=("take_same",), others=("take_same",)),
    "an abandoned turn": Race(first=("take", "jump"), others=("take_over", "settle")),
    "an abandoned turn and new messages": Race(first=("take", "jump"), others=("take", "take_over", "settle")),
    "a release and new messages": Race(first=("take",), one=("settle",), others=("take", "settle", "take")),
    "a holder that wakes too late": Race(
        first=("take", "jump"),
        one=("renew", "release", "go_round", "keep_pending", "hand_off"),
        others=("take_over", "take", "settle"),
    ),
    "a hand-off, and another by the flow": Race(
        first=("take",), one=("hand_off", "renew", "release", "human"), others=("take", "seize", "human")
    ),
    "many tries of one joining": Race(first=("take", "hand_off", "human"), one=("join",), others=("join", "take")),
    "a former stay that goes on": Race(
        first=("take",),
        one=("seize", "human", "renew", "release", "keep_pending", "human"),
        others=("join", "take", "join", "settle", "renew"),
    ),
    "a chat that ends": Race(first=("take",), one=("end",), others=("take", "settle", "seize", "join")),
}


@dataclass(slots=True, kw_only=True)
class Round:
    """One contact: what the racers did, and the writes that became of it."""

    reports: Sequence[Report]
    writes: Sequence[Write]
    problems: list[str]

    @property
    def end(self) -> Write:
        return self.writes[-1]

    def winners(self, act: str) -> int:
        """How many of the racers had an effect with it."""
        return sum(done.won for report in self.reports for done in report.acts if done.act == act)


@dataclass(slots=True)
class Tally:
    """What was done in all rounds so far."""

    rounds: int = 0
    acts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Course:
    """Racers that are ready, and the table they race on."""

    table: SharedTable
    tally: Tally
    _lines: Sequence[Line]
    _time: SharedTime
    _keeper: DynamoDBContacts
    """Of whoever prepares a contact and clears up."""

    def run(self, race: Race) -> Round:
        """One round of a race that was thought out."""
        others = len(self._lines) - 1
        return self._round(race.first, [race.one, *[race.others] * others])

    def storm(self, chance: random.Random) -> Round:
        """One round in which every racer does whatever comes to its mind."""
        acts, weights = list(STORM), list(STORM.values())
        plans = [chance.choices(acts, weights, k=STORM_ACTS) for _ in self._lines]
        for _ in range(STORM_JUMPS):
            plan = chance.choice(plans)
            plan.insert(chance.randrange(len(plan)), "jump")
        return self._round((), [tuple(plan) for plan in plans])

    def _round(self, first: Acts, plans: Sequence[Acts]) -> Round:
        self.tally.rounds += 1
        self._time.value = START
        contact_id = f"contact-{self.tally.rounds}@{START:.0f}"
        keeper = Racer(self._keeper, self._time, contact_id, "keeper")
        keeper.do(["join"])
        for number, (line, plan) in enumerate(zip(self._lines, plans, strict=True)):
            line.send(Plan(contact_id, () if number else first, plan))
        reports = [line.recv() for line in self._lines]
        self._clear_up(keeper)
        for report in reports:
            self.tally.acts.update(done.act for done in report.acts)
        writes = self.table.ledger.pop(contact_id)
        spoken = [one for report in [*reports, keeper.report] for one in report.spoken]
        return Round(reports=reports, writes=writes, problems=list(violations(writes, spoken)))

    def _clear_up(self, keeper: Racer) -> None:
        keeper.do(["jump", "take_over", "settle"])
        seen = keeper.stays.read(keeper.contact_id, now=self._time.value)
        if seen is not None and seen.state is State.HANDING_OFF:
            keeper.do(["human"])


@contextmanager
def course(processes: int = PROCESSES) -> Iterator[Course]:
    """Racers in processes of their own, until the block ends."""
    context = multiprocessing.get_context("spawn")
    time, meeting = context.Value("d", START), context.Barrier(processes, timeout=LONGEST_WAIT_SECONDS)
    lines = [context.Pipe() for _ in range(processes)]
    with shared_table() as table:
        racers = [
            context.Process(target=race, args=(table.origin, f"p{number}", time, meeting, theirs), daemon=True)
            for number, (_, theirs) in enumerate(lines)
        ]
        for racer in racers:
            racer.start()
        for _, theirs in lines:
            theirs.close()  # so that the end of a racer that dies is heard
        ours = [line for line, _ in lines]
        for line in ours:
            line.recv()  # it is there
        try:
            yield Course(table, Tally(), ours, time, contacts_at(table.origin))
        finally:
            for line in ours:
                line.send(None)
            for racer in racers:
                racer.join()
