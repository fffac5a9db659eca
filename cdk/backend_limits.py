"""What a team may be and the stack or one backend cannot take: told before anything is deployed, with file and line.

Sources: CloudFormation's resource schemas as shipped with cfn-lint 1.58.0; Bedrock user guide, multi-agent
collaboration (read 2026-11), which describes a supervisor and its collaborators and says nowhere that a collaborator
may have collaborators of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from agents.team import TEAM_FILE, Team
from agents.yaml_source import InvalidTeam, Problem, Source, read_source
from cdk.harness_team import allowed_as, target_name
from cdk.settings import Backend

LONGEST_TOOL_NAME = 64
"""Of an entry of `allowedTools`; what a model sees may be as long and is shorter."""


TAKEN = frozenset(
    {
        *(
            "Contacts",
            "CustomerMessages",
            "ChatBot",
            "StartBot",
            "HumanQueue",
            "InboundFlow",
            "Failures",
            "Kept",
            "Unrescued",
            "RescueBot",
        ),
        *("DataKey", "Guardrail", "Team", "instanceId", "queueName", "BootstrapVersion", "CheckBootstrapVersion"),
        *("FlowName", "HowToTry", "StartBotArn", "RescueBotArn", "QueueArn", "WhoAnswers", "KeptByDestroy"),
        *("AgentId", "AgentAliasId", "AgentRuntimeArn", "HarnessArn"),
    }
)
"""What the stack itself calls its parts; functions and tables stand beside them (a test compares)."""


def check_limits(team: Team, folder: Path, backend: Backend) -> None:
    """Raises `InvalidTeam` with every problem."""
    source = read_source(folder / TEAM_FILE)
    problems = [problem for looks_for in (_taken_names, *_LOOKS_FOR[backend]) for problem in looks_for(team, source)]
    if problems:
        raise InvalidTeam(sorted(problems, key=lambda problem: problem.line))


def _taken_names(team: Team, source: Source) -> Iterator[Problem]:
    """In the stack a function and a table are parts like any other, each with a name of its own."""
    functions = {function.name for function in team.functions}
    for position, function in enumerate(team.functions):
        if function.name in TAKEN:
            expected = f"expected another name than '{function.name}', which is a part of the stack"
            yield source.problem(("functions", position, "name"), expected)
        if function.table in TAKEN | functions:
            expected = f"expected another name than '{function.table}', which is a part of the stack or a function"
            yield source.problem(("functions", position, "table"), expected)


def _second_levels(team: Team, source: Source) -> Iterator[Problem]:
    for position, agent in enumerate(team.collaborators):
        if agent.collaborators:
            expected = (
                f"expected no collaborators of '{agent.name}': on the backend bedrock-agents only the supervisor has "
                "some; agentcore-runtime takes this team"
            )
            yield source.problem(("collaborators", position, "collaborators"), expected)


def _mixed_groups(team: Team, source: Source) -> Iterator[Problem]:
    """An action group of a Bedrock agent is run by one function, or returns control; an agent has each name once."""
    runners: dict[str, str] = {}
    for position, tool in enumerate(team.tools):
        runner = runners.setdefault(tool.action_group, tool.runs_in)
        if runner != tool.runs_in:
            expected = f"expected one function behind the action group '{tool.action_group}', not '{runner}' too"
            yield source.problem(("tools", position, "action_group"), f"{expected} (backend bedrock-agents)")
    for position, control in enumerate(team.controls):
        if control.action_group in runners:
            expected = f"expected an action group without tools, but '{control.action_group}' has some"
            yield source.problem(("controls", position, "action_group"), f"{expected} (backend bedrock-agents)")


def _long_names(team: Team, source: Source) -> Iterator[Problem]:
    for position, tool in enumerate(team.tools):
        if len(allowed_as(tool)) > LONGEST_TOOL_NAME:
            expected = (
                f"expected a shorter name, of the tool or of '{tool.runs_in}': on the backend agentcore-harness it is "
                f"'{allowed_as(tool)}', and {LONGEST_TOOL_NAME} characters is the most"
            )
            yield source.problem(("tools", position, "name"), expected)


def _names_of_targets(team: Team, source: Source) -> Iterator[Problem]:
    """Where an underscore becomes a hyphen, two functions may become one."""
    seen: dict[str, str] = {}
    for position, function in enumerate(team.functions):
        other = seen.setdefault(target_name(function.name), function.name)
        if other != function.name:
            expected = f"expected a name that differs from '{other}' in more than hyphens and underscores"
            yield source.problem(("functions", position, "name"), f"{expected} (backend agentcore-harness)")


_LOOKS_FOR: Mapping[Backend, Sequence[Callable[[Team, Source], Iterator[Problem]]]] = {
    "bedrock-agents": (_second_levels, _mixed_groups),
    "agentcore-harness": (_long_names, _names_of_targets),
    "agentcore-runtime": (),
}
