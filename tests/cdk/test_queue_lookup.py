"""The custom resource that finds a queue by its name: whatever happens, CloudFormation gets an answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk.queue_lookup.handler import handler, respond

ANSWER_URL = "https://cloudformation.example/answer"


@dataclass(slots=True)
class FakeConnect:
    """An instance whose queues come in pages, as Connect gives them."""

    pages: list[list[str]] = field(default_factory=list)
    fault: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def list_queues(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.fault is not None:
            raise self.fault
        page = int(request.get("NextToken", 0))
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"QueueSummaryList": [{"Name": name, "Arn": arn_of(name)} for name in self.pages[page]], **more}


def arn_of(name: str) -> str:
    return f"arn:queue/{name}"


def event(kind: str = "Create", *, queue: str = "BasicQueue", **more: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": ANSWER_URL,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "HumanQueue",
        "ResourceProperties": {"ServiceToken": "lookup", "InstanceId": "instance", "QueueName": queue},
        **more,
    }


def answer_to(request: dict[str, Any], connect: FakeConnect) -> dict[str, Any]:
    """What CloudFormation is told."""
    told: list[tuple[str, bytes]] = []
    respond(request, list_queues=connect.list_queues, put=lambda url, body: told.append((url, body)))
    ((url, body),) = told
    assert url == request["ResponseURL"]
    assert len(body) <= 4096
    answer: dict[str, Any] = json.loads(body)
    return answer


def test_the_queue_of_this_name_is_the_answer() -> None:
    answer = answer_to(event(), FakeConnect([["Sales", "BasicQueue"]]))

    assert answer == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "HumanQueue",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "HumanQueue",
        "Data": {"QueueArn": arn_of("BasicQueue")},
    }


def test_only_standard_queues_are_asked_for() -> None:
    """Every agent has a queue too; nobody would find a customer there."""
    connect = FakeConnect([["BasicQueue"]])

    answer_to(event(), connect)

    assert connect.asked == [{"InstanceId": "instance", "QueueTypes": ["STANDARD"]}]


def test_a_queue_on_the_last_page_is_found() -> None:
    """An instance may have more queues than one answer holds."""
    connect = FakeConnect([["A", "B"], ["C"], ["BasicQueue"]])

    answer = answer_to(event(), connect)

    assert answer["Data"] == {"QueueArn": arn_of("BasicQueue")}
    assert [request.get("NextToken") for request in connect.asked] == [None, "1", "2"]


@pytest.mark.parametrize("wanted", ["basicqueue", "Basic", "BasicQueue "])
def test_the_name_must_be_exact(wanted: str) -> None:
    """A customer in a queue that only looks like the right one waits for nobody."""
    answer = answer_to(event(queue=wanted), FakeConnect([["BasicQueue", "BasicQueue 2"]]))

    assert answer["Status"] == "FAILED"


def test_a_missing_queue_is_told_with_those_there_are_and_what_to_do() -> None:
    """The reason is the line that the deployer reads in the stack's events."""
    answer = answer_to(event(queue="Ventas"), FakeConnect([["Sales", "BasicQueue"]]))

    assert answer["Reason"] == (
        "There is no standard queue named 'Ventas' in the Amazon Connect instance instance. "
        "Its standard queues: 'BasicQueue', 'Sales'. "
        "Deploy again with --parameters queueName=<one of them>; upper and lower case matter."
    )


def test_of_many_queues_some_are_told() -> None:
    """An answer has 4,096 bytes, and nobody reads a thousand names."""
    answer = answer_to(event(queue="Ventas"), FakeConnect([[f"Queue {number:03}" for number in range(500)]]))

    assert "'Queue 009' and 490 more." in answer["Reason"]


def test_names_of_any_length_and_script_fit_into_an_answer() -> None:
    """Names have up to 256 characters; what does not fit is cut, because a refused answer would be none."""
    answer = answer_to(event(queue="客" * 256), FakeConnect([[f"{number}{'服' * 255}" for number in range(10)]]))

    assert answer["Status"] == "FAILED"


def test_a_refusal_by_connect_is_told_as_it_is() -> None:
    refused = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "No such instance"}}, "ListQueues")

    answer = answer_to(event(), FakeConnect(fault=refused))

    assert answer["Status"] == "FAILED"
    assert "ResourceNotFoundException" in answer["Reason"]
    assert "No such instance" in answer["Reason"]


def test_an_error_nobody_foresaw_is_told_too_and_raised() -> None:
    """Without an answer the stack would hang; without the raise the mistake would not show in the metrics."""
    told: list[bytes] = []

    with pytest.raises(ZeroDivisionError):
        respond(
            event(),
            list_queues=FakeConnect(fault=ZeroDivisionError("oops")).list_queues,
            put=lambda _, body: told.append(body),
        )

    (body,) = told
    assert json.loads(body)["Status"] == "FAILED"
    assert json.loads(body)["Reason"].startswith("ZeroDivisionError: oops.")


def test_a_deletion_asks_connect_nothing() -> None:
    """It must succeed even when the instance is gone, or the stack could not be deleted."""
    connect = FakeConnect(fault=ZeroDivisionError())

    answer = answer_to(event("Delete", PhysicalResourceId="HumanQueue"), connect)

    assert answer["Status"] == "SUCCESS"
    assert connect.asked == []


def test_a_new_name_is_an_update_of_the_same_resource() -> None:
    """Another physical id would make CloudFormation delete the 'old' one."""
    answer = answer_to(event("Update", queue="Sales", PhysicalResourceId="as before"), FakeConnect([["Sales"]]))

    assert answer["PhysicalResourceId"] == "as before"
    assert answer["Data"] == {"QueueArn": arn_of("Sales")}


@contextmanager
def an_instance_and_cloudformation(put: list[tuple[str | None, bytes]]) -> Iterator[str]:
    """Serves ListQueues on one path and takes CloudFormation's answer on any other."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {"QueueSummaryList": [{"Id": "1", "Name": "BasicQueue", "Arn": arn_of("BasicQueue")}]}
            self._reply(json.dumps(found).encode() if "/queues-summary/instance" in self.path else b"{}")

        def do_PUT(self) -> None:
            put.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
            self._reply(b"")

        def _reply(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_handler_asks_connect_and_puts_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way over HTTP, as in Lambda; the presigned URL is for an empty content type."""
    answers: list[tuple[str | None, bytes]] = []
    with an_instance_and_cloudformation(answers) as origin:
        for name, value in {
            "AWS_ENDPOINT_URL_CONNECT": origin,
            "AWS_DEFAULT_REGION": "local",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }.items():
            monkeypatch.setenv(name, value)

        handler({**event(), "ResponseURL": f"{origin}/answer"}, None)

    ((content_type, body),) = answers
    assert content_type == ""
    assert json.loads(body)["Data"] == {"QueueArn": arn_of("BasicQueue")}
