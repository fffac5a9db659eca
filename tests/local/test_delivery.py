"""What a chat publishes reaches the function as SNS would bring it: filtered, wrapped, perhaps twice or late."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from collections.abc import Mapping
from typing import Any

from local.clock import Clock
from local.delivery import Delivery, Fate
from local.happenings import ContactEnded, ItemAdded
from local.intrinsics import arn
from local.template import Subscription

TOPIC = arn("sns", "Chats")
BOT = arn("lambda", "function:Bot:live")
FAILURES = arn("sqs", "Failures")
FILTER = {
    "$or": [
        {"ParticipantRole": ["CUSTOMER"], "Type": ["MESSAGE", "ATTACHMENT"]},
        {"Type": ["EVENT"], "ContentType": ["application/vnd.amazonaws.connect.event.chat.ended"]},
    ]
}


class Topic:
    """A delivery with one subscription, and what it handed to Lambda."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.clock = Clock()
        self.invoked: list[tuple[str, Mapping[str, Any]]] = []
        self.redriven: list[tuple[str, str]] = []
        self.delivery = Delivery(
            invoke=lambda function, event: self.invoked.append((function, event)),
            redrive=lambda queue, body: self.redriven.append((queue, body)),
            clock=self.clock,
            new_id=lambda: f"sns-{next(numbers)}",
            instance_id="i-1",
        )
        self.delivery.subscriptions = (
            Subscription(
                topic_arn=TOPIC,
                function_arn=BOT,
                filter_policy=FILTER,
                filter_policy_scope="MessageAttributes",
                dead_letter_arn=FAILURES,
            ),
        )

    def say(self, text: str, *, role: str = "CUSTOMER", topics: tuple[str, ...] = (TOPIC,)) -> None:
        self.delivery.hear(ItemAdded(contact_id="c-1", item=item(text, role), streaming_topics=topics))

    def texts(self) -> list[str]:
        return [json.loads(event["Records"][0]["Sns"]["Message"])["Content"] for _, event in self.invoked]


def item(text: str, role: str = "CUSTOMER") -> dict[str, str]:
    return {
        "Id": f"item-{text}",
        "Type": "MESSAGE",
        "ContentType": "text/plain",
        "Content": text,
        "ParticipantRole": role,
        "ContactId": "c-1",
        "InitialContactId": "c-1",
    }


def test_a_message_comes_as_lambda_gets_it_from_sns() -> None:
    """Body as a JSON string, attributes with type and value, one record."""
    topic = Topic()

    topic.say("¿hola?")

    [(function, event)] = topic.invoked
    [record] = event["Records"]
    values = {name: each["Value"] for name, each in record["Sns"]["MessageAttributes"].items()}
    assert function == BOT
    assert record["EventSource"] == "aws:sns"
    assert json.loads(record["Sns"]["Message"]) == item("¿hola?")
    assert values == {
        "InitialContactId": "c-1",
        "ContactId": "c-1",
        "InstanceId": "i-1",
        "AccountId": "000000000000",
        "ParticipantRole": "CUSTOMER",
        "Type": "MESSAGE",
        "ContentType": "text/plain",
        "MessageVisibility": "ALL",
    }
    assert {each["Type"] for each in record["Sns"]["MessageAttributes"].values()} == {"String"}


def test_what_the_template_s_filter_refuses_is_not_delivered() -> None:
    """Otherwise the bot would hear itself."""
    topic = Topic()

    topic.say("I am the bot", role="CUSTOM_BOT")

    assert topic.invoked == []


def test_an_event_without_a_role_passes_by_its_content_type() -> None:
    """The end of a chat may name nobody."""
    topic = Topic()
    ended = {"Type": "EVENT", "ContentType": "application/vnd.amazonaws.connect.event.chat.ended", "ContactId": "c-1"}

    topic.delivery.hear(ItemAdded(contact_id="c-1", item=ended, streaming_topics=(TOPIC,)))

    assert len(topic.invoked) == 1


def test_only_topics_that_the_contact_streams_to_are_published_to() -> None:
    """Before streaming starts nothing is delivered, and another topic is another's."""
    topic = Topic()

    topic.say("early", topics=())
    topic.say("elsewhere", topics=(arn("sns", "Other"),))
    topic.delivery.hear(ContactEnded(contact_id="c-1", reason="API"))

    assert topic.invoked == []


def test_a_duplicate_has_the_same_body_and_another_message_id() -> None:
    """As SNS repeats; who tells duplicates by MessageId fails here as there."""
    topic = Topic()
    topic.delivery.switches.copies = 2

    topic.say("twice")

    identities = [event["Records"][0]["Sns"]["MessageId"] for _, event in topic.invoked]
    assert topic.texts() == ["twice", "twice"]
    assert identities == ["sns-1", "sns-2"]


def test_an_event_can_be_lost() -> None:
    """Then only the flow's watch helps the customer."""
    topic = Topic()
    topic.delivery.switches.copies = 0

    topic.say("lost")

    assert topic.invoked == []


def test_held_events_are_released_in_the_order_a_test_wants() -> None:
    """SNS promises no order."""
    topic = Topic()
    topic.delivery.switches.hold = True
    for text in ("one", "two"):
        topic.say(text)
    held = list(topic.invoked)

    topic.delivery.release(order=lambda events: list(events)[::-1])
    topic.say("three")

    assert held == []
    assert topic.texts() == ["two", "one", "three"]


def test_what_lambda_does_not_accept_goes_to_the_subscription_s_queue() -> None:
    """In the shape that a queue gets from SNS: the notification alone, with other names and no empty subject."""
    topic = Topic()
    topic.delivery.switches.refused = True

    topic.say("¿hola?")

    [(queue, body)] = topic.redriven
    notification = json.loads(body)
    assert (queue, topic.invoked) == (FAILURES, [])
    assert json.loads(notification["Message"])["Content"] == "¿hola?"
    assert notification["MessageAttributes"]["ContactId"] == {"Type": "String", "Value": "c-1"}
    assert list(notification) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
        "MessageAttributes",
    ]


def test_without_such_a_queue_it_is_lost() -> None:
    """A subscription that forgot it must show that here."""
    topic = Topic()
    [subscription] = topic.delivery.subscriptions
    topic.delivery.subscriptions = (dataclasses.replace(subscription, dead_letter_arn=None),)
    topic.delivery.switches.refused = True

    topic.say("lost")

    assert (topic.invoked, topic.redriven) == ([], [])


async def test_a_late_event_comes_when_the_stack_s_clock_says_so() -> None:
    """Tests move the clock instead of waiting."""
    topic = Topic()
    topic.delivery.switches.delay_seconds = 400
    topic.say("late")
    await asyncio.sleep(0)
    before = topic.texts()

    topic.clock.advance(400)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (before, topic.texts()) == ([], ["late"])


async def test_one_event_of_a_chat_can_have_a_fate_of_its_own() -> None:
    """Several chats run in one test: neither another's event nor another kind of event is met."""
    topic = Topic()
    lost = topic.delivery.switches.decide("CUSTOMER MESSAGE", Fate(arrives_after=()), contact_id="c-1", nth=2)
    topic.delivery.switches.decide("CUSTOMER MESSAGE", Fate(arrives_after=()), contact_id="c-2")
    topic.delivery.switches.decide("CUSTOMER ATTACHMENT", Fate(arrives_after=()), contact_id="c-1")

    for text in ("one", "two", "three"):
        topic.say(text)

    assert topic.texts() == ["one", "three"]
    assert lost.met


async def test_an_event_can_arrive_at_once_and_again_later() -> None:
    """As a queue repeats what it has delivered."""
    topic = Topic()
    topic.delivery.switches.decide("CUSTOMER MESSAGE", Fate(arrives_after=(0.0, 0.0, 120.0)), contact_id="c-1")
    topic.say("thrice")
    at_once = topic.texts()

    await asyncio.sleep(0)
    topic.clock.advance(120)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (at_once, topic.texts()) == (["thrice"] * 2, ["thrice"] * 3)


async def test_an_event_can_be_overtaken_by_the_next() -> None:
    """Once, and not also at the time at which it would have come without one."""
    topic = Topic()
    overtaken = Fate(arrives_after=(30.0,), after_the_next=True)
    topic.delivery.switches.decide("CUSTOMER MESSAGE", overtaken, contact_id="c-1")

    topic.say("one")
    topic.say("two")
    await asyncio.sleep(0)
    topic.clock.advance(30)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert topic.texts() == ["two", "one"]


async def test_an_overtaken_event_that_no_other_follows_comes_late() -> None:
    """It is not lost."""
    topic = Topic()
    overtaken = Fate(arrives_after=(30.0,), after_the_next=True)
    topic.delivery.switches.decide("CUSTOMER MESSAGE", overtaken, contact_id="c-1")

    topic.say("alone")
    await asyncio.sleep(0)
    before = topic.texts()
    topic.clock.advance(30)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (before, topic.texts()) == ([], ["alone"])


async def test_what_a_function_hands_to_another_is_delivered_like_any_event() -> None:
    """It has no message attributes, and may be lost as well."""
    topic = Topic()
    handed = {"Records": [{"Sns": {"Message": json.dumps(item("early", "CUSTOMER"))}}]}
    topic.delivery.switches.decide("early message", Fate(arrives_after=()), contact_id="c-1")

    topic.delivery.deliver(BOT, handed)
    topic.delivery.deliver(BOT, handed)

    assert topic.texts() == ["early"]
    assert [each.kind for each in topic.delivery.recorded] == ["early message", "early message"]


async def test_closing_drops_what_is_still_on_its_way() -> None:
    """A stack that stops leaves no task behind."""
    topic = Topic()
    topic.delivery.switches.delay_seconds = 400
    topic.say("late")

    await topic.delivery.close()

    assert topic.invoked == []
