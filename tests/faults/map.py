"""The fault map as far as it has been run: each story is told once per backend, on a stack of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import Final

from local.agent_faces import BACKENDS, BEDROCK_AGENTS
from local.calls import Call
from local.settings import ROOT, StackSettings
from tests.faults.cells import FATES, FAULTS, Cell, Row, rows_of
from tests.faults.chats import CANARY, Evidence
from tests.faults.expected import EXPECTED, Line, expected
from tests.faults.judging import broken_rules, outcome_of
from tests.faults.running import play
from tests.faults.stories import SHARED, STORIES, Story
from tests.journeys.backstage import Backstage
from tests.journeys.people import Place
from tests.running_stack import running_stack

MAIN_BACKEND: Final = BEDROCK_AGENTS
TEAMS: Final = ROOT / "agents"
STACKS: Final = 3
"""Side by side; a story uses a tenth of the processor and has limits of time that a busy machine must keep."""
POOL_SIZE: Final = 32
"""So that no chat of a batch waits for another's worker."""
PACE: Final = 0.5
"""Limits of time that run while a cell does leave a busy machine twice as long."""


@dataclass(frozen=True, slots=True)
class Told:
    """A story under one backend: undisturbed, and with each fault."""

    story: Story
    undisturbed: tuple[Evidence, Evidence]
    cells: tuple[Evidence, ...]

    def rows(self) -> list[Row]:
        return rows_of(call for call in self.undisturbed[0].calls if self.story.is_about(call))


class FaultMap:
    """Tells stories, a few at a time: most of what they do is wait."""

    def __init__(self, wanted: Iterable[tuple[str, Story]] = ()) -> None:
        """`wanted` are begun at once, in this order; any other when it is asked for."""
        self._tellers = ThreadPoolExecutor(max_workers=STACKS, thread_name_prefix="story")
        self._starting = Lock()
        self._told: dict[tuple[str, str], Future[Told]] = {}
        for backend, story in wanted:
            self._begin(backend, story)

    def close(self) -> None:
        self._tellers.shutdown(cancel_futures=True)

    def tell(self, backend: str, story: Story) -> Told:
        """A story under a backend, told once."""
        return self._begin(backend, story).result()

    def _begin(self, backend: str, story: Story) -> Future[Told]:
        key = backend, story.name
        if key not in self._told:
            self._told[key] = self._tellers.submit(self._tell_on_a_stack, backend, story)
        return self._told[key]

    def tell_all(self) -> dict[str, list[Cell]]:
        """Every cell by the backend that it runs under."""
        cells: dict[str, list[Cell]] = {}
        for backend, story in played():
            told = self.tell(backend, story)
            cells.setdefault(backend, []).extend(each.cell for each in told.cells if each.cell)
        return cells

    def wrong(self, backend: str, story: Story) -> list[str]:
        """What came to something else, each with its story."""
        told = self.tell(backend, story)
        plain = [f"undisturbed: {rule}" for each in told.undisturbed for rule in broken_rules(each, story, each)]
        mistakes = (_mistake(each, story, told.undisturbed[0]) for each in told.cells)
        return [*plain, *(mistake for mistake in mistakes if mistake)]

    def unsteady(self) -> list[str]:
        """Stories that made other calls when they were told again."""
        told = (self.tell(*each) for each in played())
        return [each.story.name for each in told if each.rows() != rows_of(_about(each, each.undisturbed[1]))]

    def left_out(self) -> set[tuple[str, str]]:
        """Calls of some story that are a row of none, but those that no chat can be named for."""
        made, rows = set[tuple[str, str]](), set[tuple[str, str]]()
        for backend, story in played():
            told = self.tell(backend, story)
            made |= {(call.function or "", call.operation) for call in told.undisturbed[0].calls}
            rows |= {(row.function, row.operation) for row in told.rows()}
        return {each for each in made - rows if each[0] != SHARED}

    def unused_lines(self) -> list[Line]:
        """Expectations that are about no cell."""
        cells = [cell for some in self.tell_all().values() for cell in some]
        used = {id(expected(cell)) for cell in cells}
        return [line for lines in EXPECTED.values() for line in lines if id(line) not in used]

    def log_lines_with_secrets(self) -> list[str]:
        """Where a function wrote down what a customer said, or a token."""
        secrets = {
            CANARY,
            *(token for each in self._told.values() for one in each.result().cells for token in one.tokens),
        }
        return [line for line in self._log_lines() if any(secret in line for secret in secrets)]

    def _log_lines(self) -> Iterator[str]:
        """Of every function, under each backend that was told."""
        for file in sorted(StackSettings().build.glob("logs/*.log")):
            yield from file.read_text(encoding="utf-8", errors="replace").splitlines()

    def _tell_on_a_stack(self, backend: str, story: Story) -> Told:
        """Of its own: a process whose client was refused often has spent its budget of retries."""
        settings = StackSettings(
            port=0, watch=False, backend=backend, team=TEAMS / story.team, pool_size=POOL_SIZE, pace=PACE
        )
        with ExitStack() as until_it_is_told:
            with self._starting:  # they share the folder of the templates
                stack = until_it_is_told.enter_context(running_stack(settings))
            place = Place(stack)
            until_it_is_told.callback(place.close)
            return self._run(Backstage(stack, place), story)

    def _run(self, backstage: Backstage, story: Story) -> Told:
        first, second = play(story, [None, None], backstage)
        rows = rows_of(call for call in first.calls if story.is_about(call))
        if backstage.backend != MAIN_BACKEND:
            rows = [row for row in rows if row.is_of_the_agents]
        cells = [Cell(story.name, row, fault, backstage.backend) for row in rows for fault in FAULTS]
        if backstage.backend == MAIN_BACKEND and story.delivers:
            kinds = dict.fromkeys(each.kind for each in first.deliveries)
            cells += [Cell(story.name, Row("", kind), fate) for kind in kinds for fate in FATES]
        return Told(story, (first, second), tuple(play(story, cells, backstage)))


def played() -> Iterator[tuple[str, Story]]:
    """What is told under which backend: all of it under one, the asking of the agents under each."""
    for backend in (MAIN_BACKEND, *(each for each in BACKENDS if each != MAIN_BACKEND)):
        yield from ((backend, story) for story in STORIES if backend == MAIN_BACKEND or story.asks)


def _about(told: Told, evidence: Evidence) -> Iterator[Call]:
    return (call for call in evidence.calls if told.story.is_about(call))


def _mistake(evidence: Evidence, story: Story, undisturbed: Evidence) -> str | None:
    """What is wrong with a cell, and its story; `None` for one that is as expected."""
    assert evidence.cell is not None
    cell, line, outcome = evidence.cell, expected(evidence.cell), outcome_of(evidence, story, undisturbed)
    problems = broken_rules(evidence, story, undisturbed)
    if line is None:
        problems.append(f"an open cell: it came to '{outcome}', and nothing was expected")
    elif outcome != line.outcome:
        problems.append(f"came to '{outcome}', expected was '{line.outcome}': {line.because}")
    if not problems:
        return None
    row = cell.row
    name = f"{cell.story}: {row.function} {row.operation} {row.ordinal}, {cell.column}"
    return "\n".join([name, *(f"  ! {problem}" for problem in problems), evidence.in_words()])
