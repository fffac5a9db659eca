"""A team is read as data, and refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.team import load_team
from agents.yaml_source import InvalidTeam
from tests.agents.demo_tools import STORE
from tests.agents.small_team import write_team


def test_the_demo_team_has_four_collaborators_and_one_control() -> None:
    """What the demo promises: orders, lost numbers, tickets, and a person."""
    team = load_team(STORE)

    assert [agent.name for agent in team.agents] == ["front_desk", "orders", "customers", "tickets", "escalation"]
    assert [tool.name for tool in team.tools] == ["get_order_status", "find_customer", "open_ticket", "get_ticket"]
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


def test_a_collaborator_may_ask_another(tmp_path: Path) -> None:
    """Then the supervisor does not, unless it says so; and whoever is asked is built before who asks."""
    another = "  - {name: shelves, description: Knows shelves., instruction: loans.md}\ntools:"
    asks = ("    controls: [fetch]\ntools:", f"    controls: [fetch]\n    collaborators: [shelves]\n{another}")
    team = load_team(write_team(tmp_path, team_yaml=asks))

    assert [agent.name for agent in team.asked_by(team.supervisor)] == ["loans"]
    assert [agent.name for agent in team.asked_by(team.collaborators[0])] == ["shelves"]
    assert [agent.name for agent in team.inmost_first()] == ["shelves", "loans"]


def test_a_collaborator_whom_nobody_asks_is_refused(tmp_path: Path) -> None:
    """It would be paid for and never heard."""
    another = "  - {name: shelves, description: Knows shelves., instruction: loans.md}\ntools:"
    alone = ("    controls: [fetch]\ntools:", f"    controls: [fetch]\n{another}")
    desk = ("  instruction: desk.md\n", "  instruction: desk.md\n  collaborators: [loans]\n")
    folder = write_team(tmp_path, team_yaml=alone)
    file = folder / "team.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(*desk, 1), encoding="utf-8")

    with pytest.raises(InvalidTeam, match="line 14: expected an agent that asks 'shelves'"):
        load_team(folder)


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
        (
            "runs_in: LoansTool",
            "runs_in: LendTool",
            16,
            "expected one of the functions below (LoansTool), not 'LendTool'",
        ),
        ("- name: LoansTool", "- name: LendTool", 16, "expected one of the functions below (LendTool)"),
        ("handler: lambdas.tools.loans.handler", "handler: os.system", 34, "to be lambdas.tools.<module>.handler"),
        ("table: Loans", "table: loans", 35, "to be 3 to 40 letters, the first a capital"),
        ("partition_key: card", "partition_key: Card", 36, "to be small letters and underscores, a letter first"),
        ("instruction: loans.md", "instruction: /loans.md", 10, "to be a Markdown file (.md), its path seen from"),
        ("operations: [GetItem]", "operations: [DeleteItem]", 37, "to be 'GetItem', 'PutItem' or 'UpdateItem'"),
        ("tools: [renew]", "collaborators: [renews]\n    tools: [renew]", 11, "one of the collaborators (loans), not"),
        ("tools: [renew]", "collaborators: [loans]\n    tools: [renew]", 11, "expected no circle"),
        ("idle_session_seconds: 60", "idle_session_seconds: 30", 2, "greater than or equal to 60"),
        ("instruction: loans.md", "instruction: lost.md", 10, "lost.md to exist"),
        ("name: desk", "name: front desk", 4, "expected 'supervisor.name' to be letters and digits"),
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
    assert not any("pattern" in each for each in told)


def test_an_instruction_too_short_to_mean_anything_is_refused(tmp_path: Path) -> None:
    """Bedrock takes 40 to 4,000 characters; better told here than at the deployment."""
    folder = write_team(tmp_path)
    (folder / "desk.md").write_text("Be kind.")

    with pytest.raises(InvalidTeam, match=r"desk\.md, line 1: expected an instruction of 40 to 4000 characters"):
        load_team(folder)
