"""Many chats at once, through the whole laptop stack: nothing is lost, doubled or interleaved.

This is the short form; `make load` is the long one.
"""

from __future__ import annotations

import pytest

from tests.load.run import SHORT, SHORT_WITH_QUOTAS, Load, Outcome, run

TOLERATED_SHARE = 0.1
"""Chats that a busy machine may be too slow to join within the flow's 8 seconds: a person has them, which is right."""


@pytest.fixture(scope="module", params=[SHORT, SHORT_WITH_QUOTAS], ids=["quotas off", "Connect's default quotas"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    load: Load = request.param
    return run(load)


def test_nothing_is_lost_doubled_or_interleaved(outcome: Outcome) -> None:
    """Each question has its own answer once, its parts together and in order, whatever SNS does."""
    assert outcome.faults == []
    assert {"doubled", "overtaken", "late"} <= outcome.fates.keys()


def test_nobody_who_talks_to_the_bot_is_sent_away(outcome: Outcome) -> None:
    """Many chats, and Connect's refusals, only delay."""
    assert outcome.handed_over == {}
    assert outcome.given_up == 0


def test_the_bot_comes_into_the_chats(outcome: Outcome) -> None:
    """A chat it did not come into is no success, even if a person has it."""
    assert len(outcome.not_joined) <= TOLERATED_SHARE * outcome.load.chats


def test_the_quotas_were_felt(outcome: Outcome) -> None:
    """Else they would prove nothing; and where there are none, nothing is throttled."""
    assert (sum(outcome.throttled.values()) > 0) == outcome.load.quotas
