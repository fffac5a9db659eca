"""Server-sent events: bytes in, the data of events out. No input or output here.

An event is a block of lines ended by an empty one; its `data:` lines together, a line break between, are what it says.
Lines end with CR, LF or both. Comments (`:`) and all other fields are passed over. The last event counts even if the
stream ends without the empty line; one that says nothing does not. Source: the HTML standard, "Parsing an event
stream", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

MOST_EVENT_BYTES = 1_048_576
"""Of one event: far more than any piece of an answer, far less than a function's memory."""


class EventTooLarge(Exception):
    """An event that goes on and on."""


class EventReader:
    """Feed it whatever comes; it says what is complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The data of each event that is complete now; raises `EventTooLarge`."""
        if self._after_cr and received.startswith(b"\n"):  # one line end that was cut in two
            received = received[1:]
        self._after_cr = received.endswith(b"\r") if received else self._after_cr
        *lines, self._rest = (self._rest + received).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            yield from self._line(line)
        if self._size + len(self._rest) > MOST_EVENT_BYTES:
            raise EventTooLarge

    def end(self) -> Iterator[bytes]:
        """What was left when the stream ended."""
        rest, self._rest = self._rest, b""
        yield from self._line(rest)
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if not line:
            data, self._data, self._size = b"\n".join(self._data), [], 0
            if data.strip():
                yield data
            return
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value)
            if self._size > MOST_EVENT_BYTES:
                raise EventTooLarge
