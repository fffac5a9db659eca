"""The StartBot Lambda: invoked synchronously by the contact flow, which waits 8 s and tries up to three times."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from lambdas.conversation.clock import SystemClock
from lambdas.conversation.errors import ActionFailed, HandoffError, description_of
from lambdas.start_bot.events import parse
from lambdas.start_bot.wiring import WIRING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
warnings.filterwarnings("ignore", message="No application metrics")  # most events count nothing


@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    asked = parse(event)
    clock = getattr(context, "clock", None) or SystemClock()
    try:
        answer = WIRING.start_bot(clock=clock, report=_count).act(asked)
    except Exception as failure:
        about = {"contact_id": asked.chat.initial_contact_id, "action": asked.action, **description_of(failure)}
        logger.error("action failed", extra=about)  # noqa: TRY400  (a traceback ends in a message)
        if isinstance(failure, HandoffError):
            raise
        raise ActionFailed(asked.action, type(failure).__name__) from None
    logger.info(asked.action, contact_id=asked.chat.initial_contact_id, status=answer["status"])
    return answer


def _count(name: str) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
