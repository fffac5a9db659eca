"""Secrets: what they open, for how long, how often."""

from __future__ import annotations

import itertools

import pytest

from local.tokens import LIFE_SECONDS, Grant, Kind, Tokens
from tests.local.chat_rooms import MovableTime

DAY = 86_400


class Purse:
    """Tokens on a clock the test owns."""

    def __init__(self) -> None:
        self.time = MovableTime()
        numbers = itertools.count(1)
        self.tokens = Tokens(self.time, lambda: f"id-{next(numbers)}")

    def issue(self, kind: Kind, life_seconds: float | None = None) -> Grant:
        return self.tokens.issue(kind, contact_id="contact", subject_id="ana", life_seconds=life_seconds)


@pytest.mark.parametrize("kind", Kind)
def test_a_secret_opens_what_it_was_issued_for_and_nothing_of_another_kind(kind: Kind) -> None:
    """A participant token must not work where a connection token is asked for."""
    purse = Purse()

    grant = purse.issue(kind)

    assert [other for other in Kind if purse.tokens.find(grant.text, other)] == [kind]
    assert (grant.contact_id, grant.subject_id) == ("contact", "ana")


def test_a_connection_token_lives_one_day() -> None:
    """Whatever the chat's duration; a chat may live seven."""
    purse = Purse()
    grant = purse.issue(Kind.CONNECTION)

    purse.time.advance(DAY - 1)
    before = purse.tokens.find(grant.text, Kind.CONNECTION)
    purse.time.advance(1)
    after = purse.tokens.find(grant.text, Kind.CONNECTION)

    assert (before, after) == (grant, None)


def test_a_participant_token_does_not_age() -> None:
    """It lives as long as its participant, which others judge."""
    purse = Purse()
    grant = purse.issue(Kind.PARTICIPANT)

    purse.time.advance(8 * DAY)

    assert purse.tokens.find(grant.text, Kind.PARTICIPANT) == grant


def test_a_ticket_is_redeemed_once() -> None:
    """A socket URL opens one socket."""
    purse = Purse()
    grant = purse.issue(Kind.SOCKET)

    redeemed = [purse.tokens.redeem(grant.text, Kind.SOCKET) for _ in range(2)]

    assert redeemed == [grant, None]


def test_a_life_of_its_own_replaces_the_usual_one() -> None:
    """GetAttachment lets the caller choose."""
    purse = Purse()

    grant = purse.issue(Kind.DOWNLOAD, life_seconds=5)

    assert grant.expires_at == purse.time.seconds + 5
    assert LIFE_SECONDS[Kind.DOWNLOAD] != 5


def test_a_token_fits_where_tokens_go() -> None:
    """Headers, URLs and the 1,000 characters of the model; and no two are equal."""
    purse = Purse()

    texts = [purse.issue(Kind.CONNECTION).text for _ in range(3)]

    assert len(set(texts)) == 3
    assert all(text.replace("-", "").replace("_", "").isalnum() and len(text) <= 1_000 for text in texts)


def test_an_unknown_secret_opens_nothing() -> None:
    """Not even with an empty text."""
    purse = Purse()

    assert purse.tokens.find("", Kind.CONNECTION) is None
    assert purse.tokens.redeem("guess", Kind.SOCKET) is None
