"""What a test wants to know of real processes."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

PATIENCE_SECONDS = 30.0


def state_of(pid: int) -> str:
    """`T` frozen, `Z` ended and not yet collected, empty when gone, else another letter of `ps`."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return ""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip()[:1]


def children_of(pid: int) -> list[int]:
    """The processes whose parent is `pid`: by /proc, or by `pgrep` where there is none."""
    if not Path("/proc/self").exists():
        said = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
        return [int(line) for line in said.split()]
    return [child for child, parent in _parents() if parent == pid]


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):  # ended meanwhile
                yield int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])


def offspring_of(pid: int) -> list[int]:
    """Its children, their children, and so on."""
    children = children_of(pid)
    return [*children, *(one for child in children for one in offspring_of(child))]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for another process; fails after half a minute of real time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)
