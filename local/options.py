"""What somebody typed after `make run`, `make demo` or `make evaluate`, understood or refused in one line.

Rule: a refusal names what is possible.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final, NoReturn

from agents.models import POSSIBLE, SCRIPTED, UnusableModel, parse_model
from agents.team import TEAM_FILE
from local.agent_faces import BACKENDS, DEFAULT_BACKEND
from local.settings import ROOT

TEAMS: Final = ROOT / "agents"
WRONG: Final = 2
"""The exit code of a command that was typed wrong."""


class Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line, and leaves the usage to `--help`."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"handoff: {message}\n")


def add_agents(parser: argparse.ArgumentParser, *, team: Path) -> None:
    """Which team answers, `team` unless another is named, and where it runs."""
    parser.add_argument("--team", type=team_folder, default=team, help="that answers: a folder, or a name in agents/")
    parser.add_argument(
        "--backend", type=_backend, default=DEFAULT_BACKEND, help=f"where it runs: {', '.join(BACKENDS)}"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """What the team thinks with."""
    parser.add_argument("--model", type=_model, default=SCRIPTED, help=f"what the team thinks with: {POSSIBLE}")


def team_folder(text: str) -> Path:
    """The folder that is meant by `clinic`, `agents/clinic` or any path."""
    for folder in (Path(text), TEAMS / text):
        if folder.is_dir():
            return folder
    names = sorted(path.parent.name for path in TEAMS.glob(f"*/{TEAM_FILE}"))
    raise argparse.ArgumentTypeError(f"'{text}' is no team: expected a folder, or one of {', '.join(names)}")


def _backend(text: str) -> str:
    if text not in BACKENDS:
        raise argparse.ArgumentTypeError(f"'{text}' is no backend: expected one of {', '.join(BACKENDS)}")
    return text


def _model(text: str) -> str:
    try:
        parse_model(text)
    except UnusableModel as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
    return text
