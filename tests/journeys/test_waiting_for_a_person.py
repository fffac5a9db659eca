"""Nobody is free: the customer is told so, the flow goes on looking, and after ten tries it says goodbye."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.stack import Stack
from tests.journeys.backstage import START_BOT, Backstage
from tests.journeys.people import BOT, FLOW, Customer

WISH = "I'd like to talk to a person, please."
SetRoom = Callable[[int | None], None]


@pytest.fixture
def set_room(backstage: Backstage) -> Iterator[SetRoom]:
    """Sets how many chats may wait in the queue."""

    def set_capacity(capacity: int | None) -> None:
        def act(stack: Stack) -> None:
            stack.chats.queues[stack.chats.default_queue_arn].capacity = capacity

        backstage.stack.call(act)

    yield set_capacity
    set_capacity(None)


def test_a_full_queue_is_tried_ten_times_then_the_chat_ends_with_a_goodbye(
    customer: Customer, backstage: Backstage, set_room: SetRoom
) -> None:
    """The one end that nobody asked for: it is announced, kept to ten minutes, and counted for an alarm."""
    set_room(0)
    customer.says(WISH)
    customer.hears(FLOW, "Everyone is busy")

    backstage.pass_time(660)

    said = customer.heard(FLOW)
    steps = backstage.steps(customer.contact_id)
    assert sum("Everyone is busy" in one for one in said) == 10
    assert "nobody has become free" in said[-1]
    assert steps.count("transfer") == 11
    assert steps[-3:] == ["give up", "nobody", "end after tries"]
    assert backstage.log(START_BOT, customer.contact_id)[-1]["status"] == "counted"
    assert customer.described()["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"


def test_a_queue_that_becomes_free_takes_the_customer(
    customer: Customer, backstage: Backstage, set_room: SetRoom
) -> None:
    """The third try succeeds; the bot has been out of it since it handed over."""
    set_room(0)
    customer.says(WISH)
    customer.hears(FLOW, "Everyone is busy")
    backstage.pass_time(70)
    set_room(5)

    backstage.pass_time(60)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "customer_asked"
    assert backstage.steps(customer.contact_id).count("transfer") == 3
    assert customer.heard(BOT)[-1].startswith("Thank you for chatting with me.")
