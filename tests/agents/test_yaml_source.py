"""Mistakes in a team's files are told by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from agents.yaml_source import InvalidTeam, read_source


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    books: list[str]
    rows: int = 1


def write(folder: Path, text: str) -> Path:
    file = folder / "shelf.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("rows: 2\n", 1, "expected 'books', which is missing"),
        ("books: []\nrows: 2\nwidth: 3\n", 3, "expected no 'width': it is not known here"),
        ("books:\n  - a\n  - 3\n", 3, "expected something else for 'books.1': Input should be a valid string"),
        ("books: []\nbooks: [a]\n", 2, "expected 'books' once, but it stands here a second time"),
        ("books: [a\nrows: 2\n", 2, "expected YAML: expected ',' or ']', but got ':'"),
        ("books: \a\n", 1, "expected YAML: "),
        ("", 1, "expected content, but the file is empty"),
    ],
)
def test_a_mistake_names_its_line_and_what_was_expected(tmp_path: Path, text: str, line: int, expected: str) -> None:
    """Whoever edits a team should not have to search."""
    file = write(tmp_path, text)

    with pytest.raises(InvalidTeam) as raised:
        read_source(file).parse(Shelf)

    assert str(raised.value).startswith(f"{file}, line {line}: {expected}")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """One mistake per attempt would make editing slow."""
    file = write(tmp_path, "books: [1]\nrows: many\n")

    with pytest.raises(InvalidTeam) as raised:
        read_source(file).parse(Shelf)

    assert [problem.line for problem in raised.value.problems] == [1, 2]


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    """A renamed file is the most common mistake of all."""
    with pytest.raises(InvalidTeam, match=r"nowhere\.yaml, line 1: expected this file to exist"):
        read_source(tmp_path / "nowhere.yaml")
