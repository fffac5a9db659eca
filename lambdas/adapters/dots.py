"""The dots that show a customer that somebody is at work.

They are shown while the answer is not there, again before chat windows hide them, and again some time after a message,
which takes them away. None may come after the last message: windows would show them for 12 seconds, and the customer
would wait for more. So words wait for dots that are on their way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from lambdas.conversation.ports import Clock

EVERY_SECONDS = 10.0
"""Chat windows hide the dots 12 s after the last typing event."""
AFTER_WORDS_SECONDS = 3.0
"""Most answers are complete by then, and dots share a quota with words."""
WORDS_WAIT_SECONDS = 0.5
"""For dots on their way; a call that hangs keeps no words back."""


@dataclass(slots=True)
class Dots:
    """Shown by `run` in a thread beside the turn; everything else is told by the turn."""

    clock: Clock
    every_seconds: float = EVERY_SECONDS
    after_words_seconds: float = AFTER_WORDS_SECONDS
    _wanted: bool = True
    """The answer is not there yet."""
    _over: bool = False
    _stirred: threading.Event = field(default_factory=threading.Event)
    """Words came, or the end."""
    _arrived: threading.Event = field(default_factory=threading.Event)
    """None are on their way."""

    def __post_init__(self) -> None:
        self._arrived.set()

    def run(self, show: Callable[[], None]) -> None:
        """Call `show` whenever dots are due, until the end."""
        self._show_if_due(show)
        pause = self.every_seconds
        while not self._over:
            if self.clock.wait(self._stirred, pause):
                self._stirred.clear()
                pause = self.after_words_seconds
            else:
                self._show_if_due(show)
                pause = self.every_seconds

    def _show_if_due(self, show: Callable[[], None]) -> None:
        """First they are on their way, then it looks; words tell first and look then: so one of both sees the other."""
        self._arrived.clear()
        if self._wanted and not self._stirred.is_set():
            show()
        self._arrived.set()

    def words_come(self) -> None:
        """A message takes the dots away; they come back if the work goes on."""
        self._stirred.set()
        if not self._arrived.is_set():
            self.clock.wait(self._arrived, WORDS_WAIT_SECONDS)

    def work_begins(self) -> None:
        """The agent is asked; dots come as after a message."""
        if not self._wanted:
            self._wanted = True
            self._stirred.set()

    def answer_is_there(self) -> None:
        """What is left to be said is said at once."""
        self._wanted = False

    def end(self) -> None:
        """For the rest of the turn."""
        self._over = True
        self.answer_is_there()
        self._stirred.set()
