"""YAML files whose mistakes can be pointed at.

Reads a file into plain data and remembers on which line each value stands, so that whoever edits it is told file, line
and what was expected. It is not a schema: what the data must look like is said by pydantic models elsewhere. The rule:
a file with any mistake gives no data at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from agents import forms

Place = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top of the file."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in one file."""

    file: Path
    line: int
    """Counted from 1, as editors do."""
    expected: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.expected}"


class InvalidTeam(Exception):
    """The files of a team cannot be used; the message has one line per mistake, for whoever edits them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Source:
    """The data of one file and the lines it came from."""

    file: Path
    data: Any
    lines: dict[Place, int]

    def problem(self, place: Place, expected: str) -> Problem:
        """A mistake at `place`, or at the nearest thing around it that the file does have."""
        while place not in self.lines:
            place = place[:-1]
        return Problem(file=self.file, line=self.lines[place], expected=expected)

    def parse(self, model: type[Model]) -> Model:
        """The data as `model`; raises `InvalidTeam` with every mistake."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise InvalidTeam(self._problems(error)) from error

    def _problems(self, error: ValidationError) -> list[Problem]:
        details = error.errors()
        return [
            self.problem(detail["loc"], _expectation(detail)) for detail in details if not _is_echo(detail, details)
        ]


def read_source(file: Path) -> Source:
    """Read one file; raises `InvalidTeam` if it is missing, is not YAML or names a key twice."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise InvalidTeam([Problem(file=file, line=1, expected="expected this file to exist")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        expected = f"expected YAML: {getattr(error, 'problem', None) or error}"
        raise InvalidTeam([Problem(file=file, line=mark.line + 1 if mark else 1, expected=expected)]) from error
    if root is None:
        raise InvalidTeam([Problem(file=file, line=1, expected="expected content, but the file is empty")])
    lines: dict[Place, int] = {}
    _note_lines(root, (), lines, file)
    return Source(file, yaml.SafeLoader("").construct_document(root), lines)


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int], file: Path) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _note_lines(item, (*place, position), lines, file)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            if here in lines:
                expected = f"expected '{key.value}' once, but it stands here a second time"
                raise InvalidTeam([Problem(file=file, line=key.start_mark.line + 1, expected=expected)])
            # A key's own line is where the eye looks; a block value begins one line below it.
            lines[here] = key.start_mark.line + 1
            _note_lines(value, here, lines, file)


def _is_echo(detail: Any, details: Iterable[Any]) -> bool:
    """Pydantic does not count what is wrong itself, so a list of mistakes is too short for it as well."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


def _expectation(detail: Any) -> str:
    """Pydantic's finding as what was expected, naming the key."""
    name = ".".join(str(part) for part in detail["loc"]) or "the file"
    match detail["type"]:
        case "missing":
            return f"expected '{name}', which is missing"
        case "extra_forbidden":
            return f"expected no '{name}': it is not known here"
        case "literal_error" | "enum":
            return f"expected '{name}' to be {detail['ctx']['expected']}"
        case forms.WRONG_FORM:
            return f"expected '{name}' to be {detail['ctx']['words']}"
        case "too_short":
            return f"expected at least {detail['ctx']['min_length']} of '{name}'"
        case _:
            return f"expected something else for '{name}': {detail['msg']}"
