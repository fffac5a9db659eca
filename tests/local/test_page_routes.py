"""What a browser gets beside AWS's own interfaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from local.page_routes import routes
from tests.local.chat_rooms import FLOW, Room


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def app(room: Room, tmp_path: Path) -> Starlette:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<title>Handoff</title>")
    (tmp_path / "page" / "main.js").write_text("start()")
    (tmp_path / "secret").write_text("no")
    return Starlette(
        routes=routes(
            chats=room.chats,
            flow_id=FLOW,
            settings=lambda: {"region": "local"},
            npm=tmp_path / "npm",
            page=tmp_path / "page",
        )
    )


async def ask(app: Starlette, method: str, path: str, **arguments: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:80") as client:
        return await client.request(method, path, **arguments)


async def test_the_page_and_its_files_are_asked_for_again(app: Starlette) -> None:
    """So that an edit shows with a reload."""
    index = await ask(app, "GET", "/")
    script = await ask(app, "GET", "/page/main.js")

    assert index.text == "<title>Handoff</title>"
    assert script.text == "start()"
    assert index.headers["cache-control"] == script.headers["cache-control"] == "no-cache"
    assert "javascript" in script.headers["content-type"]


@pytest.mark.parametrize("path", ["/page/../secret", "/page/%2e%2e/secret", "/npm/missing.js"])
async def test_nothing_outside_the_two_folders_is_served(app: Starlette, path: str) -> None:
    """The stack runs in somebody's home."""
    assert (await ask(app, "GET", path)).status_code == 404


async def test_the_settings_are_what_the_stack_says_now(app: Starlette) -> None:
    """An edited team is there with a reload."""
    assert (await ask(app, "GET", "/local.json")).json() == {"region": "local"}


async def test_a_chat_is_started_without_credentials_in_the_browser(app: Starlette, room: Room) -> None:
    """As a site's own server would do it, in the customer's language."""
    wish = {"displayName": "Ana", "language": "es", "initialMessage": "¡Hola!"}

    answer = await ask(app, "POST", "/local/chats", json=wish)

    contact = room.chats.contact(answer.json()["ContactId"])
    assert set(answer.json()) == {"ContactId", "ParticipantId", "ParticipantToken"}
    assert contact.attributes == {"language": "es"}
    assert contact.initial_message == "¡Hola!"


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"displayName": ""}', '{"displayName": "Ana", "language": "tlh"}', '{"displayName": 1}']
)
async def test_a_wish_that_makes_no_sense_is_refused(app: Starlette, body: str) -> None:
    """With a reason, and without a chat."""
    answer = await ask(app, "POST", "/local/chats", content=body)

    assert answer.status_code == 400
    assert answer.json()["message"]
