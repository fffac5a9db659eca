"""Whether a conversation went as its test expects, in sentences.

It compares what was played with what was written down, and asks of every answer what no test has to say: that there is
one, that its language is right, that no number in it is invented, and that nothing internal is said. It plays nothing
and asks no model. The rule: whatever it demands makes sense for every model; it never compares wordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from agents.conversation_tests import ANY, FIELD, NONE, ConversationTest, Expectation, ExpectedCall, TestTurn
from agents.team import Team
from local.played import Played, PlayedTurn, ToolUse

REASON: Final = "handoff_reason"
SHORTEST_NUMBER: Final = 4
"""Digits; shorter ones are days, times and counts, which an answer may reckon."""
_NUMBER: Final = re.compile(r"\d+(?:[.\- ]?\d+)*")
_WORD: Final = re.compile(r"[^\W\d_]+")

_ENGLISH: Final = (
    "the is your you and of with for please have it we are that can this was will what an to in be our its by not do "
    "could would here there from may on need number thanks thank which when help if i"
)
_SPANISH: Final = (
    "el la los las su sus tu tus de que y con para por favor está esta en un una ya es del se le puede qué hay número "
    "gracias cuál si o necesito lo al como cómo aquí usted te mi ha fue son más día"
)
WORDS: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset(_ENGLISH.split()),
    "es": frozenset(_SPANISH.split()),
}
"""Small words that one language has and the other has not."""


def judge(played: Played, team: Team) -> list[str]:
    """What was not as expected, a sentence each; none if all was."""
    if played.broken:
        return [played.broken]
    findings: list[str] = []
    for number, (turn, done) in enumerate(zip(played.test.turns, played.turns, strict=False), start=1):
        findings += [f"turn {number}: {finding}" for finding in _turn(played, turn, done, number, team)]
    return [*findings, *_end(played)]


def _turn(played: Played, turn: TestTurn, done: PlayedTurn, number: int, team: Team) -> Iterator[str]:
    expect = turn.expect
    yield from _calls(expect, done, played)
    if not done.answer.strip():
        yield "the bot said nothing"
        return
    yield from _mentions(expect, done, played)
    yield from _language(played.test.language_of(turn), done.answer)
    yield from _invented(played, number, team)
    yield from _internals(done.answer, team)


# Tools


def _calls(expect: Expectation, done: PlayedTurn, played: Played) -> Iterator[str]:
    used = _distinct(done.tools)
    if expect.no_calls:
        yield from (f"no tool was expected, but {_show(use)} was used" for use in used)
    if not expect.calls:
        return
    left = list(used)
    for call in expect.calls:
        fitting = next((use for use in left if _fits(use, call, played)), None)
        if fitting is None:
            yield f"{_show_expected(call)} was expected, but {_show_all(used)} was used"
        else:
            left.remove(fitting)
    if len(left) > len(used) - len(expect.calls):
        return  # what is left over has just been told as not fitting
    yield from (f"{_show(use)} was used and not expected" for use in left)


def _distinct(uses: Iterable[ToolUse]) -> list[ToolUse]:
    """Without repetitions: a tool that is asked the same again is asked once."""
    by_question = {(use.tool, json.dumps(use.arguments, sort_keys=True)): use for use in uses}
    return list(by_question.values())


def _fits(use: ToolUse, call: ExpectedCall, played: Played) -> bool:
    return use.tool == call.tool and all(
        _is(str(use.arguments.get(name, "")), wanted, played) for name, wanted in call.arguments.items()
    )


def _is(found: str, wanted: str, played: Played) -> bool:
    match wanted:
        case str() if wanted == ANY:
            return bool(found.strip())
        case str() if wanted == NONE:
            return not found.strip()
        case _:
            return _plain(found) == _plain(_filled(wanted, played))


def _plain(text: str) -> str:
    """Without what people and models add to a number: dots, spaces, capital letters, zeros in front."""
    return re.sub(r"[\s.]", "", re.sub(r"(?<!\d)0+(?=\d)", "", text)).casefold()


def _filled(text: str, played: Played) -> str:
    return FIELD.sub(lambda found: _answered(found[1], found[2], played), text)


def _answered(tool: str, name: str, played: Played) -> str:
    """The field of the tool's last result; `?` if there is none."""
    for use in reversed([use for use in played.uses() if use.tool == tool]):
        try:
            result = json.loads(use.result)
        except ValueError:
            continue
        if isinstance(result, dict) and name in result:
            return str(result[name])
    return "?"


def _show(use: ToolUse) -> str:
    return f"{use.tool}({_show_arguments(use.arguments)})"


def _show_expected(call: ExpectedCall) -> str:
    return f"{call.tool}({_show_arguments(call.arguments)})"


def _show_arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _show_all(uses: Iterable[ToolUse]) -> str:
    return " and ".join(_show(use) for use in uses) or "none"


# Words


def _mentions(expect: Expectation, done: PlayedTurn, played: Played) -> Iterator[str]:
    for mention in expect.mentions:
        wanted = [_filled(each, played) for each in ([mention] if isinstance(mention, str) else mention)]
        if not any(_holds(done.answer, each) for each in wanted):
            yield f"the answer does not mention {' or '.join(repr(each) for each in wanted)}"
    for never in expect.never_mentions:
        if _holds(done.answer, _filled(never, played)):
            yield f"the answer mentions {never!r}"


def _holds(text: str, wanted: str) -> bool:
    return wanted.casefold() in text.casefold() or (
        any(digit.isdigit() for digit in wanted) and _plain(wanted) in _plain(text)
    )


def _language(wanted: str, answer: str) -> Iterator[str]:
    words = [word.casefold() for word in _WORD.findall(answer)]
    counted = {language: sum(word in known for word in words) for language, known in WORDS.items()}
    other = max((language for language in counted if language != wanted), key=counted.__getitem__)
    if counted[other] > counted[wanted]:
        yield f"the answer is in '{other}' and should be in '{wanted}'"


def _invented(played: Played, number: int, team: Team) -> Iterator[str]:
    """Long numbers that neither customer, tools nor instructions have named, be it as an example."""
    turns = played.turns[:number]
    told = [*team.instructions.values(), str(team.tools), str(team.controls), *(turn.customer for turn in turns)]
    told += [f"{use.arguments} {use.result}" for turn in turns for use in turn.tools]
    known = {form for text in told for form in _forms(text)}
    for found in _NUMBER.findall(turns[-1].answer):
        forms = _forms(found)
        if forms and not forms & known:
            yield f"the number {found.strip()} is invented"


def _forms(text: str) -> set[str]:
    """The long numbers of a text, as they stand and with what parts their digits taken out."""
    numbers = _NUMBER.findall(text)
    whole = [re.sub(r"\D", "", number) for number in numbers]
    parts = [part for number in numbers for part in re.findall(r"\d+", number)]
    return {digits for digits in [*whole, *parts] if len(digits) >= SHORTEST_NUMBER}


def _internals(answer: str, team: Team) -> Iterator[str]:
    """Names of the team's parts that are no words of a language."""
    tools, controls = [tool.name for tool in team.tools], [control.name for control in team.controls]
    for name in [*tools, *controls, *(agent.name for agent in team.agents)]:
        if "_" in name and name in answer:
            yield f"the answer names '{name}', which is internal"


# The end


def _end(played: Played) -> Iterator[str]:
    end, reason = played.test.end, played.attributes.get(REASON, "")
    if len(played.turns) < len(played.test.turns):
        last = len(played.turns)
        yield f"the bot left after turn {last} of {len(played.test.turns)}: {_outcome(played.outcome, reason)}"
        return
    if played.outcome != end.outcome:
        yield f"it should have ended as '{end.outcome}', but {_outcome(played.outcome, reason)}"
        return
    if end.reason and reason != end.reason:
        yield f"the hand-off's reason should be '{end.reason}', but it is '{reason}'"
    for name, wanted in end.attributes.items():
        found = played.attributes.get(name, "")
        if not _is(found, wanted, played):
            yield f"{name} should be '{_filled(wanted, played)}', but it is '{found}'"


def _outcome(outcome: str, reason: str) -> str:
    return f"it was '{outcome}'" + (f" ({reason})" if reason else "")


def expected(test: ConversationTest, turn: TestTurn) -> list[str]:
    """What a turn expects, for people."""
    expect = turn.expect
    lines = [f"uses {_show_expected(call)}" for call in expect.calls]
    lines += ["uses no tool"] if expect.no_calls else []
    for mention in expect.mentions:
        lines.append(f"mentions {mention if isinstance(mention, str) else ' or '.join(mention)}")
    lines += [f"never mentions {never}" for never in expect.never_mentions]
    return [*lines, f"answers in {test.language_of(turn)}"]


def expected_end(test: ConversationTest) -> str:
    """How a conversation must end, for people."""
    end = test.end
    attributes = ", ".join(f"{name}={value}" for name, value in end.attributes.items())
    return end.outcome + (f" ({end.reason})" if end.reason else "") + (f" with {attributes}" if attributes else "")


__all__ = ["expected", "expected_end", "judge"]
