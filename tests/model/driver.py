"""Moves at random, so that most things go well and everything happens."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.model.functions import Manners
from tests.model.scene import Move, Scene

WEIGHTS = {
    "goes_on": 800,
    "goes_wrong": 40,
    "agent_does": 60,
    "customer_writes": 30,
    "sns_repeats": 8,
    "execution_dies": 6,
    "execution_freezes": 5,
    "freezes_before_speaking": 5,
    "customer_bursts": 0.3,
    "time_passes": 4,
    "person_comes": 12,
    "person_writes": 6,
    "bot_comes_again": 10,
    "streaming_fails": 1,
    "chat_ends": 2,
}
TROUBLES = frozenset(
    {
        "goes_wrong",
        "execution_dies",
        "execution_freezes",
        "freezes_before_speaking",
        "sns_repeats",
        "streaming_fails",
        "time_passes",
    }
)
MOVES_A_CHAT = (60, 500)


def manners_at_random(chance: random.Random) -> Manners:
    return Manners(
        shows_transcript=chance.random() < 0.85,
        may_read_transcript=chance.random() < 0.9,
        whole=chance.random() < 0.15,
        initial_message=chance.random() < 0.25,
        marked=chance.random() < 0.5,
        shows_markdown=chance.random() < 0.5,
    )


def moves_at_random(chance: random.Random) -> Iterator[Move]:
    """A chat's moves. How much goes wrong differs from chat to chat: some are nearly undisturbed."""
    calm = chance.choice((0.0, 0.2, 1.0, 1.0, 3.0))
    weights = {name: weight * (calm if name in TROUBLES else 1.0) for name, weight in WEIGHTS.items()}
    names = list(weights)
    for _ in range(chance.randint(0, 3)):
        yield Move("customer_writes")
    yield Move("begins")
    picked = chance.choices(names, list(weights.values()), k=chance.randint(*MOVES_A_CHAT))
    for name in picked:
        yield Move(name, chance.randrange(1_000), chance.randrange(1_000))


def play(scene: Scene, moves: Iterator[Move] | list[Move]) -> list[Move]:
    """Play them to the end or the first violation; returns what was played."""
    played = []
    for move in moves:
        scene.play(move)
        played.append(move)
        if scene.judge.violation:
            return played
    scene.comes_to_rest()
    return played
