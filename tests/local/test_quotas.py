"""Request rates, sustained and burst."""

from __future__ import annotations

import pytest

from local.quotas import RATES, Quotas
from tests.local.chat_rooms import MovableTime


@pytest.mark.parametrize("operation", RATES)
def test_a_burst_is_allowed_and_one_call_more_is_not(operation: str) -> None:
    """Each operation has Connect's own figures."""
    quotas = Quotas(MovableTime())

    allowed = [quotas.take(operation) for _ in range(int(RATES[operation].burst) + 1)]

    assert allowed == [*[True] * int(RATES[operation].burst), False]


def test_calls_come_back_at_the_sustained_rate() -> None:
    """SendMessage: 15 at once, then 10 a second."""
    time = MovableTime()
    quotas = Quotas(time)
    while quotas.take("SendMessage"):
        pass

    time.advance(0.5)

    assert [quotas.take("SendMessage") for _ in range(6)] == [True] * 5 + [False]


def test_a_long_rest_does_not_save_up_more_than_a_burst() -> None:
    """A bucket is full at its burst."""
    time = MovableTime()
    quotas = Quotas(time)
    quotas.take("CreateParticipant")

    time.advance(3_600)

    assert sum(quotas.take("CreateParticipant") for _ in range(100)) == 8


def test_typing_and_speaking_share_one_rate() -> None:
    """Connect states SendMessage and SendEvent together."""
    quotas = Quotas(MovableTime())

    allowed = sum(quotas.take(name) for name in ["SendMessage", "SendEvent"] * 15)

    assert allowed == 15
