"""The exported flow opens tidy in the designer."""

from __future__ import annotations

from itertools import combinations

from amazon_connect.flows.inbound import inbound
from amazon_connect.graph import branches, branches_of
from amazon_connect.layout import BLOCK_HEIGHT, BRANCH_HEIGHT, COLUMN_WIDTH, ENTRY
from amazon_connect.model import Position

FLOW = inbound()


def test_every_block_has_a_place_right_of_the_entry() -> None:
    """The designer puts blocks without one on top of each other."""
    assert set(FLOW.positions) == {action.identifier for action in FLOW.actions}
    assert all(place.x > ENTRY.x and place.y >= ENTRY.y for place in FLOW.positions.values())


def test_no_block_covers_another() -> None:
    """Blocks of one column keep room for each other's branches."""
    heights = {a.identifier: BLOCK_HEIGHT + BRANCH_HEIGHT * len([*branches_of(a)]) for a in FLOW.actions}

    def apart(one: str, other: str) -> bool:
        a, b = FLOW.positions[one], FLOW.positions[other]
        upper, lower = (one, other) if a.y <= b.y else (other, one)
        return (
            abs(a.x - b.x) >= COLUMN_WIDTH or _bottom(FLOW.positions[upper], heights[upper]) <= FLOW.positions[lower].y
        )

    assert all(apart(one, other) for one, other in combinations(FLOW.positions, 2))


def _bottom(place: Position, height: int) -> float:
    return place.y + height


def test_the_talk_runs_from_left_to_right() -> None:
    """Only what leads back, to a block written earlier, runs to the left."""
    order = [action.identifier for action in FLOW.actions]
    forward = [branch for branch in branches(FLOW) if order.index(branch.source) < order.index(branch.target)]

    assert all(FLOW.positions[branch.source].x < FLOW.positions[branch.target].x for branch in forward)


def test_the_first_block_is_the_leftmost() -> None:
    """One begins to read there."""
    assert min(FLOW.positions, key=lambda block: FLOW.positions[block].x) == FLOW.start
