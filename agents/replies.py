"""What the scripted model answers: text, or the use of a tool.

It reads what a model reads. With a task's own tool at hand it works on the task; with a colleague for it at hand it
tells the colleague everything in one brief; so the same script serves a supervisor, a collaborator and an agent that
does everything itself. The rule: it names no trade, all of that is in the script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from strands.types.content import Message, Messages
from strands.types.tools import ToolResult, ToolSpec

from agents.dialogue import Exchange, Standing, missing, stand
from agents.facts import read_facts, split_head, write_facts
from agents.script import Language, Script, Task
from agents.sentences import fill

BRIEF_CHARACTERS = 900
"""How much of the customer's own words a colleague is told."""

PREFIX_END = "___"
"""A Gateway shows a tool as `<target>___<tool>`."""

RESULT_CODES = ("error", "status")
"""Where a tool's result says how it went; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Say:
    """Answer with text."""

    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """Use a tool."""

    tool: str
    arguments: Mapping[str, Any]


def reply(script: Script, messages: Messages, tools: Sequence[ToolSpec], prompt: str) -> Say | Use:
    """The next step of the agent that has this prompt and these tools."""
    facts = {**read_facts(prompt), **_told_facts(messages)}
    standing = _standing(script, messages, facts)
    speaker = _Speaker(script.languages[standing.language], {**facts, **standing.slots})
    done = [_say_result(script, messages, result, speaker) for result in _results(messages)]
    if not done and not (standing.tasks and (standing.advanced or not _talk(standing))):
        return _chat(script, standing, speaker)
    at_hand = {_own_name(tool["name"]): tool for tool in tools}
    tasks = [script.plan.task(task) for task in standing.tasks]
    steps = [_step(script, each, task, at_hand, speaker) for task in tasks for each in _each(standing, task)]
    uses = [step for step in steps if isinstance(step, Use)]
    if len(done) < len(uses):
        return uses[len(done)]
    said = [*done, *(step.text for step in steps if isinstance(step, Say)), *_beside(standing, speaker)]
    return Say("\n\n".join(dict.fromkeys(said)))


def _each(standing: Standing, task: Task) -> list[Standing]:
    """A standing for each of what the task is wished for."""
    values = standing.several.get(task.each_of, ())
    return [replace(standing, slots={**standing.slots, task.each_of: value}) for value in values] or [standing]


def _beside(standing: Standing, speaker: _Speaker) -> list[str]:
    """Answers to what was asked in the same message and needs nobody."""
    return [speaker.say(f"talk.{name}") for name in (standing.heard.beside if standing.heard else ())]


def last_words(messages: Messages) -> str:
    """What was said last to the agent, by whoever asks it."""
    said = [text for message in messages if message["role"] == "user" and (text := _text(message))]
    return said[-1] if said else ""


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says sentences of one language, with what is known put in."""

    language: Language
    known: Mapping[str, str]

    def say(self, key: str, **values: Any) -> str:
        sentence = dict(self.language.sentences())[key]
        return fill(sentence, {**self.known, **values}, self.language.formats)

    def has(self, key: str) -> bool:
        return key in dict(self.language.sentences())


def _standing(script: Script, messages: Messages, facts: Mapping[str, str]) -> Standing:
    language = _spoken(script, facts.get("language", ""))
    brief = _brief(script, messages)
    if brief is None:
        return stand(script, _exchanges(messages), language=language)
    slots = {slot.name: brief[slot.name] for slot in script.plan.slots if slot.name in brief}
    told_in = _spoken(script, brief.get("language", language))
    return Standing(language=told_in, tasks=(brief["task"],), slots=slots, advanced=True)


def _brief(script: Script, messages: Messages) -> dict[str, str] | None:
    """What a supervisor told, if this is a collaborator: it hears one message and nothing else."""
    said = [text for message in messages if message["role"] == "user" and (text := _text(message))]
    brief = read_facts(said[0]) if len(said) == 1 else {}
    return brief if brief.get("task") in {task.name for task in script.plan.tasks} else None


def _spoken(script: Script, tag: str) -> str:
    """The language of the script for a BCP 47 tag such as `es-CL`."""
    code = tag.lower().split("-")[0]
    return code if code in script.languages else script.plan.languages[0]


def _exchanges(messages: Messages) -> Iterator[Exchange]:
    said: str | None = None
    answered: list[str] = []
    for message in messages:
        text = _text(message)
        if message["role"] == "assistant":
            answered.append(text)
        elif text:
            if said is not None:
                yield Exchange(said=said, answered="\n".join(answered).strip())
            said, answered = text, []
    yield Exchange(said=said or "", answered="\n".join(answered).strip())


def _text(message: Message) -> str:
    """What was said, without what a caller wrote before the customer's words."""
    written = "\n".join(block["text"] for block in message["content"] if "text" in block)
    return split_head(written)[1].strip()


def _told_facts(messages: Messages) -> dict[str, str]:
    """What the last message with a head has told of the chat."""
    heads = (split_head(block["text"])[0] for message in messages for block in message["content"] if "text" in block)
    return next((head for head in reversed(list(heads)) if head), {})


def _results(messages: Messages) -> list[ToolResult]:
    """What the tools used since the customer's last message have answered."""
    results: list[ToolResult] = []
    for message in messages:
        if message["role"] == "user" and _text(message):
            results = []
        results += [block["toolResult"] for block in message["content"] if "toolResult" in block]
    return results


def _talk(standing: Standing) -> str | None:
    return standing.heard.talk if standing.heard else None


def _chat(script: Script, standing: Standing, speaker: _Speaker) -> Say:
    """Answer without anybody's help."""
    talk = _talk(standing)
    if talk is None:
        return Say(speaker.say("say.noted" if standing.advanced else f"say.not_understood{_AGAIN[standing.confused]}"))
    said = " ".join(dict.fromkeys([speaker.say(f"talk.{talk}"), *_beside(standing, speaker)]))
    if not (standing.tasks and speaker.language.talk[talk].asks_again):
        return Say(said)
    lacking = [name for task in standing.tasks for name in missing(script, standing, task)]
    # What was told may not have fitted: then it is asked for again, not lacking.
    asked = lacking or [slot.name for slot in script.plan.slots if slot.name in standing.asked]
    has = asked and (speaker.has(f"ask.{' '.join(asked)}") or speaker.has(f"ask.{asked[0]}"))
    return Say(f"{said} {_question(asked, speaker)}" if has else said)


_AGAIN = {False: "", True: "_again"}


def _step(
    script: Script, standing: Standing, task: Task, tools: Mapping[str, ToolSpec], speaker: _Speaker
) -> Say | Use:
    """The next step of one task: its own tool, else the colleague who has it, else words."""
    lacking = missing(script, standing, task.name)
    if not (lacking or standing.advanced):
        return Say(speaker.say("say.still_missing"))
    told = {task.told_as: _told(standing, speaker)} if task.told_as and standing.said else {}
    slots = {name: standing.slots[name] for name in (*task.needs, *task.may_have) if name in standing.slots} | told
    if task.tool in tools and lacking:
        return _find_out(script, standing, task, lacking, tools, speaker) or Say(_question(lacking, speaker))
    if task.tool in tools:
        return Use(tools[task.tool]["name"], _arguments(tools[task.tool], {**standing.slots, **told}))
    if task.collaborator in tools:
        brief = {"task": task.name, "language": standing.language, **slots}
        return Use(tools[task.collaborator]["name"], {"input": write_facts(brief)})
    return Say(speaker.say("say.cannot"))


def _find_out(
    script: Script,
    standing: Standing,
    task: Task,
    lacking: Sequence[str],
    tools: Mapping[str, ToolSpec],
    speaker: _Speaker,
) -> Say | Use | None:
    """Another task whose answer the customer picks from, if there is one for what is lacking."""
    for finder in script.plan.tasks:
        finds = finder.name != task.name and set(finder.finds) & set(lacking) and set(finder.needs) <= set(task.needs)
        if finds and finder.tool in tools:
            first = missing(script, standing, finder.name)
            arguments = _arguments(tools[finder.tool], standing.slots)
            return Say(_question(first, speaker)) if first else Use(tools[finder.tool]["name"], arguments)
    return None


def _question(lacking: Sequence[str], speaker: _Speaker) -> str:
    """One question for everything, if the script has it; else for the first thing."""
    together = f"ask.{' '.join(lacking)}"
    return speaker.say(together if speaker.has(together) else f"ask.{lacking[0]}")


def _told(standing: Standing, speaker: _Speaker) -> str:
    """The customer's own messages, the newest if there is no room for all."""
    said: list[str] = []
    for message in reversed(standing.said):
        line = " ".join(message.split())
        if said and len(line) + sum(map(len, said)) > BRIEF_CHARACTERS:
            break
        said.insert(0, line[:BRIEF_CHARACTERS])
    return speaker.say("say.briefing", said=" / ".join(said))


def _arguments(tool: ToolSpec, slots: Mapping[str, str]) -> dict[str, Any]:
    """What is known of what the tool takes, in its types and lengths."""
    properties: Mapping[str, Any] = tool["inputSchema"]["json"]["properties"]
    return {name: _typed(slots[name], described) for name, described in properties.items() if name in slots}


def _typed(value: str, described: Mapping[str, Any]) -> str | int | float | bool:
    match described["type"]:
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "boolean":
            return value == "true"
        case _:
            return value[: described.get("maxLength")]


def _say_result(script: Script, messages: Messages, result: ToolResult, speaker: _Speaker) -> str:
    """A colleague's words as they are; a tool's codes as a sentence."""
    text = "\n".join(str(content.get("text", "")) for content in result["content"]).strip()
    name, asked = _use_of(messages, result["toolUseId"])
    if result["status"] == "error":
        return speaker.say("say.trouble")
    if name not in {task.tool for task in script.plan.tasks}:
        return text
    values = {**asked, **_values(text)}
    code = next((values[key] for key in RESULT_CODES if key in values), "done")
    key = f"results.{name}.{code}"
    return speaker.say(key, **values) if speaker.has(key) else speaker.say("say.trouble")


def _values(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _use_of(messages: Messages, use_id: str) -> tuple[str, Mapping[str, Any]]:
    """The tool of a use and what it was asked."""
    uses = (block["toolUse"] for message in messages for block in message["content"] if "toolUse" in block)
    found = ((_own_name(use["name"]), use["input"]) for use in uses if use["toolUseId"] == use_id)
    return next(((name, asked if isinstance(asked, dict) else {}) for name, asked in found), ("", {}))


def _own_name(offered: str) -> str:
    """A tool's name without what stands before it where a Gateway shows it."""
    return offered.rpartition(PREFIX_END)[2]
