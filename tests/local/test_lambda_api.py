"""Lambda's Invoke over HTTP, as boto3 meets it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from local.guard import Guard
from local.intrinsics import arn
from local.lambda_api import EVENT_LIMIT_BYTES, routes
from tests.local.benches import Bench, bench, function


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as standing:
        yield standing


async def invoke(b: Bench, name: str, *, body: str = "{}", query: str = "", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=routes(b.workers)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.post(f"/2015-03-31/functions/{name}/invocations{query}", content=body, headers=named)


async def test_the_answer_of_a_function_is_the_body(tmp_path: Path, guard: Guard) -> None:
    """By name or by ARN, which boto3 writes percent-encoded."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        by_name = await invoke(b, "echo", body='{"a": "ñ"}')
        by_arn = await invoke(b, arn("lambda", "function:echo:live").replace(":", "%3A"), body='{"a": 1}')

    assert (by_name.status_code, by_name.json()) == (200, {"a": "ñ"})
    assert (by_arn.status_code, by_arn.json()) == (200, {"a": 1})


async def test_a_failed_function_is_a_successful_call(tmp_path: Path, guard: Guard) -> None:
    """The header tells; whoever looks at the status only is wrong here as in AWS."""
    async with bench(function("refuse"), logs=tmp_path, guard=guard) as b:
        answer = await invoke(b, "refuse")

    assert answer.status_code == 200
    assert answer.headers["x-amz-function-error"] == "Unhandled"
    assert answer.json()["errorType"] == "KeyError"


async def test_an_event_is_accepted_at_once(tmp_path: Path, guard: Guard) -> None:
    """StartBot hands early messages to ChatBot this way and goes on."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        answer = await invoke(b, "echo", x_amz_invocation_type="Event")
        await b.workers.settle()

    assert (answer.status_code, answer.content) == (202, b"")
    assert b.phases() == ["started", "finished"]


async def test_a_dry_run_runs_nothing(tmp_path: Path, guard: Guard) -> None:
    """It asks for permission only."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        answer = await invoke(b, "echo", x_amz_invocation_type="DryRun")

    assert (answer.status_code, b.phases()) == (204, [])


async def test_the_client_context_arrives(tmp_path: Path, guard: Guard) -> None:
    """Base64 of JSON in a header."""
    written = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    async with bench(function("context"), logs=tmp_path, guard=guard) as b:
        answer = await invoke(b, "context", x_amz_client_context=written)

    assert answer.json()["client_context"] == {"custom": {"a": "b"}}


@pytest.mark.parametrize(
    ("name", "request_", "status", "code"),
    [
        ("nobody", {}, 404, "ResourceNotFoundException"),
        ("echo", {"query": "?Qualifier=beta"}, 404, "ResourceNotFoundException"),
        ("echo", {"body": "{"}, 400, "InvalidRequestContentException"),
        ("echo", {"x_amz_client_context": "%"}, 400, "InvalidRequestContentException"),
        ("echo", {"x_amz_invocation_type": "Later"}, 400, "InvalidParameterValueException"),
        (
            "echo",
            {"x_amz_invocation_type": "Event", "body": "1" * (EVENT_LIMIT_BYTES + 1)},
            413,
            "RequestTooLargeException",
        ),
    ],
)
async def test_a_bad_call_is_refused_with_lambda_s_error(
    name: str, request_: dict[str, Any], status: int, code: str, tmp_path: Path, guard: Guard
) -> None:
    """Each with the code that its operation documents."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        answer = await invoke(b, name, **request_)

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (status, code)
