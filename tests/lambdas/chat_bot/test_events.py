"""What SNS brings: parsed into what happened, or refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.chat_bot.events import (
    CHAT_ENDED,
    PARTICIPANT_JOINED,
    ChatEnded,
    CustomerSpoke,
    HumanJoined,
    Irrelevant,
    parse,
    records_of,
)
from lambdas.conversation.errors import InvalidEvent
from lambdas.conversation.inbox import Kind, Message

CONTACT = "6f0c2f0e-5d34-4a6e-9a43-0d2b7c1f8e55"
SPOKEN = {
    "AbsoluteTime": "2026-11-20T10:15:02.113Z",
    "Content": "¿Dónde está mi pedido?",
    "ContentType": "text/plain",
    "Id": "2d9a7c1e-0001-4000-8000-000000000001",
    "Type": "MESSAGE",
    "ParticipantId": "0b1e0000-0001-4000-8000-000000000001",
    "DisplayName": "Ana",
    "ParticipantRole": "CUSTOMER",
    "InitialContactId": CONTACT,
    "ContactId": CONTACT,
}
"""A customer's message as Connect publishes it (AG:sns-payload)."""


def record(item: object) -> dict[str, Any]:
    """One record of an SNS event."""
    return {"EventSource": "aws:sns", "Sns": {"MessageId": "sns-1", "Message": json.dumps(item)}}


def spoken(**changes: object) -> dict[str, Any]:
    return record({**SPOKEN, **changes})


def without(*names: str) -> dict[str, Any]:
    return record({name: value for name, value in SPOKEN.items() if name not in names})


def message_of(event: object) -> Message:
    assert isinstance(event, CustomerSpoke)
    return event.message


# ---- the event


def test_an_event_brings_records() -> None:
    """SNS sends one; a hand-over by StartBot may hold several."""
    assert records_of({"Records": [{"Sns": {}}, {"Sns": {}}]}) == [{"Sns": {}}, {"Sns": {}}]


@pytest.mark.parametrize("event", [None, [], "text", {}, {"Records": None}, {"Records": {}}, {"Records": []}])
def test_an_event_without_records_is_refused(event: object) -> None:
    """Somebody has subscribed this function to something else."""
    with pytest.raises(InvalidEvent, match="it has no Records"):
        records_of(event)


# ---- a customer's message


def test_a_message_of_the_customer_is_understood() -> None:
    """Time to the millisecond, because it is half of the message's key."""
    event = parse(spoken())

    assert event == CustomerSpoke(
        CONTACT,
        Message(
            id="2d9a7c1e-0001-4000-8000-000000000001",
            at=1_795_169_702.113,
            kind=Kind.TEXT,
            text="¿Dónde está mi pedido?",
        ),
    )


def test_the_chain_of_contacts_is_known_by_its_first() -> None:
    """ContactId changes with a transfer; the record's key must not."""
    event = parse(spoken(ContactId="another"))

    assert isinstance(event, CustomerSpoke)
    assert event.contact_id == CONTACT


def test_a_contact_without_a_chain_is_its_own_first() -> None:
    """Both are equal in the first segment, so one is enough."""
    event = parse(without("InitialContactId"))

    assert isinstance(event, CustomerSpoke)
    assert event.contact_id == CONTACT


def test_markdown_is_read_like_text() -> None:
    """The rich text editor of the chat widget sends it."""
    assert message_of(parse(spoken(ContentType="text/markdown"))).kind is Kind.TEXT


@pytest.mark.parametrize(
    "changes",
    [
        {"ContentType": "application/json"},
        {"ContentType": "application/vnd.amazonaws.connect.message.interactive.response"},
        {"ContentType": None},
        {"Content": ""},
        {"Content": " \n"},
        {"Content": None},
        {"Content": 42},
    ],
)
def test_what_the_agent_cannot_read_is_still_a_message(changes: dict[str, object]) -> None:
    """The customer is told; nothing is lost silently."""
    message = message_of(parse(spoken(**changes)))

    assert (message.kind, message.text) == (Kind.UNREADABLE, "")


def test_an_attachment_is_a_message_without_text() -> None:
    """As chatjs documents it: no Content, no ContentType of its own."""
    attachment = {
        **{name: value for name, value in SPOKEN.items() if name not in {"Content", "ContentType"}},
        "Type": "ATTACHMENT",
        "Attachments": [{"AttachmentId": "a", "AttachmentName": "factura.pdf", "ContentType": "application/pdf"}],
    }

    assert message_of(parse(record(attachment))).kind is Kind.ATTACHMENT


def test_white_space_around_a_message_is_left_out() -> None:
    """Nobody means it."""
    assert message_of(parse(spoken(Content="  Hello \n"))).text == "Hello"


def test_an_oversized_message_is_read_as_far_as_connect_allows_one() -> None:
    """Connect publishes none over 16,384 bytes; whoever sends more must not fill the record."""
    text = message_of(parse(spoken(Content="word " * 10_000))).text

    assert len(text.encode()) <= 16_384
    assert text.startswith("word word")


def test_half_of_a_character_does_not_stop_a_message() -> None:
    """Browsers can send lone surrogates; the table and the agent cannot take them."""
    event = parse(
        {
            "Sns": {
                "Message": '{"InitialContactId": "c", "Id": "i", "Type": "MESSAGE", '
                '"ParticipantRole": "CUSTOMER", "ContentType": "text/plain", '
                '"AbsoluteTime": "2026-11-20T10:15:02.113Z", "Content": "Hi \\ud83d there"}'
            }
        }
    )

    assert message_of(event).text == "Hi ? there"


@pytest.mark.parametrize("time", ["2026-11-20T10:15:02.113Z", "2026-11-20T11:15:02.113+01:00"])
def test_times_are_read_with_their_zone(time: str) -> None:
    """ISO 8601, as the participant service writes it."""
    assert message_of(parse(spoken(AbsoluteTime=time))).at == 1_795_169_702.113


# ---- other happenings


def test_the_end_of_a_chat_needs_no_role() -> None:
    """Connect may leave participant and role out."""
    ended = {"Type": "EVENT", "ContentType": CHAT_ENDED, "Id": "e", "InitialContactId": CONTACT}

    assert parse(record(ended)) == ChatEnded(CONTACT)


def test_a_person_joining_is_known_by_the_role() -> None:
    """The bot's own joining is published, too."""
    moment = {"AbsoluteTime": "2026-11-20T10:15:02.113Z"}
    joined = {"Type": "EVENT", "ContentType": PARTICIPANT_JOINED, "InitialContactId": CONTACT, **moment}
    at = datetime(2026, 11, 20, 10, 15, 2, 113_000, tzinfo=UTC).timestamp()

    assert parse(record({**joined, "ParticipantRole": "AGENT"})) == HumanJoined(CONTACT, at)
    assert parse(record({**joined, "ParticipantRole": "CUSTOM_BOT"})) == Irrelevant(CONTACT)


@pytest.mark.parametrize("role", ["CUSTOM_BOT", "AGENT", "SYSTEM", "SUPERVISOR", "", None])
def test_only_the_customer_is_answered(role: str | None) -> None:
    """The bot's own messages come back by SNS: answering them would never end."""
    assert parse(spoken(ParticipantRole=role)) == Irrelevant(CONTACT)


@pytest.mark.parametrize(
    "content_type", ["application/vnd.amazonaws.connect.event.typing", "application/vnd.amazonaws.connect.event.new"]
)
def test_what_the_filter_should_have_kept_away_is_nothing(content_type: str) -> None:
    """Connect adds types; unknown ones must not fail."""
    assert parse(spoken(Type="EVENT", ContentType=content_type)) == Irrelevant(CONTACT)


# ---- what cannot be acted on


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (None, "a record has no Sns.Message"),
        ({"Sns": None}, "a record has no Sns.Message"),
        ({"Sns": {"Message": None}}, "a record has no Sns.Message"),
        ({"Sns": {"Message": "{"}}, "Sns.Message is not JSON"),
        ({"Sns": {"Message": "[" * 100_000}}, "Sns.Message is not JSON"),
        ({"Sns": {"Message": "[]"}}, "Sns.Message is not an object"),
        (without("InitialContactId", "ContactId"), "the item has no contact id"),
        (without("Id"), "a message has no Id"),
        (without("AbsoluteTime"), "the item has no readable AbsoluteTime"),
        (spoken(AbsoluteTime="yesterday"), "the item has no readable AbsoluteTime"),
        (spoken(AbsoluteTime="0001-01-01T00:00:00"), "the item has no readable AbsoluteTime"),
        (spoken(AbsoluteTime="1969-12-31T23:59:59Z"), "the item is older than time"),
    ],
)
def test_what_lacks_the_necessary_is_refused_by_name(broken: object, problem: str) -> None:
    """Without id and time a message cannot be known again, and without a contact nobody can be answered."""
    with pytest.raises(InvalidEvent, match=problem):
        parse(broken)


def test_a_refusal_quotes_nothing_of_the_customer() -> None:
    """It ends up in logs."""
    with pytest.raises(InvalidEvent) as refused:
        parse(spoken(AbsoluteTime="my card is 4111"))

    assert "4111" not in str(refused.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
items = st.fixed_dictionaries(
    {},
    optional={
        name: values | st.just(value) | st.text(alphabet=st.characters(codec=None), max_size=8)
        for name, value in SPOKEN.items()
    },
)


@given(values | items)
def test_any_json_is_parsed_or_refused(item: object) -> None:
    """One bad record never costs its neighbours, so nothing else may come out."""
    try:
        event = parse(record(item))
    except InvalidEvent:
        return

    assert isinstance(event, CustomerSpoke | HumanJoined | ChatEnded | Irrelevant)
    if isinstance(event, CustomerSpoke):
        event.message.key.encode()
        event.message.text.encode()


@given(values)
def test_any_record_is_parsed_or_refused(anything: object) -> None:
    """Also one that did not come from SNS."""
    with pytest.raises(InvalidEvent):
        parse(anything)
