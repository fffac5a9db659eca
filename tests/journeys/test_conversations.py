"""Every team holds its conversations, through the whole stack, on the scripted model.

On the default backend, or the one that `--backend` names; every backend has its own journeys.
"""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

import pytest

from agents.conversation_tests import ConversationTest, load_conversations
from agents.team import TEAM_FILE, Team, load_team
from local.agent_faces import DEFAULT_BACKEND
from local.judge import judge
from local.played import Played
from local.player import Player
from local.settings import ROOT, StackSettings
from local.stack import Stack
from tests.running_stack import running_stack

AT_ONCE = 4
ALL_SECONDS = 600.0
"""Each turn has a patience of its own; this is for a machine with a lot to do."""
TEAMS = sorted(path.parent for path in (ROOT / "agents").glob(f"*/{TEAM_FILE}"))


@cache
def team_of(folder: Path) -> Team:
    return load_team(folder)


@cache
def conversations(folder: Path) -> tuple[ConversationTest, ...]:
    return load_conversations(folder, team_of(folder))


@pytest.fixture(scope="module", params=TEAMS, ids=lambda folder: folder.name)
def played(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Played]]:
    """All conversations of a team, played at once on one stack."""
    folder: Path = request.param
    backend = request.config.getoption("backend") or DEFAULT_BACKEND
    with running_stack(StackSettings(port=0, team=folder, backend=backend, watch=False)) as running:
        playing = play_all(running.stack, conversations(folder))
        found = asyncio.run_coroutine_threadsafe(playing, running.loop).result(timeout=ALL_SECONDS)
    return folder, {each.test.name: each for each in found}


async def play_all(stack: Stack, tests: tuple[ConversationTest, ...]) -> list[Played]:
    free = asyncio.Semaphore(AT_ONCE)

    async def play(player: Player, test: ConversationTest) -> Played:
        async with free:
            return await player.play(test)

    async with Player(stack) as player:
        return await asyncio.gather(*(play(player, test) for test in tests))


def test_the_team_holds_its_conversations(played: tuple[Path, dict[str, Played]]) -> None:
    """What is said, which tools are used with what, what is told, how it ends."""
    folder, by_name = played

    findings = [f"{name}: {found}" for name, each in by_name.items() for found in judge(each, team_of(folder))]

    assert len(by_name) == len(conversations(folder))
    assert not findings, "\n".join(findings)


def test_a_team_has_conversations_in_each_of_its_languages(played: tuple[Path, dict[str, Played]]) -> None:
    """A team without any would pass every test."""
    folder, _ = played

    spoken = [test.spoken for test in conversations(folder)]

    assert all(spoken.count(language) >= 5 for language in ("en", "es"))
