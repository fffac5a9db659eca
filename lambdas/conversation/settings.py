"""Reading settings from the environment, each checked once, at the start.

A mistake raises `InvalidSetting` with one line for whoever deploys; there are no defaults here, because the stack
writes every setting and a missing one is a mistake of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from lambdas.conversation.errors import InvalidSetting

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment variables of a function."""

    variables: Mapping[str, str]

    def text(self, name: str, *, given_by: str = "") -> str:
        """`given_by` says who must act if it is missing, where that is not the stack."""
        value = self.variables.get(name, "").strip()
        if not value:
            raise InvalidSetting(name, "is missing or empty" + (f"; {given_by}" if given_by else ""))
        return value

    def text_or_empty(self, name: str) -> str:
        """May be empty, but not missing."""
        if name not in self.variables:
            raise InvalidSetting(name, "is missing")
        return self.variables[name].strip()

    def words(self, name: str) -> tuple[str, ...]:
        """Names separated by commas; may be empty, but not missing."""
        return tuple(word.strip() for word in self.text_or_empty(name).split(",") if word.strip())

    def seconds(self, name: str, *, least: int, most: int) -> float:
        value = self.text(name)
        if not value.isdecimal() or not least <= int(value) <= most:
            raise InvalidSetting(name, f"must be a whole number of seconds from {least} to {most}, not '{value}'")
        return float(value)

    def flag(self, name: str) -> bool:
        return self.choice(name, ("true", "false")) == "true"

    def choice(self, name: str, allowed: tuple[Choice, ...]) -> Choice:
        value = self.text(name)
        for each in allowed:
            if value == each:
                return each
        raise InvalidSetting(name, f"must be one of {', '.join(allowed)}, not '{value}'")
