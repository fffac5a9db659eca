"""Messages that wait for an answer: known by their key, kept in order, bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.inbox import (
    MOST_BYTES,
    MOST_MESSAGES,
    Kind,
    Message,
    as_prompt,
    fingerprint,
    fingerprint_in,
    in_order,
    overflows,
    remember,
)
from tests.fakes import NOON

AGE_LIMIT = 300.0

moments = st.integers(min_value=0, max_value=4_102_444_800_000).map(lambda milliseconds: milliseconds / 1000)
"""Until 2100, to the millisecond."""
messages = st.builds(Message, id=st.text(min_size=1, max_size=40), at=moments, kind=st.just(Kind.TEXT), text=st.text())


def says(text: str, *, identifier: str = "a", at: float = NOON, kind: Kind = Kind.TEXT) -> Message:
    return Message(id=identifier, at=at, kind=kind, text=text)


@given(messages, messages)
def test_keys_sort_by_time_and_then_by_id(one: Message, other: Message) -> None:
    """Messages waiting together go to the agent by (AbsoluteTime, Id); the record sorts by keys."""
    assert (one.key < other.key) == ((one.at, one.id) < (other.at, other.id))


@given(st.lists(messages, max_size=8), st.data())
def test_the_order_does_not_depend_on_the_order_of_arrival(arrived: list[Message], data: st.DataObject) -> None:
    """SNS promises none."""
    shuffled = data.draw(st.permutations(arrived))

    assert [message.key for message in in_order(shuffled)] == [message.key for message in in_order(arrived)]


@given(messages, messages)
def test_a_mark_tells_messages_apart(one: Message, other: Message) -> None:
    """By their Ids, which Connect gives once: that a message's moment is the same everywhere is documented nowhere."""
    assert (fingerprint_in(one.mark) == fingerprint_in(other.mark)) == (one.id == other.id)
    assert fingerprint_in(one.mark) == fingerprint(one.id)


def test_a_mark_is_short() -> None:
    """The record keeps one for each message of ten minutes, and is billed by the kilobyte."""
    assert len(says("Where is my order?", identifier="7a0f6a0e-3f2b-4d43-9a55-6f1d5c9b8e21").mark) == 17


def test_the_same_message_has_the_same_key_however_often_it_comes() -> None:
    """The inbox write is the idempotency: it asks whether the key is known."""
    assert says("first delivery").key == says("second delivery").key


def test_several_messages_become_one_prompt_in_order() -> None:
    """A burst is one thought of the customer, a line each."""
    burst = in_order([says("order", at=NOON + 1), says("Where is my", at=NOON)])

    assert as_prompt(burst) == "Where is my\norder"


def test_what_the_agent_cannot_read_is_not_in_the_prompt() -> None:
    """The customer is told about files and unreadable messages in a sentence of the bot's own."""
    mixed = [says("Here it is"), says("", kind=Kind.ATTACHMENT), says("", kind=Kind.UNREADABLE)]

    assert as_prompt(mixed) == "Here it is"


def test_an_inbox_holds_twenty_messages() -> None:
    """More is not a question but a flood, and a person should see it."""
    assert not overflows([says("a")] * MOST_MESSAGES)
    assert overflows([says("a")] * (MOST_MESSAGES + 1))


def test_an_inbox_holds_64_kilobytes_of_utf8() -> None:
    """The table counts bytes, not characters: an item of more than 400 KB is refused."""
    half = MOST_BYTES // 2

    assert not overflows([says("é" * (half // 2)), says("a" * half)])
    assert overflows([says("é" * (half // 2)), says("a" * (half + 1))])


def test_finished_messages_are_remembered_as_long_as_a_duplicate_could_be_asked() -> None:
    """Twice the age limit and up to a minute, as clocks differ; what is older would not be put to the agent anyway."""
    minute = NOON - NOON % 60
    old, recent, new = (says("", identifier=str(age), at=minute - age) for age in (2 * AGE_LIMIT + 1, 2 * AGE_LIMIT, 0))

    remembered = remember([old.mark, recent.mark], [new], now=minute + 59, age_limit_seconds=AGE_LIMIT)

    assert remembered == (recent.mark, new.mark)


def test_a_message_is_remembered_once() -> None:
    """A message finished again after a takeover must not make the record grow."""
    message = says("")

    assert remember([message.mark], [message], now=NOON, age_limit_seconds=AGE_LIMIT) == (message.mark,)
