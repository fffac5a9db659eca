"""What one message of a customer says, by the script.

Text in, `Heard` out: the task wished for, the values told, small talk, the language. It does not know what was said
before, except which slots were just asked for. The rule: what stands in the scope of a negation is not wished for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agents.script import Pattern, Script, Slot, Task, TaskWords
from agents.wording import BOUNDARY, Words, corrected, ends_with, longest_at, occurs, tokenize

TELLING_WORDS = 3
"""So many words that are neither fillers nor part of a wish make a message a story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message, understood."""

    text: str
    language: str | None = None
    """`None` if the words do not tell."""
    tasks: tuple[str, ...] = ()
    """What is wished for, in the order of the wishes."""
    talk: str | None = None
    beside: tuple[str, ...] = ()
    """Small talk that is answered whatever else the message wishes for."""
    slots: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All values of the slots of which the message names more than one, in its order."""
    tells: bool = False
    """The message is a story of its own, not only a wish."""
    words: int = 0
    """How many of its words tell something: no values, no fillers, not the wish itself."""


def understand(
    script: Script, text: str, *, asked: Collection[str] = (), answered: frozenset[str] = frozenset()
) -> Heard:
    """Read one message; `asked` are the slots that were just asked for, `answered` the sentences said before it."""
    slots, several, rest = _take_values(script, text, asked)
    tokens = tuple(corrected(token, script.vocabulary) for token in tokenize(rest))
    talk = _talk(script, tokens, answered)
    tasks = () if _comes_first(script, talk) else _tasks(script, tokens)
    words = _telling_words(script, tokens, tasks)
    return Heard(
        text=text,
        language=_language(script, tokens),
        tasks=tasks,
        talk=talk,
        beside=tuple(_beside(script, tokens)),
        slots=slots,
        several=several,
        tells=words >= TELLING_WORDS or _tells(script, tokens, tasks),
        words=words,
    )


def read_value(slot: Slot, text: str) -> str | None:
    """What a text tells of one slot, whatever else it says."""
    if slot.free:
        return text
    found = (match for pattern in slot.patterns for match in [_canonical_in(pattern, text)] if match)
    return next(found, None)


def _canonical_in(pattern: Pattern, text: str) -> str | None:
    match = pattern.match.search(text)
    return _canonical(pattern, match.groups()) if match else None


def _take_values(
    script: Script, text: str, asked: Collection[str]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]], str]:
    """The values in a text, those it enumerates, and the text with `{name}` in their places."""
    slots: dict[str, str] = {}
    several: dict[str, tuple[str, ...]] = {}
    for slot in script.plan.slots:
        for pattern in slot.patterns:
            when_asked = pattern.only_when_asked or slot.picks
            if when_asked and (slot.name not in asked or slot.name in slots):
                continue
            matches = list(pattern.match.finditer(text))
            if matches:
                # Who corrects himself says the right one last, or denies the wrong one.
                right = [match for match in matches if not _is_denied(script, text[: match.start()])] or matches
                slots[slot.name] = _canonical(pattern, right[-1].groups())
                several[slot.name] = _enumerated(script, pattern, text, right)
                text = pattern.match.sub(f" {{{slot.name}}} ", text)
    return slots, {name: values for name, values in several.items() if len(values) > 1}, text


def _enumerated(script: Script, pattern: Pattern, text: str, matches: Sequence[re.Match[str]]) -> tuple[str, ...]:
    """The last value, and those before it that nothing but commas, joins and words without meaning part from it."""
    empty = {word for language in script.languages.values() for word in language.fillers}
    empty |= {word for kind in ("joins", "announces") for words in _wordings(script, kind) for word in words}
    values = [_canonical(pattern, matches[-1].groups())]
    for earlier, later in reversed(list(pairwise(matches))):
        between = tokenize(text[earlier.end() : later.start()])
        if any(token != BOUNDARY and token not in empty for token in between) or _corrects(script, between):
            break
        values.insert(0, _canonical(pattern, earlier.groups()))
    return tuple(dict.fromkeys(values))


def _corrects(script: Script, between: Words) -> bool:
    """Whether the words between two values put the later one in place of the earlier one."""
    joins = [*_wordings(script, "joins"), *_wordings(script, "announces")]
    return not (set(between) <= {BOUNDARY} or any(occurs(words, between) for words in joins))


def _is_denied(script: Script, before: str) -> bool:
    tokens = tokenize(before)
    return any(ends_with(words, tokens) for words in _wordings(script, "denials"))


def _canonical(pattern: Pattern, groups: Sequence[str]) -> str:
    if pattern.as_written:
        return pattern.form.format(*groups)
    return pattern.form.format(*("".join(c for c in group if c not in ". ").upper() for group in groups))


def _tasks(script: Script, tokens: Words) -> tuple[str, ...]:
    """The wishes of a message: those of its clauses, else that of all its words together.

    Several count only if the message announces them, or names for each the number it goes by.
    """
    wanted, unwanted = _part_by_negation(script, tokens)
    found = [_wish(script, clause) for clause in _clauses(script, wanted)]
    found = found if any(found) else [_wish(script, wanted)]
    tasks = dict.fromkeys(task for task in (_refusal(script, unwanted), *found) if task)
    by_plan = [task for task in script.plan.tasks if task.name in tasks]
    by_plan = [task for task in by_plan if not task.yields] or by_plan
    several = _announces(script, tokens) or all(_names_number(task, tokens) for task in by_plan)
    if several and not any(task.alone for task in by_plan):
        return tuple(name for name in tasks if script.plan.task(name) in by_plan)
    return tuple(task.name for task in by_plan[:1])


def _part_by_negation(script: Script, tokens: Words) -> tuple[Words, Words]:
    """The tokens that are wished for and those that are not, boundaries in place of the others."""
    negations, turns = _wordings(script, "negations"), _wordings(script, "turns")
    wanted: list[str] = []
    unwanted: list[str] = []
    negated, position, fresh = False, 0, False
    while position < len(tokens):
        if length := longest_at(negations, tokens, position):
            negated, position, fresh = True, position + length, True
            wanted.append(BOUNDARY)
            continue
        # Right after the negation, a word such as "want" belongs to it.
        if tokens[position] == BOUNDARY or (not fresh and longest_at(turns, tokens, position)):
            negated = False
        wanted.append(BOUNDARY if negated else tokens[position])
        unwanted.append(tokens[position] if negated else BOUNDARY)
        position, fresh = position + 1, False
    return tuple(wanted), tuple(unwanted)


def _clauses(script: Script, tokens: Words) -> Iterator[Words]:
    joins = _wordings(script, "joins")
    clause: list[str] = []
    position = 0
    while position < len(tokens):
        length = longest_at(joins, tokens, position)
        if length or tokens[position] == BOUNDARY:
            yield tuple(clause)
            clause = []
        else:
            clause.append(tokens[position])
        position += length or 1
    yield tuple(clause)


def _wish(script: Script, tokens: Words) -> str | None:
    for task in script.plan.tasks:
        words = _words_of(script, task.name)
        if any(phrase.occurs_in(tokens) for w in words for phrase in (*w.phrases, *w.telling)):
            return task.name
    return None


def _refusal(script: Script, unwanted: Words) -> str | None:
    """The task that is meant by not wanting something."""
    for task in script.plan.tasks:
        if any(phrase.occurs_in(unwanted) for w in _words_of(script, task.name) for phrase in w.when_negated):
            return task.name
    return None


def _announces(script: Script, tokens: Words) -> bool:
    return any(occurs(words, tokens) for words in _wordings(script, "announces"))


def _names_number(task: Task, tokens: Words) -> bool:
    return any(f"{{{name}}}" in tokens for name in task.suggested_by)


def _beside(script: Script, tokens: Words) -> Iterator[str]:
    found = {
        name: None
        for language in script.languages.values()
        for name, talk in language.talk.items()
        if talk.told_beside and any(phrase.occurs_in(tokens) for phrase in talk.phrases)
    }
    yield from found


def _comes_first(script: Script, talk: str | None) -> bool:
    return any(language.talk[talk].after for language in script.languages.values()) if talk else False


def _talk(script: Script, tokens: Words, answered: frozenset[str]) -> str | None:
    for language in script.languages.values():
        for name, talk in language.talk.items():
            if talk.after and not answered & set(talk.after):
                continue
            if any(phrase.occurs_in(tokens) for phrase in talk.phrases):
                return name
    return None


def _tells(script: Script, tokens: Words, tasks: Collection[str]) -> bool:
    wanted, _ = _part_by_negation(script, tokens)
    telling = (phrase for task in tasks for words in _words_of(script, task) for phrase in words.telling)
    return any(phrase.occurs_in(wanted) for phrase in telling)


def _telling_words(script: Script, tokens: Words, tasks: Collection[str]) -> int:
    wishes = [phrase for task in tasks for words in _words_of(script, task) for phrase in words.phrases]
    empty = {word for language in script.languages.values() for word in language.fillers | language.recognise}
    empty |= {word for kind in ("turns", "joins", "announces") for words in _wordings(script, kind) for word in words}
    telling = (token for token in tokens if token[0] not in f"{{{BOUNDARY}" and token not in empty)
    return sum(not any(wish.has_word(token) for wish in wishes) for token in telling)


def _words_of(script: Script, task: str) -> list[TaskWords]:
    return [language.tasks[task] for language in script.languages.values()]


def _wordings(script: Script, kind: str) -> list[Words]:
    """The wordings of one kind in every language: people mix them."""
    return [words for language in script.languages.values() for words in getattr(language, kind)]


def _language(script: Script, tokens: Words) -> str | None:
    """The language most of whose own words occur; `None` in a tie."""
    counts = {code: sum(t in language.recognise for t in tokens) for code, language in script.languages.items()}
    best = max(counts.values())
    leaders = [code for code, count in counts.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else None
