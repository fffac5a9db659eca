"""Services that share a path are told apart by their target."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from local import targets


async def serve(request: Request) -> Response:
    return PlainTextResponse(f"done: {request.headers['x-amz-target']}")


async def post(**headers: str) -> httpx.Response:
    app = Starlette(routes=[targets.route({"AmazonSQS": serve})])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        return await client.post("/", headers=headers)


async def test_a_call_reaches_the_service_its_target_names() -> None:
    """The operation is that service's business."""
    answer = await post(**{"X-Amz-Target": "AmazonSQS.SendMessage"})

    assert answer.text == "done: AmazonSQS.SendMessage"


async def test_a_target_that_nobody_has_is_refused_by_name() -> None:
    """Never another service's answer, and never silence."""
    unknown = await post(**{"X-Amz-Target": "Kinesis_20131202.PutRecord"})
    missing = await post()

    assert (unknown.status_code, unknown.json()["message"]) == (400, "Kinesis_20131202.PutRecord is not emulated")
    assert missing.json()["message"] == "a call without X-Amz-Target is not emulated"
