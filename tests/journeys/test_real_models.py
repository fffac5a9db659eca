"""A model that is named is the one that answers; whatever it does, the customer is not left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from agents.script import load_script
from local.settings import ROOT, StackSettings
from tests.journeys.people import BOT, Customer, Place
from tests.openai_wire import Answer, Refuse, Say, Use, openai_wire, thinks_with
from tests.running_stack import running_stack

SECRET = "sk-secret"
STORE = ROOT / "agents" / "store"

GetCustomer = Callable[..., AbstractContextManager[Customer]]


class Mind:
    """A model behind the wire that changes from test to test."""

    def __init__(self) -> None:
        self.think: Callable[[Mapping[str, Any]], Answer] = thinks_with(load_script(STORE))

    def __call__(self, asked: Mapping[str, Any]) -> Answer:
        return self.think(asked)


@pytest.fixture(scope="module")
def mind() -> Mind:
    return Mind()


@pytest.fixture(scope="module")
def place(mind: Mind) -> Iterator[Place]:
    """A stack whose team thinks with the model behind the wire."""
    with pytest.MonkeyPatch.context() as environment, openai_wire(mind) as wire:
        environment.setenv("OPENAI_API_KEY", SECRET)
        settings = StackSettings(port=0, model=f"openai:clever@{wire.url}", watch=False)
        with running_stack(settings) as running:
            found = Place(running)
            yield found
            found.close()


@contextmanager
def greeted(place: Place) -> Iterator[Customer]:
    customer = Customer(place)
    customer.is_greeted()
    yield customer
    place.end_chats()


def test_the_model_that_is_named_answers_and_uses_tools(place: Place) -> None:
    """The whole stack, with one setting changed."""
    with greeted(place) as customer:
        customer.says("where is my order 10020030? my id is 12345678-9")

        customer.hears(BOT, "10020030", "scheduled")

    facts = json.dumps(place.facts)
    assert place.facts["model"] == {"scripted": False, "name": "openai:clever"}
    assert SECRET not in facts
    assert "/v1" not in facts


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Use([("orders", {"input": "look"})]), id="goes in circles"),
        pytest.param(Use([("a_tool_that_is_not_there", {})]), id="calls what is not there"),
        pytest.param(Refuse(401), id="refuses the key"),
        pytest.param(Refuse(500), id="fails"),
    ],
)
def test_a_customer_whose_model_does_not_answer_is_told_and_reaches_a_person(
    place: Place, mind: Mind, answer: Answer
) -> None:
    """Bounded, explained, handed over; and the endpoint's words and the key stay out of sight."""
    with greeted(place) as customer:
        greeting = len(customer.heard(BOT))
        mind.think = lambda _: answer
        customer.says("where is my order 10020030? my id is 12345678-9")

        customer.is_waiting()

        assert len(customer.heard(BOT)) > greeting
        assert customer.attributes()["handoff_outcome"] == "escalate"
        entries = place.stack.call(lambda stack: [entry.as_json() for entry in stack.activity.entries()])
        assert SECRET not in json.dumps([entries, customer.transcript(), customer.attributes()])


def test_a_customer_whose_model_says_nothing_is_asked_once_more_and_then_reaches_a_person(
    place: Place, mind: Mind
) -> None:
    """Blanks are as good as nothing."""
    with greeted(place) as customer:
        mind.think = lambda _: Say(" \n\t")
        customer.says("where is my order?")
        customer.hears(BOT, "in other words")
        mind.think = lambda _: Say("")
        customer.says("where is my order?")

        customer.is_waiting()

        assert customer.attributes()["handoff_outcome"] == "escalate"
