"""Lambda's Invoke, for functions that call functions.

Translates between wire and `Workers`; decides nothing. Rule: a failed function is a successful call, with the header
X-Amz-Function-Error, as in AWS.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.wire import read_body
from local.workers import FunctionError, UnknownFunction, Workers

EVENT_LIMIT_BYTES: Final = 1024 * 1024
"""Of an asynchronous invoke (LD:gettingstarted-limits, read 2026-11)."""
REQUEST_LIMIT_BYTES: Final = 6 * 1024 * 1024
"""Of a synchronous one (same)."""

InvokeLater = Callable[[str, Any], None]
"""Accepts an event for a function, as Lambda's queue does."""

_STATUS: Final = {
    "InvalidParameterValueException": 400,
    "InvalidRequestContentException": 400,
    "ResourceNotFoundException": 404,
    "RequestTooLargeException": 413,
}


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def routes(workers: Workers, *, invoke_later: InvokeLater | None = None) -> list[Route]:
    """Routes to be mounted at the root of the one origin; `invoke_later` takes events in place of the workers."""
    later = invoke_later or workers.invoke_later

    async def invoke(request: Request) -> Response:
        try:
            return await _invoke(workers, later, request)
        except _Refused as refusal:
            body = {"Type": "User", "Message": str(refusal)}
            return JSONResponse(body, status_code=_STATUS[refusal.code], headers={"x-amzn-ErrorType": refusal.code})

    return [Route("/2015-03-31/functions/{name}/invocations", invoke, methods=["POST"], name="lambda.Invoke")]


async def _invoke(workers: Workers, later: InvokeLater, request: Request) -> Response:
    name = _function(workers, request)
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    event = await _event(request, EVENT_LIMIT_BYTES if kind == "Event" else REQUEST_LIMIT_BYTES)
    match kind:
        case "RequestResponse":
            return await _answer(workers, name, event, _client_context(request))
        case "Event":
            later(name, event)
            return Response(status_code=202)
        case "DryRun":
            return Response(status_code=204)
        case _:
            raise _Refused("InvalidParameterValueException", f"InvocationType {kind} is not one of Lambda's")


def _function(workers: Workers, request: Request) -> str:
    """The name or ARN as it was written, with the qualifier of the query, if any."""
    name = unquote(request.path_params["name"])
    qualifier = request.query_params.get("Qualifier")
    wanted = f"{name}:{qualifier}" if qualifier else name
    try:
        workers.function(wanted)
    except UnknownFunction as error:
        raise _Refused("ResourceNotFoundException", str(error)) from error
    return wanted


async def _event(request: Request, limit_bytes: int) -> Any:
    body = await read_body(request, limit_bytes)
    if body is None:
        raise _Refused("RequestTooLargeException", f"the payload is larger than {limit_bytes} bytes")
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise _Refused("InvalidRequestContentException", f"Could not parse request body into json: {error}") from error


def _client_context(request: Request) -> Mapping[str, Any] | None:
    written = request.headers.get("x-amz-client-context")
    if written is None:
        return None
    try:
        context: Mapping[str, Any] = json.loads(base64.b64decode(written))
    except ValueError as error:
        raise _Refused("InvalidRequestContentException", "ClientContext must be base64 of JSON") from error
    return context


async def _answer(workers: Workers, name: str, event: Any, client_context: Mapping[str, Any] | None) -> Response:
    headers = {"X-Amz-Executed-Version": "1"}
    try:
        answer = await workers.invoke(name, event, client_context=client_context)
    except FunctionError as error:
        return JSONResponse(error.payload, headers={**headers, "X-Amz-Function-Error": "Unhandled"})
    return JSONResponse(answer, headers=headers)
