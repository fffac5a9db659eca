"""What nobody should send and somebody will: each has an answer, costs no neighbour, and is not lost in silence."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.journeys.backstage import Backstage, sns_record
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, Customer, Place

QUESTION = "Where is my order 10020030? My ID is 12345678-9."
RETRIES_SECONDS = (61, 121)


def message(contact_id: str, **changes: Any) -> dict[str, Any]:
    """A customer's message as Connect publishes it."""
    return {
        "AbsoluteTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "Content": QUESTION,
        "ContentType": "text/plain",
        "Id": str(uuid.uuid4()),
        "Type": "MESSAGE",
        "ParticipantId": str(uuid.uuid4()),
        "DisplayName": "Ana",
        "ParticipantRole": "CUSTOMER",
        "InitialContactId": contact_id,
        "ContactId": contact_id,
        **changes,
    }


def test_a_file_is_left_to_the_human(customer: Customer, place: Place, backstage: Backstage) -> None:
    """The customer is told that the bot cannot open it; the human finds it in the chat."""
    customer.sends_file("invoice.pdf", b"%PDF-1.7 what was bought")

    customer.hears(BOT, "can't open files myself")
    customer.says("Could I talk to a person about that file?")
    customer.is_waiting()
    human = place.accept(customer.contact_id)
    [file] = [item for item in human.transcript() if item["Type"] == "ATTACHMENT"]
    assert file["Attachments"][0]["AttachmentName"] == "invoice.pdf"
    assert backstage.phases(customer.contact_id).count("failed") == 0


def test_a_file_and_a_question_are_both_answered(customer: Customer, backstage: Backstage) -> None:
    """One does not swallow the other."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        customer.sends_file("invoice.pdf", b"%PDF-1.7")
        customer.says("And where is order 10020070? Same ID.")
        backstage.waits(customer.contact_id, messages=3)

    customer.hears(BOT, "10020030", "scheduled")
    customer.hears(BOT, "can't open files myself")
    customer.hears(BOT, "10020070", "delivered")


@pytest.mark.parametrize("text", ["", "x" * 16_385])
def test_connect_refuses_texts_that_are_empty_or_too_long(customer: Customer, text: str) -> None:
    """They never reach the bot; the emulator holds the limits that Connect documents."""
    with pytest.raises(ClientError, match="ValidationException"):
        customer.says(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"Content": ""},
        {"Content": "  \n "},
        {"Content": None},
        {
            "Content": '{"templateType": "Carousel"}',
            "ContentType": "application/vnd.amazonaws.connect.message.interactive",
        },
        {"ContentType": "application/vnd.example.hologram"},
    ],
)
def test_what_cannot_be_read_is_asked_for_as_text(
    customer: Customer, backstage: Backstage, changes: dict[str, Any]
) -> None:
    """Connect adds content types; a customer who uses one is not met with silence."""
    backstage.brings(sns_record(message(customer.contact_id, **changes)))

    customer.hears(BOT, "couldn't read that message")


def test_a_text_beyond_every_limit_is_answered(customer: Customer, backstage: Backstage) -> None:
    """Whatever came through SNS, the record stays within DynamoDB's limits and the customer gets an answer."""
    backstage.brings(sns_record(message(customer.contact_id, Content=QUESTION + " please" * 15_000)))

    customer.hears(BOT, "10020030")


def test_more_messages_than_one_prompt_holds_bring_a_human(customer: Customer, backstage: Backstage) -> None:
    """Twenty-one lines while the bot thinks: it says so, and somebody reads them all."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        for number in range(21):
            customer.says(f"and line {number}")
        backstage.waits(customer.contact_id, messages=22)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "too_many_messages"
    customer.hears(BOT, "more than I can take in at once")


def test_a_malformed_record_costs_its_neighbours_nothing_and_is_kept(
    start_chat: StartChat, backstage: Backstage
) -> None:
    """The good ones are answered, once, however often Lambda tries; the bad one ends where somebody looks."""
    first, second = start_chat(), start_chat()
    first.is_greeted()
    second.is_greeted()
    records = [
        sns_record(message(first.contact_id)),
        sns_record("this is not { JSON"),
        sns_record(message(second.contact_id, AbsoluteTime="yesterday")),
        {"EventSource": "aws:s3"},
        sns_record(message(second.contact_id, Content="Where is order 10020070? My ID is 12345678-9.")),
    ]

    backstage.brings(*records)
    first.hears(BOT, "scheduled")
    second.hears(BOT, "delivered")
    for seconds in RETRIES_SECONDS:
        backstage.pass_time(seconds)

    [given_up] = backstage.given_up()
    assert given_up.record["requestContext"]["approximateInvokeCount"] == 3
    assert given_up.record["requestPayload"]["Records"] == records
    assert given_up.destination_arn is not None
    assert sum("scheduled" in said for said in first.heard(BOT)) == 1
    assert sum("delivered" in said for said in second.heard(BOT)) == 1


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": "none"}, {"detail-type": "Scheduled Event"}])
def test_an_event_that_is_none_of_sns_is_kept_for_somebody_to_look_at(
    backstage: Backstage, event: dict[str, Any]
) -> None:
    """A wrong trigger must not look like success."""
    backstage.invokes_chat_bot(event)
    backstage.calm()
    for seconds in RETRIES_SECONDS:
        backstage.pass_time(seconds)

    assert [given_up.record["requestPayload"] for given_up in backstage.given_up()] == [event]


def test_a_message_for_an_unknown_contact_is_not_lost_silently(backstage: Backstage) -> None:
    """Its record may come any moment, so Lambda tries again; in the end somebody can see it."""
    unknown = str(uuid.uuid4())

    backstage.brings(sns_record(message(unknown)))
    for phase, seconds in (("retrying", 61), ("retrying", 121), ("given_up", 0)):
        backstage.hurries_until(unknown, phase)
        backstage.jump(seconds)

    [given_up] = backstage.given_up()
    assert given_up.record["requestContext"]["condition"] == "RetriesExhausted"
    assert given_up.record["responsePayload"]["errorType"] == "TurnFailed"
    assert QUESTION not in str(given_up.record["responsePayload"])


def test_a_message_for_a_contact_that_has_ended_is_moot(customer: Customer, backstage: Backstage) -> None:
    """SNS may bring it late; nobody is left to answer."""
    customer.leaves()
    backstage.until(customer.contact_id, state="ended")

    backstage.brings(sns_record(message(customer.contact_id)))
    backstage.calm()

    assert backstage.phases(customer.contact_id)[-1] == "finished"
    assert backstage.given_up() == []


def test_an_event_of_no_interest_changes_nothing(customer: Customer, backstage: Backstage) -> None:
    """A filter somebody widened by hand must not make the bot answer itself."""
    backstage.brings(
        sns_record(message(customer.contact_id, ParticipantRole="CUSTOM_BOT")),
        sns_record(message(customer.contact_id, ParticipantRole="AGENT")),
        sns_record(message(customer.contact_id, Type="EVENT", ContentType="application/vnd.example.event.new")),
    )
    backstage.calm()

    assert len(customer.heard(BOT)) == 1
    assert backstage.phases(customer.contact_id) == ["started", "finished"]


def test_a_token_that_has_expired_does_not_silence_the_bot(customer: Customer, backstage: Backstage) -> None:
    """Connection tokens live for a day, chats up to seven; the bot gets itself a new one."""
    backstage.jump(23 * 3600 + 3500)
    customer.connects()

    customer.says(QUESTION)

    customer.hears(BOT, "scheduled")
