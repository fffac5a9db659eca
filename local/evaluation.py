"""`make evaluate`: a team's conversation tests on a chosen model, each played by a real customer, with a report.

It starts a stack of its own on a free port and ends it. Exit code 0 if every run of every conversation went as
expected, 1 if one did not, 2 if nothing could be judged: a team that cannot be read, a model that does not answer. The
rule: what says nothing about the team is told once, and not as a failure of each conversation.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agents.conversation_tests import ConversationTest, load_conversations
from agents.models import ModelFailed, UnusableModel
from agents.team import Team, load_team
from agents.yaml_source import InvalidTeam
from local.agent_faces import DEFAULT_BACKEND
from local.evaluation_report import Report, Run, as_html, as_markdown, as_table
from local.judge import REASON, judge
from local.model import LocalModel
from local.options import Parser, add_agents, add_model
from local.settings import ROOT, CannotStart, StackSettings

if TYPE_CHECKING:
    from local.player import Player

REPORTS: Final = ROOT / "build" / "evaluation"
AT_ONCE_SCRIPTED: Final = 4
AT_ONCE: Final = 2
"""Models of a laptop, and quotas of an account, are soon busy."""
UNAVAILABLE: Final = frozenset({"agent_unavailable", "deadline"})
"""Reasons of a hand-off that may be the model's absence."""
FAILED, CANNOT, INTERRUPTED = 1, 2, 130


class CannotEvaluate(Exception):
    """Nothing can be judged; the message is for whoever typed the command."""


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """What is evaluated, and how."""

    folder: Path
    team: Team
    tests: tuple[ConversationTest, ...]
    model: LocalModel
    backend: str = DEFAULT_BACKEND
    runs: int = 1
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self) -> Report:
        """Play and judge everything; raises `CannotEvaluate`."""
        from local.player import Player  # noqa: PLC0415  (brings the whole stack; a wrong option is told at once)
        from local.stack import Stack  # noqa: PLC0415  (likewise)

        await self._probe()
        settings = StackSettings(port=0, team=self.folder, model=self.model.setting, backend=self.backend, watch=False)
        started, begun = datetime.now(UTC), time.monotonic()
        async with Stack(settings) as stack, Player(stack) as player:
            runs = await self._play_all(player)
        return Report(
            team=self.team.name,
            model=self.model.spec.name,
            backend=self.backend,
            started=started,
            seconds=time.monotonic() - begun,
            runs=runs,
        )

    async def _play_all(self, player: Player) -> list[Run]:
        """Round by round, each on the demo's data as it was in the beginning; the runs of a conversation together."""
        free = asyncio.Semaphore(self._at_once())
        numbers = itertools.count(1)
        rounds: list[list[Run]] = []

        async def play(test: ConversationTest) -> Run | None:
            async with free:
                return None if self._lost.is_set() else await self._play(player, test, numbers)

        for _ in range(self.runs):
            player.begin_anew()
            found = await asyncio.gather(*(play(test) for test in self.tests))
            if self._lost.is_set():
                await self._probe()  # says why
                raise CannotEvaluate("the model stopped answering in the middle; nothing is judged")
            rounds.append([run for run in found if run is not None])
        return [run for runs in zip(*rounds, strict=True) for run in runs]

    async def _play(self, player: Player, test: ConversationTest, numbers: Iterator[int]) -> Run:
        played = await player.play(test)
        run = Run(played=played, findings=tuple(judge(played, self.team)))
        if run.findings and played.attributes.get(REASON) in UNAVAILABLE:
            await self._notice_a_loss()
        of = len(self.tests) * self.runs
        verdict = "ok  " if run.passed else "FAIL"
        print(f"  {next(numbers):>3}/{of}  {verdict} {played.seconds:6.1f} s  {test.name}", flush=True)
        return run

    async def _notice_a_loss(self) -> None:
        try:
            await self.model.probe()
        except ModelFailed:
            self._lost.set()

    async def _probe(self) -> None:
        try:
            await self.model.probe()
        except ModelFailed as failed:
            raise CannotEvaluate(f"{self.model.spec.name} cannot be used: {failed}") from failed

    def _at_once(self) -> int:
        return AT_ONCE_SCRIPTED if self.model.spec.scripted else AT_ONCE


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    logging.basicConfig(format="evaluate: %(message)s", level=logging.ERROR)
    logging.getLogger("opentelemetry.context").setLevel(logging.CRITICAL)
    try:
        evaluation = _evaluation(options)
        of = f"{len(evaluation.tests)} conversations of '{evaluation.team.name}' on {evaluation.model.spec.name}"
        print(f"evaluate: {of}" + (f", {options.runs} times each" if options.runs > 1 else ""), flush=True)
        report = asyncio.run(evaluation.hold())
    except (CannotEvaluate, CannotStart, UnusableModel, InvalidTeam) as problem:
        print(f"evaluate: {problem}", file=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED
    _tell(report, options.output)
    return 0 if report.passed else FAILED


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="make evaluate", description=__doc__)
    add_agents(parser, team=ROOT / "agents" / "store")
    add_model(parser)
    parser.add_argument("--runs", type=_count, default=1, help="how often each conversation is played")
    parser.add_argument(
        "--only", action="append", default=[], help="conversations with this in their name; again: more"
    )
    parser.add_argument("--output", type=Path, default=REPORTS, help="folder of the report")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 100:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 100")


def _evaluation(options: argparse.Namespace) -> Evaluation:
    folder: Path = options.team.resolve()
    team = load_team(folder)
    tests = load_conversations(folder, team)
    asked = [part.casefold() for part in options.only] or [""]
    wanted = tuple(test for test in tests if any(part in test.name.casefold() for part in asked))
    if not wanted:
        named = f" with {' or '.join(repr(part) for part in options.only)} in its name" if options.only else ""
        raise CannotEvaluate(f"the team '{team.name}' has no conversation{named} in {folder / 'conversations'}")
    model = LocalModel(options.model, os.environ)
    model.check()
    return Evaluation(folder=folder, team=team, tests=wanted, model=model, backend=options.backend, runs=options.runs)


def _tell(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{report.team}-{report.started:%Y%m%d-%H%M%S}"
    for ending, text in (("md", as_markdown(report)), ("html", as_html(report))):
        (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")
    print(f"\n{as_table(report)}\n\nevaluate: the report is {folder / name}.html (and .md)")


if __name__ == "__main__":
    raise SystemExit(main())
