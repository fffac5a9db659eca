"""A team of agents as data: who is in it, what each may do, and what its controls mean.

A team is a folder: `team.yaml` and its instructions in Markdown. This module reads and checks it; it builds no agent
and calls no service. The rule: whatever is made of a team (the Strands agents, the hand-off policy) is made of the
`Team` read here, so a mistake is found once, with file and line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.yaml_source import InvalidTeam, Place, Problem, Source, read_source

TEAM_FILE = "team.yaml"

SHORTEST_INSTRUCTION = 40
LONGEST_INSTRUCTION = 4_000
"""Characters. Bedrock's model says 40 to 4,000, its quota page 20,000 (read 2026-11): under the smaller both hold."""

# Bedrock allows 100 characters for names, Strands 64 for tools; agents are tools of their supervisor.
Name = Annotated[str, Field(pattern=r"^([0-9a-zA-Z][_-]?)+$", max_length=64)]
ParameterType = Literal["string", "integer", "number", "boolean"]


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(_Described):
    """One argument of a tool or a control."""

    type: ParameterType
    description: str = Field(min_length=1, max_length=500)
    required: bool = False
    max_length: int = Field(default=1_000, ge=1, le=25_000)
    """Characters."""


class ControlParameter(Parameter):
    """An argument that reaches the person who takes the contact."""

    mask: bool = False
    """Show that person only the last four characters."""


class Tool(_Described):
    """Something an agent can do by itself; a Lambda function does it."""

    name: Name
    action_group: Name
    runs_in: Name
    """The logical name of the function that is called."""
    description: str = Field(min_length=1, max_length=1_200)
    parameters: dict[Name, Parameter] = Field(default_factory=dict)


RESERVED = frozenset({"outcome", "reason", "queue", "summary", "language", "attempts"})
"""Parameters become attributes `handoff_<name>`; these the bot writes itself (a test compares the two lists)."""


class Control(_Described):
    """Something an agent asks its caller to do: control returns to whoever invoked the team."""

    name: Name
    action_group: Name
    description: str = Field(min_length=1, max_length=1_200)
    outcome: Literal["escalate", "end", "stay"]
    reason: Literal["customer_asked", "team_decided", "finished"]
    queue: str = ""
    """The queue's name; empty means the deployment's default queue."""
    summary: str = ""
    """The parameter that tells the person what this is about."""
    parameters: dict[Name, ControlParameter] = Field(default_factory=dict)


class Agent(_Described):
    """A member of the team."""

    name: Name
    description: str = Field(min_length=1, max_length=1_200)
    """What the others are told about it."""
    instruction: str = Field(pattern=r"^[^/].*\.md$")
    """Its Markdown file, seen from the team's folder."""
    tools: tuple[Name, ...] = ()
    controls: tuple[Name, ...] = ()


class _TeamFile(_Described):
    name: Name
    idle_session_seconds: int = Field(ge=60, le=5_400)
    """A session nobody used for so long is forgotten; Bedrock allows 60 to 5,400 (read 2026-11)."""
    supervisor: Agent
    collaborators: tuple[Agent, ...] = Field(max_length=10)
    tools: tuple[Tool, ...] = ()
    controls: tuple[Control, ...] = ()


class Team(_TeamFile):
    """A team that has been checked."""

    instructions: dict[str, str]
    """The text of each agent's instruction, by the agent's name."""

    @property
    def agents(self) -> tuple[Agent, ...]:
        """The supervisor first."""
        return (self.supervisor, *self.collaborators)

    def tool(self, name: str) -> Tool:
        return next(tool for tool in self.tools if tool.name == name)

    def control(self, name: str) -> Control:
        return next(control for control in self.controls if control.name == name)


def load_team(folder: Path) -> Team:
    """The team in `folder`; raises `InvalidTeam`, whose message says file, line and what was expected."""
    source = read_source(folder / TEAM_FILE)
    file = source.parse(_TeamFile)
    problems = [
        *_name_problems(file, source),
        *_reference_problems(file, source),
        *_control_problems(file, source),
        *_instruction_problems(file, source),
    ]
    if problems:
        raise InvalidTeam(sorted(problems, key=lambda problem: problem.line))
    texts = {agent.name: _instruction(folder, agent) for _, agent in _agents(file)}
    return Team(**dict(file), instructions=texts)


def _agents(file: _TeamFile) -> Iterator[tuple[Place, Agent]]:
    yield ("supervisor",), file.supervisor
    for position, agent in enumerate(file.collaborators):
        yield ("collaborators", position), agent


def _instruction(folder: Path, agent: Agent) -> str:
    return (folder / agent.instruction).read_text(encoding="utf-8").strip()


def _instruction_problems(file: _TeamFile, source: Source) -> Iterator[Problem]:
    for place, agent in _agents(file):
        path = source.file.parent / agent.instruction
        if not path.is_file():
            yield source.problem((*place, "instruction"), f"expected the file {path} to exist")
            continue
        length = len(_instruction(source.file.parent, agent))
        if not SHORTEST_INSTRUCTION <= length <= LONGEST_INSTRUCTION:
            bounds = f"{SHORTEST_INSTRUCTION} to {LONGEST_INSTRUCTION} characters"
            yield Problem(file=path, line=1, expected=f"expected an instruction of {bounds}, but it has {length}")


def _name_problems(file: _TeamFile, source: Source) -> Iterator[Problem]:
    """Agents, tools and controls share one space of names: to a supervisor all of them are tools."""
    places: list[tuple[Place, str]] = [(place, agent.name) for place, agent in _agents(file)]
    places += [(("tools", position), tool.name) for position, tool in enumerate(file.tools)]
    places += [(("controls", position), control.name) for position, control in enumerate(file.controls)]
    counted = Counter(name for _, name in places)
    for place, name in places:
        if counted[name] > 1:
            yield source.problem(
                (*place, "name"), f"expected a name of its own, but '{name}' is used {counted[name]} times"
            )


def _reference_problems(file: _TeamFile, source: Source) -> Iterator[Problem]:
    """Every tool and control an agent names exists, and each is given to somebody."""
    known: Mapping[str, list[str]] = {
        "tools": [tool.name for tool in file.tools],
        "controls": [control.name for control in file.controls],
    }
    for kind, names in known.items():
        given: set[str] = set()
        for place, agent in _agents(file):
            for position, name in enumerate(getattr(agent, kind)):
                given.add(name)
                if name not in names:
                    expected = f"expected one of the {kind} below ({', '.join(names) or 'none'}), not '{name}'"
                    yield source.problem((*place, kind, position), expected)
        for position, name in enumerate(names):
            if name not in given:
                yield source.problem((kind, position), f"expected an agent that has '{name}' among its {kind}")


def _control_problems(file: _TeamFile, source: Source) -> Iterator[Problem]:
    for position, control in enumerate(file.controls):
        if control.summary and control.summary not in control.parameters:
            expected = f"expected one of the parameters ({', '.join(control.parameters)}), not '{control.summary}'"
            yield source.problem(("controls", position, "summary"), expected)
        if control.reason == "finished" and control.outcome != "end":
            yield source.problem(
                ("controls", position, "reason"), "expected the reason 'finished' with outcome 'end' only"
            )
        for name in RESERVED & control.parameters.keys():
            expected = f"expected another name than '{name}': the bot itself writes the attribute handoff_{name}"
            yield source.problem(("controls", position, "parameters", name), expected)
