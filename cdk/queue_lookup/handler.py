"""Finds a standard queue of an Amazon Connect instance by its exact name, for CloudFormation.

A custom resource: CloudFormation sends an event and waits for an answer at the event's ResponseURL. Its properties are
InstanceId and QueueName, the attribute it gives is QueueArn. It changes nothing in Connect, so a deletion does nothing.
The rule: whatever happens, CloudFormation gets an answer, or the stack would hang until its time is over.

Runs on the standard library and the boto3 of the Lambda runtime. Sources: CloudFormation user guide, custom resource
reference; Connect ListQueues; read 2026-11.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger()
logger.setLevel(logging.INFO)

LONGEST_REASON_BYTES = 2500
"""An answer may have 4,096 bytes in all."""
NAMES_SHOWN = 10

Put = Callable[[str, bytes], None]
ListQueues = Callable[..., Mapping[str, Any]]


class QueueNotFound(Exception):
    """No standard queue has this name; the message ends up in the stack's events, so it says what to do."""

    def __init__(self, name: str, instance_id: str, others: list[str]) -> None:
        shown = ", ".join(f"'{other}'" for other in others[:NAMES_SHOWN]) or "none"
        more = f" and {len(others) - NAMES_SHOWN} more" if len(others) > NAMES_SHOWN else ""
        super().__init__(
            f"There is no standard queue named '{name}' in the Amazon Connect instance {instance_id}. "
            f"Its standard queues: {shown}{more}. "
            "Deploy again with --parameters queueName=<one of them>; upper and lower case matter."
        )


def handler(event: dict[str, Any], _context: object) -> None:
    respond(event, list_queues=boto3.client("connect").list_queues, put=put)


def respond(event: Mapping[str, Any], *, list_queues: ListQueues, put: Put) -> None:
    """Do what the event asks for and tell CloudFormation; an error nobody foresaw is told and raised."""
    answer = partial(send, event, put=put)
    try:
        data = {} if event["RequestType"] == "Delete" else look_up(event["ResourceProperties"], list_queues)
    except (QueueNotFound, ClientError, BotoCoreError) as error:
        logger.warning("lookup failed: %s", error)
        answer(status="FAILED", reason=str(error))
    except Exception as error:
        logger.exception("lookup failed unexpectedly")
        answer(
            status="FAILED", reason=f"{type(error).__name__}: {error}. The log of the queue lookup function says more."
        )
        raise
    else:
        answer(status="SUCCESS", data=data)


def look_up(properties: Mapping[str, str], list_queues: ListQueues) -> dict[str, str]:
    """The attributes of the resource. Raises `QueueNotFound`."""
    instance_id, name = properties["InstanceId"], properties["QueueName"]
    arns = {queue["Name"]: queue["Arn"] for queue in standard_queues(instance_id, list_queues)}
    if name not in arns:
        raise QueueNotFound(name, instance_id, sorted(arns))
    return {"QueueArn": arns[name]}


def standard_queues(instance_id: str, list_queues: ListQueues) -> Iterator[Mapping[str, str]]:
    """All of them, page by page. Every agent also has a queue; those are of another type and have no name."""
    request: dict[str, Any] = {"InstanceId": instance_id, "QueueTypes": ["STANDARD"]}
    while True:
        page = list_queues(**request)
        yield from page["QueueSummaryList"]
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def send(
    event: Mapping[str, Any], *, put: Put, status: str, reason: str = "", data: Mapping[str, str] | None = None
) -> None:
    """Answer CloudFormation. The physical id never changes, so a new name is an update and no replacement."""
    body = {
        "Status": status,
        "Reason": reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore"),
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    put(event["ResponseURL"], json.dumps(body, ensure_ascii=False).encode())


def put(url: str, body: bytes) -> None:
    # The URL is CloudFormation's own, presigned for an empty content type.
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310  see above
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310  see above
        logger.info("CloudFormation has its answer")
