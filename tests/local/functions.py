"""Lambda functions for the tests of the machinery that runs them."""

from __future__ import annotations

import json
import os
import threading
from typing import Any


def echo(event: Any, _: Any) -> Any:
    return event


def who_am_i(_: Any, __: Any) -> int:
    return os.getpid()


def environment(_: Any, __: Any) -> dict[str, str]:
    return dict(os.environ)


def context(_: Any, given: Any) -> dict[str, Any]:
    return {
        "aws_request_id": given.aws_request_id,
        "function_name": given.function_name,
        "function_version": given.function_version,
        "memory_limit_in_mb": given.memory_limit_in_mb,
        "invoked_function_arn": given.invoked_function_arn,
        "log_group_name": given.log_group_name,
        "client_context": given.client_context and {"custom": given.client_context.custom},
        "remaining": given.get_remaining_time_in_millis(),
        "now": given.clock.now(),
    }


def refuse(_: Any, __: Any) -> None:
    raise KeyError("no such thing")


def quote(_: Any, __: Any) -> None:
    """Raise one error because of another one, as adapters do with what AWS says."""
    try:
        int("said by AWS")
    except ValueError as error:
        raise RuntimeError("the chat refused") from error


def babble(event: dict[str, int], _: Any) -> str:
    """An answer longer than the line to the stack takes."""
    return "x" * event["length"]


def die(_: Any, __: Any) -> None:
    os._exit(3)


def hang(_: Any, __: Any) -> None:
    threading.Event().wait()


def nap(event: dict[str, Any], given: Any) -> str:
    while (left := event["until"] - given.clock.now()) > 0:
        given.clock.sleep(min(left, 0.2))
    return "slept"


def give_a_set(_: Any, __: Any) -> set[int]:
    return {1}


def talk(event: Any, _: Any) -> str:
    print(event)
    return "said"


def sign(_: Any, __: Any) -> str:
    return os.environ["AWS_ACCESS_KEY_ID"]


def meet(event: dict[str, Any], given: Any) -> int:
    """Return once `event["others"]` calls of this function are here at the same time, each in a process of its own."""
    folder = event["folder"]
    with open(os.path.join(folder, given.aws_request_id), "w"):
        pass
    while len(os.listdir(folder)) < event["others"]:
        given.clock.sleep(0.01)
    return os.getpid()


def read_queue(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Raise for a message `raise`, and name those that say `fail` as failed."""
    print(json.dumps(event), flush=True)
    records = event["Records"]
    if any(record["body"] == "raise" for record in records):
        raise RuntimeError("as the message says")
    failed = [record["messageId"] for record in records if record["body"] == "fail"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
