"""The team as one agent: everybody's instructions, tools and controls, and one word on working alone."""

from __future__ import annotations

from pathlib import Path

from agents.flat import ALONE, flatten
from agents.team import load_team
from tests.agents.small_team import write_team

STORE = Path(__file__).resolve().parents[2] / "agents" / "store"


def test_every_instruction_is_in_the_prompt_as_its_author_wrote_it() -> None:
    team = load_team(STORE)

    prompt = flatten(team).system_prompt

    assert all(team.instructions[agent.name] in prompt for agent in team.agents)


def test_the_one_agent_is_told_first_that_it_works_alone(tmp_path: Path) -> None:
    """Before any instruction that tells it to ask a colleague; then the supervisor's part, then the others'."""
    prompt = flatten(load_team(write_team(tmp_path))).system_prompt

    assert prompt.startswith(ALONE)
    assert [line for line in prompt.splitlines() if line.startswith("# ")] == ["# desk", "# loans"]


def test_it_has_everybodys_tools_and_controls() -> None:
    team = load_team(STORE)

    flat = flatten(team)

    assert {tool.name for tool in flat.tools} == {name for agent in team.agents for name in agent.tools}
    assert {control.name for control in flat.controls} == {name for agent in team.agents for name in agent.controls}
