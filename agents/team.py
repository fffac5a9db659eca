"""A team of agents as data: who is in it, what each may do, and what its controls mean.

A team is a folder: `team.yaml` and its instructions in Markdown. This module reads and checks it; it builds no agent
and calls no service. The rule: whatever is made of a team (the Strands agents, the hand-off policy) is made of the
`Team` read here, so a mistake is found once, with file and line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.forms import in_form
from agents.yaml_source import InvalidTeam, Place, Problem, Source, read_source

TEAM_FILE = "team.yaml"

SHORTEST_INSTRUCTION = 40
LONGEST_INSTRUCTION = 4_000
"""Characters. Bedrock's model says 40 to 4,000, its quota page 20,000 (read 2026-11): under the smaller both hold."""

# Bedrock allows 100 characters for names, Strands 64 for tools; agents are tools of their supervisor.
Name = Annotated[
    str,
    Field(max_length=64),
    in_form(
        r"([0-9a-zA-Z][_-]?)+",
        "letters and digits without spaces, one hyphen or underscore between two of them at most",
    ),
]
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


class Function(_Described):
    """A Lambda function that tools run in, with its own table."""

    name: Name
    """What a tool's `runs_in` says, and the construct's name in the stack."""
    handler: Annotated[
        str,
        in_form(
            r"lambdas\.tools\.[a-z][a-z_]*\.handler",
            "lambdas.tools.<module>.handler, the module in small letters and underscores",
        ),
    ]
    table: Annotated[str, in_form(r"[A-Z][A-Za-z]{2,39}", "3 to 40 letters, the first a capital")]
    """The construct's name; the function finds the physical name in the variable `<TABLE>_TABLE`."""
    partition_key: Annotated[str, in_form(r"[a-z][a-z_]*", "small letters and underscores, a letter first")]
    operations: tuple[Literal["GetItem", "PutItem", "UpdateItem"], ...] = Field(min_length=1)
    """The only calls it may make on its table."""

    @property
    def table_variable(self) -> str:
        return f"{self.table.upper()}_TABLE"


class Tool(_Described):
    """Something an agent can do by itself; a Lambda function does it."""

    name: Name
    action_group: Name
    runs_in: Name
    """The name of the function that is called."""
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
    instruction: Annotated[
        str,
        in_form(r"[^/].*\.md", "a Markdown file (.md), its path seen from the team's folder"),
    ]
    """Its Markdown file, seen from the team's folder."""
    tools: tuple[Name, ...] = ()
    controls: tuple[Name, ...] = ()
    collaborators: tuple[Name, ...] = ()
    """Whom it asks. A supervisor that names nobody asks everybody whom no other agent names."""


class _TeamFile(_Described):
    name: Name
    idle_session_seconds: int = Field(ge=60, le=5_400)
    """A session nobody used for so long is forgotten; Bedrock allows 60 to 5,400 (read 2026-11)."""
    supervisor: Agent
    collaborators: tuple[Agent, ...] = Field(max_length=10)
    functions: tuple[Function, ...] = ()
    tools: tuple[Tool, ...] = ()
    controls: tuple[Control, ...] = ()

    def asks(self, agent: Agent) -> tuple[str, ...]:
        """The names of the collaborators that `agent` may ask."""
        if agent.collaborators or agent is not self.supervisor:
            return agent.collaborators
        named = {name for each in self.collaborators for name in each.collaborators}
        return tuple(each.name for each in self.collaborators if each.name not in named)


class Team(_TeamFile):
    """A team that has been checked."""

    instructions: dict[str, str]
    """The text of each agent's instruction, by the agent's name."""

    @property
    def agents(self) -> tuple[Agent, ...]:
        """The supervisor first."""
        return (self.supervisor, *self.collaborators)

    def asked_by(self, agent: Agent) -> tuple[Agent, ...]:
        """The collaborators that `agent` may ask."""
        names = self.asks(agent)
        return tuple(each for each in self.collaborators if each.name in names)

    def inmost_first(self) -> tuple[Agent, ...]:
        """The collaborators in an order in which everybody comes after those whom it asks."""
        ordered: dict[str, Agent] = {}
        while len(ordered) < len(self.collaborators):
            ready = (each for each in self.collaborators if each.name not in ordered)
            ordered |= {each.name: each for each in ready if set(each.collaborators) <= ordered.keys()}
        return tuple(ordered.values())

    def function(self, name: str) -> Function:
        return next(function for function in self.functions if function.name == name)

    def tool(self, name: str) -> Tool:
        return next(tool for tool in self.tools if tool.name == name)

    def control(self, name: str) -> Control:
        return next(control for control in self.controls if control.name == name)


class _ControlsFile(_Described):
    controls: tuple[Control, ...] = Field(min_length=1)


def load_controls(file: Path) -> tuple[Control, ...]:
    """The controls of agents that are described nowhere else, in the form of team.yaml; raises `InvalidTeam`."""
    source = read_source(file)
    described = source.parse(_ControlsFile)
    problems = [*_repeated_controls(described, source), *_control_problems(described.controls, source)]
    if problems:
        raise InvalidTeam(sorted(problems, key=lambda problem: problem.line))
    return described.controls


def load_team(folder: Path) -> Team:
    """The team in `folder`; raises `InvalidTeam`, whose message says file, line and what was expected."""
    source = read_source(folder / TEAM_FILE)
    file = source.parse(_TeamFile)
    problems = [
        *_name_problems(file, source),
        *_reference_problems(file, source),
        *_function_problems(file, source),
        *_collaboration_problems(file, source),
        *_control_problems(file.controls, source),
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


def _function_problems(file: _TeamFile, source: Source) -> Iterator[Problem]:
    """Every tool runs in a function that is described, and no two functions share a name or a table."""
    names = [function.name for function in file.functions]
    tables = [function.table for function in file.functions]
    for position, tool in enumerate(file.tools):
        if tool.runs_in not in names:
            expected = f"expected one of the functions below ({', '.join(names) or 'none'}), not '{tool.runs_in}'"
            yield source.problem(("tools", position, "runs_in"), expected)
    for position, function in enumerate(file.functions):
        for key, value, all_of_them in (("name", function.name, names), ("table", function.table, tables)):
            if all_of_them.count(value) > 1:
                yield source.problem(("functions", position, key), f"expected a {key} of its own, not '{value}' again")
        if function.name not in {tool.runs_in for tool in file.tools}:
            yield source.problem(("functions", position), f"expected a tool that runs in '{function.name}'")


def _collaboration_problems(file: _TeamFile, source: Source) -> Iterator[Problem]:
    """Every collaborator an agent names exists, nobody asks in a circle, and everybody can be asked."""
    known = {agent.name: agent for agent in file.collaborators}
    for place, agent in _agents(file):
        for position, name in enumerate(agent.collaborators):
            if name not in known:
                expected = f"expected one of the collaborators ({', '.join(known) or 'none'}), not '{name}'"
                yield source.problem((*place, "collaborators", position), expected)
            elif agent.name in _reached(file, [name]):
                expected = f"expected no circle, but '{name}' asks '{agent.name}' again"
                yield source.problem((*place, "collaborators", position), expected)
    in_reach = _reached(file, file.asks(file.supervisor))
    in_circles = {name for name in known if name in _reached(file, known[name].collaborators)}
    for position, agent in enumerate(file.collaborators):
        if agent.name not in in_reach | in_circles:
            yield source.problem(("collaborators", position), f"expected an agent that asks '{agent.name}'")


def _reached(file: _TeamFile, names: Iterable[str]) -> set[str]:
    """These collaborators, whom they ask, and so on."""
    known = {agent.name: agent for agent in file.collaborators}
    reached: set[str] = set()
    waiting = [name for name in names if name in known]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [each for each in known[name].collaborators if each in known]
    return reached


def _repeated_controls(file: _ControlsFile, source: Source) -> Iterator[Problem]:
    counted = Counter(control.name for control in file.controls)
    for position, control in enumerate(file.controls):
        if counted[control.name] > 1:
            expected = f"expected a name of its own, but '{control.name}' is used {counted[control.name]} times"
            yield source.problem(("controls", position, "name"), expected)


def _control_problems(controls: Iterable[Control], source: Source) -> Iterator[Problem]:
    for position, control in enumerate(controls):
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
