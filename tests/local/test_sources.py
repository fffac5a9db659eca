"""An edit is noticed, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.sources import Watch, files_below


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


def test_a_file_that_vanishes_while_looked_at_is_a_change_and_no_error(folder: Path) -> None:
    """Editors write a new file and move it over the old one."""
    names = [folder / "a.py"]
    watching = Watch(lambda: names)
    (folder / "a.py").unlink()

    assert watching.has_changed()
