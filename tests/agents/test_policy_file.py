"""The policy of agents that somebody else deployed: the controls of a file, in the form of team.yaml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.policy import handoff_policy, policy_of_controls
from agents.team import load_controls, load_team
from agents.yaml_source import InvalidTeam
from tests.agents.small_team import TEAM, write_team

CONTROLS = TEAM[TEAM.index("controls:\n  - name: fetch") : TEAM.index("functions:")]


def controls_file(folder: Path, text: str) -> Path:
    file = folder / "controls.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_same_controls_mean_the_same_as_in_a_team(tmp_path: Path) -> None:
    policy = policy_of_controls(load_controls(controls_file(tmp_path, CONTROLS)))

    assert policy == handoff_policy(load_team(write_team(tmp_path)))


def test_json_is_read_too(tmp_path: Path) -> None:
    """Whoever makes the file with a program writes JSON."""
    control = {"name": "bye", "action_group": "a", "description": "Ends.", "outcome": "end", "reason": "finished"}
    file = tmp_path / "controls.json"
    file.write_text(json.dumps({"controls": [control]}, indent=2), encoding="utf-8")

    assert [control.outcome for control in load_controls(file)] == ["end"]


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("outcome: escalate", "outcome: leave", 5, "expected 'controls.0.outcome' to be 'escalate', 'end' or 'stay'"),
        ("    reason: team_decided\n", "", 2, "expected 'controls.0.reason', which is missing"),
        ("summary: wish", "summary: hope", 8, "expected one of the parameters (wish, card), not 'hope'"),
        ("      card:", "      queue:", 11, "expected another name than 'queue'"),
        ("controls:\n", "control:\n", 1, "expected 'controls', which is missing"),
        (
            CONTROLS,
            CONTROLS + CONTROLS.replace("controls:\n", ""),
            2,
            "expected a name of its own, but 'fetch' is used",
        ),
        (CONTROLS, "controls: []\n", 1, "expected at least 1 of 'controls'"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    assert old in CONTROLS
    file = controls_file(tmp_path, CONTROLS.replace(old, new, 1))

    with pytest.raises(InvalidTeam) as invalid:
        load_controls(file)

    assert f"{file}, line {line}: {expected}" in str(invalid.value)


def test_a_wrong_control_is_not_counted_as_a_missing_one(tmp_path: Path) -> None:
    """A line that is not true sends whoever reads it the wrong way."""
    file = controls_file(tmp_path, CONTROLS.replace("outcome: escalate", "outcome: leave", 1))

    with pytest.raises(InvalidTeam) as invalid:
        load_controls(file)

    assert len(str(invalid.value).splitlines()) == 1
