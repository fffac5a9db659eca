"""When dots are shown, in a time that a test moves: each wait meets the next thing that happens in the turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from lambdas.adapters.dots import AFTER_WORDS_SECONDS, EVERY_SECONDS, WORDS_WAIT_SECONDS, Dots
from tests.fakes import NOON, ManualClock

HIDDEN_AFTER_SECONDS = 12.0
"""By chat windows."""


class MovedClock(ManualClock):
    """Whoever waits is met by what happens next, at its moment; without anything left the turn is over."""

    def __init__(self) -> None:
        super().__init__()
        self.happenings: list[tuple[float, Callable[[], None]]] = []

    def wait(self, event: threading.Event, seconds: float) -> bool:
        until = self.now() + seconds
        while not event.is_set() and self.happenings and self.happenings[0][0] <= until:
            at, happens = self.happenings.pop(0)
            self._now = max(self._now, at)
            happens()
        if not event.is_set():
            self._now = until
        return event.is_set()


@dataclass
class Turn:
    """Dots beside a turn that a test describes by its moments, in seconds."""

    clock: MovedClock = field(default_factory=MovedClock)
    seen: list[tuple[float, str]] = field(default_factory=list)
    """What the customer saw, and when."""
    dots: Dots = field(init=False)

    def __post_init__(self) -> None:
        self.dots = Dots(self.clock)

    def at(self, second: float, *happenings: Callable[[], None]) -> None:
        self.clock.happenings += [(NOON + second, happens) for happens in happenings]

    def says(self) -> None:
        self.dots.words_come()
        self.sees("words")

    def sees(self, what: str) -> None:
        self.seen.append((self.clock.now() - NOON, what))

    def run(self) -> list[float]:
        """The seconds at which dots were shown."""
        self.dots.run(lambda: self.sees("dots"))
        return [second for second, what in self.seen if what == "dots"]


def test_dots_are_shown_from_the_beginning_and_renewed_before_they_fade() -> None:
    """However long the agent thinks."""
    turn = Turn()
    turn.at(35, turn.dots.end)

    assert turn.run() == [0, 10, 20, 30]
    assert EVERY_SECONDS < HIDDEN_AFTER_SECONDS


def test_dots_come_back_soon_after_words_while_the_agent_goes_on() -> None:
    """A message takes them away; without them the first sentence would look like the answer."""
    turn = Turn()
    turn.at(1, turn.says)
    turn.at(25, turn.dots.end)

    assert turn.run() == [0, 1 + AFTER_WORDS_SECONDS, 11 + AFTER_WORDS_SECONDS, 21 + AFTER_WORDS_SECONDS]


def test_words_in_a_row_bring_dots_once() -> None:
    """They come when the agent has been silent for a while, not between two paragraphs."""
    turn = Turn()
    turn.at(1, turn.says)
    turn.at(3, turn.says)
    turn.at(5, turn.says)
    turn.at(9, turn.dots.end)

    assert turn.run() == [0, 5 + AFTER_WORDS_SECONDS]


def test_no_dots_come_once_the_answer_is_there() -> None:
    """Its last words may take long to be sent, and nothing follows them."""
    turn = Turn()
    turn.at(1, turn.says)
    turn.at(2, turn.dots.answer_is_there, turn.says)
    turn.at(60, turn.dots.end)

    assert turn.run() == [0]
    assert turn.seen[-1] == (2, "words")


def test_another_question_brings_the_dots_back() -> None:
    """A message had waited for its round, and whoever wrote it waits still."""
    turn = Turn()
    turn.at(2, turn.dots.answer_is_there, turn.says)
    turn.at(2.5, turn.dots.work_begins)
    turn.at(7, turn.dots.end)

    assert turn.run() == [0, 2.5 + AFTER_WORDS_SECONDS]


def test_words_before_the_question_keep_the_dots() -> None:
    """What the bot says of a file comes before it asks."""
    turn = Turn()
    turn.at(0.25, turn.says)
    turn.at(0.5, turn.dots.work_begins)
    turn.at(5, turn.dots.end)

    assert turn.run() == [0, 0.25 + AFTER_WORDS_SECONDS]


def test_words_wait_for_dots_that_are_on_their_way() -> None:
    """Else the dots would come after them, and stay."""
    clock, began, seen = ManualClock(), threading.Event(), list[str]()
    dots = Dots(clock)

    def says_the_last() -> None:
        dots.answer_is_there()
        began.set()
        dots.words_come()
        seen.append("words")
        dots.end()

    saying = threading.Thread(target=says_the_last)

    def show() -> None:
        saying.start()
        began.wait(5)
        seen.append("dots")

    dots.run(show)
    saying.join(5)

    assert seen == ["dots", "words"]


def test_words_do_not_wait_long_for_dots() -> None:
    """A call that hangs may take seconds."""
    turn = Turn()

    def hangs() -> None:
        turn.says()
        turn.dots.end()

    turn.dots.run(hangs)

    assert turn.seen == [(WORDS_WAIT_SECONDS, "words")]
