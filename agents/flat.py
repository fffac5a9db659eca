"""The team as one agent, for a backend that knows no colleagues.

`flatten` writes all instructions into one system prompt and gives the one agent everybody's tools and controls. The
rule: the instructions stay as their authors wrote them; what differs for somebody who works alone is said once, before
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.team import Agent, Control, Team, Tool

ALONE = """\
You work alone. The instructions below were written for a team in which the first member talks with the customer and
asks the others; you are all of them at once.

- There are no colleagues to ask and nobody to pass an answer to. Where an instruction says to ask, give or pass
  something to a colleague, do that colleague's work yourself, by its part of the instructions.
- You see the whole chat. Where a part says that it was only told something, or that it works for another member, use
  what the customer wrote.
- Only you talk with the customer. Never mention a team, colleagues, parts or instructions.
- A tool may be offered under a longer name that ends with the name used here; it is the same tool.
- What may not be said, promised or done by one part may not be said, promised or done by you."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatAgent:
    """One agent that does the work of a team."""

    system_prompt: str
    tools: tuple[Tool, ...]
    controls: tuple[Control, ...]


def flatten(team: Team) -> FlatAgent:
    parts = (_part(team, agent) for agent in team.agents)
    return FlatAgent(system_prompt="\n\n".join((ALONE, *parts)), tools=team.tools, controls=team.controls)


def _part(team: Team, agent: Agent) -> str:
    return f"# {agent.name}\n\n{agent.description}\n\n{team.instructions[agent.name]}"
