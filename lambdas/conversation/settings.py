"""Reading settings from the environment, each checked once, at the start.

A mistake raises `InvalidSetting` with one line for whoever deploys; there are no defaults here, because the stack
writes every setting and a missing one is a mistake of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.conversation.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment variables of a function."""

    variables: Mapping[str, str]

    def text(self, name: str) -> str:
        value = self.variables.get(name, "").strip()
        if not value:
            raise InvalidSetting(name, "is missing or empty")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Names separated by commas; may be empty, but not missing."""
        if name not in self.variables:
            raise InvalidSetting(name, "is missing")
        return tuple(word.strip() for word in self.variables[name].split(",") if word.strip())

    def seconds(self, name: str, *, least: int, most: int) -> float:
        value = self.text(name)
        if not value.isdecimal() or not least <= int(value) <= most:
            raise InvalidSetting(name, f"must be a whole number of seconds from {least} to {most}, not '{value}'")
        return float(value)

    def flag(self, name: str) -> bool:
        return self.choice(name, ("true", "false")) == "true"

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise InvalidSetting(name, f"must be one of {', '.join(allowed)}, not '{value}'")
        return value
