"""An edit is noticed, once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from local.sources import Watch, files_below, keep_looking


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("1")
    return tmp_path


def watch(folder: Path) -> Watch:
    return Watch(lambda: files_below(folder, suffixes=(".py",)))


def test_an_edit_a_new_file_and_a_removed_one_are_noticed_once(folder: Path) -> None:
    """Each would otherwise be taken over again and again."""
    watching = watch(folder)
    noticed = [watching.has_changed()]
    (folder / "a.py").write_text("12")
    noticed += [watching.has_changed(), watching.has_changed()]
    (folder / "b.py").write_text("")
    noticed += [watching.has_changed(), watching.has_changed()]
    (folder / "b.py").unlink()
    noticed += [watching.has_changed(), watching.has_changed()]

    assert noticed == [False, True, False, True, False, True, False]


def test_other_files_and_byte_code_do_not_count(folder: Path) -> None:
    """Running a function writes byte code."""
    watching = watch(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.cpython.py").write_text("")
    (folder / "notes.txt").write_text("")

    assert not watching.has_changed()


def test_without_endings_every_file_counts(folder: Path) -> None:
    """A team may keep any kind of file."""
    (folder / "notes.txt").write_text("")
    (folder / "below").mkdir()
    (folder / "below" / "b.yaml").write_text("")

    assert {path.name for path in files_below(folder)} == {"a.py", "notes.txt", "b.yaml"}


def test_a_file_that_vanishes_while_looked_at_is_a_change_and_no_error(folder: Path) -> None:
    """Editors write a new file and move it over the old one."""
    names = [folder / "a.py"]
    watching = Watch(lambda: names)
    (folder / "a.py").unlink()

    assert watching.has_changed()


def test_a_link_that_leads_nowhere_is_no_source(folder: Path) -> None:
    """Emacs locks a file that way as soon as somebody types in it."""
    watching = watch(folder)
    (folder / ".#a.py").symlink_to("someone@somewhere.4711")

    assert not watching.has_changed()


def test_a_folder_that_is_not_there_holds_no_files(folder: Path) -> None:
    """Switching branches removes folders while they are listed."""
    assert [*files_below(folder / "gone", suffixes=(".py",))] == []


async def test_looking_goes_on_after_a_refusal_that_is_told_once_until_it_passes() -> None:
    """Otherwise edits would no longer be taken over and nobody would know; nor should each second say it again."""
    refused = OSError("too many open files")
    outcomes: list[OSError | None] = [refused, refused, None, refused]
    told: list[str] = []
    enough = asyncio.Event()

    async def look() -> None:
        if not outcomes:
            enough.set()
            return
        if (problem := outcomes.pop(0)) is not None:
            raise problem

    looking = asyncio.create_task(keep_looking(look, every_seconds=0, tell=told.append))
    await asyncio.wait_for(enough.wait(), timeout=10)
    looking.cancel()

    assert told == ["the sources cannot be looked at: too many open files"] * 2
