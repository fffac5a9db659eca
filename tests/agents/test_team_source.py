"""An edit shows in the next conversation; a broken edit never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.team_source import TeamSource
from agents.yaml_source import InvalidTeam
from tests.agents.small_team import write_team


def test_an_edited_sentence_is_there_at_the_next_reading(tmp_path: Path) -> None:
    """Whoever changes a sentence wants to see it."""
    source = TeamSource(write_team(tmp_path), print)
    before = source.current()

    write_team(tmp_path, script_en_yaml=("Which card?", "And which card would that be?"))

    after = source.current()
    assert before.script is not None
    assert after.script is not None
    assert before.script.languages["en"].ask["card"] == "Which card?"
    assert after.script.languages["en"].ask["card"] == "And which card would that be?"


def test_a_team_may_have_no_script(tmp_path: Path) -> None:
    """Only the scripted model needs one, and where the team is deployed there is none."""
    write_team(tmp_path)
    for script in tmp_path.glob("script*.yaml"):
        script.unlink()

    assert TeamSource(tmp_path, print).current().script is None


def test_a_script_that_is_gone_is_a_broken_edit(tmp_path: Path) -> None:
    """Whoever talks with the scripted team talks on."""
    told: list[str] = []
    source = TeamSource(write_team(tmp_path), told.append)
    good = source.current()

    (tmp_path / "script.yaml").unlink()

    assert source.current() is good
    assert len(told) == 1


def test_nothing_is_read_again_while_nothing_changes(tmp_path: Path) -> None:
    """Each new conversation asks."""
    source = TeamSource(write_team(tmp_path), print)

    assert source.current() is source.current()


def test_a_broken_edit_keeps_the_last_good_team_and_is_told_once(tmp_path: Path) -> None:
    """A customer must not meet a typing mistake."""
    told: list[str] = []
    source = TeamSource(write_team(tmp_path), told.append)
    good = source.current()

    write_team(tmp_path, team_yaml=("outcome: escalate", "outcome: perhaps"))

    assert source.current() is good
    assert source.current() is good
    assert len(told) == 1
    assert "team.yaml, line 25: expected 'controls.0.outcome' to be" in told[0]


def test_a_team_that_was_never_good_stops_the_start(tmp_path: Path) -> None:
    """There is nothing to fall back on."""
    source = TeamSource(write_team(tmp_path, team_yaml=("outcome: escalate", "outcome: perhaps")), print)

    with pytest.raises(InvalidTeam):
        source.current()
