"""The RescueBot Lambda: SQS gives it what ChatBot could not settle, and an operator asks it for a replay.

What fails is named in the answer and comes again after the queue's visibility timeout; after some times SQS moves it to
the queue that raises an alarm.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdas.conversation.clock import SystemClock
from lambdas.conversation.errors import InvalidEvent, TurnFailed, TurnUnderWay, description_of
from lambdas.reporting import Counts, Log
from lambdas.rescue_bot.replay import Request
from lambdas.rescue_bot.wiring import WIRING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from lambdas.conversation.ports import Clock

logger = Log()
counts = Counts()


@counts.written_at_the_end
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(request_id=context.aws_request_id)
    clock = getattr(context, "clock", None) or SystemClock()
    ends_at = clock.now() + context.get_remaining_time_in_millis() / 1000
    if isinstance(event, Mapping) and "replay" in event:
        return _replay(event["replay"], clock, ends_at)
    failed = [name for name, body in _letters(event) if not _save(body, clock, ends_at)]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _letters(event: object) -> list[tuple[str, str]]:
    """Id and body of each message; raises `InvalidEvent` if this is no event of SQS: a mistake in the mapping."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not records:
        raise InvalidEvent("it has no Records")
    return [_letter(record) for record in records]


def _letter(record: object) -> tuple[str, str]:
    match record:
        case {"messageId": str(name), "body": str(body)}:
            return name, body
    raise InvalidEvent("a record is no message of SQS")


def _save(body: str, clock: Clock, ends_at: float) -> bool:
    try:
        WIRING.rescue_bot.save(body, clock=clock, ends_at=ends_at, report=counts.add, explain=_explain)
    except Exception as failure:
        if not isinstance(failure, TurnFailed):  # whose records have been explained one by one
            _explain("", failure)
        counts.add("RescuesFailed")
        return False
    return True


def _replay(asked: object, clock: Clock, ends_at: float) -> dict[str, Any]:
    def explain(failure: Exception) -> None:
        logger.error("replay failed", extra=description_of(failure))

    counts = WIRING.replay.run(Request.parse(asked), clock=clock, ends_at=ends_at, explain=explain)
    logger.info("replay", extra=dataclasses.asdict(counts))
    return dataclasses.asdict(counts)


def _explain(contact_id: str, failure: Exception) -> None:
    if isinstance(failure, TurnUnderWay):
        logger.info("looked at again later", extra={"contact_id": contact_id})  # most holders are alive
        return
    logger.error("rescue failed", extra={"contact_id": contact_id, **description_of(failure)})
