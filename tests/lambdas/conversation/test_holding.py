"""Whether the holder of a turn may speak: the fence of design rule 3."""

from __future__ import annotations

import pytest

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.errors import FenceClosed
from lambdas.conversation.holding import LEAST_LEFT_SECONDS, Holding


def test_whoever_has_just_taken_the_turn_may_speak() -> None:
    """The lease is new, and no other state is known."""
    Holding(renewed_at=100.0).require_voice(monotonic=100.0)


def test_five_seconds_of_lease_must_be_left() -> None:
    """A send may take its time; it must not arrive after somebody else has begun to answer."""
    last_moment = 100.0 + LEASE_SECONDS - LEAST_LEFT_SECONDS
    holding = Holding(renewed_at=100.0)

    holding.require_voice(monotonic=last_moment)
    with pytest.raises(FenceClosed) as closed:
        holding.require_voice(monotonic=last_moment + 0.001)

    assert not closed.value.moot


def test_a_renewal_opens_the_fence_again() -> None:
    """Counted from before the write that renewed: the table may have seen it that early."""
    holding = Holding(renewed_at=100.0)

    holding.renewed(at=128.0)

    holding.require_voice(monotonic=140.0)


@pytest.mark.parametrize("seen", [State.HANDING_OFF, State.HUMAN, State.ENDED])
def test_what_was_to_be_said_is_moot_once_the_contact_has_left_the_bot(seen: State) -> None:
    """Then the turn may end in peace: the person has the message, or nobody is there."""
    holding = Holding(renewed_at=100.0)

    holding.lose(seen)

    with pytest.raises(FenceClosed, match=seen) as closed:
        holding.require_voice(monotonic=100.0)
    assert closed.value.moot


@pytest.mark.parametrize("seen", [State.BOT, None])
def test_a_turn_lost_to_another_execution_is_not_moot(seen: State | None) -> None:
    """Somebody must finish it, so this one ends with an error and Lambda looks again."""
    holding = Holding(renewed_at=100.0)

    holding.lose(seen)

    with pytest.raises(FenceClosed) as closed:
        holding.require_voice(monotonic=100.0)
    assert not closed.value.moot
