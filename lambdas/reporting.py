"""What an invocation leaves for whoever operates it: lines of a log, and counts.

Powertools writes both, and importing it is a tenth of a cold start. No customer waits for a line or a count, so the
rule is: it is imported when the first line is written, or when the invocation ends.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.utilities.typing import LambdaContext

# ruff: noqa: PLC0415  (the module says why)

EventT = TypeVar("EventT")
AnswerT = TypeVar("AnswerT")


class Log:
    """Powertools' Logger, made at its first line; the keys appended until then stand in that line, too."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def append_keys(self, **keys: str) -> None:
        self._keys |= keys

    def __getattr__(self, level: str) -> Any:
        """`info` and the others are Powertools' own, so a line names the place that wrote it."""
        logger = _logger()
        logger.append_keys(**self._keys)
        return getattr(logger, level)


class Counts:
    """How often something happened in an invocation; Powertools writes them when it ends."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def add(self, name: str) -> None:
        self._names.append(name)

    def written_at_the_end(
        self, handler: Callable[[EventT, LambdaContext], AnswerT]
    ) -> Callable[[EventT, LambdaContext], AnswerT]:
        """Whatever the end; a cold start is counted with the first event that succeeds."""

        @functools.wraps(handler)
        def invoked(event: EventT, context: LambdaContext) -> AnswerT:
            succeeded = False
            try:
                answer = handler(event, context)
                succeeded = True
            finally:
                self._write(context, and_a_cold_start=succeeded)
            return answer

        return invoked

    def _write(self, context: LambdaContext, *, and_a_cold_start: bool) -> None:
        from aws_lambda_powertools.metrics import MetricUnit

        metrics = _metrics()

        @metrics.log_metrics(capture_cold_start_metric=and_a_cold_start)
        def hand_over(*_: object) -> None:
            names, self._names = self._names, []
            for name in names:
                metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)

        hand_over({}, context)


@functools.cache
def _logger() -> Logger:
    from aws_lambda_powertools import Logger

    return Logger()


@functools.cache
def _metrics() -> Metrics:
    from aws_lambda_powertools import Metrics

    warnings.filterwarnings("ignore", message="No application metrics")  # most events count nothing
    return Metrics()
