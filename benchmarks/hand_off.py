"""Figure 6: the hand-off, from the moment the control comes to the disconnect that wakes the flow."""

from __future__ import annotations

from benchmarks.figure import Figure, ratio
from benchmarks.services.answers import CONTROL
from benchmarks.stage import BACKENDS, CHAT_BOT, Stage, stage
from benchmarks.turns import ASKING

GROUP = "hand-off"
MOST_OVER_FLOOR = 1.05


def measure(runs: int) -> list[Figure]:
    with stage() as there:
        return [_figure(there, backend, runs) for backend in BACKENDS]


def _figure(there: Stage, backend: str, runs: int) -> Figure:
    pairs = [(_seconds(there, backend), there.floor("hand-off").seconds) for _ in range(runs)]
    taken, floors = zip(*pairs, strict=True)
    name = f"control to disconnect / floor, {backend}"
    return ratio(GROUP, name, ("hand-off", taken), ("floor", floors), at_most=MOST_OVER_FLOOR)


def _seconds(there: Stage, backend: str) -> float:
    turn = there.turn(CHAT_BOT, backend, CONTROL)
    controlled = next(call.answered for call in there.calls() if call.operation == ASKING[backend])
    return turn.the("ended", "DisconnectParticipant").at - controlled
