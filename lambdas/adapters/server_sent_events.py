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

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""May stand before the first line, and says nothing."""


class EventTooLarge(Exception):
    """An event that goes on and on."""


class EventReader:
    """Feed it whatever comes; it says what is complete."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        """Of a line that has not ended, as it came."""
        self._rest_size = 0
        self._first = True
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The data of each event that is complete now; raises `EventTooLarge`."""
        whole = received.removeprefix(b"\n") if self._after_cr else received  # a line end may be cut in two
        self._after_cr = received.endswith(b"\r") if received else self._after_cr
        *lines, rest = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if lines:
            lines[0] = self._take_rest() + lines[0]
        for line in lines:
            yield from self._line(line)
        self._rest.append(rest)
        self._rest_size += len(rest)
        if self._size + self._rest_size > MOST_EVENT_BYTES:
            raise EventTooLarge

    def end(self) -> Iterator[bytes]:
        """What was left when the stream ended."""
        yield from self._line(self._take_rest())
        yield from self._line(b"")

    def _take_rest(self) -> bytes:
        rest = b"".join(self._rest)
        self._rest, self._rest_size = [], 0
        return rest

    def _line(self, line: bytes) -> Iterator[bytes]:
        if self._first:
            self._first, line = False, line.removeprefix(BYTE_ORDER_MARK)
        if not line:
            data, self._data, self._size = b"\n".join(self._data), [], 0
            if data.strip():
                yield data
            return
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(line) + 1  # a line of nothing takes memory, too
            if self._size > MOST_EVENT_BYTES:
                raise EventTooLarge
