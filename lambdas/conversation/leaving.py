"""The hand-off: how a contact leaves the bot.

One write decides. Then attributes, closing sentence, streaming, disconnect, and the state `human`, in this order: the
flow wakes at the disconnect and reads the attributes at once, so they must stand before. Every step may be repeated.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from lambdas.conversation.contact import State, TurnRecord
from lambdas.conversation.effects import (
    BecomeHuman,
    BeginHandoff,
    Disconnect,
    EndSession,
    SetAttributes,
    Steps,
    StopStreaming,
)
from lambdas.conversation.errors import AttributesRefused, ChatError, RecordUnavailable
from lambdas.conversation.handoff import (
    CLOSING_SENTENCE,
    Decision,
    Handoff,
    Outcome,
    Reason,
    complete,
    shrunk,
    to_a_person,
)
from lambdas.conversation.inbox import as_prompt
from lambdas.conversation.phrases import phrases
from lambdas.conversation.retries import LEAVING, RECORDING, insist
from lambdas.conversation.voice import Voice
from lambdas.conversation.world import World

SILENT_AT_MOST_SECONDS = 5.0
"""From the decision on; then the customer hears the closing sentence, though the attributes do not stand yet."""
GOODBYE_WITHIN_SECONDS = 10.0
"""A closing sentence that Connect is too busy for does not keep the customer from the person."""
PARTING_SECONDS = 5.0
"""Kept free behind the sentence, to stop the stream and to disconnect: RescueBot has 15 s for all of it."""


def take_back(record: TurnRecord, reason: Reason, world: World) -> Steps[None]:
    """The flow takes the contact away from the bot, whoever holds the turn: the same hand-off, but the flow speaks.

    An `end` that was decided but not carried out becomes a hand-over: the customer has not heard the goodbye.
    """
    leaving = Leaving(record, world)
    if record.handoff is not None and record.state is State.HANDING_OFF:
        leaving.record = replace(record, handoff=to_a_person(record.handoff, reason))
        yield from leaving.finish_handoff(speak=False)
    else:
        yield from leaving.hand_off(Decision(outcome=Outcome.ESCALATE, reason=reason, attributes={}), seize=True)


def let_go(record: TurnRecord) -> Steps[None]:
    """Connect has removed the bot: nothing more is to be heard of this chat, nor remembered by the agent."""
    yield from StopStreaming()
    yield from EndSession(record.session.id)


@dataclass(slots=True)
class Leaving(Voice):
    """A turn on its way out."""

    def _leave(self, reason: Reason) -> Steps[bool]:
        return (yield from self.hand_off(Decision(outcome=Outcome.ESCALATE, reason=reason, attributes={})))

    def hand_off(self, decision: Decision, *, seize: bool = False) -> Steps[bool]:
        """Decide by one write, then carry out; always true: the contact has left.

        `seize` takes the turn from whoever holds it.
        """
        key = CLOSING_SENTENCE[decision.reason] if decision.outcome is Outcome.ESCALATE else "end"
        handoff = complete(
            decision,
            language=self.record.language,
            attempts=self.record.handoffs + 1,
            summary=as_prompt(self.record.inbox),
            stale=self.world.policy.parameter_attributes() if self.record.handoffs else (),
            sentence=phrases(self.record.language).say(key) if key else None,
        )
        decide = BeginHandoff(self.record, handoff, seize)
        self.record = yield from insist(decide, RECORDING, self.world, until=self.world.ends_at)
        yield from self.finish_handoff(speak=True)
        return True

    def finish_handoff(self, *, speak: bool) -> Steps[None]:
        """The steps after the deciding write. Each may be repeated, so a retry begins with the first again."""
        handoff = self.record.handoff
        if handoff is not None and handoff.sentence and speak:
            yield from self._brief_and_say_goodbye(handoff, handoff.sentence)
        elif handoff is not None:
            yield from self._brief(handoff, until=self.world.ends_at)
        yield from StopStreaming()
        yield from insist(Disconnect(), LEAVING, self.world, until=self.world.ends_at)
        yield from insist(BecomeHuman(self.record), RECORDING, self.world, until=self.world.ends_at)
        yield from EndSession(self.record.session.id)

    def _brief_and_say_goodbye(self, handoff: Handoff, sentence: str) -> Steps[None]:
        """The attributes first; but as long as Connect does not take them nobody waits in silence."""
        try:
            yield from self._brief(handoff, until=self.world.now() + SILENT_AT_MOST_SECONDS)
        except (ChatError, RecordUnavailable):
            yield from self._say_goodbye(sentence)
            yield from self._brief(handoff, until=self.world.ends_at)
        else:
            yield from self._say_goodbye(sentence)

    def _brief(self, handoff: Handoff, *, until: float) -> Steps[None]:
        """If even the least is refused the flow still routes: it sends whatever it does not know to a person."""
        for attributes in (handoff.attributes, shrunk(handoff).attributes):
            with contextlib.suppress(AttributesRefused):
                yield from insist(SetAttributes(attributes), LEAVING, self.world, until=until)
                return

    def _say_goodbye(self, sentence: str) -> Steps[None]:
        """A sentence that cannot be sent must not keep the customer from the person."""
        self._parts = 0  # whoever finishes this hand-off counts anew, and its client token must be the same
        ends_at = self.world.ends_at - PARTING_SECONDS
        self._speaks_until = min(self.world.now() + GOODBYE_WITHIN_SECONDS, ends_at)
        try:
            yield from self._say(sentence)
        except ChatError:
            return
