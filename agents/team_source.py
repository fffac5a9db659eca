"""The team as its files say now.

Whoever edits a team sees the edit in the next conversation. The rule: a broken edit never reaches a customer; the last
good team stays, and the mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agents.handlers import HANDLERS, check_handlers
from agents.script import PLAN_FILE, Script, load_script
from agents.team import Team, load_team
from agents.yaml_source import InvalidTeam

Fingerprint = frozenset[tuple[str, int, int]]
"""Name, time of change in nanoseconds and size in bytes of every file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A team and what the scripted model knows of its trade."""

    team: Team
    script: Script | None
    """Not every team brings one; it is not deployed."""


class TeamSource:
    """A folder with a team. `tell` gets the message of a mistake, a line for each.

    `root` is the folder of the project that holds the tools' handlers, where they are there to be looked for.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None], *, root: Path | None = None) -> None:
        self._folder = folder
        self._tell = tell
        self._root = root
        self._loaded: Loaded | None = None
        self._seen: Fingerprint = frozenset()

    def current(self) -> Loaded:
        """The team, read again if a file has changed; raises `InvalidTeam` if there has never been a good one."""
        now = self._fingerprint()
        if self._loaded is None or now != self._seen:
            self._seen = now
            self._loaded = self._load(self._loaded)
        return self._loaded

    def _load(self, last_good: Loaded | None) -> Loaded:
        try:
            return Loaded(team=self._load_team(), script=self._load_script(last_good))
        except InvalidTeam as mistake:
            if last_good is None:
                raise
            self._tell(str(mistake))
            return last_good

    def _load_team(self) -> Team:
        team = load_team(self._folder)
        if self._root is not None:
            check_handlers(team, self._folder, root=self._root)
        return team

    def _load_script(self, last_good: Loaded | None) -> Script | None:
        """A script that was there and is gone is a mistake."""
        has_one = (self._folder / PLAN_FILE).is_file() or (last_good and last_good.script)
        return load_script(self._folder) if has_one else None

    def _fingerprint(self) -> Fingerprint:
        handlers = self._root.glob(f"{HANDLERS}/*.py") if self._root is not None else ()
        files = (path for path in (*self._folder.rglob("*"), *handlers) if path.is_file())
        return frozenset((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
