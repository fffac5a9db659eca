"""Whether Connect is being called more often than its quota allows, as far as this container has seen.

Messages and typing events share one quota: while there is a rush the dots are left out, so that words come through.
"""

from __future__ import annotations

from dataclasses import dataclass

LASTS_SECONDS = 10.0
"""After the last call that was throttled."""


@dataclass(slots=True)
class Rush:
    """Kept as long as the container. Times are monotonic."""

    _until: float = float("-inf")

    def noticed(self, *, monotonic: float) -> None:
        self._until = monotonic + LASTS_SECONDS

    def is_on(self, *, monotonic: float) -> bool:
        return monotonic < self._until
