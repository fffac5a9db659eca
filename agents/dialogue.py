"""Where a conversation stands, found by reading it.

The scripted model keeps nothing between calls: it reads the whole conversation each time, as any model does, message
by message. `stand` folds it into a `Standing`; what to answer is decided elsewhere. The rule: only what stands in the
conversation counts, so a history that came from elsewhere is as good as one's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from agents.script import Script
from agents.sentences import things_of
from agents.understanding import TELLING_WORDS, Heard, read_value, understand

YES = "yes"
"""The small talk that accepts an offer."""

CONFUSED = frozenset({"say.not_understood", "say.not_understood_again"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One message of the customer and what was answered, empty if nothing was (yet)."""

    said: str
    answered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known after the customer's last message."""

    language: str
    tasks: tuple[str, ...] = ()
    """The tasks under way, in the order they were wished for."""
    asked: tuple[str, ...] = ()
    """Slots the customer was last asked for."""
    offered: str | None = None
    """The task that "yes" would mean."""
    slots: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All values of slots of which the customer named more than one for the tasks under way."""
    doubted: frozenset[str] = frozenset()
    """Slots of which another task does not take what is known."""
    heard: Heard | None = None
    advanced: bool = False
    """The last message began a task or told something."""
    answered: frozenset[str] = frozenset()
    """The sentences of the last answer."""
    confused: bool = False
    """The message before was not understood."""
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The list the customer was shown last, by its name in the sentence."""
    said: tuple[str, ...] = ()
    """All messages of the customer, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What an answer was, by the sentences of the script it is made of."""

    keys: frozenset[str]
    values: Mapping[str, str]
    """Slots whose values it named."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lists a customer may pick from, by name."""


def stand(script: Script, exchanges: Iterable[Exchange], *, language: str) -> Standing:
    """Read a conversation up to its last message; `language` counts until the customer's words tell another."""
    standing = Standing(language=language)
    answered: str | None = None
    for exchange in exchanges:
        if answered is not None:
            standing = _after_answer(script, standing, answered)
        standing = _after_message(script, standing, exchange.said)
        answered = exchange.answered
    return standing


def missing(script: Script, standing: Standing, task: str) -> tuple[str, ...]:
    """What a task needs and nobody has told."""
    needs = script.plan.task(task).needs
    return tuple(slot.name for slot in script.plan.slots if slot.name in needs and slot.name not in standing.slots)


def _after_message(script: Script, before: Standing, said: str) -> Standing:
    heard = _with_what_was_picked(script, before, _heard(script, before, said))
    if _answers_with_a_story(script, before, heard):
        heard = replace(heard, tasks=())
    wishes = _wishes(script, before, heard)
    begins = bool(set(wishes) - set(before.tasks))
    tasks = wishes or (() if _gives_up(script, heard) else before.tasks)
    accepts = not heard.tasks and wishes == (before.offered,)
    dropped = _dropped(script, before, heard, wishes if begins and not accepts else ())
    slots = {**{name: value for name, value in before.slots.items() if name not in dropped}, **heard.slots}
    words = _own_words(script, before, heard, slots, tasks, wished=bool(wishes))
    return replace(
        before,
        language=heard.language or before.language,
        tasks=tasks,
        slots={**slots, **words},
        several={**{n: v for n, v in before.several.items() if n not in {*dropped, *heard.slots}}, **heard.several},
        doubted=before.doubted - dropped - heard.slots.keys(),
        heard=heard,
        advanced=begins or bool(words) or _tells_of(script, heard, tasks),
        said=(*before.said, said),
    )


def _heard(script: Script, before: Standing, said: str) -> Heard:
    return understand(script, said, asked=_expected(script, before), answered=before.answered)


def _expected(script: Script, before: Standing) -> tuple[str, ...]:
    """The slots a message may fill in few words: those asked for, and a place in the list that was shown."""
    return (*before.asked, *(slot.name for slot in script.plan.slots if slot.picks.keys() & before.shown.keys()))


def _with_what_was_picked(script: Script, before: Standing, heard: Heard) -> Heard:
    """The place in a list, as what stands there; what the message tells itself counts more."""
    places = [slot for slot in script.plan.slots if slot.picks and slot.name in heard.slots]
    picked: dict[str, str] = {}
    for slot in places:
        for name, slots in slot.picks.items():
            thing = _at(before.shown.get(name, ()), int(heard.slots[slot.name]))
            read = {name: read_value(script.plan.slot(name), thing) for name in slots}
            picked |= {name: value for name, value in read.items() if value}
    names = {slot.name for slot in places}
    told = {name: value for name, value in heard.slots.items() if name not in names}
    return replace(heard, slots={**picked, **told})


def _at(things: Sequence[str], place: int) -> str:
    """The thing at a place counted from 1, or from -1 backwards; empty if there is none."""
    position = place - 1 if place > 0 else place
    return things[position] if place and -len(things) <= position < len(things) else ""


def _answers_with_a_story(script: Script, before: Standing, heard: Heard) -> bool:
    """Whoever was asked to tell something may speak of anything in it, except of a number or of ending it here."""
    tasks = [script.plan.task(name) for name in heard.tasks]
    changes = any(task.alone or heard.slots.keys() & set(task.suggested_by) for task in tasks)
    return heard.words >= TELLING_WORDS and not changes and any(script.plan.slot(name).free for name in before.asked)


def _wishes(script: Script, before: Standing, heard: Heard) -> tuple[str, ...]:
    """The tasks a message means: by its words, by a "yes" to an offer, or by a number that suggests one."""
    if heard.tasks:
        return heard.tasks
    if heard.talk == YES and before.offered:
        return (before.offered,)
    under_way = [script.plan.task(name) for name in before.tasks]
    if any(heard.slots.keys() & {*task.needs, *task.may_have} for task in under_way):
        return ()
    suggested = (task.name for task in script.plan.tasks if heard.slots.keys() & set(task.suggested_by))
    return tuple(suggested)[:1]


def _gives_up(script: Script, heard: Heard) -> bool:
    talks = (language.talk.get(heard.talk or "") for language in script.languages.values())
    return any(talk.drops_task for talk in talks if talk)


def _dropped(script: Script, before: Standing, heard: Heard, begun: tuple[str, ...]) -> frozenset[str]:
    """Slots that the message makes untrue: numbers stay, one's own words belong to the task they were said for."""
    changed = {name for name, value in heard.slots.items() if before.slots.get(name, value) != value}
    dropped = {slot.name for slot in script.plan.slots if heard.slots.keys() & set(slot.gives_way_to)}
    dropped |= {slot.name for slot in script.plan.slots if changed & set(slot.belongs_to)}
    if begun:
        dropped |= {slot.name for slot in script.plan.slots if slot.free or slot.for_one_task}
    if any(not script.plan.task(name).alone for name in begun):
        dropped |= before.doubted
    return frozenset(dropped)


def _tells_of(script: Script, heard: Heard, tasks: tuple[str, ...]) -> bool:
    """Whether it told something that the tasks under way can use, or anything if there are none."""
    useful = {name for task in map(script.plan.task, tasks) for name in (*task.needs, *task.may_have)}
    return bool(heard.slots.keys() & useful if tasks else heard.slots)


def _own_words(
    script: Script, before: Standing, heard: Heard, slots: Mapping[str, str], tasks: tuple[str, ...], *, wished: bool
) -> dict[str, str]:
    """The message itself, as the free text that a task needs."""
    needs = [name for task in tasks for name in script.plan.task(task).needs]
    name = next((name for name in needs if script.plan.slot(name).free and name not in slots), None)
    if name is None:
        return {}
    answers = name in before.asked and (heard.words >= TELLING_WORDS or (heard.words and not heard.talk))
    return {name: heard.text} if (heard.tells if wished else answers) else {}


def _after_answer(script: Script, before: Standing, answered: str) -> Standing:
    recognised = recognise(script, answered)
    keys = sorted(recognised.keys)
    left = tuple(task for task in before.tasks if _is_left(script, before, task, recognised, answered))
    asked = tuple(name for key in keys for name in script.plan.asks.get(key, _question(key)))
    return replace(
        before,
        tasks=left,
        asked=(asked or before.asked) if left else (),
        offered=next((script.plan.offers[key] for key in keys if key in script.plan.offers), None),
        slots={**before.slots, **recognised.values},
        doubted=(before.doubted - recognised.values.keys()).union(*(script.plan.doubts.get(key, ()) for key in keys)),
        several=before.several if left and not _has_result(recognised) else {},
        answered=recognised.keys,
        confused=bool(recognised.keys & CONFUSED),
        shown=recognised.lists or before.shown,
    )


def _is_left(script: Script, before: Standing, task: str, recognised: Recognised, answered: str) -> bool:
    """Whether the answer leaves something of the task to do."""
    results = {key for key in recognised.keys if key.startswith(f"results.{script.plan.task(task).tool}.")}
    if results:
        return bool(results & script.plan.asks.keys())
    return bool(answered or missing(script, before, task))


def _has_result(recognised: Recognised) -> bool:
    return any(key.startswith("results.") for key in recognised.keys)


def _question(key: str) -> tuple[str, ...]:
    kind, _, names = key.partition(".")
    return tuple(names.split()) if kind == "ask" else ()


def recognise(script: Script, answered: str) -> Recognised:
    """The sentences of the script, in any language, that an answer is made of."""
    keys: set[str] = set()
    values: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    slots = {slot.name: slot for slot in script.plan.slots}
    to_pick_from = {name for slot in script.plan.slots for name in slot.picks}
    for language in script.languages.values():
        for key, sentence in language.sentences():
            match = _pattern(sentence).search(answered)
            if match:
                keys.add(key)
                named = {name: value for name, value in match.groupdict().items() if value}
                values |= {n: read_value(slots[n], value) or value for n, value in named.items() if n in slots}
                values |= _values_read(script, named)
                lists |= {n: things_of(value, language.formats) for n, value in named.items() if n in to_pick_from}
    return Recognised(keys=frozenset(keys), values=values, lists=lists)


def _values_read(script: Script, named: Mapping[str, str]) -> dict[str, str]:
    """What the values of a sentence tell of slots with other names."""
    pairs = [
        (script.plan.slot(slot), named[name])
        for name, slots in script.plan.reads.items()
        for slot in slots
        if name in named
    ]
    return {slot.name: read for slot, value in pairs for read in [read_value(slot, value)] if read}


@lru_cache(maxsize=1_000)
def _pattern(sentence: str) -> re.Pattern[str]:
    """The sentence with any text in place of its values, with or without its optional parts."""
    parts: list[str] = []
    named: set[str] = set()
    for token in _SENTENCE_PART.findall(sentence):
        match token[0]:
            case "[":
                parts.append("(?:")
            case "]":
                parts.append(")?")
            case "{":
                name = token[1:-1]
                parts.append("(?:.+?)" if name in named else f"(?P<{name}>.+?)")
                named.add(name)
            case _:
                parts.append(r"\s+" if token.isspace() else re.escape(token))
    return re.compile("".join(parts), re.DOTALL)


_SENTENCE_PART = re.compile(r"\{\w+\}|[\[\]]|\s+|[^\s{}\[\]]+")
