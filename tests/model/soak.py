"""`make soak`: random histories of many chats, one after the other, judged by the reference model.

In process and in virtual time; a step is one call of one execution, one act of somebody, or one piece of time. It stops
at the first violation with the shortest story that still shows it, and how to see it again. A soak without one is
written into `docs/reliability.md`, with what happened how often, and how soon each safeguard is missed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.model.broken import AT_RANDOM, BY_EXAMPLE
from tests.model.driver import manners_at_random, moves_at_random, play
from tests.model.functions import Manners
from tests.model.scene import Move, Parts, Scene
from tests.reliability_document import write_section

TELL_EVERY_SECONDS = 10.0
SHORTEN_WITHIN_SECONDS = 60.0
METRICS = "reported: "
"""What the functions count themselves says nothing new to a reader."""
MISSED_WITHIN_STEPS = 200_000
WORTH_WRITING_STEPS = 1_000_000
"""A shorter soak is for whoever runs it; the document keeps the last long one."""


@dataclass(slots=True)
class Chat:
    """One chat of a soak: everything that is needed to see it again."""

    seed: int
    number: int
    parts: Parts = field(default_factory=Parts)
    manners: Manners = field(init=False)
    moves: list[Move] = field(default_factory=list)

    def played(self) -> Scene:
        chance = random.Random(f"{self.seed}-{self.number}")  # noqa: S311  (chance, not secrecy)
        self.manners = manners_at_random(chance)
        scene = Scene(self.manners, self.parts)
        self.moves = play(scene, moves_at_random(chance))
        return scene

    def replayed(self, moves: Iterable[Move]) -> Scene:
        scene = Scene(self.manners, self.parts)
        play(scene, list(moves))
        return scene


@dataclass(slots=True)
class Soak:
    """What has been seen so far."""

    seed: int
    steps: int = 0
    chats: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    violated: tuple[Chat, Scene] | None = None

    def run(self, most_steps: int, *, parts: Parts | None = None, tell: bool = False) -> None:
        told_at = time.monotonic()
        while self.steps < most_steps and self.violated is None:
            chat = Chat(self.seed, self.chats, parts or Parts())
            scene = chat.played()
            self.chats += 1
            self.steps += scene.steps
            self.counts.update(scene.judge.counts)
            if scene.judge.violation:
                self.violated = (chat, scene)
            if tell and time.monotonic() - told_at > TELL_EVERY_SECONDS:
                told_at = time.monotonic()
                print(f"soak: {self.steps:,} steps, {self.chats:,} chats, no violation", flush=True)


def shortened(chat: Chat, violation: str) -> Scene:
    """The same violation with as few moves as can be found in a while."""
    kind, moves, ends_at = kind_of(violation), list(chat.moves), time.monotonic() + SHORTEN_WITHIN_SECONDS
    scene, size = chat.replayed(moves), max(len(moves) // 2, 1)
    while size and time.monotonic() < ends_at:
        start, shorter = 0, False
        while start < len(moves) and time.monotonic() < ends_at:
            fewer = [*moves[:start], *moves[start + size :]]
            tried = chat.replayed(fewer)
            if tried.judge.violation and kind_of(tried.judge.violation) == kind:
                moves, scene, shorter = fewer, tried, True
            else:
                start += size
        size = size if shorter and size == 1 else size // 2
    return scene


def kind_of(violation: str) -> str:
    """The rule that was violated, whoever violated it."""
    return re.sub(r"\d+", "…", violation)


def steps_until_missed(parts: Parts, seed: int) -> int | None:
    """How many steps the judge needs to find that a safeguard is missing."""
    soak = Soak(seed)
    soak.run(MISSED_WITHIN_STEPS, parts=parts)
    return soak.steps if soak.violated else None


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chat", type=int, help="tell the story of this chat of the seed, and nothing else")
    asked = parser.parse_args(arguments)
    if asked.chat is not None:
        scene = Chat(asked.seed, asked.chat).played()
        print(scene.as_told())
        return 1 if scene.judge.violation else 0
    soak = Soak(asked.seed)
    soak.run(asked.steps, tell=True)
    if soak.violated is not None:
        _tell_violation(soak)
        return 1
    print(
        f"soak: {soak.steps:,} steps, {soak.chats:,} chats, no violation; now with each safeguard taken away",
        flush=True,
    )
    missed = {name: steps_until_missed(parts, asked.seed) for name, parts in AT_RANDOM.items()}
    unseen = [name for name, steps in missed.items() if steps is None]
    if unseen:
        print(
            f"soak: in {MISSED_WITHIN_STEPS:,} steps the judge did not notice that these were gone: {', '.join(unseen)}"
        )
        return 1
    if soak.steps >= WORTH_WRITING_STEPS:
        write_section("soak", _report(soak))
        write_section("model", _report_missed(missed, asked.seed))
        print("soak: written into docs/reliability.md")
    return 0


def _tell_violation(soak: Soak) -> None:
    assert soak.violated is not None
    chat, scene = soak.violated
    violation = str(scene.judge.violation)
    print(f"soak: VIOLATION in chat {chat.number} of seed {chat.seed}, step {soak.steps:,}: {violation}")
    print("soak: looking for a shorter story", flush=True)
    short = shortened(chat, violation)
    print(short.as_told())
    print(f"\nThe chat as it was, again: make soak SEED={chat.seed} CHAT={chat.number}")


def _report(soak: Soak) -> str:
    day = datetime.now(UTC).date().isoformat()
    happenings = sorted((what, times) for what, times in soak.counts.items() if not what.startswith(METRICS))
    rows = "\n".join(f"| {what} | {times:,} |" for what, times in happenings)
    return (
        f"{day}: {soak.steps:,} steps, seed {soak.seed}, {soak.chats:,} chats, **no violation**.\n\n"
        "<details><summary>What happened in them</summary>\n\n"
        f"| Happening | times |\n| --- | ---: |\n{rows}\n\n</details>"
    )


def _report_missed(missed: Mapping[str, int | None], seed: int) -> str:
    day = datetime.now(UTC).date().isoformat()
    found = {name: f"{steps:,}" for name, steps in missed.items()}
    named = {name: f"by its example, `{example}`" for name, example in BY_EXAMPLE.items()}
    rows = "\n".join(f"| {name} | {how} |" for name, how in {**found, **named}.items())
    return (
        f"{day}, seed {seed}. The same chats without one safeguard, to see that the judge is awake:\n\n"
        f"| Taken away | found after steps |\n| --- | ---: |\n{rows}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
