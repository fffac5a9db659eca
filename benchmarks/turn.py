"""Figure 1: what is done before the agent is asked: calls, and the bot's own work beside the SDK's."""

from __future__ import annotations

from benchmarks.figure import Figure, ratio
from benchmarks.stage import BACKENDS
from benchmarks.turns import ASKING, Round, of

GROUP = "turn"
MOST_CALLS = {"agentcore-harness, guardrail": 2}
MOST_OWN_WORK = 0.5


def measure(runs: int) -> list[Figure]:
    return [figure for backend in BACKENDS for figure in _figures(backend, of(runs, backend))]


def _figures(backend: str, rounds: list[Round]) -> tuple[Figure, Figure]:
    calls = Figure(
        group=GROUP,
        name=f"calls before the agent is asked, {backend}",
        samples=tuple(float(calls_before(one)) for one in rounds),
        at_most=MOST_CALLS.get(backend, 1),
        unit="calls",
    )
    work = ratio(
        GROUP,
        f"own CPU before the agent is asked / CPU of UpdateItem, {backend}",
        ("own", (_own_cpu(one) for one in rounds)),
        ("UpdateItem", (_write_cpu(one) for one in rounds)),
        at_most=MOST_OWN_WORK,
    )
    return calls, work


def calls_before(one: Round) -> int:
    """Those that reached a service before the agent's call did."""
    asked = next(call.arrived for call in one.calls if call.operation == ASKING[one.backend])
    return sum(call.arrived < asked for call in one.calls)


def _own_cpu(one: Round) -> float:
    """Of the whole process until the SDK is asked to ask the agent, without what the SDK took for the calls before."""
    return one.bot.cpu_until("begun", ASKING[one.backend]) - _write_cpu(one) - _guardrail_cpu(one)


def _write_cpu(one: Round) -> float:
    return one.bot.the("ended", "UpdateItem").thread_cpu - one.bot.the("begun", "UpdateItem").thread_cpu


def _guardrail_cpu(one: Round) -> float:
    if "guardrail" not in one.backend:
        return 0.0
    return one.bot.the("ended", "ApplyGuardrail").thread_cpu - one.bot.the("begun", "ApplyGuardrail").thread_cpu
