"""Phrases find what customers write, however they write it."""

from __future__ import annotations

import pytest

from agents.wording import corrected, fold, parse_phrase, tokenize


@pytest.mark.parametrize(
    ("phrase", "text", "occurs"),
    [
        ("where|when & parcel", "My parcel, where is it?", True),
        ("where|when & parcel", "my parcel is here", False),
        ("deliver*", "has it been DELIVERED", True),
        ("put me through", "please put me through now", True),
        ("put me through", "put it through, me", False),
        ("put me", "I put. Me?", False),
        ("{card} & renew", "renew {card}", True),
        ("= yes|please & yes", "yes, please!", True),
        ("= yes|please & yes", "yes, but later", False),
        ("= yes|please & yes", "please", False),
        ("donde esta", "¿DÓNDE ESTÁ?", True),
        ("dont", "I don’t", True),
    ],
)
def test_a_phrase_occurs_when_all_its_groups_do(phrase: str, text: str, *, occurs: bool) -> None:
    """One line of the script stands for many ways to say a thing."""
    assert parse_phrase(phrase).occurs_in(tokenize(text)) is occurs


@pytest.mark.parametrize("phrase", ["", "a &", "a || b", "&"])
def test_a_phrase_with_a_gap_is_refused(phrase: str) -> None:
    """An empty wording would occur in every text."""
    with pytest.raises(ValueError, match="a word is missing"):
        parse_phrase(phrase)


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("humna", "human"),
        ("ordr", "order"),
        ("orderr", "order"),
        ("ordar", "order"),
        ("order", "order"),
        ("older", "older"),
        ("cat", "cat"),
        ("border", "border"),
        ("10020030", "10020030"),
    ],
)
def test_one_slip_in_a_long_word_is_forgiven(token: str, word: str) -> None:
    """People type on phones; but a word that is known is no slip, and short words are too many."""
    assert corrected(token, {"human", "order", "older", "car"}) == word


def test_folding_keeps_letters_only_in_their_plain_form() -> None:
    """Whoever shouts or leaves out an accent says the same."""
    assert fold("¿CUÁNDO llega el ÑANDÚ?") == "¿cuando llega el nandu?"
