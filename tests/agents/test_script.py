"""The script is data of a trade; what it lacks is told before anybody talks."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.script import load_script
from agents.team import load_team
from agents.yaml_source import InvalidTeam
from tests.agents.demo_tools import CLINIC, STORE
from tests.agents.small_team import write_team

ENGINE = Path(__file__).parents[2] / "agents"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("script.yaml", "needs: [card]", "needs: [ticket]", "line 10: expected one of the slots above, not 'ticket'"),
        ("script.yaml", "_again: fetch", "_again: bring", "line 14: expected one of the tasks above, not 'bring'"),
        ("script.yaml", "- name: wish", "- {name: wish, picks: {cards: [ticket]}}", "expected one of the slots, not"),
        ("script.yaml", "alone: true", "finds: [ticket]", "line 9: expected one of the slots above, not 'ticket'"),
        ("script.yaml", "renew.not_found", "renew.lost", "expected a sentence 'results.renew.lost', because the plan"),
        ("script.en.yaml", 'trouble: "S', 'problem: "S', "line 19: expected a sentence 'trouble'"),
        ("script.en.yaml", 'card: "Which card?"', 'name: "Who?"', "line 14: expected a question for 'card'"),
        ("script.en.yaml", "  greeting: {", "  hello: {", "expected a sentence 'talk.greeting', because another"),
        ("script.en.yaml", '["librarian"]', '["librarian|"]', "a word is missing beside '|' or '&'"),
        ("script.en.yaml", 'fetch: {done: "Fetched."}', "", "expected sentences for the results of 'fetch'"),
    ],
)
def test_a_gap_in_the_script_is_told_with_its_place(
    tmp_path: Path, file: str, old: str, new: str, expected: str
) -> None:
    """A sentence that is missing would otherwise be missed by a customer."""
    folder = write_team(tmp_path, **{file.replace(".", "_"): (old, new)})

    with pytest.raises(InvalidTeam) as raised:
        load_script(folder)

    assert expected in str(raised.value)


@pytest.mark.parametrize("folder", [STORE, CLINIC], ids=lambda folder: folder.name)
def test_a_script_fits_its_team(folder: Path) -> None:
    """Every task is done by an agent that has its tool, with arguments the tool knows."""
    team, plan = load_team(folder), load_script(folder).plan

    for task in plan.tasks:
        agent = next(agent for agent in team.agents if agent.name == task.collaborator)
        assert task.tool in (*agent.tools, *agent.controls)
        described = team.control(task.tool) if task.tool in agent.controls else team.tool(task.tool)
        assert set(task.needs) | set(task.may_have) <= described.parameters.keys()
        required = {name for name, parameter in described.parameters.items() if parameter.required}
        assert required <= {*task.needs, task.told_as}


@pytest.mark.parametrize("folder", [STORE, CLINIC], ids=lambda folder: folder.name)
def test_every_tool_and_control_of_a_team_is_some_task_of_its_script(folder: Path) -> None:
    """What the script never does, no conversation on a laptop can show."""
    team, plan = load_team(folder), load_script(folder).plan

    assert {task.tool for task in plan.tasks} == {
        *(tool.name for tool in team.tools),
        *(control.name for control in team.controls),
    }


@pytest.mark.parametrize(
    "word", ["order_", "ticket", "identity", "document number", "escalat", "warehouse", "12345678"]
)
def test_the_engine_names_no_trade(word: str) -> None:
    """A second trade must need data only."""
    engine = ("script", "wording", "understanding", "dialogue", "replies", "sentences", "scripted")

    assert [name for name in engine if word in (ENGINE / f"{name}.py").read_text().lower()] == []
