"""A flow as a graph: which block leads where, and by what branch.

The `NextAction` of a block whose ways on are all conditions and errors (it only repeats one of them) is no branch of
its own, so it does not count twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from amazon_connect.blocks import BLOCKS
from amazon_connect.model import Action, Flow

BranchKind = Literal["next", "condition", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way from a block to another. `label` is the result or error that takes it; empty for plain success."""

    source: str
    target: str
    label: str = ""
    kind: BranchKind = "next"


def branches_of(action: Action) -> Iterator[Branch]:
    """The ways on from one block: success, conditions, errors."""
    transitions = action.transitions
    others = [
        *(
            Branch(source=action.identifier, target=branch.next_action, label=label, kind="condition")
            for branch in transitions.conditions
            for label in [condition_label(branch.operator, branch.operands)]
        ),
        *(
            Branch(source=action.identifier, target=branch.next_action, label=branch.error_type, kind="error")
            for branch in transitions.errors
        ),
    ]
    if transitions.next_action is not None and not _repeats(action, others):
        yield Branch(source=action.identifier, target=transitions.next_action)
    yield from others


def _repeats(action: Action, others: Iterable[Branch]) -> bool:
    block = BLOCKS.get(action.type)
    known_to_repeat = block is not None and block.repeats_next
    return known_to_repeat and any(branch.target == action.transitions.next_action for branch in others)


def condition_label(operator: str, operands: Iterable[str]) -> str:
    """A condition in a few characters: the value alone for `Equals`."""
    wanted = ", ".join(operands)
    return wanted if operator == "Equals" else f"{operator} {wanted}"


def branches(flow: Flow) -> Iterator[Branch]:
    """All branches of a flow, block by block."""
    for action in flow.actions:
        yield from branches_of(action)


def reachable(flow: Flow, *, start: str, without: Callable[[Branch], bool] = lambda _: False) -> set[str]:
    """The blocks that can be reached from `start`, itself included, by branches that `without` does not exclude."""
    ways: dict[str, list[str]] = {}
    for branch in branches(flow):
        if not without(branch):
            ways.setdefault(branch.source, []).append(branch.target)
    found, waiting = {start}, deque([start])
    while waiting:
        for target in ways.get(waiting.popleft(), []):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
