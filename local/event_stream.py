"""Event streams as AWS puts them on the wire, and failures in the middle of them.

    frame     u32 total | u32 headers' length | u32 crc32 | headers | payload | u32 crc32, by moto's encoder; headers
              are :message-type (event, exception), :event-type or :exception-type, :content-type; payloads are JSON

The faces of Bedrock Agents and of the AgentCore Harness frame their events here. The rule: a failure in mid-stream is
the last thing of its stream.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from moto.core.eventstream import EventStreamEncoder

MEDIA_TYPE: Final = "application/vnd.amazon.eventstream"

Event = tuple[str, Mapping[str, Any]]
"""The name of a member of the stream, and its payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFailure:
    """A failure in mid-stream. `code` is lower-camel as on the wire, for example `throttlingException`."""

    code: str
    message: str = "The stack was told to fail here."
    after_events: int = 0
    """How many events are sent before it."""


FailNext = Callable[[str], StreamFailure | None]
"""Asked at each invocation, with the session's id, whether its stream shall fail."""


def never_fail(_: str) -> StreamFailure | None:
    return None


def frame(name: str, payload: Mapping[str, Any]) -> bytes:
    kind = "exception" if name.endswith(("Exception", "Error")) else "event"
    headers = {":message-type": kind, f":{kind}-type": name, ":content-type": "application/json"}
    return EventStreamEncoder().encode_message(headers, json.dumps(payload).encode())


async def frames(events: AsyncGenerator[Event, None], failure: StreamFailure | None) -> AsyncGenerator[bytes, None]:
    """The events as bytes; with `failure`, only so many of them and then the failure."""
    sent = 0
    async with aclosing(events):
        async for name, payload in events:
            if failure is not None and sent == failure.after_events:
                break
            yield frame(name, payload)
            sent += 1
    if failure is not None:
        yield frame(failure.code, {"message": failure.message})
