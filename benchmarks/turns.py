"""The same answers by three: the bot, the plain bot and the floor, in turns, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.functions import Execution
from benchmarks.services.answers import ANSWERS
from benchmarks.services.calls import Call
from benchmarks.stage import BACKENDS, CHAT_BOT, PLAIN_BOT, stage

ASKING = {
    "bedrock-agents": "InvokeAgent",
    "agentcore-runtime": "InvokeAgentRuntime",
    "agentcore-harness": "InvokeHarness",
    "agentcore-harness, guardrail": "InvokeHarness",
}
"""The call by which each backend's agent is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One question, answered by each of them."""

    backend: str
    answer: str
    bot: Execution
    calls: Sequence[Call]
    """Of the bot."""
    plain: Execution
    plain_calls: Sequence[Call]
    floor: Execution


@cache
def played(runs: int) -> tuple[Round, ...]:
    """Every answer on every backend; played once for all figures that are read off it."""
    with stage() as there:
        rounds = []
        for _ in range(runs):
            for backend in BACKENDS:
                for answer in ANSWERS:
                    bot = there.turn(CHAT_BOT, backend, answer)
                    calls = there.calls()
                    plain = there.turn(PLAIN_BOT, backend, answer)
                    plain_calls = there.calls()
                    floor = there.floor("words", backend, answer=answer)
                    rounds.append(
                        Round(
                            backend=backend,
                            answer=answer,
                            bot=bot,
                            calls=calls,
                            plain=plain,
                            plain_calls=plain_calls,
                            floor=floor,
                        )
                    )
        return tuple(rounds)


def of(runs: int, backend: str, *answers: str) -> list[Round]:
    """Those of a backend, and of these answers only if any are named."""
    wanted = answers or tuple(ANSWERS)
    return [one for one in played(runs) if one.backend == backend and one.answer in wanted]
