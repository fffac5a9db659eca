"""SQS on the wire, as far as functions and operators here use it.

Translates between wire and `Queues`; decides nothing. Requests and answers are held against botocore's model; what the
model allows and this stack does not have (FIFO, message attributes) is refused aloud. Errors carry both of their names,
as SQS's JSON protocol does: the shape's in the body and the older one in `x-amzn-query-error`, which boto3 reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.queues import Queues, UnfitBodyError, UnknownQueueError, UnknownReceiptError
from local.wire import Operation, read_body, service_model, violations

SERVICE: Final = "sqs"
TARGET: Final = "AmazonSQS"
CONTENT_TYPE: Final = "application/x-amz-json-1.0"
REQUEST_LIMIT_BYTES: Final = 4_194_304
"""A body of the longest allowed text, with every character escaped."""
NOT_EMULATED: Final = (
    "MessageAttributes",
    "MessageSystemAttributes",
    "MessageDeduplicationId",
    "MessageGroupId",
    "ReceiveRequestAttemptId",
)
MOST_MESSAGES: Final = 10
LONGEST_TIMEOUT_SECONDS: Final = 43_200
LONGEST_DELAY_SECONDS: Final = 900
_OLDER_NAMES: Final = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
}

Act = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SqsApi:
    """One method per operation; each takes the checked request and gives the answer's members."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self._operations: dict[str, Act] = {
            "ChangeMessageVisibility": self._change_message_visibility,
            "DeleteMessage": self._delete_message,
            "GetQueueAttributes": self._get_queue_attributes,
            "ReceiveMessage": self._receive_message,
            "SendMessage": self._send_message,
        }

    async def serve(self, request: Request) -> Response:
        """Answer a request whose target is SQS's."""
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        body = await read_body(request, REQUEST_LIMIT_BYTES)
        try:
            return self._answer(operation, body)
        except _Refused as refusal:
            return _error(refusal.code, str(refusal))
        except UnknownQueueError as error:
            return _error("QueueDoesNotExist", str(error))
        except UnknownReceiptError as error:
            return _error("ReceiptHandleIsInvalid", str(error))
        except UnfitBodyError as error:
            return _error("InvalidMessageContents", str(error))

    def _answer(self, operation: str, body: bytes | None) -> Response:
        if operation not in self._operations:
            raise _Refused("UnsupportedOperation", f"{operation or 'this call'} is not emulated")
        asked = _parse(body)
        _check(operation, asked)
        return Operation(SERVICE, operation).render(self._operations[operation](asked))

    def _send_message(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        delay = _within(asked, "DelaySeconds", 0, LONGEST_DELAY_SECONDS)
        message = self._queues.send(asked["QueueUrl"], asked["MessageBody"], delay_seconds=delay or 0)
        return {"MessageId": message.id, "MD5OfMessageBody": message.md5_of_body}

    def _receive_message(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        received = self._queues.receive(
            asked["QueueUrl"],
            most=_within(asked, "MaxNumberOfMessages", 1, MOST_MESSAGES) or 1,
            visibility_timeout_seconds=_within(asked, "VisibilityTimeout", 0, LONGEST_TIMEOUT_SECONDS),
        )
        wanted = {*asked.get("AttributeNames", ()), *asked.get("MessageSystemAttributeNames", ())}
        messages = [
            {
                "MessageId": message.id,
                "ReceiptHandle": message.receipt_handle,
                "MD5OfBody": message.md5_of_body,
                "Body": message.body,
                **_some("Attributes", _chosen(message.attributes(), wanted)),
            }
            for message in received
        ]
        return _some("Messages", messages)

    def _delete_message(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self._queues.delete(asked["QueueUrl"], asked["ReceiptHandle"])
        return {}

    def _change_message_visibility(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        seconds = _within(asked, "VisibilityTimeout", 0, LONGEST_TIMEOUT_SECONDS) or 0
        self._queues.change_visibility(asked["QueueUrl"], asked["ReceiptHandle"], seconds=seconds)
        return {}

    def _get_queue_attributes(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        queue = self._queues.queue(asked["QueueUrl"])
        visible, hidden = self._queues.counts(queue.arn)
        known = {
            "QueueArn": queue.arn,
            "VisibilityTimeout": f"{queue.visibility_timeout_seconds:.0f}",
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
        }
        if queue.dead_letter_arn is not None:
            redrive = {"deadLetterTargetArn": queue.dead_letter_arn, "maxReceiveCount": queue.max_receive_count}
            known["RedrivePolicy"] = json.dumps(redrive)
        return _some("Attributes", _chosen(known, set(asked.get("AttributeNames", ()))))


def _parse(body: bytes | None) -> Mapping[str, Any]:
    try:
        asked = json.loads(body or b"")
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise _Refused("SerializationException", "the request is not a JSON object of at most 4 MB")
    return asked


def _check(operation: str, asked: Mapping[str, Any]) -> None:
    for name in NOT_EMULATED:
        if asked.get(name):
            raise _Refused("UnsupportedOperation", f"{name} is not emulated")
    shape = service_model(SERVICE).operation_model(operation).input_shape
    for violation in violations(shape, asked) if shape else ():
        missing = violation.rule == "required"
        code = "MissingRequiredParameterException" if missing else "InvalidParameterValueException"
        raise _Refused(code, str(violation))


def _within(asked: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    """A number of the request, if it is there; the model has no limits for it, SQS does."""
    value: int | None = asked.get(name)
    if value is not None and not least <= value <= most:
        reason = f"Value {value} for parameter {name} is invalid. Reason: Must be between {least} and {most}."
        raise _Refused("InvalidParameterValueException", reason)
    return value


def _chosen(known: Mapping[str, str], wanted: set[str]) -> dict[str, str]:
    return {name: value for name, value in known.items() if name in wanted or "All" in wanted}


def _some(name: str, found: Any) -> dict[str, Any]:
    """SQS leaves out what would be empty."""
    return {name: found} if found else {}


def _error(code: str, message: str) -> Response:
    body = {"__type": f"com.amazonaws.sqs#{code}", "message": message}
    headers = {"x-amzn-query-error": f"{_OLDER_NAMES.get(code, code)};Sender"}
    return JSONResponse(body, status_code=400, headers=headers, media_type=CONTENT_TYPE)
