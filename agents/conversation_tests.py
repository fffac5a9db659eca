"""Conversations that a team must be able to hold, as data beside the team: `conversations/*.yaml`.

    language: en                      in which the chat begins, and in which is answered unless a turn says otherwise
    conversations:
      - name: A customer who says everything at once is answered at once
        about: why it matters
        turns:
          - customer: "Please renew my loan on card C1 for two weeks."
            expect:
              calls: [{tool: renew, arguments: {card: C1, weeks: any}}]
              mentions: [C1, [renewed, extended]]               of a list, one is enough
              never_mentions: [fine]
              language: en
        end: {outcome: stays}         or escalate, or end; with `reason` and `attributes`

`no_calls: true` expects that no tool is used; where neither stands, tools are free. A value `any` is any text, `none`
no text at all, `{renew.until}` a field of what a tool answered last. This module reads and checks; it
plays nothing. The rule: what is expected must hold for whatever model the team thinks with: facts, tools, language and
outcome, never a wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.team import RESERVED, Team, Tool
from agents.yaml_source import InvalidTeam, Place, Problem, Source, read_source

FOLDER: Final = "conversations"
ANY: Final = "any"
NONE: Final = "none"
PREFIX: Final = "handoff_"
CONTROL_ATTRIBUTES: Final = frozenset({"functionName", "actionGroup"})
FIELD: Final = re.compile(r"\{([0-9A-Za-z_-]+)\.([0-9A-Za-z_-]+)\}")
"""`{tool.field}`: what the tool answered last."""

Outcome = Literal["stays", "escalate", "end"]
Language = Literal["en", "es"]
"""Those whose words the judge knows."""
Text = Annotated[str, Field(min_length=1, max_length=1_024)]
Mention = Text | Annotated[tuple[Text, ...], Field(min_length=1)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedCall(_Data):
    """A tool that must be used, with these arguments at least."""

    tool: str
    arguments: dict[str, str] = Field(default_factory=dict)


class Expectation(_Data):
    """What must come of a message."""

    calls: tuple[ExpectedCall, ...] = ()
    """These and no others; the same call made again is no other."""
    no_calls: bool = False
    mentions: tuple[Mention, ...] = ()
    never_mentions: tuple[Text, ...] = ()
    language: Language | None = None

    @model_validator(mode="after")
    def _decide(self) -> Expectation:
        if self.calls and self.no_calls:
            raise ValueError("either 'calls' or 'no_calls', not both")
        return self


class TestTurn(_Data):
    """One message of the customer, and what must come of it."""

    __test__ = False

    customer: Text
    expect: Expectation = Expectation()


class End(_Data):
    """Where the conversation must have led after its last turn."""

    outcome: Outcome = "stays"
    reason: str = ""
    """Empty: any."""
    attributes: dict[str, str] = Field(default_factory=dict)


class ConversationTest(_Data):
    """One conversation."""

    __test__ = False

    name: str = Field(min_length=1, max_length=200)
    about: str = Field(min_length=1, max_length=500)
    language: Language | None = None
    turns: tuple[TestTurn, ...] = Field(min_length=1)
    end: End = End()

    @property
    def spoken(self) -> Language:
        """The language in which the chat begins; a file says it for all its conversations."""
        return self.language or "en"

    def language_of(self, turn: TestTurn) -> Language:
        """What the answer must be written in."""
        return turn.expect.language or self.spoken


class _File(_Data):
    language: Language
    conversations: tuple[ConversationTest, ...] = Field(min_length=1)


def load_conversations(folder: Path, team: Team) -> tuple[ConversationTest, ...]:
    """The conversation tests of the team in `folder`, none if it has no `conversations/`.

    Raises `InvalidTeam`, whose message says file, line and what was expected.
    """
    found: list[ConversationTest] = []
    problems: list[Problem] = []
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        source = read_source(path)
        file = source.parse(_File)
        problems += _problems(file, source, team, known={test.name for test in found})
        found += [test.model_copy(update={"language": test.language or file.language}) for test in file.conversations]
    if problems:
        raise InvalidTeam(problems)
    return tuple(found)


def _problems(file: _File, source: Source, team: Team, *, known: set[str]) -> Iterator[Problem]:
    """What refers to something that is not there."""
    tools = {tool.name: tool for tool in team.tools}
    for position, test in enumerate(file.conversations):
        place: Place = ("conversations", position)
        if test.name in known:
            yield source.problem((*place, "name"), "expected a name of its own, but another conversation has it")
        known.add(test.name)
        for number, turn in enumerate(test.turns):
            here = (*place, "turns", number, "expect")
            for index, call in enumerate(turn.expect.calls):
                yield from _call_problems(call, tools, source, (*here, "calls", index))
            yield from _field_problems(turn.expect.model_dump(), tools, source, here)
        yield from _end_problems(test.end, team, source, (*place, "end"))
        yield from _field_problems(test.end.attributes, tools, source, (*place, "end"))


def _call_problems(call: ExpectedCall, tools: Mapping[str, Tool], source: Source, place: Place) -> Iterator[Problem]:
    if call.tool not in tools:
        expected = f"expected one of the team's tools ({', '.join(tools) or 'none'}), not '{call.tool}'"
        yield source.problem((*place, "tool"), expected)
        return
    parameters = tools[call.tool].parameters
    for name in call.arguments.keys() - parameters.keys():
        expected = f"expected one of the parameters of '{call.tool}' ({', '.join(parameters)}), not '{name}'"
        yield source.problem((*place, "arguments", name), expected)


def _field_problems(value: Any, tools: Mapping[str, Tool], source: Source, place: Place) -> Iterator[Problem]:
    for tool, _ in FIELD.findall(str(value)):
        if tool not in tools:
            expected = f"expected '{{tool.field}}' with one of the team's tools ({', '.join(tools)}), not '{tool}'"
            yield source.problem(place, expected)


def _end_problems(end: End, team: Team, source: Source, place: Place) -> Iterator[Problem]:
    told = {name for control in team.controls for name in control.parameters}
    attributes = CONTROL_ATTRIBUTES | {f"{PREFIX}{name}" for name in RESERVED | told}
    for name in end.attributes.keys() - attributes:
        expected = f"expected an attribute that a hand-off has ({', '.join(sorted(attributes))}), not '{name}'"
        yield source.problem((*place, "attributes", name), expected)
    if end.outcome == "stays" and (end.reason or end.attributes):
        yield source.problem(place, "expected no reason and no attributes while the bot stays in the chat")
