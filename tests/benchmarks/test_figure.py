"""A figure says what was measured, and whether that is what was promised."""

from __future__ import annotations

import pytest

from benchmarks.figure import Figure, ratio
from benchmarks.tables import table


def test_a_ratio_is_taken_pair_by_pair() -> None:
    """A slow moment slows both sides of its own pair; a ratio of medians would mix the pairs."""
    figure = ratio("words", "first words / floor", ("first words", (2.0, 9.0, 3.0)), ("floor", (1.0, 3.0, 2.0)))

    assert figure.samples == (2.0, 3.0, 1.5)
    assert (figure.median, figure.spread) == (2.0, (1.75, 2.5))
    assert figure.parts == {"first words": (2.0, 9.0, 3.0), "floor": (1.0, 3.0, 2.0)}


def test_two_sides_of_different_length_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio("words", "a / b", ("a", (1.0, 2.0)), ("b", (1.0,)))


@pytest.mark.parametrize(("at_most", "met"), [(1.05, True), (1.04, False), (None, None)])
def test_the_median_is_what_a_target_is_held_against(at_most: float | None, met: bool | None) -> None:
    assert Figure(group="words", name="x", samples=(1.0, 1.05, 9.0), at_most=at_most).is_met is met


def test_a_table_shows_what_is_promised_and_what_a_figure_is_made_of() -> None:
    figures = [
        ratio("words", "first words / floor", ("first words", (1.25,)), ("floor", (1.0,)), at_most=1.05),
        Figure(group="turn", name="calls before the agent is asked", samples=(1.0, 1.0), at_most=1, unit="calls"),
    ]

    assert table(figures).splitlines()[2:] == [
        "| first words / floor | **1.25** |  | 1.05 | **no** | first words 1.25, floor 1 |",
        "| calls before the agent is asked | **1** calls |  | 1 | yes |  |",
    ]
