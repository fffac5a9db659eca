"""A customer reaches a human, who already knows the story; from then on the bot is silent."""

from __future__ import annotations

import re

import pytest

from amazon_connect.flows.inbound import inbound
from lambdas.conversation import handoff
from local.agent_faces import AGENTCORE_HARNESS
from local.settings import ROOT
from tests.journeys.backstage import START_BOT, Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, HUMAN, Customer, Place

QUESTION = "Where is my order 10020030? My ID is 12345678-9."
WISH = "I'd like to talk to a person, please."
OF_A_HANDOFF = {
    handoff.OUTCOME,
    handoff.REASON,
    handoff.QUEUE,
    handoff.SUMMARY,
    handoff.LANGUAGE,
    handoff.ATTEMPTS,
}
"""The attributes that every hand-off has, besides what its control brought."""


def test_a_customer_who_asks_for_a_person_reaches_one_who_knows_the_story(
    customer: Customer, place: Place, backstage: Backstage
) -> None:
    """The heart of the product: nothing has to be told twice, and nobody but the human speaks afterwards."""
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")
    customer.says(WISH)
    shown = customer.is_waiting()
    human = place.accept(customer.contact_id)
    human.says("Hello Ana, this is Lucía.")
    customer.hears(HUMAN, "Lucía")
    bot_said = customer.heard(BOT)
    turns = backstage.questions(customer.contact_id)
    customer.says("Can you send it to my office?")
    human.hears("CUSTOMER", "my office")
    backstage.calm()

    attributes = customer.attributes()
    assert shown["attributes"] == attributes
    assert {name: attributes[name] for name in ("functionName", "actionGroup")} == {
        "functionName": "escalate",
        "actionGroup": "escalation",
    }
    assert attributes["handoff_outcome"] == "escalate"
    assert attributes["handoff_reason"] == "customer_asked"
    assert attributes["handoff_language"] == "en"
    assert attributes["handoff_attempts"] == "1"
    assert attributes["handoff_order_number"] == "10020030"
    assert WISH in attributes["handoff_summary"]
    assert human.heard(BOT) == bot_said
    assert human.heard("CUSTOMER") == [QUESTION, WISH, "Can you send it to my office?"]
    assert customer.heard(BOT) == bot_said
    assert sum("handing our chat to a person" in said for said in bot_said) == 1
    assert backstage.questions(customer.contact_id) == turns
    assert len(backstage.calls(customer.contact_id, "StopContactStreaming")) == 1
    assert backstage.record(customer.contact_id).state == "human"


def test_a_wish_for_a_person_is_never_met_with_a_question(start_chat: StartChat) -> None:
    """Whoever wants a human first gets one, in Spanish too."""
    customer = start_chat(language="es")
    customer.is_greeted()

    customer.says("Quisiera hablar con una persona, por favor.")

    attributes = customer.is_waiting()["attributes"]
    assert attributes["handoff_language"] == "es"
    assert not any("?" in said for said in customer.heard(BOT)[1:])


def test_what_was_written_while_the_bot_hands_off_belongs_to_the_human(
    customer: Customer, place: Place, backstage: Backstage
) -> None:
    """It is neither answered by the bot nor lost."""
    with backstage.holding("UpdateContactAttributes", contact_id=customer.contact_id) as attributes:
        customer.says(WISH)
        attributes.have_come()
        customer.says("It is about order 10020040.")

    customer.is_waiting()
    backstage.calm()
    human = place.accept(customer.contact_id)
    assert "It is about order 10020040." in human.heard("CUSTOMER")
    assert not any("10020040" in said for said in customer.heard(BOT))
    assert backstage.questions(customer.contact_id) == 1


def test_attributes_that_connect_refuses_still_leave_the_reason(customer: Customer, backstage: Backstage) -> None:
    """A briefing that does not fit must not keep the customer from the person, nor the flow from routing."""
    backstage.switches.fail(
        "UpdateContactAttributes", "InvalidRequestException", status=400, times=1, contact_id=customer.contact_id
    )

    customer.says(WISH)
    customer.is_waiting()

    attributes = customer.attributes()
    assert attributes["handoff_reason"] == "customer_asked"
    assert attributes["handoff_outcome"] == "escalate"
    assert "handoff_queue" in attributes
    assert "handoff_summary" not in attributes


def test_a_contact_full_of_attributes_is_handed_over_all_the_same(start_chat: StartChat) -> None:
    """Connect keeps 32 KB of attributes per contact; a site may have used nearly all of it."""
    customer = start_chat(Attributes={"cart": "x" * 32_550, "language": "en"})
    customer.is_greeted()

    customer.says(WISH)
    customer.is_waiting()

    attributes = customer.attributes()
    assert attributes["handoff_reason"] == "customer_asked"
    assert "handoff_summary" not in attributes


def test_a_customer_leaves_and_everything_ends(customer: Customer, backstage: Backstage) -> None:
    """The record says so, the agent's session is over, and no error is left behind."""
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")
    backstage.calm()

    customer.leaves()
    backstage.until(customer.contact_id, state="ended")
    backstage.calm()

    # No call ends a Harness's session: it lapses.
    assert backstage.has_ended_session(customer.contact_id) is (backstage.backend != AGENTCORE_HARNESS)
    assert backstage.questions(customer.contact_id) == 1
    assert set(backstage.phases(customer.contact_id)) == {"started", "finished"}


def test_a_customer_who_leaves_while_the_team_thinks_leaves_no_error_behind(
    customer: Customer, backstage: Backstage
) -> None:
    """An answer nobody waits for is dropped; it is not an alarm at night."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        customer.leaves()
        backstage.until(customer.contact_id, state="ended")
    backstage.calm()

    assert set(backstage.phases(customer.contact_id)) == {"started", "finished"}
    assert backstage.record(customer.contact_id).state == "ended"


def test_a_human_joins_while_the_bot_speaks(customer: Customer, place: Place, backstage: Backstage) -> None:
    """Connect removes the bot at that moment: what it was about to say is not heard, and the human has the chat."""
    backstage.switches.fail("UpdateItem", "InternalServerError", function=backstage.name(START_BOT))
    backstage.switches.fail("GetItem", "InternalServerError", function=backstage.name(START_BOT))
    backstage.pass_time(90)  # the flow cannot ask StartBot how the bot is, so it looks for a person by itself
    customer.is_waiting()
    with backstage.holding("SendMessage", contact_id=customer.contact_id) as answer:
        customer.says(QUESTION)
        answer.have_come()
        human = place.accept(customer.contact_id)
        backstage.until(customer.contact_id, state="human")
    customer.says("Are you there?")
    human.hears("CUSTOMER", "Are you there?")
    backstage.calm()

    assert len(customer.heard(BOT)) == 1  # the greeting
    assert set(backstage.phases(customer.contact_id)) == {"started", "finished"}
    assert backstage.questions(customer.contact_id) == 1


def test_the_bot_writes_the_attributes_that_the_flow_and_the_desk_read(customer: Customer) -> None:
    """Each side has names of its own, because none imports another; here they meet."""
    customer.says(WISH)

    written = customer.is_waiting()["attributes"]

    assert {handoff.FUNCTION_NAME, handoff.ACTION_GROUP, *OF_A_HANDOFF} <= written.keys()
    assert read_by_the_flow() == {handoff.OUTCOME}
    assert known_to_the_desk() >= OF_A_HANDOFF


def test_the_flow_knows_the_word_that_ends_a_chat() -> None:
    """It is written on both sides; were they to differ, `end` would look for a person for ever."""
    [outcome] = [action for action in inbound().actions if action.identifier == "outcome"]

    assert [condition.operands for condition in outcome.transitions.conditions] == [(handoff.Outcome.END.value,)]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_desk_has_words_for_every_reason(language: str) -> None:
    """A person reads why the customer comes, not the name of a constant."""
    texts = (ROOT / "local" / "page" / "js" / "texts" / f"{language}.js").read_text(encoding="utf-8")

    assert set(re.findall(r'"reason\.(\w+)":', texts)) == {reason.value for reason in handoff.Reason}


def read_by_the_flow() -> set[str]:
    return set(re.findall(r"\$\.Attributes\.(\w+)", repr(inbound())))


def known_to_the_desk() -> set[str]:
    """The attributes of a hand-off that the desk shows in a way of its own."""
    briefing = (ROOT / "local" / "page" / "js" / "desk" / "briefing.js").read_text(encoding="utf-8")
    [prefix] = re.findall(r'PREFIX = "(\w+)"', briefing)
    [named] = re.findall(r"NOT_PAPERS = new Set\(\[(.*?)\]\)", briefing, re.DOTALL)
    return {f"{prefix}{name}" for name in re.findall(r'"(\w+)"', named)}
