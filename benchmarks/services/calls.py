"""What was called, and when; moments are monotonic seconds, which all processes of a machine share."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Call:
    operation: str
    arrived: float
    answered: float = 0.0
    """When the last byte of the answer was written."""
    write_units: int = 0
    read_units: float = 0.0


@dataclass(slots=True)
class Calls:
    """In the order in which they came."""

    _all: list[Call] = field(default_factory=list)

    def note(self, operation: str, arrived: float) -> Call:
        call = Call(operation=operation, arrived=arrived)
        self._all.append(call)
        return call

    def take(self) -> list[Call]:
        taken, self._all = self._all, []
        return taken
