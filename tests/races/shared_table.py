"""The laptop's table of contacts behind a real server, and what became of it write by write.

Requests come over the wire from any number of processes; the server answers one after the other, so its ledger is the
true order of all writes. What is proven with it is what our conditions decide in every order that the processes bring
about; that a single conditional write is atomic is DynamoDB's promise.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lambdas.adapters.contact_items import turn_record
from lambdas.conversation.contact import TurnRecord
from local.dynamodb import DynamoDb
from local.server import Server
from local.template import Table

NAME: Final = "Contacts"
_KEYS: Final = ("contact_id", "item")
TABLE: Final = Table(
    name=NAME,
    logical_id="Contacts",
    definition={
        "TableName": NAME,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(_KEYS, ("HASH", "RANGE"), strict=True)
        ],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in _KEYS],
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write that was let through."""

    writer: str | None
    """The owner that the request names; `None` where it names none."""
    before: TurnRecord | None
    after: TurnRecord


@dataclass(slots=True)
class SharedTable:
    """What the server knows. `origin` comes with the start."""

    origin: str = ""
    ledger: dict[str, list[Write]] = field(default_factory=dict)
    """By contact, in the order in which they happened."""
    requests: int = 0
    conflicts: int = 0
    """Writes that their condition refused."""
    _tables: DynamoDb = field(default_factory=DynamoDb)

    def app(self) -> Starlette:
        self._tables.create([TABLE])

        async def serve(request: Request) -> Response:
            status, headers, body = self._answer(dict(request.headers), await request.body())
            return Response(body, status_code=status, headers=headers)

        return Starlette(routes=[Route("/", serve, methods=["POST"])])

    def _answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        answer = self._tables.answer(headers, body)
        self.requests += 1
        operation = headers["x-amz-target"].rpartition(".")[2]
        if operation in {"UpdateItem", "PutItem"}:
            if answer[0] == 200:
                self._note(json.loads(body))
            else:
                self.conflicts += 1
        return answer

    def _note(self, request: Mapping[str, Any]) -> None:
        key = request.get("Key") or {name: request["Item"][name] for name in _KEYS}
        writes = self.ledger.setdefault(key["contact_id"]["S"], [])
        item = self._tables._call("GetItem", {"TableName": NAME, "Key": key})["Item"]
        before = writes[-1].after if writes else None
        writes.append(Write(writer=_writer(request), before=before, after=turn_record(item)))


def _writer(request: Mapping[str, Any]) -> str | None:
    match request.get("ExpressionAttributeValues", {}):
        case {":me": {"S": str(owner)}} | {":mine": {"M": {"owner": {"S": str(owner)}}}}:
            return owner
        case _:
            return None


@contextmanager
def shared_table() -> Iterator[SharedTable]:
    """The table, served from a thread of its own until the block ends."""
    table, server = SharedTable(), Server(0)
    table.origin = server.origin
    started, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        await server.start(table.app())
        started.set()
        await stop.wait()
        await server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), name="table")
    thread.start()
    started.wait(timeout=30)
    try:
        yield table
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
