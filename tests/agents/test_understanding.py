"""What one message says, by the script."""

from __future__ import annotations

import pytest

from agents.script import load_script
from agents.understanding import understand
from tests.agents.demo_tools import STORE

SCRIPT = load_script(STORE)


@pytest.mark.parametrize(
    "text",
    [
        "Could somebody real help me out?",
        "I want out of this, put me on with an adviser",
        "no, I would like to chat with a person",
        "I don't want to talk to a machine any more",
        "¿Me comunica con una ejecutiva?",
        "no quiero seguir con un robot",
        "no, quiero hablar con alguien",
    ],
)
def test_a_wish_for_a_person_is_heard_in_many_forms(text: str) -> None:
    """Whoever wants a person must get one."""
    assert understand(SCRIPT, text).tasks == ("escalate",)


@pytest.mark.parametrize(
    "text",
    [
        "I do not need a person for this",
        "please don't connect me to a human",
        "I never asked for an agent",
        "no hace falta un humano",
        "todavía no quiero hablar con una persona",
        "prefiero no hablar con nadie",
        "are you a person?",
    ],
)
def test_what_is_denied_is_not_wished_for(text: str) -> None:
    """The words of a wish are there, the wish is not."""
    assert "escalate" not in understand(SCRIPT, text).tasks


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("order 10020030", {"order_number": "10020030"}),
        ("10.020.030", {"order_number": "10020030"}),
        ("98.765.432-1", {"identity_document_number": "98765432-1"}),
        ("15678234k", {"identity_document_number": "15678234-K"}),
        ("my ticket is t 100001", {"ticket_number": "T-100001"}),
        ("10020030, sorry: 10020060", {"order_number": "10020060"}),
        ("it's 10020060, not 10020030", {"order_number": "10020060"}),
        ("I paid 49.99 on 12/03/2026", {}),
    ],
)
def test_numbers_are_found_and_brought_into_one_form(text: str, slots: dict[str, str]) -> None:
    """Tools get one form, however a customer writes."""
    assert understand(SCRIPT, text).slots == slots


def test_a_short_number_counts_only_as_the_answer_to_a_question() -> None:
    """Any number may be in a message; after a question it is the answer, right or wrong."""
    assert understand(SCRIPT, "1002").slots == {}
    assert understand(SCRIPT, "1002", asked=["order_number"]).slots == {"order_number": "1002"}


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("Two questions: any news of ticket T-100001? And where is order 10020040?", ("read_ticket", "order_status")),
        ("where is order 10020040 and how is ticket T-100001 going?", ("order_status", "read_ticket")),
        ("I want to open a ticket, my order 10020040 never arrived", ("open_ticket",)),
    ],
)
def test_several_wishes_count_if_they_are_announced_or_have_their_numbers(text: str, tasks: tuple[str, ...]) -> None:
    """A story of several sentences is mostly about one thing."""
    assert understand(SCRIPT, text).tasks == tasks


@pytest.mark.parametrize(
    ("text", "language"),
    [("where is it", "en"), ("¿dónde está?", "es"), ("10020030", None), ("ok", None), ("Alles klar?", None)],
)
def test_the_language_is_told_by_the_words(text: str, language: str | None) -> None:
    """Numbers and words that many languages have tell nothing."""
    assert understand(SCRIPT, text).language == language
