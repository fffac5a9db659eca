"""Whole dialogues through the real Strands team, the scripted model and the real tools.

Each dialogue names what a customer says and what must come of it. Those of `en.yaml` and `es.yaml` were written by
somebody who had not seen the script. `outcome` is what the answer was, `asks_for` what it asks, `mentions` what it
names, `calls` the tools used with their arguments, `control` what was returned to the caller, `language` what the
answer is written in. Every dialogue is held twice: with the team as it is, and with one agent that has everybody's
tools under the names a Gateway gives them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agents.conversation import Controls, Text, ToolCall
from agents.dialogue import recognise
from agents.flat import flatten
from agents.script import Script, load_script
from agents.scripted import ScriptedModel
from agents.strands_team import build_team
from agents.team import Team
from agents.wording import BOUNDARY, tokenize
from tests.agents.demo_tools import AGENTS, DemoTools, database, demo_tools

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DIALOGUES = Path(__file__).parent / "dialogues"
LANGUAGES = ("en", "es")
TEAMS = ("store", "clinic")

OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "greeting": ("talk.greeting",),
    "thanks": ("talk.thanks",),
    "goodbye": ("talk.goodbye",),
    "small_talk": ("talk.small_talk", "talk.how_are_you", "talk.who_are_you"),
    "what_i_can_do": ("talk.what_i_can_do", "talk.off_topic"),
    "not_understood": ("say.not_understood", "say.not_understood_again"),
    "order_scheduled": ("results.get_order_status.scheduled",),
    "order_in_warehouse": ("results.get_order_status.in_warehouse",),
    "order_on_the_way": ("results.get_order_status.on_the_way",),
    "order_delivered": ("results.get_order_status.delivered",),
    "order_not_found": ("results.get_order_status.not_found",),
    "ticket_opened": ("results.open_ticket.opened",),
    "ticket_shown": ("results.get_ticket.open", "results.get_ticket.in_progress", "results.get_ticket.resolved"),
    "ticket_not_found": ("results.get_ticket.not_found",),
}


@cache
def script_of(team: str) -> Script:
    return load_script(AGENTS / team)


def dialogues() -> list[Any]:
    """The team's name, the language and the dialogue."""
    files = [path for team in TEAMS for path in sorted((DIALOGUES / team).iterdir())]
    return [
        pytest.param(path.parent.name, path.suffixes[-2][1:] if len(path.suffixes) > 1 else path.stem, each, id=name)
        for path in files
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))
        for name in [f"{path.parent.name}, {path.stem}: {each['name']}"]
    ]


def flattened(team: Team) -> Team:
    """The team as one agent; tools have the names under which a Gateway offers them."""
    flat = flatten(team)
    tools = tuple(tool.model_copy(update={"name": f"{tool.runs_in}___{tool.name}"}) for tool in flat.tools)
    names = {"tools": tuple(t.name for t in tools), "controls": tuple(control.name for control in flat.controls)}
    alone = team.supervisor.model_copy(update=names)
    instructions = {alone.name: flat.system_prompt}
    update = {"supervisor": alone, "collaborators": (), "tools": tools, "instructions": instructions}
    return team.model_copy(update=update)


@dataclass
class Conversation:
    """One customer with the team."""

    demo: DemoTools
    team: Team
    script: Script
    contact_id: str
    language: str
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    """What a tool gave last, by its name in the result."""
    turn: int = 0

    def __post_init__(self) -> None:
        tools = {tool.name: self.use for tool in self.team.tools}
        self.agents = build_team(self.team, tools, ScriptedModel(self.script))

    async def use(self, call: ToolCall) -> str:
        name = call.tool.name.rpartition("___")[2]
        self.calls.append((name, call.arguments))
        parameters = [{"name": n, "type": "string", "value": str(v)} for n, v in call.arguments.items()]
        event = {
            "actionGroup": call.tool.action_group,
            "function": name,
            "parameters": parameters,
            "sessionId": "s-1",
            "sessionAttributes": {"contact_id": self.contact_id, "turn_id": str(self.turn)},
        }
        answer = await self.demo.call_tool(call.tool.runs_in, event)
        body: str = answer["response"]["functionResponse"]["responseBody"]["TEXT"]["body"]
        self.given |= {name: value for name, value in json.loads(body).items() if isinstance(value, str)}
        return body

    async def say(self, text: str) -> tuple[str, Controls | None]:
        self.turn += 1
        self.calls.clear()
        said, controls = "", None
        async for answer in self.agents.ask(text, own={"language": self.language}):
            match answer:
                case Text(text=piece):
                    said += piece
                case Controls():
                    controls = answer
        return said, controls

    async def resume(self, controls: Controls) -> str:
        """What is said after the caller has noted the controls."""
        noted = {call.id: json.dumps({"status": "noted"}) for call in controls.calls}
        return "".join([a.text async for a in self.agents.resume(noted) if isinstance(a, Text)])

    def fill(self, text: str) -> str:
        """Text of a dialogue with what tools gave put in."""
        for name, value in self.given.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with database() as client:
        yield client


@pytest.mark.parametrize("form", [lambda team: team, flattened], ids=["as a team", "as one agent"])
@pytest.mark.parametrize(("team", "language", "dialogue"), dialogues())
async def test_the_team_holds_a_dialogue_it_was_not_written_for(
    client: DynamoDBClient, form: Callable[[Team], Team], team: str, language: str, dialogue: dict[str, Any]
) -> None:
    """What customers say is not what the author of a script thought of."""
    demo = demo_tools(AGENTS / team, client)
    conversation = Conversation(demo, form(demo.team), script_of(team), contact_id=dialogue["name"], language=language)

    for turn in dialogue["turns"]:
        said, controls = await conversation.say(conversation.fill(turn["customer"]))
        where = f"{turn['customer']!r} was answered {said!r} with {conversation.calls} and {controls}"
        for expectation, wanted in turn["expect"].items():
            CHECKS[expectation](conversation, said, controls, wanted, where)
        if controls is not None and "then" in turn:
            said = await conversation.resume(controls)
            for expectation, wanted in turn["then"].items():
                CHECKS[expectation](conversation, said, None, wanted, f"after {where}: {said!r}")


def check_calls(conversation: Conversation, _: str, __: Controls | None, wanted: Any, where: str) -> None:
    assert [name for name, _ in conversation.calls] == [call["tool"] for call in wanted], where
    for (_name, arguments), call in zip(conversation.calls, wanted, strict=True):
        assert fits(arguments, call["arguments"], conversation), where


def check_no_calls(conversation: Conversation, _: str, __: Controls | None, ___: Any, where: str) -> None:
    assert conversation.calls == [], where


def check_control(conversation: Conversation, _: str, controls: Controls | None, wanted: Any, where: str) -> None:
    if wanted == "none":
        assert controls is None, where
        return
    assert controls is not None, where
    (call,) = controls.calls
    assert call.control.name == wanted["name"], where
    summary = call.control.summary
    assert not summary or call.arguments[summary], where
    told = {name: str(value) for name, value in call.arguments.items() if name != summary}
    assert fits(told, wanted.get("parameters", {}), conversation), where


def check_outcome(conversation: Conversation, said: str, __: Controls | None, wanted: str, where: str) -> None:
    keys = recognise(conversation.script, said).keys
    if wanted == "asked_slot":
        assert any(key.startswith("ask.") for key in keys), where
    else:
        assert keys & set(OUTCOMES.get(wanted, [wanted])), where


def check_asks_for(conversation: Conversation, said: str, __: Controls | None, wanted: str, where: str) -> None:
    keys = recognise(conversation.script, said).keys
    asked = {name for key in keys if key.startswith("ask.") for name in key.removeprefix("ask.").split()}
    assert wanted in asked, where


def check_mentions(conversation: Conversation, said: str, _: Controls | None, wanted: list[str], where: str) -> None:
    for text in wanted:
        assert conversation.fill(text) in said, where


def check_language(conversation: Conversation, said: str, __: Controls | None, wanted: str, where: str) -> None:
    only = Script(plan=conversation.script.plan, languages={wanted: conversation.script.languages[wanted]})
    assert recognise(only, said).keys, where


CHECKS: Mapping[str, Callable[[Conversation, str, Controls | None, Any, str], None]] = {
    "calls": check_calls,
    "no_calls": check_no_calls,
    "control": check_control,
    "outcome": check_outcome,
    "asks_for": check_asks_for,
    "mentions": check_mentions,
    "language": check_language,
}


def fits(found: Mapping[str, Any], wanted: Mapping[str, Any], conversation: Conversation) -> bool:
    """The same names and values; `any` is any text."""
    filled = {name: conversation.fill(value) for name, value in wanted.items()}
    return found.keys() == filled.keys() and all(
        found[name] and value in ("any", found[name]) for name, value in filled.items()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_the_dialogues_stands_in_the_script(language: str) -> None:
    """A script that knows its test by heart proves nothing. Words such as "hello" have no other form."""
    for team in TEAMS:
        script = squeeze((AGENTS / team / f"script.{language}.yaml").read_text(encoding="utf-8"))
        told = (d.values for d in dialogues() if d.values[:2] == (team, language))
        messages = [turn["customer"] for *_, dialogue in told for turn in dialogue["turns"]]

        learnt = [m for m in messages if len(squeeze(m).split()) > 2 and squeeze(m) in script]

        assert learnt == []


def squeeze(text: str) -> str:
    return " ".join(token for token in tokenize(text) if token != BOUNDARY)
