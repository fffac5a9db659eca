"""What the browser gets from the stack beside AWS's own interfaces: the page, its settings, and a chat to begin.

A site's own server would start the chat with its credentials; here `POST /local/chats` does, so that none are in the
browser. Rule: files are served from two folders and never from anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from local.chat import Chats
from local.connect_api import ConnectApi
from local.wire import AwsError, read_body

PAGE: Final = Path(__file__).resolve().parent / "page"
MAX_BODY_BYTES: Final = 100_000
LANGUAGE_ATTRIBUTE: Final = "language"
CONTENT_TYPES: Final = ("text/plain", "text/markdown")
"""What the page shows, so what a chat begun here may carry (StartChatContact's SupportedMessagingContentTypes)."""


class _Wish(BaseModel):
    """The body of `POST /local/chats`."""

    model_config = ConfigDict(extra="forbid")

    displayName: str = Field(min_length=1, max_length=256)  # noqa: N815  (the page's JSON)
    language: Literal["en", "es"] = "en"
    initialMessage: str | None = Field(default=None, max_length=16_384)  # noqa: N815


def routes(
    *, chats: Chats, flow_id: str, settings: Callable[[], Mapping[str, Any]], npm: Path, page: Path = PAGE
) -> list[BaseRoute]:
    """Routes to be mounted at the root of the one origin; `settings` gives what `/local.json` says."""

    npm.mkdir(parents=True, exist_ok=True)

    async def index(_: Request) -> Response:
        return FileResponse(page / "index.html", headers={"Cache-Control": "no-cache"})

    async def tell_settings(_: Request) -> Response:
        return JSONResponse(settings(), headers={"Cache-Control": "no-store"})

    async def start_chat(request: Request) -> Response:
        try:
            wish = _Wish.model_validate_json(await read_body(request, MAX_BODY_BYTES) or b"")
        except ValidationError as error:
            return _bad_request(error.errors()[0]["msg"])
        try:
            asked = _request(wish, instance_id=chats.instance_id, flow_id=flow_id)
            return JSONResponse(ConnectApi(chats).start_chat_contact(asked, request))
        except AwsError as error:
            return _bad_request(error.message)

    return [
        Route("/", index, methods=["GET"]),
        Route("/local.json", tell_settings, methods=["GET"]),
        Route("/local/chats", start_chat, methods=["POST"]),
        Mount("/page", _Fresh(directory=page)),
        Mount("/npm", _Fresh(directory=npm)),
    ]


class _Fresh(StaticFiles):
    """Files that the browser asks for again, so that an edit shows."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _request(wish: _Wish, *, instance_id: str, flow_id: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "InstanceId": instance_id,
        "ContactFlowId": flow_id,
        "ParticipantDetails": {"DisplayName": wish.displayName},
        "Attributes": {LANGUAGE_ATTRIBUTE: wish.language},
        "SupportedMessagingContentTypes": list(CONTENT_TYPES),
    }
    if wish.initialMessage:
        request["InitialMessage"] = {"ContentType": "text/plain", "Content": wish.initialMessage}
    return request


def _bad_request(message: str) -> Response:
    return JSONResponse({"message": message}, status_code=400)
