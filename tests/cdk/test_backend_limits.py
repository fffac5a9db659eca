"""A team that one backend cannot take is refused before anything is deployed, with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from aws_cdk import App

from agents.team import load_team
from agents.yaml_source import InvalidTeam
from cdk.backend_limits import TAKEN, check_limits
from cdk.regions import Place
from cdk.settings import ROOT, Backend, read_settings
from cdk.synthesis import make_stacks

HEAD = """\
name: library
idle_session_seconds: 600
supervisor: {name: desk, description: Talks with readers., instruction: all.md, collaborators: [loans]}
collaborators:
  - name: loans
    description: Renews loans.
    instruction: all.md
    collaborators: [archive]
  - {name: archive, description: Finds old books., instruction: all.md, tools: [find, renew], controls: [fetch]}
tools:
  - {name: find, action_group: books, runs_in: FINDER, description: Finds.}
  - {name: renew, action_group: RENEWALS, runs_in: Loans-Tool, description: Renews.}
controls:
  - {name: fetch, action_group: PEOPLE, description: Fetches., outcome: escalate, reason: team_decided}
functions:
  - {name: FINDER, handler: lambdas.tools.books.handler, table: Books, partition_key: book, operations: [GetItem]}
  - {name: Loans-Tool, handler: lambdas.tools.loans.handler, table: Loans, partition_key: card, operations: [GetItem]}
"""


def problems(folder: Path, backend: Backend, *, renewals: str, people: str, finder: str) -> list[str]:
    text = HEAD.replace("RENEWALS", renewals).replace("PEOPLE", people).replace("FINDER", finder)
    (folder / "team.yaml").write_text(text, encoding="utf-8")
    (folder / "all.md").write_text("You work in a library and are kind to everybody.", encoding="utf-8")
    try:
        check_limits(load_team(folder), folder, backend)
    except InvalidTeam as invalid:
        return [line.removeprefix(f"{folder}/") for line in str(invalid).splitlines()]
    return []


def test_bedrock_agents_take_one_level_of_collaborators(tmp_path: Path) -> None:
    """Nothing documents a second one."""
    (problem,) = problems(tmp_path, "bedrock-agents", renewals="loans", people="people", finder="Finder")

    assert problem.startswith("team.yaml, line 8: expected no collaborators of 'loans'")
    assert "agentcore-runtime takes this team" in problem


def test_a_bedrock_action_group_has_one_executor(tmp_path: Path) -> None:
    found = problems(tmp_path, "bedrock-agents", renewals="books", people="books", finder="Finder")

    assert [problem.partition(": ")[0] for problem in found] == [
        "team.yaml, line 8",
        "team.yaml, line 12",
        "team.yaml, line 14",
    ]
    assert "not 'Finder' too" in found[1]
    assert "'books' has some" in found[2]


def test_a_harness_has_bounds_for_the_names_of_tools(tmp_path: Path) -> None:
    long = "Finder" * 9
    found = problems(tmp_path, "agentcore-harness", renewals="books", people="books", finder=long)

    assert [problem.partition(": ")[0] for problem in found] == ["team.yaml, line 11"]
    assert f"@tools/{long}___find" in found[0]


def test_two_functions_must_not_become_one_target(tmp_path: Path) -> None:
    """A target's name has hyphens where a function's may have underscores."""
    (problem,) = problems(tmp_path, "agentcore-harness", renewals="loans", people="people", finder="Loans_Tool")
    assert problem.startswith("team.yaml, line 17: expected a name that differs from 'Loans_Tool'")


def test_the_runtime_takes_what_the_file_may_say(tmp_path: Path) -> None:
    assert problems(tmp_path, "agentcore-runtime", renewals="books", people="books", finder="Finder" * 9) == []


@pytest.mark.parametrize("backend", get_args(Backend))
def test_a_part_of_the_stack_lends_its_name_to_no_function_and_no_table(tmp_path: Path, backend: Backend) -> None:
    """CDK would say it in its own words, and without the file."""
    problem = problems(tmp_path, backend, renewals="loans", people="people", finder="ChatBot")[-1]

    assert problem.startswith("team.yaml, line 16: expected another name than 'ChatBot'")


def test_no_part_of_the_stack_is_forgotten(tmp_path: Path) -> None:
    team = load_team(ROOT / "agents" / "store")
    own = {name for function in team.functions for name in (function.name, function.table)}
    parts: set[str] = set()
    package = tmp_path / "package"
    package.mkdir()
    for backend in get_args(Backend):
        context = {"lambda_package": str(package), "agent_package": str(package), "backend": backend}
        stack = make_stacks(App(outdir=str(tmp_path / backend)), read_settings(context), Place())
        parts |= {child.node.id for child in stack.node.children}

    assert parts - own - TAKEN == set()
