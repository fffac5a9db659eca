"""An endpoint that speaks OpenAI's chat completions on loopback, for tests: it streams what it was told to.

    POST {url}/chat/completions  {"model", "messages", "tools", "stream": true, "stream_options"}
    200  text/event-stream       data: {"choices": [{"index": 0, "delta": {…}, "finish_reason": null}]} … data: [DONE]
    else application/json        {"error": {"message", "type", "code"}}

Text comes in `delta.content`, a tool's call in several `delta.tool_calls` that carry an index, the usage in a last
chunk without choices. The rule: it holds what a client sends against the protocol; a client that is wrong gets a 400.
Source: OpenAI's API reference for chat completions and its streaming chunk object, read 2026-11.
"""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from agents import replies
from agents.script import Script

PATH: Final = "/v1/chat/completions"
PIECE: Final = 7
"""Characters of a piece: few enough that words and JSON are torn apart."""


@dataclass(frozen=True, slots=True)
class Say:
    """A text."""

    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """One or several tool calls; a call's arguments may be JSON that nobody can read."""

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]
    text: str = ""
    """What is said before them."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """An HTTP error; the message is as indiscreet as endpoints are."""

    status: int
    message: str = "Incorrect API key provided: sk-secret. You asked: my order"
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A text that breaks off: the connection is cut, or the stream ends as if that were all."""

    text: str
    cleanly: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """Any bytes at all."""

    body: bytes
    content_type: str = "text/event-stream"


Answer = Say | Use | Refuse | Break | Raw
Mind = Callable[[Mapping[str, Any]], Answer]
"""What is answered to a request's body."""


@dataclass(slots=True)
class OpenAIWire:
    """The endpoint while it runs."""

    url: str
    """What comes after the `@` of the setting."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """What came with the requests as `Authorization`."""


@contextmanager
def openai_wire(mind: Mind | Sequence[Answer]) -> Iterator[OpenAIWire]:
    """The endpoint, until the block ends; it answers what `mind` says, or one answer after the other."""
    think = mind if callable(mind) else _one_after_the_other(mind)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.think, server.wire = think, OpenAIWire(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="openai wire")
    thread.start()
    try:
        yield server.wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def thinks_with(script: Script) -> Mind:
    """A model behind the endpoint that is as clever as the scripted one."""

    def think(asked: Mapping[str, Any]) -> Answer:
        prompt = "\n".join(message["content"] for message in asked["messages"] if message["role"] == "system")
        tools = [_tool(each["function"]) for each in asked.get("tools", [])]
        messages = [_message(each) for each in asked["messages"] if each["role"] != "system"]
        match replies.reply(script, _joined(messages), tools, prompt):
            case replies.Say(text=text):
                return Say(text)
            case replies.Use(tool=tool, arguments=arguments):
                return Use([(tool, arguments)])

    return think


def _tool(function: Mapping[str, Any]) -> Any:
    schema = {"json": function["parameters"]}
    return {"name": function["name"], "description": function["description"], "inputSchema": schema}


def _message(message: Mapping[str, Any]) -> Any:
    """A message of the wire as the blocks that it was made of."""
    if message["role"] == "tool":
        result = {"toolUseId": message["tool_call_id"], "content": [{"text": message["content"]}], "status": "success"}
        return {"role": "user", "content": [{"toolResult": result}]}
    blocks = [{"text": part["text"]} for part in message.get("content", [])]
    for call in message.get("tool_calls", []):
        function = call["function"]
        use = {"toolUseId": call["id"], "name": function["name"], "input": json.loads(function["arguments"])}
        blocks.append({"toolUse": use})
    return {"role": message["role"], "content": blocks}


def _joined(messages: Sequence[Any]) -> Any:
    """The results of one round are one message, as they were."""
    joined: list[Any] = []
    for are_results, group in itertools.groupby(messages, key=lambda each: "toolResult" in each["content"][0]):
        found = list(group)
        blocks = [block for message in found for block in message["content"]]
        joined += [{"role": "user", "content": blocks}] if are_results else found
    return joined


def _one_after_the_other(answers: Sequence[Answer]) -> Mind:
    waiting = iter(answers)
    return lambda _: next(waiting, Refuse(400, "this test has no more answers"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    think: Mind
    wire: OpenAIWire

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in mid-answer is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
        """Tests are quiet."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.wire.requests.append(asked)
        self.server.wire.keys.append(self.headers["Authorization"])
        wrong = _complaint(self.path, asked)
        match Refuse(400, wrong) if wrong else self.server.think(asked):
            case Refuse(status=status, message=message, code=code):
                error = {"message": message, "type": "error", "code": code}
                self._send(status, "application/json", json.dumps({"error": error}).encode())
            case Raw(body=body, content_type=content_type):
                self._send(200, content_type, body)
            case Break(text=text, cleanly=cleanly):
                self._stream(_text_chunks(text), cut=not cleanly)
            case Say(text=text):
                self._stream([*_text_chunks(text), *_end("stop")])
            case Use(calls=calls, text=text):
                self._stream([*_text_chunks(text), *_call_chunks(calls), *_end("tool_calls")])

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, chunks: Iterable[Mapping[str, Any]], *, cut: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self._write(f"data: {json.dumps({'id': 'c-1', 'object': 'chat.completion.chunk', **chunk})}\n\n")
        if cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _write(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def _complaint(path: str, asked: Mapping[str, Any]) -> str:
    """What OpenAI would not take; empty if it is fine."""
    calls = [call["id"] for message in asked["messages"] for call in message.get("tool_calls", [])]
    answered = [message["tool_call_id"] for message in asked["messages"] if message["role"] == "tool"]
    wrong = {
        "there is nothing here": path != PATH,
        "this endpoint streams": asked.get("stream") is not True,
        "no model is named": not asked.get("model"),
        "tool calls and their results do not fit": calls != answered,
    }
    return next((complaint for complaint, holds in wrong.items() if holds), "")


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def _chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def _text_chunks(text: str) -> Iterator[dict[str, Any]]:
    yield _chunk({"role": "assistant", "content": ""})
    yield from (_chunk({"content": piece}) for piece in _pieces(text))


def _call_chunks(calls: Sequence[tuple[str, Mapping[str, Any] | str]]) -> Iterator[dict[str, Any]]:
    """The first chunk of a call names it, the others bring its arguments; the calls take turns."""
    for index, (name, _) in enumerate(calls):
        call = {"index": index, "id": f"call_{index}_{name}", "type": "function"}
        yield _chunk({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})
    texts = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for _, each in calls]
    for torn in itertools.zip_longest(*map(_pieces, texts)):
        for index, piece in enumerate(torn):
            if piece is not None:
                yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})


def _end(finish_reason: str) -> Iterator[dict[str, Any]]:
    yield _chunk({}, finish_reason)
    yield {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}
