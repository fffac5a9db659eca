"""The team on this laptop: its policy for the Lambdas, its demo data, and what an edit does to them."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from agents.policy import handoff_policy
from agents.yaml_source import InvalidTeam
from local.settings import ROOT
from local.team import LocalTeam

TODAY = date(2026, 11, 20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "agents" / "store", tmp_path / "store"))


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def team(folder: Path, tmp_path: Path, told: list[str]) -> LocalTeam:
    return LocalTeam(folder, policies=tmp_path / "policies", tell=told.append)


def test_the_policy_file_is_what_the_build_would_write(team: LocalTeam) -> None:
    """The Lambdas read the same here as in AWS."""
    written = json.loads(team.policy_file().read_text())

    assert written == handoff_policy(team.source.current().team)


def test_another_policy_is_another_file(team: LocalTeam, folder: Path) -> None:
    """A function that runs keeps the one it began with; the same policy is written once."""
    first, again = team.policy_file(), team.policy_file()
    file = folder / "team.yaml"
    file.write_text(file.read_text().replace("reason: customer_asked", "reason: team_decided"))
    edited = team.policy_file()

    assert first == again != edited
    assert first.exists()


def test_a_broken_team_is_told_and_the_last_good_one_stays(team: LocalTeam, folder: Path, told: list[str]) -> None:
    """A typo must not take the demo down."""
    first = team.policy_file()
    (folder / "team.yaml").write_text("name: [")

    assert team.policy_file() == first
    assert len(told) == 1


def test_broken_demo_data_is_told_and_the_last_good_stays(team: LocalTeam, folder: Path, told: list[str]) -> None:
    """The same for rows and proposals."""
    good = team.demo(today=TODAY)
    (folder / "demo.yaml").write_text("tables: 1")

    assert team.demo(today=TODAY) == good
    assert len(told) == 1


def test_a_folder_that_never_held_a_team_is_an_error(tmp_path: Path) -> None:
    """There is nothing to fall back to at the first start."""
    (tmp_path / "team.yaml").write_text("name: [")
    (tmp_path / "demo.yaml").write_text("tables: 1")
    team = LocalTeam(tmp_path, policies=tmp_path, tell=print)

    with pytest.raises(InvalidTeam):
        team.policy_file()
    with pytest.raises(InvalidTeam):
        team.demo(today=TODAY)


def test_the_page_is_told_the_team_s_name_and_what_to_try(team: LocalTeam) -> None:
    """In both languages."""
    team.demo(today=TODAY)

    facts = team.facts()

    assert facts["name"] == "store"
    assert {"en", "es"} == set(facts["try_this"][0])


def test_demo_rows_are_named_by_the_variable_their_function_reads(team: LocalTeam) -> None:
    """The stack knows functions and their variables, and no trade."""
    tables = team.demo_tables(today=TODAY)

    assert {function.table_variable for function in team.source.current().team.functions} == tables.keys()
    assert all(tables.values())
