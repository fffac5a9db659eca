"""The ChatBot Lambda: invoked asynchronously by SNS, once per item published in a chat.

Every record is tried, whatever happens to its neighbours; then the first failure is raised, so that Lambda tries the
event again and in the end keeps it in the on-failure queue. Repeating a record that succeeded changes nothing.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

# ruff: noqa: E402  (what a start makes stays: looking for garbage in it is a twentieth of a cold start)
gc.disable()

from lambdas.chat_bot.events import contact_of, records_of
from lambdas.chat_bot.wiring import CHAT_BOT
from lambdas.conversation.clock import SystemClock
from lambdas.conversation.errors import AgentUnavailable, TurnFailed, description_of, explanation_of
from lambdas.reporting import Counts, Log

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

gc.freeze()
gc.enable()
logger = Log()
counts = Counts()


@counts.written_at_the_end
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    logger.append_keys(request_id=context.aws_request_id)
    failures = [failure for record in records_of(event) if (failure := _try(record, context)) is not None]
    if failures:
        raise TurnFailed([type(failure).__name__ for failure in failures])


def _try(record: object, context: LambdaContext) -> Exception | None:
    clock = getattr(context, "clock", None) or SystemClock()
    ends_at = clock.now() + context.get_remaining_time_in_millis() / 1000

    def explain(failure: AgentUnavailable) -> None:
        logger.warning("agent failed", extra={"contact_id": contact_of(record), **explanation_of(failure)})

    try:
        CHAT_BOT.handle(record, clock=clock, ends_at=ends_at, report=counts.add, explain=explain)
    except Exception as failure:
        about = {"contact_id": contact_of(record), **description_of(failure)}
        logger.error("turn failed", extra=about)  # noqa: TRY400  (a traceback ends in a message)
        counts.add("TurnsFailed")
        return failure
    return None
