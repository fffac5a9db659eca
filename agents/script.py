"""What the scripted model knows of a trade, as data beside the team.

`script.yaml` is the plan, in no language: the numbers customers give, the tasks, who does them and what each needs.
`script.<language>.yaml` holds the words: how customers put things and what they are answered. This module reads and
checks both; it understands and says nothing. The rule: whoever adds a trade or a language writes data, never code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agents.wording import Phrase, Words, parse_phrase, parse_word_set, parse_wordings
from agents.yaml_source import InvalidTeam, Place, Problem, Source, read_source

PLAN_FILE = "script.yaml"

SAYINGS = frozenset(
    {"not_understood", "not_understood_again", "still_missing", "noted", "cannot", "trouble", "briefing"}
)
"""What the engine itself needs sentences for."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


Phrases = tuple[Annotated[Phrase, BeforeValidator(parse_phrase)], ...]
Wordings = Annotated[tuple[Words, ...], BeforeValidator(parse_wordings)]
WordSet = Annotated[frozenset[str], BeforeValidator(parse_word_set)]


class Pattern(_Data):
    """One way to write a value."""

    match: Annotated[re.Pattern[str], BeforeValidator(lambda text: re.compile(text, re.IGNORECASE))]
    form: str
    """The one form every way of writing becomes; `{0}`, `{1}` are the groups without dots, spaces and small letters."""
    as_written: bool = False
    """The groups keep their dots, spaces and small letters."""
    only_when_asked: bool = False


class Slot(_Data):
    """Something a customer tells."""

    name: str
    patterns: tuple[Pattern, ...] = ()
    """None for a slot that takes the customer's own words."""
    picks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """For a slot that is a place in a list the customer was shown (1 the first, -1 the last): the slots that are read
    from the thing picked, by the name of the list in the sentence that showed it."""

    for_one_task: bool = False
    """What was told of it is forgotten when another task begins."""
    gives_way_to: tuple[str, ...] = ()
    """Whoever tells one of these slots, and not this one, means another of it."""
    belongs_to: tuple[str, ...] = ()
    """What was told of it is forgotten when one of these slots changes."""

    @property
    def free(self) -> bool:
        return not self.patterns


class Task(_Data):
    """Something a customer can want done."""

    name: str
    collaborator: str
    tool: str
    """A tool or a control."""
    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    suggested_by: tuple[str, ...] = ()
    """Slots that alone, with no word of what is wanted, mean this task."""
    each_of: str = ""
    """A slot of which a message may name several: the task is done for each."""
    told_as: str = ""
    """The slot that is filled with what the customer has written so far, so that nothing has to be asked."""
    finds: tuple[str, ...] = ()
    """Slots that another task need not ask for blindly: this one is done first, and the customer picks from its answer.
    Only for a task that needs everything this one needs."""
    alone: bool = False
    """Who wishes for this gets nothing else."""
    yields: bool = False
    """Whoever wishes for anything else in the same message does not get this."""


class Plan(_Data):
    """The trade without its words. Of tasks that a message could mean, the first is taken."""

    languages: tuple[str, ...] = Field(min_length=1)
    """The first is spoken when nothing tells which."""
    slots: tuple[Slot, ...]
    """What an earlier one has claimed of a text, a later one does not see."""
    tasks: tuple[Task, ...]
    asks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Sentences that put the named slots to the customer again."""
    doubts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Sentences after which what was told of the named slots goes with this task, or to a person, but into no other."""
    offers: dict[str, str] = Field(default_factory=dict)
    """Sentences to which "yes" means a task."""
    reads: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Values in answers, by name, that tell the named slots."""

    def slot(self, name: str) -> Slot:
        return next(slot for slot in self.slots if slot.name == name)

    def task(self, name: str) -> Task:
        return next(task for task in self.tasks if task.name == name)


class TaskWords(_Data):
    """How customers put a task."""

    phrases: Phrases = ()
    when_negated: Phrases = ()
    """Count only inside what the customer does *not* want."""
    telling: Phrases = ()
    """A message with one of these is itself the free text that the task needs."""


class Talk(_Data):
    """Something that needs no colleague."""

    phrases: Phrases
    answer: str
    drops_task: bool = False
    """The task under way is given up."""
    after: tuple[str, ...] = ()
    """Counts only right after one of these sentences, and then more than a wish for anything."""
    told_beside: bool = False
    """Answered also when the same message wishes for something else."""
    asks_again: bool = False
    """The customer's question came before an answer: what is missing is asked once more."""


class Formats(_Data):
    """How values of a tool's result are put into sentences."""

    date: str
    """Of `{day}`, `{month}` (its name) and `{year}`."""
    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    item: str
    """Of the fields of one thing in a list."""
    last: str
    """What stands before the last thing of a list."""
    moment: str = "{date}"
    """Of `{date}` and `{time}`, for a date with a time of day."""
    weekdays: tuple[str, ...] = ()
    """Monday first; for `{weekday}` in a date."""
    words: dict[str, str] = Field(default_factory=dict)
    """Codes of tools as words."""


class Language(_Data):
    """The words of one language."""

    recognise: WordSet
    """Words that this language has and the others have not."""
    fillers: WordSet
    """Words that tell nothing."""
    negations: Wordings
    """What follows, up to the end of the clause, is not wanted."""
    turns: Wordings
    """Where a clause ends without a comma, and with it what was not wanted."""
    joins: Wordings
    """Where another wish may begin."""
    announces: Wordings
    """A message with one of these may have several wishes."""
    denials: Wordings
    """What follows at once is the wrong number."""
    tasks: dict[str, TaskWords]
    talk: dict[str, Talk]
    ask: dict[str, str]
    """Questions by slot; several slots, in the plan's order and parted by a space, are asked in one."""
    results: dict[str, dict[str, str]]
    """Sentences by tool and code of its result."""
    say: dict[str, str]
    formats: Formats

    def words(self) -> Iterator[str]:
        """Every word that customers are expected to use."""
        yield from self.recognise | self.fillers
        for wordings in (self.negations, self.turns, self.joins, self.announces, self.denials):
            yield from (word for words in wordings for word in words)
        phrases = [phrase for talk in self.talk.values() for phrase in talk.phrases]
        phrases += [p for task in self.tasks.values() for p in (*task.phrases, *task.when_negated, *task.telling)]
        yield from (word for phrase in phrases for word in phrase.words())

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Every sentence with its key."""
        yield from ((f"ask.{name}", text) for name, text in self.ask.items())
        yield from ((f"talk.{name}", talk.answer) for name, talk in self.talk.items())
        yield from ((f"say.{name}", text) for name, text in self.say.items())
        for tool, by_code in self.results.items():
            yield from ((f"results.{tool}.{code}", text) for code, text in by_code.items())


class Script(_Data):
    """Everything the scripted model knows."""

    plan: Plan
    languages: dict[str, Language]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word that stands in the script as it is: a word of a customer that is here is no slip."""
        return frozenset(word for language in self.languages.values() for word in language.words() if word.isalpha())


def load_script(folder: Path) -> Script:
    """The script in `folder`; raises `InvalidTeam`, whose message says file, line and what was expected."""
    plan_source = read_source(folder / PLAN_FILE)
    plan = plan_source.parse(Plan)
    sources = {code: read_source(folder / f"script.{code}.yaml") for code in plan.languages}
    languages = {code: source.parse(Language) for code, source in sources.items()}
    problems = list(_plan_problems(plan, plan_source))
    problems += [problem for code, source in sources.items() for problem in _gaps(plan, languages[code], source)]
    problems += _unequal(languages, sources)
    if problems:
        raise InvalidTeam(problems)
    return Script(plan=plan, languages=languages)


def _plan_problems(plan: Plan, source: Source) -> Iterator[Problem]:
    slots = {slot.name for slot in plan.slots}
    for position, task in enumerate(plan.tasks):
        for key in ("needs", "may_have", "suggested_by", "finds", "each_of"):
            named = getattr(task, key)
            for unknown in {*([named] if isinstance(named, str) and named else named)} - slots:
                yield source.problem(("tasks", position, key), f"expected one of the slots above, not '{unknown}'")
    yield from _slot_problems(plan, slots, source)
    names = {task.name for task in plan.tasks}
    for key, name in plan.offers.items():
        if name not in names:
            yield source.problem(("offers", key), f"expected one of the tasks above, not '{name}'")


def _slot_problems(plan: Plan, slots: set[str], source: Source) -> Iterator[Problem]:
    """What slots and sentences say of slots that are none."""
    named: dict[Place, tuple[str, ...]] = {("doubts", key): doubted for key, doubted in plan.doubts.items()}
    named |= {("reads", name): read for name, read in plan.reads.items()}
    for position, slot in enumerate(plan.slots):
        named |= {("slots", position, key): getattr(slot, key) for key in ("gives_way_to", "belongs_to")}
        named |= {("slots", position, "picks", name): picked for name, picked in slot.picks.items()}
    for place, names in named.items():
        for unknown in set(names) - slots:
            yield source.problem(place, f"expected one of the slots, not '{unknown}'")


def _gaps(plan: Plan, language: Language, source: Source) -> Iterator[Problem]:
    """What the engine would look for in vain."""
    for name in {name for task in plan.tasks for name in task.needs} - language.ask.keys():
        yield source.problem(("ask",), f"expected a question for '{name}'")
    for name in SAYINGS - language.say.keys():
        yield source.problem(("say",), f"expected a sentence '{name}'")
    for task in plan.tasks:
        if task.name not in language.tasks:
            yield source.problem(("tasks",), f"expected the words for '{task.name}'")
        if task.tool not in language.results:
            yield source.problem(("results",), f"expected sentences for the results of '{task.tool}'")
    known = {key for key, _ in language.sentences()}
    after = [key for talk in language.talk.values() for key in talk.after]
    for key in [*plan.asks, *plan.doubts, *plan.offers, *after]:
        if key not in known:
            yield source.problem((), f"expected a sentence '{key}', because the plan refers to it")


def _unequal(languages: dict[str, Language], sources: dict[str, Source]) -> Iterator[Problem]:
    """A sentence that only some languages have."""
    keys = {code: {key for key, _ in language.sentences()} for code, language in languages.items()}
    everything = set().union(*keys.values())
    for code, source in sources.items():
        for key in sorted(everything - keys[code]):
            yield source.problem((), f"expected a sentence '{key}', because another language has it")
