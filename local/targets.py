"""One route for the services that name their operation in a header or a form and not in the path.

    X-Amz-Target: DynamoDB_20120810.GetItem · AmazonSQS.SendMessage          a form: Action=DescribeStacks

It only chooses. Rule: a target that no service here has is refused aloud.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Serve = Callable[[Request], Awaitable[Response]]


FORM: Final = "application/x-www-form-urlencoded"


def route(services: Mapping[str, Serve], *, query: Serve | None = None) -> Route:
    """`services` by the part of the target before the dot; `query` answers forms, which have no target."""

    async def serve(request: Request) -> Response:
        target = request.headers.get("x-amz-target", "")
        sends_form = request.headers.get("content-type", "").startswith(FORM) and not target
        chosen = query if sends_form else services.get(target.partition(".")[0])
        return await chosen(request) if chosen is not None else _refusal(target)

    return Route("/", serve, methods=["POST"], name="by target")


def _refusal(target: str) -> Response:
    code = "UnknownOperationException"
    body = {"__type": code, "message": f"{target or 'a call without X-Amz-Target'} is not emulated"}
    return JSONResponse(body, status_code=400, headers={"x-amzn-errortype": code})
