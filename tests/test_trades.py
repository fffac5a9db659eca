"""No code knows a trade: what a team is about stands in its folder, and in the tools it uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.team import TEAM_FILE, Team, load_team

ROOT = Path(__file__).parents[1]
TEAMS = sorted(path.parent for path in (ROOT / "agents").glob(f"*/{TEAM_FILE}"))
ROOMS = ("agents", "amazon_connect", "cdk", "lambdas", "local", "benchmarks")
TRADES = (*TEAMS, ROOT / "lambdas" / "tools")
"""Where a trade may be named."""
CODE = {".py", ".js", ".html", ".css", ".json"}


def names_of(team: Team) -> Iterator[str]:
    """What only somebody who knows this team could write; words of one's own language are left out."""
    yield from (tool.name for tool in team.tools)
    # A control may be called what it leads to; that word is everybody's.
    yield from (control.name for control in team.controls if control.name != control.outcome)
    yield from (agent.name for agent in team.agents if "_" in agent.name)
    for function in team.functions:
        yield from (function.name, function.handler, function.table_variable, f'"{function.table}"')
        yield from (name for name in [function.partition_key] if "_" in name)
    parameters = [name for tool in team.tools for name in tool.parameters]
    parameters += [name for control in team.controls for name in control.parameters]
    yield from (name for name in parameters if "_" in name)


def code() -> Iterator[Path]:
    files = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*")) if path.suffix in CODE)
    return (path for path in files if not any(path.is_relative_to(folder) for folder in TRADES))


@pytest.mark.parametrize("folder", TEAMS, ids=lambda folder: folder.name)
def test_no_code_names_what_belongs_to_a_team(folder: Path) -> None:
    """A tool, a table or a number of one trade in the code would be in the way of the next."""
    names = sorted(set(names_of(load_team(folder))))
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))

    found = [
        f"{path.relative_to(ROOT)}, line {number}: {match[0]}"
        for path in code()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := pattern.search(line))
    ]

    assert found == []


def test_there_is_more_than_one_trade() -> None:
    """With one team alone, the test above would prove little."""
    assert len(TEAMS) >= 2
