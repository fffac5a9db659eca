"""Customers are answered: about orders and tickets, in their language, each message once and in order."""

from __future__ import annotations

import re

import pytest

from tests.journeys.backstage import Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, FLOW, Customer


@pytest.mark.parametrize(
    ("language", "greeting", "question", "status"),
    [
        ("en", "virtual assistant", "Where is my order 10020030? My ID is 12345678-9.", "scheduled"),
        ("es", "asistente virtual", "¿Dónde está mi pedido 10020030? Mi documento es 12345678-9.", "programado"),
        ("es-CL", "asistente virtual", "¿Y el pedido 10020050? Documento 98765432-1", "entregado"),
    ],
)
def test_a_question_about_an_order_is_answered(
    start_chat: StartChat, language: str, greeting: str, question: str, status: str
) -> None:
    """What the product is for. The attribute `language` decides how the bot greets."""
    customer = start_chat(language=language)

    customer.hears(BOT, greeting)
    customer.says(question)

    customer.hears(BOT, "100200", status)


def test_the_team_answers_in_the_language_the_customer_writes(start_chat: StartChat) -> None:
    """Whoever writes Spanish is not answered in English because of a setting."""
    customer = start_chat(language="en")
    customer.hears(BOT, "virtual assistant")

    customer.says("¿Dónde está mi pedido 10020030? Mi documento es 12345678-9.")

    customer.hears(BOT, "programado")


def test_an_unknown_language_is_answered_in_english(start_chat: StartChat) -> None:
    """Nobody is met with silence or with a key instead of a sentence."""
    customer = start_chat(language="tlh")

    customer.hears(BOT, "virtual assistant")


def test_a_ticket_is_read_by_its_owner_and_by_nobody_else(start_chat: StartChat) -> None:
    """A ticket's number alone opens nothing."""
    owner, stranger = start_chat(), start_chat(name="Eve")
    owner.is_greeted()
    owner.says("My Luma One arrived broken, please open a ticket. My ID is 12345678-9.")
    opened = owner.hears(BOT, "opened ticket")
    number = re.findall(r"T-\d+", opened)[0]

    owner.says(f"How far is ticket {number}? My ID is 12345678-9.")
    stranger.says(f"How far is ticket {number}? My ID is 98765432-1.")

    owner.hears(BOT, number, "is waiting for a colleague")
    stranger.hears(BOT, "can't find a ticket that fits both")
    assert not any("opened on" in said or "colleague" in said for said in stranger.heard(BOT))


def test_messages_in_a_burst_are_answered_in_order_one_turn_at_a_time(customer: Customer, backstage: Backstage) -> None:
    """Three quick lines: none is lost, none overtakes another, and no two turns speak at once."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says("Where is my order 10020030? My ID is 12345678-9.")
        question.have_come()
        customer.says("And where is order 10020070? Same ID.")
        customer.says("Thank you!")
        backstage.waits(customer.contact_id, messages=3)
        asked_meanwhile = backstage.questions(customer.contact_id)

    customer.hears(BOT, "10020030", "scheduled")
    customer.hears(BOT, "10020070", "delivered")
    backstage.calm()
    answers = customer.heard(BOT)[1:]
    assert asked_meanwhile == 0
    assert backstage.questions(customer.contact_id) == 2  # what waited was asked together
    assert ["10020030" in answer for answer in answers] == [True, *[False] * (len(answers) - 1)]
    assert backstage.record(customer.contact_id).inbox == ()


@pytest.mark.parametrize("word", ["quit", "salir", "exit", "END"])
def test_no_word_is_magic(customer: Customer, backstage: Backstage, word: str) -> None:
    """A hand-off is an act of the team; a word the customer types never hangs up on them."""
    customer.says(word)
    backstage.calm()
    customer.says("Where is my order 10020030? My ID is 12345678-9.")

    customer.hears(BOT, "10020030", "scheduled")
    assert backstage.record(customer.contact_id).state == "bot"


def test_internals_of_the_team_are_never_heard(customer: Customer) -> None:
    """The customer sees sentences; which colleague asked which tool is nobody's business."""
    customer.says("Where is my order 10020030? My ID is 12345678-9.")
    customer.hears(BOT, "scheduled")

    said = " ".join([*customer.heard(BOT), *customer.heard(FLOW)])
    assert not re.search(r"get_order_status|escalate|front_desk|bot\.|flow\.|[{}]", said)
