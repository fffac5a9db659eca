"""Notices that files were edited.

It looks at names, sizes and times, not at contents, so that looking is cheap. It does not decide what an edit means.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
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


async def keep_looking(
    look: Callable[[], Awaitable[None]], *, every_seconds: float, tell: Callable[[str], None]
) -> None:
    """Look again and again until cancelled. What the file system refuses is told once, and looking goes on."""
    told = ""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await look()
        except OSError as problem:
            if told != str(problem):
                told = str(problem)
                tell(f"the sources cannot be looked at: {told}")
        else:
            told = ""


def files_below(*folders: Path, suffixes: Iterable[str] | None = None) -> Iterable[Path]:
    """Files with one of these endings, or with any; no byte code and no links to nowhere (an editor's locks)."""
    wanted = None if suffixes is None else set(suffixes)
    for folder in folders:
        for parent, _, names in os.walk(folder):  # passes over folders that vanish meanwhile
            for path in (Path(parent, name) for name in names):
                fits = (wanted is None or path.suffix in wanted) and "__pycache__" not in path.parts
                if fits and os.path.isfile(path):
                    yield path


def _state(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:  # removed between listing and looking; editors replace files this way
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
