"""Whole dialogues through the real Strands team, the scripted model and the real tools.

The dialogues were written by somebody who had not seen the script; each names what a customer says and what must come
of it. `outcome` is what the answer was, `asks_for` what it asks, `mentions` what it names, `calls` the tools used with
their arguments, `control` what was returned to the caller, `language` what the answer is written in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.conversation import Controls, Text, ToolCall
from agents.dialogue import recognise
from agents.script import Script, load_script
from agents.scripted import ScriptedModel
from agents.strands_team import build_team
from agents.team import load_team
from agents.wording import BOUNDARY, tokenize
from tests.agents.demo_store import STORE, DemoStore, demo_store

DIALOGUES = Path(__file__).parent / "dialogues"
LANGUAGES = ("en", "es")

TEAM = load_team(STORE)
SCRIPT = load_script(STORE)

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


def dialogues() -> list[Any]:
    files = ((language, yaml.safe_load((DIALOGUES / f"{language}.yaml").read_text())) for language in LANGUAGES)
    return [pytest.param(language, d, id=f"{language}: {d['name']}") for language, found in files for d in found]


@dataclass
class Conversation:
    """One customer with the team."""

    store: DemoStore
    contact_id: str
    language: str
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    ticket: str = ""
    """The number of the ticket opened last."""
    turn: int = 0

    def __post_init__(self) -> None:
        tools = {tool.name: self.use for tool in TEAM.tools}
        self.team = build_team(TEAM, tools, ScriptedModel(SCRIPT))

    async def use(self, call: ToolCall) -> str:
        self.calls.append((call.tool.name, call.arguments))
        parameters = [{"name": n, "type": "string", "value": v} for n, v in call.arguments.items()]
        event = {
            "actionGroup": call.tool.action_group,
            "function": call.tool.name,
            "parameters": parameters,
            "sessionId": "s-1",
            "sessionAttributes": {"contact_id": self.contact_id, "turn_id": str(self.turn)},
        }
        answer = await self.store.call_tool(call.tool.runs_in, event)
        body: str = answer["response"]["functionResponse"]["responseBody"]["TEXT"]["body"]
        if call.tool.name == "open_ticket":
            self.ticket = json.loads(body).get("ticket_number", "")
        return body

    async def say(self, text: str) -> tuple[str, Controls | None]:
        self.turn += 1
        self.calls.clear()
        said, controls = "", None
        async for answer in self.team.ask(text, own={"language": self.language}):
            match answer:
                case Text(text=piece):
                    said += piece
                case Controls():
                    controls = answer
        return said, controls


@pytest.fixture(scope="module")
def store() -> Iterator[DemoStore]:
    with demo_store() as store:
        yield store


@pytest.mark.parametrize(("language", "dialogue"), dialogues())
async def test_the_team_holds_a_dialogue_it_was_not_written_for(
    store: DemoStore, language: str, dialogue: dict[str, Any]
) -> None:
    """What customers say is not what the author of a script thought of."""
    conversation = Conversation(store, contact_id=f"{language}: {dialogue['name']}", language=language)

    for turn in dialogue["turns"]:
        said, controls = await conversation.say(turn["customer"])

        where = f"{turn['customer']!r} was answered {said!r} with {conversation.calls} and {controls}"
        for expectation, wanted in turn["expect"].items():
            CHECKS[expectation](conversation, said, controls, wanted, where)


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
    assert call.arguments["description"], where
    told = {name: value for name, value in call.arguments.items() if name != "description"}
    assert fits(told, wanted.get("parameters", {}), conversation), where


def check_outcome(_: Conversation, said: str, __: Controls | None, wanted: str, where: str) -> None:
    keys = recognise(SCRIPT, said).keys
    if wanted == "asked_slot":
        assert any(key.startswith("ask.") for key in keys), where
    else:
        assert keys & set(OUTCOMES[wanted]), where


def check_asks_for(_: Conversation, said: str, __: Controls | None, wanted: str, where: str) -> None:
    keys = recognise(SCRIPT, said).keys
    asked = {name for key in keys if key.startswith("ask.") for name in key.removeprefix("ask.").split()}
    assert wanted in asked, where


def check_mentions(conversation: Conversation, said: str, _: Controls | None, wanted: list[str], where: str) -> None:
    for text in wanted:
        assert text.replace("{ticket}", conversation.ticket) in said, where


def check_language(_: Conversation, said: str, __: Controls | None, wanted: str, where: str) -> None:
    only = Script(plan=SCRIPT.plan, languages={wanted: SCRIPT.languages[wanted]})
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
    filled = {name: value.replace("{ticket}", conversation.ticket) for name, value in wanted.items()}
    return found.keys() == filled.keys() and all(
        found[name] and value in ("any", found[name]) for name, value in filled.items()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_the_dialogues_stands_in_the_script(language: str) -> None:
    """A script that knows its test by heart proves nothing. Words such as "hello" have no other form."""
    script = squeeze((STORE / f"script.{language}.yaml").read_text())
    messages = [turn["customer"] for d in dialogues() for turn in d.values[1]["turns"] if d.values[0] == language]

    learnt = [m for m in messages if len(squeeze(m).split()) > 2 and squeeze(m) in script]

    assert learnt == []


def squeeze(text: str) -> str:
    return " ".join(token for token in tokenize(text) if token != BOUNDARY)
