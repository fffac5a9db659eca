"""Server-sent events: the same events, however the bytes are cut."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.adapters.server_sent_events import MOST_EVENT_BYTES, EventReader, EventTooLarge


def read(*received: bytes) -> list[bytes]:
    reader = EventReader()
    return [*(data for each in received for data in reader.feed(each)), *reader.end()]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\rdata: three\n\n", [b"one", b"two", b"three"]),
        (b"data: one\ndata: two\n\n", [b"one\ntwo"]),
        (b"data:one\n\ndata:  two\n\n", [b"one", b" two"]),
        (b": comment\nevent: trace\nid: 7\nretry: 10\ndata: one\n\n", [b"one"]),
        (b"event: ping\n\n\n\n: only this\n\n", []),
        (b"data\n\ndata:\n\ndata: \ndata\n\n", []),
        (b"data: one", [b"one"]),
        (b"data: one\n", [b"one"]),
        (b"", []),
        (b"\xef\xbb\xbfdata: one\n\n\xef\xbb\xbfdata: two\n\n", [b"one"]),
    ],
)
def test_an_event_is_its_data_lines(stream: bytes, events: list[bytes]) -> None:
    """Everything else is for clients that reconnect; the last event needs no empty line."""
    assert read(stream) == events


LINES = st.sampled_from([b"data: one", b"data:two", b": comment", b"event: x", b"", b"", b"data: \xc3\xb1"])
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(LINES, ENDS)), st.data())
def test_the_wire_cuts_where_it_likes(lines: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    """Also between the two halves of a line's end."""
    stream = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]

    assert read(*(stream[start:end] for start, end in itertools.pairwise(edges))) == read(stream)


def test_half_of_a_line_end_may_come_alone() -> None:
    """The line end after it is another one."""
    assert read(b"data: one\r", b"\n", b"\ndata: two\n\n") == [b"one", b"two"]


@pytest.mark.parametrize("line", [b"data: ", b": ", b"x"])
def test_a_line_without_an_end_is_not_kept_for_ever(line: bytes) -> None:
    """A function's memory is not the sender's."""
    reader = EventReader()

    with pytest.raises(EventTooLarge):
        list(reader.feed(line + b"x" * MOST_EVENT_BYTES))


def test_an_event_of_many_lines_is_not_kept_for_ever() -> None:
    """Each line alone would do."""
    line = b"data: " + b"x" * 1_000 + b"\n"

    with pytest.raises(EventTooLarge):
        read(*[line] * (MOST_EVENT_BYTES // 1_000 + 1))


def test_an_event_of_empty_lines_is_not_kept_for_ever() -> None:
    """Each takes memory, though it says nothing."""
    with pytest.raises(EventTooLarge):
        read(*[b"data\n" * 10_000] * (MOST_EVENT_BYTES // 50_000 + 1))


def test_a_line_in_many_pieces_costs_no_more_than_its_length() -> None:
    """What was kept is not copied again with every piece."""
    reader, pieces = EventReader(), 100_000

    started = time.process_time()
    for piece in [b"data: ", *[b"12345678"] * pieces]:
        assert list(reader.feed(piece)) == []

    assert [len(data) for data in reader.end()] == [8 * pieces]
    assert time.process_time() - started < 5
