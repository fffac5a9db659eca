"""A participant's presence: every legal move, and no other."""

from __future__ import annotations

import itertools

import pytest

from local.participants import MOVES, USE_TOKEN_WITHIN_SECONDS, IllegalMoveError, Participant, Presence, Role, Step


def participant(presence: Presence = Presence.INVITED, role: Role = Role.CUSTOM_BOT) -> Participant:
    return Participant(participant_id="p", role=role, display_name="Bot", invited_at=100.0, presence=presence)


LEGAL = [
    ("invited", "admit", "admitted"),
    ("invited", "leave", "left"),
    ("invited", "expire", "expired"),
    ("admitted", "admit", "admitted"),
    ("admitted", "connect", "connected"),
    ("admitted", "leave", "left"),
    ("connected", "admit", "connected"),
    ("connected", "leave", "left"),
]


@pytest.mark.parametrize(("presence", "step", "then"), LEGAL)
def test_a_legal_step_leads_on(presence: str, step: str, then: str) -> None:
    """One row of the table each."""
    one = participant(Presence(presence))

    one.move(Step(step))

    assert one.presence == then


@pytest.mark.parametrize(("presence", "step"), sorted(set(itertools.product(Presence, Step)) - set(MOVES)))
def test_any_other_step_raises_and_changes_nothing(presence: Presence, step: Step) -> None:
    """Nobody comes back from having left."""
    one = participant(presence)

    with pytest.raises(IllegalMoveError, match=f"who is {presence} cannot {step}"):
        one.move(step)

    assert one.presence is presence


@pytest.mark.parametrize(("role", "seconds"), [(Role.CUSTOM_BOT, 15), (Role.AGENT, 20), (Role.CUSTOMER, 300)])
def test_the_participant_token_must_be_used_in_time(role: Role, seconds: float) -> None:
    """Just in time is in time."""
    one = participant(role=role)

    assert USE_TOKEN_WITHIN_SECONDS[role] == seconds
    assert (one.is_overdue(100.0 + seconds), one.is_overdue(100.1 + seconds)) == (False, True)


def test_who_used_the_token_is_never_overdue() -> None:
    """The limit is for the first use only."""
    assert not participant(Presence.ADMITTED).is_overdue(1_000_000.0)


def test_present_is_who_is_in_the_chat_or_may_still_come() -> None:
    """So an invited custom participant already takes the place."""
    assert [one for one in Presence if participant(one).is_present] == ["invited", "admitted", "connected"]
