"""Figure 2: the first words and the whole answer against what cannot be left out, and against the plain bot."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure, ratio
from benchmarks.services.answers import ANSWERS
from benchmarks.stage import BACKENDS
from benchmarks.turns import Round, of

GROUP = "words"
MOST_OVER_FLOOR = 1.05
MOST_OF_PLAIN = 0.35
SENT = "SendMessage"


def measure(runs: int) -> list[Figure]:
    return [figure for backend in BACKENDS for answer in ANSWERS for figure in _figures(of(runs, backend, answer))]


def _figures(rounds: list[Round]) -> Iterator[Figure]:
    about = f"{rounds[0].answer} answer, {rounds[0].backend}"
    first = ("first words", tuple(one.bot.until("ended", SENT) for one in rounds))
    whole = ("whole answer", tuple(one.bot.until("ended", SENT, last=True) for one in rounds))
    yield ratio(
        GROUP,
        f"first words / floor, {about}",
        first,
        ("floor", (one.floor.until("ended", SENT) for one in rounds)),
        at_most=MOST_OVER_FLOOR,
    )
    yield ratio(
        GROUP,
        f"whole answer / floor, {about}",
        whole,
        ("floor", (one.floor.until("ended", SENT, last=True) for one in rounds)),
        at_most=MOST_OVER_FLOOR,
    )
    yield ratio(
        GROUP,
        f"first words / plain bot, {about}",
        first,
        ("plain bot", (one.plain.until("ended", SENT) for one in rounds)),
        at_most=MOST_OF_PLAIN if rounds[0].answer == "long" and "guardrail" not in rounds[0].backend else None,
    )
