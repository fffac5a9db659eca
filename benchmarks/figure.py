"""A figure of the benchmark: one thing measured again and again within one run.

Ratios are taken within a run, of two things that were done in turns, so that a slow machine slows both.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    group: str
    """The table it stands in."""
    name: str
    samples: tuple[float, ...]
    """What was measured, once for each repetition; the first part over the second where it is a ratio."""
    at_most: float | None = None
    """What it must reach; `None` where nothing is promised."""
    unit: str = "ratio"
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """What the samples were made of: seconds, unless a name says otherwise."""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def spread(self) -> tuple[float, float]:
        """The lower and the upper quartile."""
        return quartiles(self.samples)

    @property
    def is_met(self) -> bool | None:
        """By the median; `None` where nothing is promised."""
        return None if self.at_most is None else self.median <= self.at_most


def ratio(
    group: str,
    name: str,
    above: tuple[str, Iterable[float]],
    below: tuple[str, Iterable[float]],
    *,
    at_most: float | None = None,
    more: Mapping[str, tuple[float, ...]] | None = None,
) -> Figure:
    """One thing over another; the two were measured in pairs."""
    (upper, numerators), (lower, denominators) = (above[0], tuple(above[1])), (below[0], tuple(below[1]))
    return Figure(
        group=group,
        name=name,
        samples=tuple(one / other for one, other in zip(numerators, denominators, strict=True)),
        at_most=at_most,
        parts={upper: numerators, lower: denominators, **(more or {})},
    )


def quartiles(samples: Sequence[float]) -> tuple[float, float]:
    if len(samples) == 1:
        return samples[0], samples[0]
    lower, _, upper = statistics.quantiles(samples, n=4, method="inclusive")
    return lower, upper
