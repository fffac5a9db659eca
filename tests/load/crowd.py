"""The customers: many chats in one process of its own, by plain HTTP and WebSocket, with next to no time of their own.

Started as `python -m tests.load.crowd`, with a `Crowd` as JSON on stdin; what the customers said and heard comes on
stdout. A customer listens on the socket as ChatJS does and never reads the transcript, whose calls the bot needs.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.load.repeating_team import ANSWER, PARTS, question

CONNECTIONS: Final = 24
GREETING_WITHIN_SECONDS: Final = 10.0
THROTTLED: Final = 429
ACCESS_KEY: Final = "CUSTOMER000000000000"
KEPT_SECONDS: Final = 3.0
"""Servers close a connection that nobody has used for some seconds."""
BOT, FLOW = "CUSTOM_BOT", "SYSTEM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who comes and what they do."""

    origin: str
    instance_id: str
    flow_id: str
    chats: int
    joins_per_second: float
    bursts: int
    """Of one to three messages each."""
    think_seconds: float
    """Between bursts, on average."""
    patience_seconds: float
    """For the last answer."""
    seed: int


@dataclass(slots=True, kw_only=True)
class Customer:
    """What one customer said and heard; times are seconds since the epoch."""

    number: int
    contact_id: str = ""
    came_at: float = 0.0
    listens_at: float = 0.0
    """When the socket was subscribed: like ChatJS's, it brings nothing that was said before."""
    greeted_at: float = 0.0
    """When the bot first spoke; 0 if it never did."""
    asked: list[tuple[str, float]] = field(default_factory=list)
    heard: list[tuple[str, str, float]] = field(default_factory=list)
    """Role, text, time."""
    refused: int = 0
    """Own calls that were throttled, and repeated."""


class Wire:
    """HTTP/1.1 on connections that stay open; as many requests at a time as `CONNECTIONS`."""

    def __init__(self, origin: str) -> None:
        where = urlsplit(origin)
        self._host, self._port = where.hostname or "", where.port or 80
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._free: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and answer."""
        async with self._turns:
            reader, writer = await self._connection()
            answer = await self._exchange(reader, writer, method, path, json.dumps(body).encode(), headers)
            self._free.append((time.monotonic(), reader, writer))
            return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            used_at, reader, writer = self._free.pop()
            if time.monotonic() - used_at < KEPT_SECONDS:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> tuple[int, Any]:
        told = {"host": f"{self._host}:{self._port}", "content-length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}content-type: application/json\r\n\r\n".encode() + body)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        sizes = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
        return int(status.split()[1]), json.loads(await reader.readexactly(int(sizes[0])) or b"{}")


class Guest:
    """One customer, from coming to the last answer."""

    def __init__(self, crowd: Crowd, wire: Wire, number: int) -> None:
        self.crowd = crowd
        self.wire = wire
        self.told = Customer(number=number)
        self.chance = random.Random(crowd.seed * 1_000 + number)  # noqa: S311  (repeatable, not secret)
        self._token = ""
        self._news = asyncio.Event()

    async def come(self) -> str:
        """Start the chat; the address of its socket."""
        self.told.came_at = time.time()
        started = await self._insist(
            "PUT",
            "/contact/chat",
            {
                "InstanceId": self.crowd.instance_id,
                "ContactFlowId": self.crowd.flow_id,
                "ParticipantDetails": {"DisplayName": f"Customer {self.told.number}"},
                "Attributes": {"language": "en"},
            },
            {"authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/us-east-1/connect/aws4_request"},
        )
        self.told.contact_id = started["ContactId"]
        wanted = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
        bearer = {"x-amz-bearer": started["ParticipantToken"]}
        connected = await self._insist("POST", "/participant/connection", wanted, bearer)
        self._token = connected["ConnectionCredentials"]["ConnectionToken"]
        return str(connected["Websocket"]["Url"])

    async def talk(self) -> None:
        """Bursts, now and then before the last one is answered; ends with the last answer, a person, or no patience."""
        await self._until(lambda: self.told.greeted_at > 0, GREETING_WITHIN_SECONDS)
        for _ in range(self.crowd.bursts):
            await asyncio.sleep(self.chance.uniform(0.2, 1.8) * self.crowd.think_seconds)
            for _ in range(self.chance.choice((1, 1, 2, 3))):
                await self._say()
                await asyncio.sleep(self.chance.uniform(0.02, 0.25))
            if self.chance.random() < 0.7:
                await self._until(self._need_not_wait, self.crowd.patience_seconds)
                if not self._is_answered():
                    return
        await self._until(self._need_not_wait, self.crowd.patience_seconds)

    async def listen(self, address: str) -> None:
        async with connect(address, compression=None, ping_interval=None, max_queue=None) as socket:
            await socket.send(json.dumps({"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}}))
            try:
                async for frame in socket:
                    self._hear(json.loads(frame))
            except ConnectionClosed:
                return

    def _hear(self, frame: Mapping[str, Any]) -> None:
        if frame.get("topic") == "aws/subscribe":
            self.told.listens_at = time.time()
        if frame.get("topic") != "aws/chat":
            return
        item = json.loads(frame["content"])
        if item.get("Type") == "MESSAGE":
            role, now = item["ParticipantRole"], time.time()
            self.told.heard.append((role, item["Content"], now))
            if role == BOT and not self.told.greeted_at:
                self.told.greeted_at = now
            self._news.set()

    async def _say(self) -> None:
        text = question(self.told.number, len(self.told.asked) + 1)
        self.told.asked.append((text, time.time()))
        await self._insist(
            "POST",
            "/participant/message",
            {"ContentType": "text/plain", "Content": text, "ClientToken": text},
            {"x-amz-bearer": self._token},
        )

    async def _insist(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        """Ask until it is not throttled."""
        while True:
            status, answer = await self.wire.ask(method, path, body, headers)
            if status == THROTTLED:
                self.told.refused += 1
                await asyncio.sleep(self.chance.uniform(0.5, 1.5))
            elif status >= 400:
                raise RuntimeError(f"{method} {path}: {status} {answer}")
            else:
                return answer

    def _need_not_wait(self) -> bool:
        return self._is_answered() or self._has_left_the_bot()

    def _has_left_the_bot(self) -> bool:
        """The flow speaks again: it looks for a person."""
        roles = [role for role, _, _ in self.told.heard]
        return BOT in roles and FLOW in roles[roles.index(BOT) :]

    def _is_answered(self) -> bool:
        parts = sum(len(ANSWER.findall(text)) for role, text, _ in self.told.heard if role == BOT)
        return parts >= len(self.told.asked) * len(PARTS)

    async def _until(self, holds: Any, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not holds() and (left := ends_at - time.monotonic()) > 0:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                return


async def gather(crowd: Crowd) -> list[Customer]:
    """All of them come one after the other, talk, and stay until the last one is done."""
    wire = Wire(crowd.origin)
    guests = [Guest(crowd, wire, number) for number in range(crowd.chats)]
    listening: list[asyncio.Task[None]] = []

    async def visit(guest: Guest) -> None:
        await asyncio.sleep(guest.told.number / crowd.joins_per_second)
        listening.append(asyncio.create_task(guest.listen(await guest.come())))
        await guest.talk()

    await asyncio.gather(*(visit(guest) for guest in guests))
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return [guest.told for guest in guests]


if __name__ == "__main__":
    customers = asyncio.run(gather(Crowd(**json.load(sys.stdin))))
    told = {"customers": [dataclasses.asdict(one) for one in customers], "cpu": time.process_time()}
    json.dump(told, sys.stdout)
