"""A handler that a team names and nobody wrote is told with file and line, before a customer needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.handlers import HANDLERS, check_handlers
from agents.team import load_team
from agents.team_source import TeamSource
from agents.yaml_source import InvalidTeam
from tests.agents.small_team import write_team


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project" / HANDLERS).mkdir(parents=True)
    return tmp_path / "project"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    return write_team(tmp_path / "library")


def write_handler(root: Path, program: str) -> None:
    (root / HANDLERS / "loans.py").write_text(program, encoding="utf-8")


@pytest.mark.parametrize(
    "program",
    [
        "def handler(event, context):\n    return {}\n",
        "from lambdas.tools.books import lend as handler\n",
        "handler = make_handler()\n",
        "from lambdas.tools.books import *\n",
        "try:\n    import fast\nexcept ImportError:\n    handler = slow\nelse:\n    handler = fast.handler\n",
        "handler: Handler = make_handler()\n",
    ],
)
def test_a_handler_may_be_defined_in_any_way(root: Path, folder: Path, program: str) -> None:
    """Looking must refuse nothing that would run, and it runs nothing itself."""
    write_handler(root, program)

    check_handlers(load_team(folder), folder, root=root)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (None, "expected the file lambdas/tools/loans.py of 'lambdas.tools.loans.handler' to exist"),
        ("def handle(event, context): ...", "expected a function 'handler' in lambdas/tools/loans.py"),
        ("class Loans:\n    def handler(self): ...", "expected a function 'handler' in lambdas/tools/loans.py"),
        ("handler: Handler", "expected a function 'handler' in lambdas/tools/loans.py"),
        ("\ndef handler(", "expected lambdas/tools/loans.py to be Python, but line 2 is not"),
    ],
)
def test_one_that_is_not_there_is_told_with_the_team_s_line(
    root: Path, folder: Path, program: str | None, expected: str
) -> None:
    if program is not None:
        write_handler(root, program)

    with pytest.raises(InvalidTeam) as invalid:
        check_handlers(load_team(folder), folder, root=root)

    assert str(invalid.value).startswith(f"{folder / 'team.yaml'}, line 34: {expected}")


def test_a_handler_that_comes_later_mends_the_team(root: Path, folder: Path) -> None:
    """Whoever writes the team first and the tool second must not have to touch the team again."""
    told: list[str] = []
    write_handler(root, "def handler(event, context): ...")
    source = TeamSource(folder, told.append, root=root)
    good = source.current()

    (root / HANDLERS / "loans.py").unlink()
    assert source.current() is good
    assert len(told) == 1
    write_handler(root, "def handler(event, context): ...")

    assert source.current() is not good
    assert len(told) == 1


def test_where_no_handlers_are_none_is_looked_for(folder: Path) -> None:
    """A deployed team calls functions by their ARN."""
    assert TeamSource(folder, print).current().team.name == "library"
