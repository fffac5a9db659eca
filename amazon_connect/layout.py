"""Where the blocks of a flow stand in the designer: left to right in the order of the talk, nothing on top of another.

A block stands one column right of everything before it that leads to it; branches that lead back are not counted.
Blocks of one column stand below each other, each with room for its branches. Sizes are the designer's own, in its
pixels, judged from console exports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amazon_connect.graph import branches_of
from amazon_connect.model import Action, Position

ENTRY = Position(40, 40)
COLUMN_WIDTH = 280
BLOCK_HEIGHT = 120
BRANCH_HEIGHT = 32


def lay_out(actions: Sequence[Action]) -> Mapping[str, Position]:
    """A place for every block; the first stands beside the entry point."""
    columns = _columns(actions)
    next_free: dict[int, float] = {}
    places = {}
    for action in actions:
        column = columns[action.identifier]
        y = next_free.get(column, ENTRY.y)
        places[action.identifier] = Position(ENTRY.x + 160 + column * COLUMN_WIDTH, y)
        next_free[column] = y + BLOCK_HEIGHT + BRANCH_HEIGHT * len([*branches_of(action)])
    return places


def _columns(actions: Sequence[Action]) -> Mapping[str, int]:
    order = {action.identifier: number for number, action in enumerate(actions)}
    columns = dict.fromkeys(order, 0)
    for action in actions:
        for branch in branches_of(action):
            leads_forward = order.get(branch.target, -1) > order[action.identifier]
            if leads_forward:
                columns[branch.target] = max(columns[branch.target], columns[action.identifier] + 1)
    return columns
