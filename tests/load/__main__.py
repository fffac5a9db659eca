"""The load in its long form: `make load`. The result goes into `docs/reliability.md`."""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from local.agent_faces import ASKS, BEDROCK_AGENTS
from tests.load.run import AGENT_SECONDS, LONG, LONG_WITH_QUOTAS, Outcome, run, spread
from tests.reliability_document import section, write_section


def main() -> int:
    asked = _arguments()
    chosen = [load for name, load in (("off", LONG), ("on", LONG_WITH_QUOTAS)) if asked.only in {None, name}]
    outcomes = []
    for load in chosen:
        outcomes.append(run(load))
        print(table(outcomes[-1]), *outcomes[-1].faults, sep="\n", flush=True)
        if not asked.dry:
            _keep(outcomes[-1])
    return 1 if any(_is_broken(outcome) for outcome in outcomes) else 0


def _is_broken(outcome: Outcome) -> bool:
    return bool(outcome.faults or outcome.handed_over or outcome.given_up)


def _keep(outcome: Outcome) -> None:
    """Into the document, beside what the other kind of run has left there."""
    others = [kept for kept in section("load").split("\n\n") if kept and _head(outcome) not in kept]
    write_section("load", "\n\n".join(sorted([*others, table(outcome)], reverse=True)))


def _head(outcome: Outcome) -> str:
    return f"Connect's default quotas {'on' if outcome.load.quotas else 'off'}"


def table(outcome: Outcome) -> str:
    """The result as it stands in the document."""
    today = f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}"
    rows = "\n".join(f"| {name} | {found} |" for name, found in _rows(outcome))
    return f"| {_head(outcome)} | {today} |\n| --- | --- |\n{rows}"


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    load, cpu = outcome.load, outcome.cpu
    yield "chats open at once", f"{load.chats}"
    yield "workers at most", f"{load.workers}"
    yield "the agents take", f"{AGENT_SECONDS} s for each question"
    yield "messages of customers", f"{outcome.asked:,}, in bursts of 1 to 3"
    yield "events of SNS", _counted(outcome.fates)
    yield "**lost, doubled or interleaved**", f"**{len(outcome.faults)}**"
    yield "handed over although nobody asked", _counted(Counter(outcome.handed_over.values()))
    yield "not joined within the flow's 8 s: to a person", f"{len(outcome.not_joined)}"
    yield "joined without a greeting of the bot's own", f"{outcome.not_greeted}"
    yield "given up by Lambda", f"{outcome.given_up}"
    yield "turns that Lambda had to try again", _counted(outcome.failed_turns)
    yield "turns in which the agents were asked", f"{outcome.called[ASKS[BEDROCK_AGENTS]]:,}"
    yield "customers told that it takes a moment longer", f"{outcome.asked_again}"
    yield "answered messages", f"{outcome.answered_per_second:.1f} a second"
    yield "from the message to its answer: median / 95 of 100 / longest", spread(outcome.delays)
    yield "from coming to the greeting: median / 95 of 100 / longest", spread(outcome.joins)
    yield "calls of the functions", f"{sum(outcome.called.values()):,}"
    yield "of these throttled by Connect", _counted(+outcome.throttled)
    yield "calls of customers that were throttled", f"{outcome.refused}"
    pool, worked = load.workers // 2, [busy for busy in outcome.busy if busy]
    yield "ChatBot's workers at work, when any was: mean, and all of them", _business(worked, pool)
    used = f"stack {cpu['stack']:.0f}, workers {cpu['workers']:.0f}, customers {cpu['customers']:.0f}"
    yield "CPU seconds of two cores", f"{used}, in {outcome.seconds:.0f} s"


def _business(worked: Sequence[int], pool: int) -> str:
    return f"{statistics.mean(worked):.1f} of {pool}, {100 * worked.count(pool) / len(worked):.0f} % of the time"


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{name} {times:,}" for name, times in sorted(found.items())) or "none"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--only", choices=("off", "on"), help="quotas off, or on; both if it is not given")
    parser.add_argument("--dry", action="store_true", help="write nothing into the document")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
