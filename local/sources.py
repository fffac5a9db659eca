"""Notices that files were edited.

It looks at names, sizes and times, not at contents, so that looking is cheap. It does not decide what an edit means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path


class Watch:
    """The files that `files` names, as they were when last looked at."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._seen = self._look()

    def has_changed(self) -> bool:
        """Whether a file was added, changed or removed since the last time this was asked."""
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> frozenset[tuple[str, int, int]]:
        return frozenset(_state(path) for path in self._files())


def files_below(*folders: Path, suffixes: Iterable[str]) -> Iterable[Path]:
    """Files with one of these endings, without byte code."""
    wanted = set(suffixes)
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in wanted and "__pycache__" not in path.parts:
                yield path


def _state(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:  # removed between listing and looking; editors replace files this way
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
