"""A team that writes Markdown: each customer reads it as their chat can show it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.settings import StackSettings
from tests.journeys.backstage import Backstage
from tests.journeys.people import BOT, Customer, Place
from tests.openai_wire import Say, openai_wire
from tests.running_stack import running_stack

ONE_BACKEND = "bedrock-agents"
OK = 200
MARKED = "Your order **left** today.\n\n- [Follow it](https://shop.example/p)\n- *Return* it"
UNMARKED = ["Your order left today.", "• Follow it (https://shop.example/p)\n• Return it"]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A stack whose model answers everything in Markdown."""
    with pytest.MonkeyPatch.context() as environment, openai_wire(lambda _: Say(MARKED)) as wire:
        environment.setenv("OPENAI_API_KEY", "a key")
        settings = StackSettings(port=0, model=f"openai:clever@{wire.url}", watch=False)
        with running_stack(settings) as running:
            found = Place(running)
            yield found
            found.close()


def told(customer: Customer) -> list[tuple[str, str]]:
    """What the bot said after its greeting, and in what it was written."""
    said = [item for item in customer.transcript() if item["Type"] == "MESSAGE" and item["ParticipantRole"] == BOT]
    return [(item["Content"], item["ContentType"]) for item in said[1:]]


def refused(place: Place, customer: Customer) -> int:
    """How many messages were not taken."""
    sent = Backstage(place.stack, place).calls(customer.contact_id, "SendMessage")
    return sum(call.status != OK for call in sent)


def test_a_chat_that_shows_markdown_gets_it(place: Place) -> None:
    """Connect's own chat window does, unless that is switched off."""
    customer = Customer(place, SupportedMessagingContentTypes=["text/plain", "text/markdown"])
    customer.is_greeted()

    customer.says("Where is my order?")
    customer.hears(BOT, "return")

    assert told(customer) == [(text, "text/markdown") for text in MARKED.split("\n\n")]


def test_a_chat_without_markdown_reads_well(place: Place) -> None:
    """The first message finds it out; the second question costs no try."""
    customer = Customer(place)
    customer.is_greeted()

    customer.says("Where is my order?")
    customer.hears(BOT, "return")
    customer.says("And now?")
    place.stack.settle()

    assert told(customer) == [(text, "text/plain") for text in UNMARKED * 2]
    assert refused(place, customer) == 1


def test_a_text_message_reads_well(place: Place) -> None:
    """Nobody tries Markdown where it is never shown."""
    customer = Customer(place, SegmentAttributes={"connect:Subtype": {"ValueString": "connect:SMS"}})
    customer.is_greeted()

    customer.says("Where is my order?")
    customer.hears(BOT, "return")

    assert told(customer) == [(text, "text/plain") for text in UNMARKED]
    assert refused(place, customer) == 0
