"""One route for the services that name their operation in a header and not in the path.

    X-Amz-Target: DynamoDB_20120810.GetItem · AmazonSQS.SendMessage

It only chooses. Rule: a target that no service here has is refused aloud.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Serve = Callable[[Request], Awaitable[Response]]


def route(services: Mapping[str, Serve]) -> Route:
    """`services` by the part of the target before the dot."""

    async def serve(request: Request) -> Response:
        target = request.headers.get("x-amz-target", "")
        chosen = services.get(target.partition(".")[0])
        return await chosen(request) if chosen is not None else _refusal(target)

    return Route("/", serve, methods=["POST"], name="by target")


def _refusal(target: str) -> Response:
    code = "UnknownOperationException"
    body = {"__type": code, "message": f"{target or 'a call without X-Amz-Target'} is not emulated"}
    return JSONResponse(body, status_code=400, headers={"x-amzn-errortype": code})
