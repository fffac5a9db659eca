"""Judges a flow before Connect does, in words for the person who has to mend it.

`check` holds for every flow: sources, exports, files that came back from the designer. `check_source` adds what holds
for flow sources only: sentences are phrases and nothing names an ARN. A flow with no problem is one that Connect
imports, as far as its documentation and its exports tell; kinds of blocks that are not in `blocks` are refused.

Limits: Connect developer guide, "Flow language", and service quotas, read 2026-11-20.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from amazon_connect.blocks import BLOCKS, NOT_BLOCKS, errors_of, results_of
from amazon_connect.content import to_content
from amazon_connect.graph import branches, reachable
from amazon_connect.model import Action, Flow, Phrase, Transitions, fill, leaves
from amazon_connect.operators import OPERATORS

MAX_BLOCKS = 250
MAX_IDENTIFIER_CHARACTERS = 50
MAX_CONDITIONS = 50
MAX_CONTENT_CHARACTERS = 256_000
FORBIDDEN_CHARACTERS = "%:(\\/)=$,;[]{}"
FORBIDDEN_IDENTIFIERS = frozenset({
    "__proto__", "constructor", "__defineGetter__", "__defineSetter__", "toString", "hasOwnProperty", "isPrototypeOf",
    "propertyIsEnumerable", "toLocaleString", "valueOf",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. `block` is empty when it concerns the whole flow."""

    block: str = ""
    what: str
    mend: str

    def __str__(self) -> str:
        where = f"Block '{self.block}'" if self.block else "The flow"
        return f"{where} {self.what}. {self.mend}."


class FaultyFlow(Exception):
    """A flow that Connect would refuse, or that would leave somebody stranded."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def check(flow: Flow) -> list[Problem]:
    """Everything that is wrong with a flow, block by block; empty when Connect can run it."""
    problems = [*_whole_flow(flow), *(problem for action in flow.actions for problem in _block(action))]
    return problems or [*_ways(flow), *_size(flow)]


def check_source(flow: Flow) -> list[Problem]:
    """`check`, and what keeps a flow source free of sentences and of one account's ARNs."""
    return [*check(flow), *(problem for action in flow.actions for problem in _source_rules(action))]


def _whole_flow(flow: Flow) -> Iterator[Problem]:
    if not flow.actions:
        yield Problem(what="has no blocks", mend="Add at least one block")
    if len(flow.actions) > MAX_BLOCKS:
        yield Problem(what=f"has {len(flow.actions)} blocks; Connect takes {MAX_BLOCKS}", mend="Split it in two flows")
    for identifier, times in Counter(action.identifier for action in flow.actions).items():
        if times > 1:
            yield Problem(block=identifier, what=f"exists {times} times", mend="Give each block a name of its own")
        yield from _identifier(identifier)


def _identifier(identifier: str) -> Iterator[Problem]:
    if not 1 <= len(identifier) <= MAX_IDENTIFIER_CHARACTERS:
        yield Problem(
            block=identifier,
            what=f"has a name of {len(identifier)} characters",
            mend=f"Use 1 to {MAX_IDENTIFIER_CHARACTERS} characters",
        )
    if bad := sorted({*identifier} & {*FORBIDDEN_CHARACTERS}):
        yield Problem(block=identifier, what=f"has {' '.join(bad)} in its name", mend="Use letters, digits, spaces, -")
    if identifier in FORBIDDEN_IDENTIFIERS:
        yield Problem(block=identifier, what="has a name that Connect keeps for itself", mend="Give it another name")


def _block(action: Action) -> Iterator[Problem]:
    if action.type not in BLOCKS:
        yield _unknown_type(action)
        return
    for rule in (_parameters, _errors, _conditions, _way_on):
        yield from rule(action)


def _unknown_type(action: Action) -> Problem:
    instead = NOT_BLOCKS.get(action.type)
    if instead:
        what = f"is of the type '{action.type}', which Connect does not have"
        return Problem(block=action.identifier, what=what, mend=f"Use {instead}")
    what = f"is of the type '{action.type}', which this checker does not know"
    return Problem(block=action.identifier, what=what, mend=f"The types it knows are {', '.join(sorted(BLOCKS))}")


def _parameters(action: Action) -> Iterator[Problem]:
    block = BLOCKS[action.type]
    known = {**block.required, **block.optional}
    for name in block.required:
        if name not in action.parameters:
            yield Problem(block=action.identifier, what=f"has no {name}", mend=_mend_missing(action, name))
    for name, value in action.parameters.items():
        if name not in known:
            mend = f"Remove it; a {action.type} takes {', '.join(known) or 'nothing'}"
            yield Problem(block=action.identifier, what=f"has {name}, which Connect does not know there", mend=mend)
        elif complaint := known[name](value):
            yield Problem(block=action.identifier, what=f"has a wrong {name}", mend=f"{name} {complaint}")


def _mend_missing(action: Action, name: str) -> str:
    if name == "TimeLimitSeconds" and "TimeoutSeconds" in action.parameters:
        return "Rename TimeoutSeconds; the guide calls it so, the designer and the service TimeLimitSeconds"
    return f"Set {name}"


def _errors(action: Action) -> Iterator[Problem]:
    wanted = errors_of(action)
    there = Counter(branch.error_type for branch in action.transitions.errors)
    for error in wanted:
        if not there[error]:
            mend = "Say where the flow goes on then; every error branch leads to a person"
            yield Problem(block=action.identifier, what=f"has no branch for the error {error}", mend=mend)
    for error, times in there.items():
        if error not in wanted:
            yield Problem(
                block=action.identifier, what=f"has a branch for {error}, which never comes", mend="Remove it"
            )
        elif times > 1:
            yield Problem(block=action.identifier, what=f"has {times} branches for {error}", mend="Keep one")


def _conditions(action: Action) -> Iterator[Problem]:
    conditions = action.transitions.conditions
    results = results_of(action)
    if len(conditions) > MAX_CONDITIONS:
        what = f"has {len(conditions)} conditions; Connect takes {MAX_CONDITIONS}"
        yield Problem(block=action.identifier, what=what, mend="Use two blocks")
    for condition in conditions:
        if condition.operator not in OPERATORS:
            what = f"compares with '{condition.operator}'"
            yield Problem(block=action.identifier, what=what, mend=f"Use one of {', '.join(OPERATORS)}")
        if len(condition.operands) != 1:
            what = f"has a condition with {len(condition.operands)} values"
            yield Problem(block=action.identifier, what=what, mend="Give each condition one value")
    if results is None:
        yield from _chosen_conditions(action)
    else:
        yield from _fixed_conditions(action, results)


def _chosen_conditions(action: Action) -> Iterator[Problem]:
    if not action.transitions.conditions:
        yield Problem(block=action.identifier, what="compares with nothing", mend="Add a condition")
    tests = Counter((branch.operator, branch.operands) for branch in action.transitions.conditions)
    for (operator, operands), times in tests.items():
        if times > 1:
            what = f"tests {operator} '{', '.join(operands)}' {times} times"
            yield Problem(block=action.identifier, what=what, mend="Keep the first; the others are never taken")


def _fixed_conditions(action: Action, results: tuple[str, ...]) -> Iterator[Problem]:
    there = Counter(
        branch.operands[0] if branch.operator == "Equals" and branch.operands else branch.operator
        for branch in action.transitions.conditions
    )
    for result in results:
        if there[result] != 1:
            what = f"has {there[result] or 'no'} condition{'s' if there[result] else ''} Equals {result}"
            yield Problem(block=action.identifier, what=what, mend="Say once where the flow goes on then")
    for result in there:
        if result not in results:
            mend = f"Remove it; the results of this block are {', '.join(results) or 'none'}"
            yield Problem(block=action.identifier, what=f"has a condition on '{result}'", mend=mend)


def _way_on(action: Action) -> Iterator[Problem]:
    if BLOCKS[action.type].ends:
        if action.transitions != Transitions():
            yield Problem(block=action.identifier, what="ends the flow but leads on", mend="Remove its transitions")
    elif action.transitions.next_action is None:
        mend = "Set NextAction; where the block has only conditions and errors, repeat the default one"
        yield Problem(block=action.identifier, what="does not say where the flow goes on", mend=mend)


def _ways(flow: Flow) -> Iterator[Problem]:
    known = {action.identifier for action in flow.actions}
    if flow.start not in known:
        yield Problem(what=f"starts at '{flow.start}', which does not exist", mend="Let it start at one of its blocks")
        return
    dangling = [branch for branch in branches(flow) if branch.target not in known]
    for branch in dangling:
        what = f"leads to '{branch.target}', which does not exist{_on(branch.label)}"
        yield Problem(block=branch.source, what=what, mend="Let it lead to a block of this flow")
    if not dangling:
        for identifier in sorted(known - reachable(flow, start=flow.start)):
            yield Problem(block=identifier, what="cannot be reached", mend="Lead a branch to it, or remove it")


def _on(label: str) -> str:
    return f" (on {label})" if label else ""


def _size(flow: Flow) -> Iterator[Problem]:
    written = fill(flow, lambda value: value.key if isinstance(value, Phrase) else value)
    size = len(json.dumps(to_content(written)))
    if size > MAX_CONTENT_CHARACTERS:
        what = f"is {size:,} characters long as JSON; Connect takes {MAX_CONTENT_CHARACTERS:,}"
        yield Problem(what=what, mend="Split it in two flows")


def _source_rules(action: Action) -> Iterator[Problem]:
    if any(isinstance(leaf, str) and leaf.startswith("arn:") for leaf in leaves(action.parameters)):
        mend = "Use a placeholder; the ARN is filled in where the flow is installed"
        yield Problem(block=action.identifier, what="names an ARN", mend=mend)
    if "Text" in action.parameters and not isinstance(action.parameters["Text"], Phrase):
        mend = "Use a phrase; sentences live in one file per language"
        yield Problem(block=action.identifier, what="holds a sentence", mend=mend)
