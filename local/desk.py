"""The desk's own small API: which chats wait for a human, and taking one.

Amazon Connect has no public API for this part of the agent workspace, so the shapes are ours. From accepting on, the
human is an ordinary participant. Rule: the desk learns and does nothing else here.
"""

from __future__ import annotations

import json
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local.chat import Chats
from local.wire import AwsError, read_body

STATUS: Final = {"ResourceNotFoundException": 404, "ConflictException": 409}
MAX_NAME: Final = 256
MAX_BODY_BYTES: Final = 10_000


def routes(chats: Chats) -> list[BaseRoute]:
    """Routes to be mounted below the desk's URL."""

    async def contacts(_: Request) -> Response:
        return JSONResponse(chats.contacts())

    async def accept(request: Request) -> Response:
        try:
            name = _display_name(await read_body(request, MAX_BODY_BYTES))
        except ValueError as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, status_code=400)
        try:
            token = chats.accept(request.path_params["id"], display_name=name)
        except AwsError as error:
            return JSONResponse({"error": error.code, "message": error.message}, status_code=STATUS[error.code])
        return JSONResponse({"participantToken": token})

    return [
        Route("/contacts", contacts, methods=["GET"]),
        Route("/contacts/{id}/accept", accept, methods=["POST"]),
    ]


def _display_name(body: bytes | None) -> str:
    """The human's name from the optional body `{"displayName": "…"}`; raises ValueError for anything else."""
    if body is None:
        raise ValueError(f"The body must be at most {MAX_BODY_BYTES} bytes")
    try:
        asked = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise ValueError("The body, if there is one, must be JSON") from None
    name = asked.get("displayName", "Agent") if isinstance(asked, dict) else None
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise ValueError(f"displayName must be printable text of 1 to {MAX_NAME} characters")
    return name
