"""The StartBot Lambda: invoked synchronously by the contact flow, which waits 8 s and tries up to three times."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

# ruff: noqa: E402  (what a start makes stays: looking for garbage in it is a twentieth of a cold start)
gc.disable()

from aws_lambda_powertools import Logger

from lambdas.conversation.clock import SystemClock
from lambdas.conversation.errors import ActionFailed, HandoffError, description_of
from lambdas.reporting import Counts
from lambdas.start_bot.events import parse
from lambdas.start_bot.wiring import WIRING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

gc.freeze()
gc.enable()
logger = Logger()  # at the start: a line is written before each answer
counts = Counts()


@counts.written_at_the_end
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    asked = parse(event)
    clock = getattr(context, "clock", None) or SystemClock()
    try:
        answer = WIRING.start_bot(clock=clock, report=counts.add).act(asked)
    except Exception as failure:
        about = {"contact_id": asked.chat.initial_contact_id, "action": asked.action, **description_of(failure)}
        logger.error("action failed", extra=about)  # noqa: TRY400  (a traceback ends in a message)
        if isinstance(failure, HandoffError):
            raise
        raise ActionFailed(asked.action, type(failure).__name__) from None
    logger.info(asked.action, contact_id=asked.chat.initial_contact_id, status=answer["status"])
    return answer
