"""The WebSocket that ChatJS 5 and the desk listen on.

Client to server: `{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`, `{"topic":"aws/heartbeat"}`,
`{"topic":"aws/ping"}`. Server to client: answers under the same topics; items as `{"topic":"aws/chat","contentType":
"application/json","content":"<item as JSON text>"}`; errors as a frame without topic. Messages are sent by the API,
never here. Source: amazon-connect-chatjs 5.0.0, read 2026-11.

`Session` is the protocol without I/O; `Switchboard` connects it to the server and to what happens in the chats. Rule: a
socket gets an item only after subscribing, only of its own contact, and only if its holder's role may see it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from local.chat import Chats
from local.happenings import ContactEnded, Happening, ItemAdded, ParticipantLeft
from local.participant_api import SOCKET_PATH
from local.participant_calls import SocketPass
from local.wire import AwsError

CHAT_TOPIC: Final = "aws/chat"
MAX_OPEN_SOCKETS: Final = 5
"""Per participant. Source: AG:feature-limits, read 2026-11."""
MAX_FRAME_CHARACTERS: Final = 131_072
MAX_WAITING_FRAMES: Final = 1_000
"""A client that reads so slowly loses its socket; it can come back and read the transcript."""

Frame = Mapping[str, Any]


def routes(chats: Chats) -> list[BaseRoute]:
    """The route of every socket URL, to be mounted at the root of the one origin."""
    switchboard = Switchboard(chats)
    chats.listeners.add(switchboard.hear)
    return [WebSocketRoute(SOCKET_PATH, switchboard.serve)]


def chat_frame(item: Mapping[str, Any]) -> Frame:
    """An item as it travels."""
    return {"topic": CHAT_TOPIC, "contentType": "application/json", "content": json.dumps(item, ensure_ascii=False)}


class Session:
    """What one socket has been told, and the answer to each frame it sends."""

    def __init__(self, connection_id: str) -> None:
        self.is_subscribed = False
        self._connection_id = connection_id
        self._requests = itertools.count(1)

    def answer(self, text: str | None) -> Frame:
        """Answer one frame; None stands for a binary one. Nonsense is answered with an error frame."""
        frame = _parse(text)
        match frame.get("topic"):
            case "aws/subscribe":
                return self._subscribe(frame)
            case "aws/heartbeat":
                return {"topic": "aws/heartbeat"}
            case "aws/ping":
                return {"topic": "aws/ping", "statusCode": 200, "statusContent": "OK"}
            case _:
                request_id = f"{self._connection_id}-{next(self._requests)}"
                return {"message": "Bad Request", "connectionId": self._connection_id, "requestId": request_id}

    def _subscribe(self, frame: Frame) -> Frame:
        content = frame.get("content")
        topics = content.get("topics") if isinstance(content, dict) else None
        self.is_subscribed = self.is_subscribed or topics == [CHAT_TOPIC]
        status = "success" if topics == [CHAT_TOPIC] else "failure"
        return {"topic": "aws/subscribe", "content": {"status": status, "topics": topics}}


def _parse(text: str | None) -> dict[str, Any]:
    """The frame's members; none at all for what is no frame."""
    if text is None or len(text) > MAX_FRAME_CHARACTERS:
        return {}
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


class Line:
    """One open socket: its holder, its session, and the frames waiting to be sent; None closes it."""

    def __init__(self, holder: SocketPass, number: int) -> None:
        self.holder = holder
        self.session = Session(f"socket-{number}")
        self.outgoing: asyncio.Queue[Frame | None] = asyncio.Queue()

    def send(self, frame: Frame) -> None:
        self.outgoing.put_nowait(frame if self.outgoing.qsize() < MAX_WAITING_FRAMES else None)

    def close(self) -> None:
        """Close after what is waiting has been sent."""
        self.outgoing.put_nowait(None)

    def wants(self, happening: ItemAdded) -> bool:
        return self.session.is_subscribed and happening.visibility in {"ALL", self.holder.role.value}


class Switchboard:
    """All open sockets, by contact."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats
        self._lines: defaultdict[str, list[Line]] = defaultdict(list)
        self._numbers = itertools.count(1)

    def hear(self, happening: Happening) -> None:
        """Pass an item on, and close the sockets of whoever left; items told before are still sent."""
        lines = self._lines.get(happening.contact_id, [])
        match happening:
            case ItemAdded():
                for line in lines:
                    if line.wants(happening):
                        line.send(chat_frame(happening.item))
            case ParticipantLeft():
                for line in lines:
                    if line.holder.participant_id == happening.participant_id:
                        line.close()
            case ContactEnded():
                for line in lines:
                    line.close()
            case _:
                pass

    async def serve(self, websocket: WebSocket) -> None:
        """One socket from its handshake to its end; refused with 403 if its URL is no good."""
        try:
            holder = self._chats.open_socket(websocket.query_params.get("ticket", ""))
        except AwsError:
            await websocket.close()
            return
        lines = self._lines[holder.contact_id]
        if sum(line.holder.participant_id == holder.participant_id for line in lines) >= MAX_OPEN_SOCKETS:
            await websocket.close()
            return
        line = Line(holder, next(self._numbers))
        lines.append(line)
        try:
            await websocket.accept()
            await _until_either_ends(self._read(websocket, line), self._write(websocket, line))
        finally:
            self._hang_up(line)

    async def _read(self, websocket: WebSocket, line: Line) -> None:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if not self._chats.is_usable(line.holder):
                line.close()
                continue
            was_subscribed = line.session.is_subscribed
            line.send(line.session.answer(message.get("text")))
            if line.session.is_subscribed and not was_subscribed:
                self._chats.subscribe(line.holder)

    async def _write(self, websocket: WebSocket, line: Line) -> None:
        try:
            while (frame := await line.outgoing.get()) is not None:
                await websocket.send_text(json.dumps(frame))
            await websocket.close()
        except WebSocketDisconnect:
            return

    def _hang_up(self, line: Line) -> None:
        lines = self._lines[line.holder.contact_id]
        lines.remove(line)
        if not lines:
            del self._lines[line.holder.contact_id]


async def _until_either_ends(*works: Any) -> None:
    """Run both directions until one ends, then end the other and let its error, if any, be seen."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
