"""A team is read as data, and refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.team import load_team
from agents.yaml_source import InvalidTeam
from tests.agents.demo_store import STORE
from tests.agents.small_team import write_team


def test_the_demo_team_has_three_collaborators_and_one_control() -> None:
    """What the demo promises: orders, tickets, and a person."""
    team = load_team(STORE)

    assert [agent.name for agent in team.agents] == ["front_desk", "orders", "tickets", "escalation"]
    assert [tool.name for tool in team.tools] == ["get_order_status", "open_ticket", "get_ticket"]
    assert team.control("escalate").parameters.keys() == {
        "description",
        "order_number",
        "identity_document_number",
        "ticket_number",
    }


def test_only_the_description_of_a_wish_for_a_person_is_required() -> None:
    """A wish for a person must never be met with a question."""
    parameters = load_team(STORE).control("escalate").parameters

    assert [name for name, parameter in parameters.items() if parameter.required] == ["description"]


def test_instructions_are_read_from_their_files(tmp_path: Path) -> None:
    """Instructions are prose, and prose does not live in YAML."""
    team = load_team(write_team(tmp_path))

    assert team.instructions["loans"].startswith("You work in a library")


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("tools: [renew]", "tools: [rewind]", 11, "expected one of the tools below (renew), not 'rewind'"),
        ("tools: [renew]", "tools: []", 14, "expected an agent that has 'renew' among its tools"),
        ("controls: [fetch]", "controls: []", 22, "expected an agent that has 'fetch' among its controls"),
        ("- name: loans", "- name: renew", 8, "expected a name of its own, but 'renew' is used 2 times"),
        ("summary: wish", "summary: mood", 28, "expected one of the parameters (wish, card), not 'mood'"),
        ("reason: team_decided", "reason: finished", 26, "expected the reason 'finished' with outcome 'end' only"),
        (
            "      card: {type: string, description: The reader's card., mask",
            "      queue: {type: string, description: The reader's card., mask",
            31,
            "the bot itself writes the attribute handoff_queue",
        ),
        ("type: integer", "type: date", 20, "to be 'string', 'integer', 'number' or 'boolean'"),
        ("outcome: escalate", "outcome: shout", 25, "to be 'escalate', 'end' or 'stay'"),
        ("idle_session_seconds: 60", "idle_session_seconds: 30", 2, "greater than or equal to 60"),
        ("instruction: loans.md", "instruction: lost.md", 10, "lost.md to exist"),
        ("name: desk", "name: front desk", 4, "for 'supervisor.name'"),
    ],
)
def test_a_wrong_team_is_refused_with_line_and_expectation(
    tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    """A team is edited by people who do not read Python."""
    folder = write_team(tmp_path, team_yaml=(old, new))

    with pytest.raises(InvalidTeam) as raised:
        load_team(folder)

    told = str(raised.value).splitlines()
    assert any(each.startswith(f"{folder / 'team.yaml'}, line {line}: ") and expected in each for each in told), told


def test_an_instruction_too_short_to_mean_anything_is_refused(tmp_path: Path) -> None:
    """Bedrock takes 40 to 4,000 characters; better told here than at the deployment."""
    folder = write_team(tmp_path)
    (folder / "desk.md").write_text("Be kind.")

    with pytest.raises(InvalidTeam, match=r"desk\.md, line 1: expected an instruction of 40 to 4000 characters"):
        load_team(folder)
