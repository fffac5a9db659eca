"""The agent team on this laptop: what the page says of it, its demo data, and the policy the Lambdas read.

The team itself is read and kept by `agents.team_source`. Rule: a policy file is named by its content and never changed,
so a running function keeps the one it began with.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

from agents.demo import Demo, Row, load_demo
from agents.policy import handoff_policy
from agents.team_source import TeamSource
from agents.yaml_source import InvalidTeam
from local.settings import ROOT
from local.sources import files_below

DEPLOYED: Final[Any] = {"functions": True, "tools": {"__all__": {"runs_in"}}}
TOLD: Final[Any] = {
    "instructions": True,
    "tools": True,
    "controls": {"__all__": {"name", "description", "parameters"}},
}


class LocalTeam:
    """The team in a folder. `policies` is where policy files are kept; `tell` hears of a broken edit."""

    def __init__(self, folder: Path, *, policies: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._policies = policies
        self._tell = tell
        self._demo: Demo | None = None
        self.source = TeamSource(folder, tell, root=ROOT)

    def files(self) -> list[Path]:
        return [*files_below(self.folder)]

    def shape(self, *, flat: bool) -> str:
        """What of the team a template is made from as the laptop reads it; if `flat`, with what a Harness is told."""
        team = self.source.current().team
        names = [agent.name for agent in team.agents]
        return f"{names}{team.model_dump_json(include=DEPLOYED)}{team.model_dump_json(include=TOLD) if flat else ''}"

    def policy_file(self) -> Path:
        """The hand-off policy of the team as it is now. Raises `InvalidTeam` if there has never been a good team."""
        content = json.dumps(handoff_policy(self.source.current().team), ensure_ascii=False, indent=2, sort_keys=True)
        self._policies.mkdir(parents=True, exist_ok=True)
        path = self._policies / f"handoff_policy.{hashlib.sha256(content.encode()).hexdigest()[:16]}.json"
        if not path.exists():
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_text(content, encoding="utf-8")
            fresh.replace(path)
        return path

    def demo(self, *, today: date) -> Demo:
        """The demo's data; the last good one if an edit broke it. Raises `InvalidTeam` if there was none."""
        try:
            functions = self.source.current().team.functions
            self._demo = load_demo(self.folder, functions, today=today)
        except InvalidTeam as mistake:
            if self._demo is None:
                raise
            self._tell(str(mistake))
        return self._demo

    def demo_tables(self, *, today: date) -> dict[str, tuple[Row, ...]]:
        """The demo's rows by the variable in which a tool's function finds the name of its table."""
        tables = self.demo(today=today).tables
        functions = self.source.current().team.functions
        return {each.table_variable: tables[each.table] for each in functions if each.table in tables}

    def facts(self) -> dict[str, Any]:
        """What the page tells a visitor."""
        try_this = [] if self._demo is None else [dict(line) for line in self._demo.try_this]
        papers = [] if self._demo is None else [paper.model_dump() for paper in self._demo.papers]
        return {"name": self.source.current().team.name, "try_this": try_this, "papers": papers}
