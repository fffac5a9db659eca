"""A small AWS on loopback for tests of what speaks to AWS: real botocore, real HTTP, answers that a test chose.

An answer is given per method and path (a regular expression that must match the whole path); what has no answer gets
404 with an error code that no service knows, so a call nobody expected cannot pass for a success.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.eventstream import EventStreamEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One whole answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(**members: Any) -> Reply:
    return Reply(body=json.dumps(members).encode())


def refusal(code: str, message: str = "no", *, status: int = 400) -> Reply:
    """An error as AWS writes it: REST services name it in a header, DynamoDB in the body."""
    body = {"__type": code, "Message": message, "message": message}
    return Reply(status=status, body=json.dumps(body).encode(), headers={"x-amzn-ErrorType": code})


class Cut:
    """The connection breaks here."""


CUT = Cut()
EVENT_STREAM = "application/vnd.amazon.eventstream"
SERVER_SENT_EVENTS = "text/event-stream"
Pieces = Iterable["bytes | Cut"]


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer sent piece by piece; a piece may be cut out of the middle of an event."""

    pieces: Pieces
    content_type: str = EVENT_STREAM


Answering = Reply | Stream | Callable[[Request], "Reply | Stream"]


def event(kind: str, **members: Any) -> bytes:
    """One event of a stream, framed as AWS frames it."""
    return _framed({":message-type": "event", ":event-type": kind, ":content-type": "application/json"}, members)


def chunk(text: str | bytes) -> bytes:
    """A piece of an agent's answer."""
    data = text.encode() if isinstance(text, str) else text
    return event("chunk", bytes=base64.b64encode(data).decode())


def data(value: Any) -> bytes:
    """One server-sent event with JSON."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def failure(kind: str, message: str = "no") -> bytes:
    """An error in mid-stream; its code is in lower camel case."""
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return _framed(headers, {"message": message})


def _framed(headers: Mapping[str, str], members: Mapping[str, Any]) -> bytes:
    framed: bytes = EventStreamEncoder().encode_message(headers, json.dumps(members).encode())
    return framed


class AwsServer:
    """Answers what it was told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        """A client closed its connection before the end of a stream."""
        self._answers: list[tuple[str, re.Pattern[str], list[Answering]]] = []
        self._http = _Listener(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def answers(self, method: str, path: str, *answers: Answering) -> None:
        """The next requests of this kind get these, one each, and the last one from then on; later rules win."""
        self._answers.insert(0, (method, re.compile(path), list(answers)))

    def forget(self, path: str) -> None:
        """The rule given last for a path; the one before it holds again."""
        last = next(rule for rule in self._answers if rule[1].pattern == path)
        self._answers.remove(last)

    def asked(self, path: str) -> list[Request]:
        """What came for a path, in order."""
        return [request for request in self.requests if re.fullmatch(path, request.path)]

    def reply_to(self, request: Request) -> Reply | Stream:
        self.requests.append(request)
        for method, path, answers in self._answers:
            if method == request.method and path.fullmatch(request.path):
                chosen = answers.pop(0) if len(answers) > 1 else answers[0]
                return chosen(request) if callable(chosen) else chosen
        return refusal("NobodyExpectedThis", status=404)

    @contextmanager
    def running(self) -> Iterator[AwsServer]:
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, aws: AwsServer) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.aws = aws


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.server.aws.hung_up.set()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=unquote(path),
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        reply = self.server.aws.reply_to(request)
        if isinstance(reply, Stream):
            self._send_stream(reply)
        else:
            self._send_whole(reply)

    def _send_whole(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _send_stream(self, stream: Stream) -> None:
        self.send_response(200)
        self.send_header("Content-Type", stream.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in stream.pieces:
            if isinstance(piece, Cut):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Tests look at `requests`."""
