"""An instance whose custom participants may not read the transcript: what still holds, and what does not.

Whether Connect lets them is unconfirmed, so both ways of finding out are walked: the setting says so, or Connect
refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local.open_points import OpenPoints
from local.settings import StackSettings
from tests.journeys.backstage import CHAT_BOT, RESCUE_BOT, Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, Customer
from tests.running_stack import RunningStack, running_stack

QUESTION = "Where is my order 10020030? My ID is 12345678-9."
SWITCHED_OFF: Mapping[str, Any] = {"context": {"read_transcript": "false"}}
REFUSED: Mapping[str, Any] = {"open_points": OpenPoints(custom_bot_reads_transcript=False)}


@pytest.fixture(scope="module", params=[SWITCHED_OFF, REFUSED], ids=["switched off", "refused"])
def shared_stack(request: pytest.FixtureRequest, backend: str) -> Iterator[RunningStack]:
    """In place of the one of all journeys."""
    with running_stack(StackSettings(port=0, watch=False, backend=backend, **request.param)) as running:
        yield running


def test_the_message_a_chat_begins_with_is_answered_once(start_chat: StartChat, backstage: Backstage) -> None:
    """It comes with the flow's event."""
    customer = start_chat(InitialMessage={"ContentType": "text/plain", "Content": QUESTION})

    customer.hears(BOT, "scheduled")
    backstage.calm()
    assert len(customer.heard(BOT)) == 1
    assert backstage.questions(customer.contact_id) == 1


def test_a_conversation_needs_no_transcript(customer: Customer) -> None:
    """Answers and hand-off are the same."""
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")
    customer.says("I'd like to talk to a person, please.")

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "customer_asked"


def test_after_a_crash_the_turn_counts_as_heard(customer: Customer, backstage: Backstage) -> None:
    """Nobody can tell what was said; so nothing is said twice, and the customer decides how to go on."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        backstage.crash_chat_bot(customer.contact_id)
        backstage.reaches(customer.contact_id, "retrying")
    backstage.jump(61)

    customer.hears(BOT, "I was interrupted")
    backstage.calm()
    assert backstage.questions(customer.contact_id) == 1


def test_a_message_that_comes_after_five_minutes_brings_a_human(customer: Customer, backstage: Backstage) -> None:
    """An answer would be out of place by then; the customer is told why a person takes over."""
    backstage.sns.hold = True
    customer.says(QUESTION)
    backstage.pass_time(330)  # the flow looks at the record alone, which knows of no message

    backstage.release_deliveries()

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "message_too_late"
    customer.hears(BOT, "reached me late")


def test_a_message_that_waits_too_long_in_the_inbox_is_seen(customer: Customer, backstage: Backstage) -> None:
    """ChatBot dies and neither it nor RescueBot can do anything; the flow takes over by what the record says."""
    backstage.pass_time(30)
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        backstage.crash_chat_bot(customer.contact_id)
        backstage.reaches(customer.contact_id, "retrying")
    for handler in (CHAT_BOT, RESCUE_BOT):
        backstage.switches.fail("UpdateItem", "InternalServerError", function=backstage.name(handler))

    backstage.pass_time(250)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "unanswered"


def test_an_event_that_never_arrives_is_not_seen(customer: Customer, backstage: Backstage) -> None:
    """The price of this instance's setting, told in the README: the record knows nothing of such a message."""
    backstage.sns.copies = 0
    customer.says(QUESTION)

    backstage.pass_time(300)

    assert backstage.record(customer.contact_id).state == "bot"
    backstage.sns.copies = 1
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")
