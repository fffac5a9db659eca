"""A customer whose message Lambda gave up on: one sentence, and a person who knows what waited.

The take is that of a turn; whoever then holds it hands off instead of asking, because three tries have failed and
minutes have gone by. No message is left to somebody who may be dead: as long as it waits, the event comes again.
"""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.conversation.contact import State, TurnRecord
from lambdas.conversation.effects import Steps
from lambdas.conversation.errors import TurnUnderWay
from lambdas.conversation.handoff import Reason
from lambdas.conversation.inbox import REMEMBERED_SECONDS, Message
from lambdas.conversation.ports import Taken
from lambdas.conversation.turn import Turn, take
from lambdas.conversation.world import World


def rescue(contact_id: str, message: Message, world: World) -> Steps[None]:
    """Returns when the customer is on the way to a person, or the message is answered, a person's or moot.

    Raises when it cannot be sure; the queue then brings the event again.
    """
    taken = yield from take(contact_id, message, world)
    if isinstance(taken, Taken):
        yield from Rescue(taken.record, world).run()
    elif taken.record is not None and _waits(message, taken.record):
        raise TurnUnderWay(contact_id)


def _waits(message: Message, record: TurnRecord) -> bool:
    """Somebody holds the turn. Alive it answers or hands off, and a later look finds that done; dead it does neither.

    No try of Lambda comes after this event any more, so nobody else would look.
    """
    waiting = {waiting.key for waiting in record.inbox}
    return record.state is State.HANDING_OFF or (record.state is State.BOT and message.key in waiting)


@dataclass(slots=True)
class Rescue(Turn):
    """A turn that was taken to end it."""

    def _answer_all(self) -> Steps[None]:
        if (yield from self._was_answered_long_ago()) and not (yield from self._messages_wait()):
            return
        yield from self._leave(Reason.RESCUED)

    def _was_answered_long_ago(self) -> Steps[bool]:
        """So long ago that the record may have forgotten it; it would be rescued from an answer."""
        forgotten_before = self.world.now() - REMEMBERED_SECONDS
        if any(message.at >= forgotten_before for message in self.record.inbox):
            return False
        return (yield from self._is_moot(self.record.inbox))
