"""What a test wants to know of real processes."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
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


async def until(condition: Callable[[], bool]) -> None:
    """Wait for another process; fails after half a minute of real time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)
