"""What RescueBot does about what ChatBot could not settle: one straight line from the queue to what is put aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lambdas.adapters.performer import Performer, Report
from lambdas.adapters.queues import Queue
from lambdas.chat_bot.events import ChatEnded, CustomerSpoke, HumanJoined, Irrelevant, contact_of, parse, records_of
from lambdas.conversation.closing import chat_ended, human_joined
from lambdas.conversation.errors import InvalidEvent, TurnFailed
from lambdas.conversation.handoff import Policy, Reason
from lambdas.conversation.inbox import Message
from lambdas.conversation.ports import Clock, Room, Stays
from lambdas.conversation.rescue import rescue
from lambdas.conversation.world import Rules, World
from lambdas.rescue_bot.events import event_of, kept

SIGNS_OF_A_RESCUE = frozenset({f"Handoff.{Reason.RESCUED.value}", "TurnsTakenOver"})
"""The hand-off is decided here, or one that was left unfinished is finished."""

Explain = Callable[[str, Exception], None]
"""Told of each failure and the contact it is about."""


class Done(StrEnum):
    """What came of one record."""

    RESCUED = "rescued"
    SETTLED = "settled"
    """Answered, a person's, over, or nothing that asks for anything."""
    NOT_UNDERSTOOD = "not_understood"


WORTH_KEEPING = frozenset({Done.RESCUED, Done.NOT_UNDERSTOOD})
"""Text of a customer is kept for as few reasons as possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RescueBot:
    """RescueBot with everything it needs; `new_id` makes unguessable ids."""

    stays: Stays
    room: Room
    policy: Policy
    kept: Queue
    may_read_transcript: bool
    new_id: Callable[[], str]
    random: Callable[[], float]

    def save(self, body: str, *, clock: Clock, ends_at: float, report: Report, explain: Explain) -> None:
        """Settle one message of the queue. Raises if it must come again; repeating what was settled changes nothing.

        Every record is tried, whatever happens to its neighbours. `ends_at` (epoch seconds) is when this execution will
        be stopped.
        """
        try:
            event = event_of(body)
            records = records_of(event)
        except InvalidEvent as failure:
            explain("", failure)
            report("EventsNotUnderstood")
            self.kept.send(kept(body, contacts=(), done=(Done.NOT_UNDERSTOOD,), at=clock.now()))
            return
        outcomes = [self._try(record, clock, ends_at, report, explain) for record in records]
        done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
        if WORTH_KEEPING.intersection(done) and len(done) == len(outcomes):
            contacts = dict.fromkeys(contact_of(record) for record in records)
            self.kept.send(kept(event, contacts=contacts, done=done, at=clock.now()))
        failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if failures:
            raise TurnFailed([type(failure).__name__ for failure in failures])

    def _try(self, record: object, clock: Clock, ends_at: float, report: Report, explain: Explain) -> Done | Exception:
        try:
            return self._handle(record, clock, ends_at, report)
        except InvalidEvent as failure:
            explain(contact_of(record), failure)
            report("EventsNotUnderstood")
            return Done.NOT_UNDERSTOOD
        except Exception as failure:
            explain(contact_of(record), failure)
            return failure

    def _handle(self, record: object, clock: Clock, ends_at: float, report: Report) -> Done:
        match parse(record):
            case CustomerSpoke(contact_id, message):
                return self._rescue(contact_id, message, self._world(clock, ends_at), clock, report)
            case HumanJoined(contact_id, at):
                human_joined(contact_id, at, self.stays, clock)
            case ChatEnded(contact_id):
                chat_ended(contact_id, self.stays, clock)
            case Irrelevant():
                report("IrrelevantEvents")
        return Done.SETTLED

    def _rescue(self, contact_id: str, message: Message, world: World, clock: Clock, report: Report) -> Done:
        seen = set[str]()

        def note(name: str) -> None:
            seen.add(name)
            report(name)

        with self._performer(clock, note) as performer:
            performer.perform(rescue(contact_id, message, world))
        if seen.isdisjoint(SIGNS_OF_A_RESCUE):
            return Done.SETTLED
        report("CustomersRescued")
        return Done.RESCUED

    def _performer(self, clock: Clock, report: Report) -> Performer:
        return Performer(
            stays=self.stays,
            room=self.room,
            clock=clock,
            owner=self.new_id(),
            random=self.random,
            may_read_transcript=self.may_read_transcript,
            report=report,
        )

    def _world(self, clock: Clock, ends_at: float) -> World:
        return World(
            rules=Rules(),
            policy=self.policy,
            now=clock.now,
            new_id=self.new_id,
            random=self.random,
            ends_at=ends_at,
        )
