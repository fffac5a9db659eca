"""Where a safeguard is taken away: in a copy of the tree, never in the tree itself.

A test has noticed if it failed by itself; whatever could not be imported or set up, or did not end, has noticed
nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from tests.mutants.mutant import Mutant

ROOT: Final = Path(__file__).resolve().parents[2]
NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "build", "cdk.out", "__pycache__", ".*_cache", ".hypothesis", "node_modules"
)
TEST_WITHIN_SECONDS: Final = 60.0
ALL_WITHIN_SECONDS: Final = 240.0


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


@dataclass(frozen=True, slots=True)
class Bench:
    """A copy of the tree in which tests run."""

    tree: Path

    @classmethod
    def set_up(cls, folder: Path) -> Bench:
        tree = folder / "tree"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
        return cls(tree)

    def copied(self, folder: Path) -> Bench:
        """Another, with the bytecode that the first has made."""
        tree = folder / "tree"
        shutil.copytree(self.tree, tree)
        return Bench(tree)

    def run_whole(self, mutants: Iterable[Mutant]) -> Ran:
        """Every named test, with all safeguards in place."""
        return self._run(sorted({mutant.test for mutant in mutants}), within_seconds=ALL_WITHIN_SECONDS)

    def run_without(self, mutant: Mutant) -> Ran:
        """The named test, without the safeguard."""
        file = self.tree / mutant.file
        whole = file.read_text(encoding="utf-8")
        self._write(file, changed(whole, mutant))
        try:
            return self._run([mutant.test], within_seconds=TEST_WITHIN_SECONDS)
        finally:
            self._write(file, whole)

    def _write(self, file: Path, text: str) -> None:
        """Bytecode is told apart by size and whole seconds, which a change may leave as they were."""
        file.write_text(text, encoding="utf-8")
        if file.suffix == ".py":
            Path(cache_from_source(str(file))).unlink(missing_ok=True)

    def _run(self, tests: list[str], *, within_seconds: float) -> Ran:
        report = self.tree / "report.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", f"--junit-xml={report}", *tests]
        try:
            done = subprocess.run(
                command,
                cwd=self.tree,
                env=_environment(),
                capture_output=True,
                text=True,
                timeout=within_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ran(passed=0, failed=0, broken=1, output=f"did not end within {within_seconds:.0f} s")
        return _told(report, done.stdout + done.stderr)


def changed(text: str, mutant: Mutant) -> str:
    """The file's text without the safeguard. Raises `LookupError` unless the old text stands there exactly once."""
    times = text.count(mutant.old)
    if times != 1:
        raise LookupError(f"'{mutant.name}': the old text stands {times} times in {mutant.file}")
    return text.replace(mutant.old, mutant.new)


def _environment() -> dict[str, str]:
    """Without a path that would lead back to the tree itself."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("PYTEST")}


def _told(report: Path, output: str) -> Ran:
    """By pytest's own report: a test that fails and one that cannot be set up have the same exit code."""
    if not report.exists():
        return Ran(passed=0, failed=0, broken=1, output=output)
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314  (pytest has just written it)
    tests, failed, broken, skipped = (
        sum(int(suite.get(count, "0")) for suite in suites) for count in ("tests", "failures", "errors", "skipped")
    )
    return Ran(passed=tests - failed - broken - skipped, failed=failed, broken=broken, output=output)
