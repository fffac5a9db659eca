"""Where a safeguard is taken away: in a copy of the tree, never in the tree itself.

A test has noticed if it failed by itself; whatever could not be imported or set up, or did not end, has noticed
nothing.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from multiprocessing.connection import wait
from pathlib import Path
from time import monotonic
from typing import Final
from xml.etree import ElementTree

from tests.mutants.mutant import Mutant
from tests.mutants.warm import ROOT, Fork

NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "build", "cdk.out", "__pycache__", ".*_cache", ".hypothesis", "node_modules"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of the tests that ran."""

    passed: int
    failed: int
    broken: int
    """Could not be collected or set up."""
    output: str

    @property
    def all_passed(self) -> bool:
        return self.passed > 0 and not self.failed and not self.broken

    @property
    def noticed(self) -> bool:
        return self.failed > 0 and not self.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Tests to run, without a safeguard or with everything in place."""

    tests: tuple[str, ...]
    without: Mutant | None = None
    within_seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """A copy of the tree in which tests run."""

    tree: Path

    @classmethod
    def set_up(cls, folder: Path) -> Bench:
        tree = folder / "tree"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
        return cls(tree)

    def begin(self, job: Job) -> Trial:
        whole = ""
        if job.without is not None:
            whole = (self.tree / job.without.file).read_text(encoding="utf-8")
            self._write(job.without.file, changed(whole, job.without))
        for file in (self.report, self.output):
            file.unlink(missing_ok=True)
        fork = Fork.begun(self.tree, job.tests, report=self.report, output=self.output)
        return Trial(bench=self, job=job, whole=whole, fork=fork, ends_at=monotonic() + job.within_seconds)

    @property
    def report(self) -> Path:
        return self.tree.parent / "report.xml"

    @property
    def output(self) -> Path:
        return self.tree.parent / "output.txt"

    def restore(self, job: Job, whole: str) -> None:
        if job.without is not None:
            self._write(job.without.file, whole)

    def _write(self, name: str, text: str) -> None:
        """Bytecode is told apart by size and whole seconds, which a change may leave as they were."""
        file = self.tree / name
        file.write_text(text, encoding="utf-8")
        if file.suffix == ".py":
            Path(cache_from_source(str(file))).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A job under way on a bench."""

    bench: Bench
    job: Job
    whole: str
    fork: Fork
    ends_at: float

    @property
    def is_over(self) -> bool:
        return self.fork.has_ended or monotonic() >= self.ends_at

    def end(self) -> Ran:
        """Put the tree right again, and tell."""
        in_time = self.fork.has_ended
        self.fork.stop()
        self.bench.restore(self.job, self.whole)
        if not in_time:
            output = f"did not end within {self.job.within_seconds:.0f} s"
            return Ran(passed=0, failed=0, broken=1, output=output)
        return _told(self.bench.report, self.bench.output.read_text(encoding="utf-8", errors="replace"))


def run_each(jobs: Iterable[Job], benches: Sequence[Bench]) -> Iterator[tuple[Job, Ran]]:
    """As many at once as there are benches; each is told when it is over."""
    waiting, free, under_way = deque(jobs), list(benches), list[Trial]()
    while waiting or under_way:
        while waiting and free:
            under_way.append(free.pop().begin(waiting.popleft()))
        first_end = min(trial.ends_at for trial in under_way)
        wait([trial.fork.sentinel for trial in under_way], timeout=max(first_end - monotonic(), 0.0))
        for trial in [trial for trial in under_way if trial.is_over]:
            under_way.remove(trial)
            ran = trial.end()
            free.append(trial.bench)
            yield trial.job, ran


def changed(text: str, mutant: Mutant) -> str:
    """The file's text without the safeguard. Raises `LookupError` unless the old text stands there exactly once."""
    times = text.count(mutant.old)
    if times != 1:
        raise LookupError(f"'{mutant.name}': the old text stands {times} times in {mutant.file}")
    return text.replace(mutant.old, mutant.new)


def _told(report: Path, output: str) -> Ran:
    """By pytest's own report: a test that fails and one that cannot be set up have the same exit code."""
    if not report.exists():
        return Ran(passed=0, failed=0, broken=1, output=output)
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314  (pytest has just written it)
    tests, failed, broken, skipped = (
        sum(int(suite.get(count, "0")) for suite in suites) for count in ("tests", "failures", "errors", "skipped")
    )
    return Ran(passed=tests - failed - broken - skipped, failed=failed, broken=broken, output=output)
