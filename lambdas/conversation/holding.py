"""What the holder of a turn knows, without a call: may it speak?

Design rule 3: before each send the lease has at least five seconds left on the monotonic clock, and the last renewal
knew of no hand-off (but the holder's own), human or end. The timer that renews writes here, the sender reads; both are
single assignments of immutable values, so no lock is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.errors import FenceClosed

LEAST_LEFT_SECONDS = 5.0


@dataclass(slots=True)
class Holding:
    """A lease as its holder sees it; `renewed_at` is monotonic and taken before the write that renewed."""

    renewed_at: float
    state: State = State.BOT
    lost: bool = False

    def renewed(self, *, at: float) -> None:
        self.renewed_at = at

    def lose(self, seen: State | None) -> None:
        """A renewal was refused; `seen` is the state it found, if there is still a record."""
        self.lost = True
        if seen is not None:
            self.state = seen

    def require_voice(self, *, monotonic: float) -> None:
        """Raise `FenceClosed` if the bot may not speak now."""
        if self.lost:
            raise FenceClosed(f"the contact is no longer mine, it is '{self.state}'", moot=self.state is not State.BOT)
        if self.renewed_at + LEASE_SECONDS - monotonic < LEAST_LEFT_SECONDS:
            raise FenceClosed("the lease runs out", moot=False)
