"""What happens in the stack, as the page shows it live: numbered entries in a ring, and a stream of them.

It stores nothing for later and decides nothing. Rule: an entry holds facts and attributes, never a token.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local.happenings import (
    AgentConnected,
    AttributesChanged,
    ContactEnded,
    ContactQueued,
    ContactStarted,
    Happening,
)

KEPT_ENTRIES: Final = 5_000
KEEP_ALIVE_SECONDS: Final = 15.0

Kind = Literal["flow", "attributes", "call", "invocation", "contact", "notice"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` counts from 1; `at` is seconds since the epoch; without a contact it concerns every chat."""

    number: int
    at: float
    contact_id: str | None
    kind: Kind
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"n": self.number, "at": self.at, "contactId": self.contact_id, "kind": self.kind, **self.facts}


class Activity:
    """The last entries, and who waits for the next."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self._numbers = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    def add(self, kind: Kind, contact_id: str | None, **facts: Any) -> None:
        self._numbers += 1
        self._entries.append(Entry(self._numbers, self._now(), contact_id, kind, facts))
        self._wake()

    def entries(self, *, contact_id: str | None = None, after: int = 0) -> list[Entry]:
        """Those of a contact and those of every chat; all of them if no contact is named."""
        return [
            entry
            for entry in self._entries
            if entry.number > after and (contact_id is None or entry.contact_id in {None, contact_id})
        ]

    async def follow(self, *, contact_id: str | None, after: int) -> AsyncIterator[list[Entry]]:
        """Entries as they come, an empty list every now and then while nothing happens; ends with `close`."""
        while not self._closed:
            found = self.entries(contact_id=contact_id, after=after)
            if found:
                after = found[-1].number
                yield found
            elif not await self._news():
                yield []

    def listen(self, happening: Happening) -> None:
        """Note what the page shows of a contact's life."""
        match happening:
            case ContactStarted(contact_id=contact_id):
                self.add("contact", contact_id, state="started", reason="")
            case AttributesChanged(contact_id=contact_id, attributes=attributes):
                self.add("attributes", contact_id, attributes=dict(attributes))
            case ContactQueued(contact_id=contact_id):
                self.add("contact", contact_id, state="queued", reason="")
            case AgentConnected(contact_id=contact_id):
                self.add("contact", contact_id, state="connected", reason="")
            case ContactEnded(contact_id=contact_id, reason=reason):
                self.add("contact", contact_id, state="ended", reason=reason)

    def close(self) -> None:
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def _news(self) -> bool:
        """Whether something happened before the time for a sign of life."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait_for(waiting, KEEP_ALIVE_SECONDS)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True


def routes(activity: Activity) -> list[Route]:
    """`GET /local/activity?contact=ID&after=N`, as server-sent events."""

    async def stream(request: Request) -> Response:
        contact_id = request.query_params.get("contact")
        after = request.query_params.get("after", request.headers.get("last-event-id", "0"))
        if not after.isdigit():
            return JSONResponse({"message": "'after' is the number of an entry"}, status_code=400)
        batches = activity.follow(contact_id=contact_id, after=int(after))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_as_events(batches), media_type="text/event-stream", headers=headers)

    return [Route("/local/activity", stream, methods=["GET"])]


async def _as_events(batches: AsyncIterator[list[Entry]]) -> AsyncIterator[str]:
    async for batch in batches:
        yield _render(batch) if batch else ": nothing new\n\n"


def _render(batch: Iterable[Entry]) -> str:
    return "".join(
        f"id: {entry.number}\ndata: {json.dumps(entry.as_json(), ensure_ascii=False)}\n\n" for entry in batch
    )
