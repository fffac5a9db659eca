"""Many processes on one record: one holder each time, no message missing, none finished twice."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from lambdas.conversation.contact import State
from tests.races.course import PROCESSES, RACES, Course, course

ROUNDS = 2
STORMS = 12


@pytest.fixture(scope="module")
def racers() -> Iterator[Course]:
    with course() as ready:
        yield ready


@pytest.mark.parametrize("name", RACES)
def test_no_rule_is_broken_by_any_order(racers: Course, name: str) -> None:
    """Each race that was thought out, judged write by write."""
    for _ in range(ROUNDS):
        assert racers.run(RACES[name]).problems == []


@pytest.mark.parametrize("seed", range(STORMS))
def test_no_rule_is_broken_in_a_storm(racers: Course, seed: int) -> None:
    """Every process does whatever comes to its mind, and leases run out under its hands."""
    assert racers.storm(random.Random(seed)).problems == []  # noqa: S311  (repeatable, not secret)


def test_of_messages_at_the_same_time_one_takes_the_turn_and_all_are_kept(racers: Course) -> None:
    """The others' senders may go: whoever holds the turn answers them."""
    found = racers.run(RACES["messages that come at the same time"])

    assert found.winners("take") == 1
    assert len(found.end.after.done) == PROCESSES


def test_of_many_deliveries_of_one_message_one_takes_the_turn(racers: Course) -> None:
    """SNS delivers at least once."""
    found = racers.run(RACES["one message, delivered many times"])

    assert found.winners("take_same") == 1
    assert len(found.end.after.done) == 1


def test_an_abandoned_turn_has_one_successor(racers: Course) -> None:
    """All of them see that the lease has expired."""
    found = racers.run(RACES["an abandoned turn"])

    assert found.winners("take_over") == 1
    assert [write.after.takeovers for write in found.writes].count(1) == 1


def test_a_holder_that_wakes_too_late_finishes_nothing(racers: Course) -> None:
    """Whatever it tries, the turn is another's; only if nobody has come yet may it go on."""
    found = racers.run(RACES["a holder that wakes too late"])
    owners = [write.after.lease.owner for write in found.writes if write.after.lease]

    assert owners == sorted(owners, key=owners.index)  # nobody holds the turn again after another did


def test_a_contact_is_handed_off_once(racers: Course) -> None:
    """By the holder or by the flow, whoever decides first."""
    found = racers.run(RACES["a hand-off, and another by the flow"])

    assert found.winners("hand_off") + found.winners("seize") == 1
    assert (found.end.after.state, found.end.after.handoffs) == (State.HUMAN, 1)


def test_many_tries_of_one_joining_make_one_stay(racers: Course) -> None:
    """Connect repeats the flow's call; each try goes on with the same stay."""
    found = racers.run(RACES["many tries of one joining"])

    assert {write.after.stay for write in found.writes} == {1, 2}
    assert found.winners("join") == PROCESSES


def test_a_former_stay_changes_nothing(racers: Course) -> None:
    """The bot has left and come back; what the first stay still writes meets the second."""
    found = racers.run(RACES["a former stay that goes on"])
    seconds = [write for write in found.writes if write.before is not None and write.before.stay == 2]

    assert not [write for write in seconds if (write.writer or "").startswith("p0/")]
