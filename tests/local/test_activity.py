"""What happens is numbered, kept for a while, and told live to whoever follows."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from starlette.applications import Starlette

from local.activity import KEPT_ENTRIES, Activity, routes
from local.happenings import AgentConnected, AttributesChanged, ContactEnded, ContactQueued, ContactStarted, Happening


def activity() -> Activity:
    return Activity(now=lambda: 1_000.5)


def test_entries_are_numbered_and_say_when_and_whose() -> None:
    """A page that comes back asks for what came after the last number it saw."""
    told = activity()

    told.add("flow", "c-1", block="hello")

    [entry] = told.entries()
    assert entry.as_json() == {"n": 1, "at": 1_000.5, "contactId": "c-1", "kind": "flow", "block": "hello"}


def test_who_asks_for_a_contact_gets_its_entries_and_those_of_all() -> None:
    """A broken edit concerns every chat; another customer's attributes do not."""
    told = activity()
    for contact_id in ("c-1", "c-2", None):
        told.add("notice", contact_id, text="…")

    assert [entry.contact_id for entry in told.entries(contact_id="c-1")] == ["c-1", None]
    assert [entry.number for entry in told.entries(after=1)] == [2, 3]


def test_only_the_last_entries_are_kept() -> None:
    """A stack that runs for days must not grow."""
    told = activity()
    for _ in range(KEPT_ENTRIES + 1):
        told.add("notice", None)

    assert (len(told.entries()), told.entries()[0].number) == (KEPT_ENTRIES, 2)


@pytest.mark.parametrize(
    ("happening", "facts"),
    [
        (ContactStarted(contact_id="c", flow_id="f"), {"state": "started", "reason": ""}),
        (ContactQueued(contact_id="c", queue_arn="q"), {"state": "queued", "reason": ""}),
        (AgentConnected(contact_id="c", display_name="Eva"), {"state": "connected", "reason": ""}),
        (ContactEnded(contact_id="c", reason="API"), {"state": "ended", "reason": "API"}),
        (AttributesChanged(contact_id="c", attributes={"a": "b"}), {"attributes": {"a": "b"}}),
    ],
)
def test_a_contact_s_life_is_noted(happening: Happening, facts: dict[str, object]) -> None:
    """The page draws the way of a chat from these."""
    told = activity()

    told.listen(happening)

    assert told.entries()[0].facts == facts


async def test_a_follower_gets_what_was_and_what_comes() -> None:
    """In order, each once."""
    told = activity()
    told.add("notice", None, text="before")
    following = told.follow(contact_id=None, after=0)
    first = await anext(following)
    told.add("notice", None, text="after")
    second = await anext(following)

    assert [entry.facts["text"] for batch in (first, second) for entry in batch] == ["before", "after"]


async def test_closing_ends_every_follower() -> None:
    """Otherwise an open page would keep the stack from stopping."""
    told = activity()
    following = asyncio.ensure_future(anext(told.follow(contact_id=None, after=0)))
    await asyncio.sleep(0)
    told.close()

    with pytest.raises(StopAsyncIteration):
        await following


async def test_the_stream_is_server_sent_events() -> None:
    """An id for each, so that a browser that lost the connection goes on where it was."""
    told = activity()
    told.add("notice", None, text="¡hola!")
    asyncio.get_running_loop().call_later(0.05, told.close)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes(told)))) as client:
        answer = await client.get("http://127.0.0.1/local/activity?after=0")
        refused = await client.get("http://127.0.0.1/local/activity?after=x")

    identity, data = answer.text.strip().split("\n")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert identity == "id: 1"
    assert json.loads(data.removeprefix("data: "))["text"] == "¡hola!"
    assert refused.status_code == 400
