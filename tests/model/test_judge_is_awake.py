"""Each safeguard taken away, and the judge finds it; with all of them in place the same chats show nothing."""

from __future__ import annotations

import pytest

from tests.model.broken import AT_RANDOM, BROKEN
from tests.model.scene import Parts
from tests.model.soak import Chat, Soak, kind_of, shortened

SEED = 1
WITHIN_STEPS = 200_000


@pytest.mark.parametrize("safeguard", AT_RANDOM)
def test_a_missing_safeguard_is_found(safeguard: str) -> None:
    """Most within a few thousand steps."""
    soak = Soak(SEED)
    soak.run(WITHIN_STEPS, parts=BROKEN[safeguard])

    assert soak.violated is not None, f"nobody missed {safeguard} in {soak.chats} chats"


def test_the_whole_system_shows_nothing() -> None:
    """The same chats; and most of what can happen has happened in them."""
    soak = Soak(SEED)
    soak.run(WITHIN_STEPS // 2)

    assert not soak.violated, soak.violated[1].as_told()
    for happening in (
        "a turn is taken over",
        "a later stay",
        "Lambda gives an event up",
        "hand-off: rescued",
        "hand-off: crashed",
        "hand-off: unanswered",
        "freezes longer than the lease",
        "a call is done, but its answer lost",
        "an event comes once more",
        "Markdown is refused",
    ):
        assert soak.counts[happening], f"in {soak.chats} chats it never happened: {happening}"


def test_the_same_seed_gives_the_same_histories() -> None:
    """A violation can be seen again."""
    once, again = Soak(SEED), Soak(SEED)
    once.run(3_000)
    again.run(3_000)

    assert (once.steps, once.counts) == (again.steps, again.counts)


def test_a_violation_is_told_by_a_shorter_story() -> None:
    """Fewer moves, the same violation."""
    soak = Soak(SEED)
    soak.run(WITHIN_STEPS, parts=BROKEN["the look at the transcript after a takeover"])
    assert soak.violated is not None
    chat, scene = soak.violated

    short = shortened(chat, str(scene.judge.violation))

    assert kind_of(str(short.judge.violation)) == kind_of(str(scene.judge.violation))
    assert len(short.judge.story) < len(scene.judge.story)


def test_another_chat_is_another_history() -> None:
    """Else many chats would prove what one does."""
    first, second = Chat(SEED, 0), Chat(SEED, 1)
    first.played()
    second.played()

    assert first.moves != second.moves
    assert first.parts == second.parts == Parts()
