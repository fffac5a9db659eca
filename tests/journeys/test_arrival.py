"""The first seconds of a chat: what the customer writes before the bot is there, and a bot that cannot come."""

from __future__ import annotations

import pytest

from tests.journeys.backstage import CHAT_BOT, START_BOT, Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, HUMAN, Place
from tests.running_stack import eventually

QUESTION = "Where is my order 10020030? My ID is 12345678-9."


def test_the_message_a_chat_begins_with_is_answered_once(start_chat: StartChat, backstage: Backstage) -> None:
    """SNS never brings it: it was written before anything was streamed."""
    customer = start_chat(InitialMessage={"ContentType": "text/plain", "Content": QUESTION})

    customer.hears(BOT, "scheduled")
    backstage.calm()
    assert len(customer.heard(BOT)) == 1  # no greeting: the answer is one
    assert backstage.questions(customer.contact_id) == 1


def test_the_message_a_streamed_chat_begins_with_is_answered_once(start_chat: StartChat, backstage: Backstage) -> None:
    """A site may switch streaming on itself; then the message comes by SNS and by the transcript."""
    customer = start_chat(
        InitialMessage={"ContentType": "text/plain", "Content": QUESTION},
        ChatStreamingConfiguration={"StreamingEndpointArn": backstage.topic()},
    )

    customer.hears(BOT, "scheduled")
    backstage.calm()
    assert len(customer.heard(BOT)) == 1
    assert backstage.questions(customer.contact_id) == 1


def test_what_is_written_while_the_bot_is_joining_is_answered_once(start_chat: StartChat, backstage: Backstage) -> None:
    """Nobody waits for the greeting before they write."""
    with backstage.holding("CreateParticipant") as invitation:
        customer = start_chat()
        invitation.have_come()
        customer.says(QUESTION)
        customer.says("Where is order 10020040? My ID is 44444444-4.")

    customer.hears(BOT, "10020030", "scheduled")
    customer.hears(BOT, "10020040")
    backstage.calm()
    assert sum("10020030" in said for said in customer.heard(BOT)) == 1
    assert sum("10020040" in said for said in customer.heard(BOT)) == 1


def test_what_is_written_before_the_chat_is_streamed_is_answered_once(
    start_chat: StartChat, backstage: Backstage
) -> None:
    """It is in the transcript only."""
    with backstage.holding("StartContactStreaming") as streaming:
        customer = start_chat()
        streaming.have_come()
        customer.says(QUESTION)

    customer.hears(BOT, "scheduled")
    backstage.calm()
    assert sum("scheduled" in said for said in customer.heard(BOT)) == 1


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("CreateParticipant", "InternalServiceException", 500),
        ("StartContactStreaming", "LimitExceededException", 429),
        ("CreateParticipantConnection", "AccessDeniedException", 403),
    ],
)
def test_a_bot_that_may_not_join_leaves_the_customer_to_a_human(
    start_chat: StartChat, place: Place, backstage: Backstage, operation: str, code: str, status: int
) -> None:
    """The flow is told at once; nobody waits for a bot that is not there."""
    backstage.switches.fail(operation, code, status=status, function=backstage.name(START_BOT))

    customer = start_chat()

    customer.is_waiting()
    place.accept(customer.contact_id).says("Hello")
    customer.hears(HUMAN, "Hello")
    backstage.calm()
    assert customer.heard(BOT) == []
    assert backstage.record(customer.contact_id).state == "human"


def test_a_start_bot_that_breaks_three_times_leaves_the_customer_to_a_human(
    start_chat: StartChat, place: Place, backstage: Backstage
) -> None:
    """Without its table StartBot can do nothing; the flow tries again, and then goes on without the bot."""
    for operation in ("GetItem", "PutItem", "UpdateItem"):
        backstage.switches.fail(operation, "InternalServerError", function=backstage.name(START_BOT))

    customer = start_chat()

    customer.is_waiting()
    human = place.accept(customer.contact_id)
    customer.says("Hello?")
    human.hears("CUSTOMER", "Hello?")
    assert backstage.phases(customer.contact_id, START_BOT).count("failed") >= 3
    assert backstage.steps(customer.contact_id).count("join") == 1


def test_a_start_bot_that_breaks_once_joins_in_the_second_try(start_chat: StartChat, backstage: Backstage) -> None:
    """One stay, one greeting."""
    backstage.switches.fail("PutItem", "InternalServerError", times=2, function=backstage.name(START_BOT))

    customer = start_chat()

    customer.is_greeted()
    backstage.calm()
    assert len(customer.heard(BOT)) == 1
    assert backstage.record(customer.contact_id).stay == 1
    assert backstage.phases(customer.contact_id, START_BOT) == ["started", "failed", "started", "finished"]


def test_a_start_bot_that_dies_after_it_joined_greets_once(start_chat: StartChat, backstage: Backstage) -> None:
    """The next try finds the bot in the chat and goes on from there."""
    with backstage.holding("SendMessage") as greeting:
        customer = start_chat()
        greeting.have_come()
        customer.says(QUESTION)
        backstage.crash(START_BOT, customer.contact_id)

    customer.hears(BOT, "virtual assistant")
    customer.hears(BOT, "scheduled")
    backstage.calm()
    assert len(customer.heard(BOT)) == 2


def test_a_customer_who_leaves_before_the_bot_comes_leaves_no_error_behind(
    start_chat: StartChat, backstage: Backstage
) -> None:
    """People change their minds."""
    with backstage.holding("CreateParticipant") as invitation:
        customer = start_chat()
        invitation.have_come()
        eventually(lambda: backstage.calls(customer.contact_id, "StartContactStreaming"))  # it tells of the end
        customer.leaves()
    backstage.calm()

    assert set(backstage.phases(customer.contact_id, START_BOT)) == {"started", "finished"}
    assert "failed" not in backstage.phases(customer.contact_id, CHAT_BOT)
    assert backstage.record(customer.contact_id).state == "ended"
