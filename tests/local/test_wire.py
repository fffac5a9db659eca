"""The AWS wire, on a service model small enough to read."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from botocore.model import ServiceModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from local.wire import (
    MAX_BODY_BYTES,
    AnswerViolatesModelError,
    AwsError,
    Operation,
    iso8601,
    refuse_unknown_operation,
    render_error,
    service_model,
    violations,
)

TOY = ServiceModel(
    {
        "metadata": {"protocol": "rest-json"},
        "operations": {},
        "shapes": {
            "Order": {
                "type": "structure",
                "required": ["Number"],
                "members": {
                    "Number": {"shape": "Number"},
                    "Lines": {"shape": "Lines"},
                    "Notes": {"shape": "Notes"},
                    "Urgent": {"shape": "Flag"},
                    "Pieces": {"shape": "Count"},
                    "At": {"shape": "Moment"},
                    "Part": {"shape": "Order"},
                },
            },
            "Number": {"type": "string", "pattern": "[0-9]{8}"},
            "State": {"type": "string", "enum": ["open", "sent"]},
            "Lines": {"type": "list", "min": 1, "max": 2, "member": {"shape": "State"}},
            "Note": {"type": "string", "min": 1, "max": 3},
            "Notes": {"type": "map", "max": 1, "key": {"shape": "Note"}, "value": {"shape": "Note"}},
            "Flag": {"type": "boolean"},
            "Count": {"type": "integer", "min": 1, "max": 9},
            "Moment": {"type": "timestamp"},
        },
    }
)
ORDER = TOY.shape_for("Order")


def found(value: Any, *, closed: bool = False) -> list[tuple[str, str]]:
    return [(one.path, one.rule) for one in violations(ORDER, value, closed=closed)]


@pytest.mark.parametrize(
    ("value", "path", "rule"),
    [
        ({}, "Number", "required"),
        ({"Number": None}, "Number", "required"),
        ({"Number": 10020030}, "Number", "type"),
        ({"Number": "\ud800"}, "Number", "type"),
        ({"Number": "x10020030"}, "Number", "pattern"),
        ({"Number": "10020030", "Lines": "open"}, "Lines", "type"),
        ({"Number": "10020030", "Lines": []}, "Lines", "min"),
        ({"Number": "10020030", "Lines": ["open"] * 3}, "Lines", "max"),
        ({"Number": "10020030", "Lines": ["lost"]}, "Lines[0]", "enum"),
        ({"Number": "10020030", "Lines": [None]}, "Lines[0]", "type"),
        ({"Number": "10020030", "Notes": []}, "Notes", "type"),
        ({"Number": "10020030", "Notes": {"a": "1", "b": "2"}}, "Notes", "max"),
        ({"Number": "10020030", "Notes": {"long": "1"}}, "Notes (key)", "max"),
        ({"Number": "10020030", "Notes": {"a": ""}}, "Notes.a", "min"),
        ({"Number": "10020030", "Notes": {"a": None}}, "Notes.a", "type"),
        ({"Number": "10020030", "Urgent": 1}, "Urgent", "type"),
        ({"Number": "10020030", "Pieces": 0}, "Pieces", "min"),
        ({"Number": "10020030", "Pieces": 10}, "Pieces", "max"),
        ({"Number": "10020030", "Pieces": True}, "Pieces", "type"),
        ({"Number": "10020030", "Pieces": 1.0}, "Pieces", "type"),
        ({"Number": "10020030", "Pieces": 2**31}, "Pieces", "type"),
        ({"Number": "10020030", "At": "today"}, "At", "type"),
        ({"Number": "10020030", "Part": {}}, "Part.Number", "required"),
        ({"Number": "10020030", "Part": []}, "Part", "type"),
    ],
)
def test_each_broken_constraint_is_found_where_it_is(value: Any, path: str, rule: str) -> None:
    """One place is broken at a time, so one violation is found."""
    assert found(value) == [(path, rule)]


def test_a_right_value_has_no_violation() -> None:
    """Optional members may be missing or null, and members AWS does not know are ignored in requests."""
    value = {"Number": "10020030", "Lines": ["open", "sent"], "Notes": {"a": "1"}, "Urgent": None, "At": 1.5, "New": 1}

    assert found(value) == []


@pytest.mark.parametrize(("data", "problems"), [("aG9sYQ==", 0), ("hola!", 1), (7, 1)])
def test_a_blob_travels_as_base64(data: object, problems: int) -> None:
    """JSON has no bytes; InvokeAgent's files show how the services write them."""
    shape = service_model("bedrock-agent-runtime").shape_for("ByteContentFile")

    found = list(violations(shape, {"mediaType": "text/csv", "data": data}))

    assert len(found) == problems


def test_an_answer_may_have_no_member_that_the_model_lacks() -> None:
    """A misspelt member would be dropped by boto3 without a word."""
    assert found({"Number": "10020030", "number": "1"}, closed=True) == [("number", "unknown")]


def start_streaming(**members: Any) -> bytes:
    request = {
        "InstanceId": "i",
        "ContactId": "c",
        "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn"},
        "ClientToken": "t",
    }
    return json.dumps(request | members).encode()


def test_a_request_is_read_without_nulls_and_strangers() -> None:
    """What AWS ignores must not reach the rules."""
    operation = Operation("connect", "StartContactStreaming")
    body = start_streaming(Unknown=1, ChatStreamingConfiguration={"StreamingEndpointArn": "arn", "Other": 2})

    asked = operation.read({}, {}, body)

    assert asked == json.loads(start_streaming())


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff",
        b'{"InstanceId": NaN}',
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_body_that_is_no_json_object_is_an_invalid_request(body: bytes) -> None:
    """Nothing a client can send may end in a stack trace."""
    with pytest.raises(AwsError) as refused:
        Operation("connect", "StartContactStreaming").read({}, {}, body)

    assert refused.value.code == "InvalidRequestException"


def test_the_code_of_a_refusal_is_one_the_operation_documents() -> None:
    """The same fault has different names in different operations."""
    too_long = "x" * 257

    codes = []
    for service, name, members in (
        ("connect", "StartContactStreaming", start_streaming(ContactId=too_long)),
        ("connectparticipant", "GetTranscript", json.dumps({"ContactId": too_long}).encode()),
    ):
        with pytest.raises(AwsError) as refused:
            Operation(service, name).read({}, {"X-Amz-Bearer": "token"}, members)
        codes.append(refused.value.code)
    with pytest.raises(AwsError) as refused:
        Operation("connect", "GetContactAttributes").read({"InstanceId": "i", "InitialContactId": too_long}, {}, b"")

    assert [*codes, refused.value.code] == [
        "InvalidParameterException",
        "ValidationException",
        "InvalidRequestException",
    ]


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    """Error texts end up in logs, and what customers write must not."""
    with pytest.raises(AwsError) as refused:
        Operation("connect", "StartContactStreaming").read({}, {}, start_streaming(ContactId="secret" * 100))

    assert "secret" not in refused.value.message


def test_an_answer_that_aws_could_not_give_is_a_bug_and_raises() -> None:
    """Tests see it at once instead of a client that works only here."""
    with pytest.raises(
        AnswerViolatesModelError, match=r"StartContactStreaming: Value at 'StreamingId' must not be null"
    ):
        Operation("connect", "StartContactStreaming").render({})


@pytest.mark.parametrize(
    ("service", "error", "status", "body"),
    [
        ("connect", AwsError("InvalidRequestException", "no"), 400, {"Message": "no"}),
        ("connect", AwsError("TooManyRequestsException", "slow"), 429, {"Message": "slow"}),
        ("connectparticipant", AwsError("ConflictException", "no"), 409, {"Message": "no"}),
        (
            "connectparticipant",
            AwsError("ResourceNotFoundException", "no", ResourceType="PARTICIPANT"),
            404,
            {"Message": "no", "ResourceType": "PARTICIPANT"},
        ),
        ("bedrock-agent-runtime", AwsError("ThrottlingException", "slow"), 429, {"message": "slow"}),
    ],
)
def test_an_error_travels_as_the_service_sends_it(
    service: str, error: AwsError, status: int, body: dict[str, str]
) -> None:
    """Code in a header, text in the body under the service's own spelling."""
    answer = render_error(service, error)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (status, error.code)
    assert json.loads(bytes(answer.body)) == body


def client_of(*routes: Route) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=list(routes))), base_url="http://local")


async def test_a_body_too_large_for_any_request_is_refused_unread() -> None:
    """Memory is bounded, and the client still gets an answer it understands."""
    route = Operation("connect", "StartContactStreaming").route(lambda *_: {"StreamingId": "s"}, lambda _: True)

    async with client_of(route) as client:
        answer = await client.post("/contact/start-streaming", content=b" " * (MAX_BODY_BYTES + 1))

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "InvalidRequestException")


async def test_a_label_may_be_anything_but_a_path() -> None:
    """An empty label is a value too short, not an unknown operation."""
    seen: list[str] = []

    def handle(asked: dict[str, Any], _: Request) -> dict[str, Any]:
        seen.append(asked["InitialContactId"])
        return {"Attributes": {}}

    route = Operation("connect", "GetContactAttributes").route(handle, lambda _: True)
    async with client_of(route) as client:
        full = await client.get("/contact/attributes/i/c%20ñ")
        empty = await client.get("/contact/attributes/i/")

    assert (full.status_code, seen) == (200, ["c ñ"])
    assert empty.headers["x-amzn-ErrorType"] == "InvalidRequestException"


@pytest.mark.parametrize(
    ("service", "name", "code"),
    [
        ("connect", "CreateParticipant", "ThrottlingException"),
        ("connect", "GetContactAttributes", "TooManyRequestsException"),
        ("connectparticipant", "SendMessage", "ThrottlingException"),
    ],
)
async def test_a_call_over_its_rate_is_throttled_before_it_is_read(service: str, name: str, code: str) -> None:
    """A throttled call costs nothing, so its faults are not looked for."""
    route = Operation(service, name).route(lambda *_: {}, lambda _: False)

    async with client_of(route) as client:
        method = "GET" if "GET" in (route.methods or ()) else "POST"
        answer = await client.request(method, route.path.replace("{InstanceId:label}/{InitialContactId:label}", "i/c"))

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (429, code)


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("PUT", "/contact/create-contact", "connect:CreateContact is not emulated"),
        ("GET", "/participant/views/token", "connectparticipant:DescribeView is not emulated"),
        ("DELETE", "/nothing", "DELETE /nothing is no operation of an emulated service"),
    ],
)
async def test_what_is_not_emulated_is_refused_aloud(method: str, path: str, said: str) -> None:
    """The reader learns whether the operation or the path is at fault."""
    route = Route("/{path:path}", refuse_unknown_operation, methods=["GET", "POST", "PUT", "DELETE"])

    async with client_of(route) as client:
        answer = await client.request(method, path)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
    assert said in answer.json()["Message"]


def test_moments_are_iso_8601_with_milliseconds() -> None:
    """As in every item and expiry of Connect."""
    assert iso8601(1_795_170_902.113) == "2026-11-20T10:35:02.113Z"
