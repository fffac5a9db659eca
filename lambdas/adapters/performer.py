"""Carries out the effects of a turn through the ports.

The turn runs in the calling thread. Beside it run, from the first question on, one that hears the agent; and, when the
agent has been asked or the contact is needed before, one that reads the contact's tokens and then shows typing, and a
timer that renews the lease and does nothing else. Leaving the `with` block stops them all and waits for each a moment.
One thing cannot be woken: a call to the agent that has not had its first byte; its thread, which speaks to nobody any
more, ends with the client's read timeout.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from lambdas.adapters.dots import AFTER_WORDS_SECONDS, EVERY_SECONDS, Dots
from lambdas.adapters.hearing import Hearing
from lambdas.adapters.rush import Rush
from lambdas.conversation import effects as do
from lambdas.conversation.contact import LEASE_SECONDS, ContactRecord, State, TurnRecord
from lambdas.conversation.errors import (
    AgentUnavailable,
    AttributesRefused,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    FenceClosed,
    HandoffError,
    LeaseLost,
    RecordUnavailable,
    TranscriptRefused,
)
from lambdas.conversation.holding import Holding
from lambdas.conversation.ports import (
    AgentEvent,
    Agents,
    Asking,
    Chat,
    Clock,
    Finished,
    NotTaken,
    Refused,
    Room,
    Said,
    Stays,
    Taken,
)
from lambdas.conversation.retries import SPEAKING, insist_on

RENEW_EVERY_SECONDS = 10.0
RECONNECT_BEFORE_SECONDS = 300.0
"""A connection token that ends within a turn's time is replaced before it is used."""
RECONNECT_WITHIN_SECONDS = 8.0
"""RescueBot has 15 s for all it does."""

END_SESSION_WITHIN_SECONDS = 2.0
STOP_STREAMING_WITHIN_SECONDS = 1.0
STOP_WITHIN_SECONDS = 1.0

Report = Callable[[str], None]
"""Told the name of each thing worth counting, never a text of the customer."""
Explain = Callable[[AgentUnavailable], None]
"""Told why a team did not answer, also when the turn asks it again."""


def chat_of(contact: ContactRecord) -> Chat:
    return Chat(
        instance_id=contact.instance_id,
        contact_id=contact.current_contact_id,
        initial_contact_id=contact.contact_id,
    )


@dataclass(slots=True)
class Performer:
    """Performs the effects of one execution, known by `owner`."""

    stays: Stays
    room: Room
    clock: Clock
    owner: str
    random: Callable[[], float]
    """From 0 up to, but not, 1."""
    agents: Agents | None = None
    """`None` in StartBot, which talks to no agent."""
    may_read_transcript: bool = True
    report: Report = field(default=lambda _: None)
    explain: Explain = field(default=lambda _: None)
    record: TurnRecord | None = None
    """As last written or read; set from the start where no turn is taken."""
    rush: Rush = field(default_factory=Rush)
    renew_every_seconds: float = RENEW_EVERY_SECONDS
    typing_every_seconds: float = EVERY_SECONDS
    typing_after_words_seconds: float = AFTER_WORDS_SECONDS
    end_session_within_seconds: float = END_SESSION_WITHIN_SECONDS
    stop_streaming_within_seconds: float = STOP_STREAMING_WITHIN_SECONDS
    _holding: Holding | None = None
    _held: TurnRecord | None = None
    """As it was when the turn was taken."""
    _contact: Future[ContactRecord] | None = None
    _hearing: Hearing | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _dots: Dots = field(init=False)
    _beside: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dots = Dots(self.clock, self.typing_every_seconds, self.typing_after_words_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._dots.end()
        self._stop_hearing()
        for thread in self._beside:
            thread.join(STOP_WITHIN_SECONDS)

    def perform(self, steps: do.Steps[None]) -> None:
        """Run a turn to its end; its errors, and those no step knows how to answer, come out here."""
        step = next(steps, None)
        while step is not None:
            try:
                result = self._perform(step)
            except HandoffError as error:
                step = _resume(steps.throw, error)
            else:
                step = _resume(steps.send, result)

    def _perform(self, step: do.Effect[Any]) -> Any:  # each effect has a result of its own type
        return PERFORMERS[type(step)](self, step)

    # ---- the record

    def take(self, step: do.Take) -> Taken | NotTaken:
        started, now = self.clock.monotonic(), self.clock.now()
        taken = self.stays.take(step.contact_id, step.message, owner=self.owner, now=now)
        self._hold_from(started, now, taken.record)
        return taken

    def take_over(self, step: do.TakeOver) -> TurnRecord | None:
        started, now = self.clock.monotonic(), self.clock.now()
        taken = self.stays.take_over(step.record, owner=self.owner, now=now)
        self._hold_from(started, now, taken)
        if taken is not None:
            self.report("TurnsTakenOver")
        return taken

    def _hold_from(self, started: float, now: float, record: TurnRecord | None) -> None:
        """Not longer than the record says: a write that is tried again finds the lease of its first try."""
        lease = record.lease if record is not None else None
        older_seconds = max(now + LEASE_SECONDS - lease.until, 0.0) if lease is not None else 0.0
        self._holding = Holding(renewed_at=started - older_seconds)

    def release(self, step: do.Release) -> TurnRecord | None:
        self._dots.answer_is_there()
        waiting = self.stays.release(step.record, owner=self.owner, answered=step.answered)
        if waiting is None:
            self.report("TurnsFinished")
        return waiting

    def go_round(self, step: do.GoRound) -> TurnRecord | None:
        self.record = self.stays.go_round(step.record, owner=self.owner, answered=step.answered, asks=step.asks)
        return self.record

    def keep_pending(self, step: do.KeepPending) -> None:
        self.stays.keep_pending(step.record, owner=self.owner, pending=step.pending)

    def begin_handoff(self, step: do.BeginHandoff) -> TurnRecord:
        self._dots.end()
        started, now = self.clock.monotonic(), self.clock.now()
        record = self.stays.begin_handoff(step.record, step.handoff, owner=self.owner, now=now, seize=step.seize)
        self.record = record
        self._hold_from(started, now, record)
        self.report(f"Handoff.{step.handoff.reason.value}")
        return record

    def become_human(self, step: do.BecomeHuman) -> None:
        self.stays.become_human(step.record, now=self.clock.now())

    # ---- beside the turn

    def hold(self, step: do.Hold) -> None:
        self.record = self._held = step.record

    def _fetch_contact(self) -> Future[ContactRecord]:
        """Begun once, and the lease's timer with it: nothing stands before the first question that it does not need."""
        if self._held is None:
            raise AssertionError("the turn is not held")
        if self._contact is None:
            held, contact = self._held, self._promise()
            self._contact = contact
            self._start(lambda: self._show_presence(held, contact))
            self._start(self._keep_lease)
        return self._contact

    def _promise(self) -> Future[ContactRecord]:
        return Future()

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        self._beside.append(thread)
        thread.start()
        return thread

    def _keep_lease(self) -> None:
        while not self.clock.wait(self._over, self.renew_every_seconds):
            record, holding, started = self.record, self._holding, self.clock.monotonic()
            if record is None or holding is None:
                continue
            try:
                self.stays.renew(record, owner=self.owner, now=self.clock.now())
            except LeaseLost:
                self._mind_loss(record, holding)
            except HandoffError:
                continue  # not renewed: if that lasts, the fence closes by itself
            else:
                holding.renewed(at=started)

    def _mind_loss(self, record: TurnRecord, holding: Holding) -> None:
        """Close the fence, unless the renewal only crossed this execution's own hand-off."""
        if self.record is not record:
            return
        holding.lose(self._state_now(record))

    def _state_now(self, record: TurnRecord) -> State | None:
        try:
            seen = self.stays.read(record.contact_id, now=self.clock.now())
        except HandoffError:
            return None
        return seen.state if seen else State.ENDED

    def _show_presence(self, record: TurnRecord, future: Future[ContactRecord]) -> None:
        """Fetch the tokens, then typing until the turn is over or hands off."""
        try:
            contact = self._live_contact(record)
        except BaseException as error:  # raised again by whoever waits for the contact
            future.set_exception(error)
            return
        future.set_result(contact)
        if record.state is not State.HANDING_OFF:
            self._dots.run(lambda: self._show_typing(contact))

    def _show_typing(self, contact: ContactRecord) -> None:
        """Once: dots are never worth a failure, nor another try."""
        if self.rush.is_on(monotonic=self.clock.monotonic()):
            return
        try:
            self.room.show_typing(contact.connection_token)
        except ChatThrottled:
            self._notice_rush()
        except ChatError:
            return

    def _notice_rush(self) -> None:
        """What is left of this turn has no dots, and for a while no other turn in this container."""
        self._dots.end()
        self.rush.noticed(monotonic=self.clock.monotonic())

    def _live_contact(self, record: TurnRecord) -> ContactRecord:
        """With a connection for the turn: beside the agent's call there is time to try for one more than once."""
        contact = self.stays.read_contact(record.contact_id)
        if contact is None or contact.stay != record.stay:
            raise FenceClosed("the tokens are of another stay", moot=contact is not None)
        try:
            return insist_on(
                lambda: self._reconnected(contact, record),
                SPEAKING,
                clock=self.clock,
                random=self.random,
                until=self.clock.now() + RECONNECT_WITHIN_SECONDS,
            )
        except ConnectionRefused:
            raise
        except ChatError:
            if contact.connection_expires_at <= self.clock.now():
                raise
            return contact  # it may well last for this turn

    def _reconnected(self, contact: ContactRecord, record: TurnRecord) -> ContactRecord:
        """The contact with a connection that lasts: tokens live a day, chats up to seven."""
        if contact.connection_expires_at - self.clock.now() > RECONNECT_BEFORE_SECONDS:
            return contact
        connection = self.room.connect(contact.participant_token)
        renewed = replace(contact, connection_token=connection.token, connection_expires_at=connection.expires_at)
        with contextlib.suppress(RecordUnavailable):  # it serves this turn; the next one gets a connection of its own
            self.stays.save_contact(renewed, expires_at=record.expires_at)
        return renewed

    # ---- the agent

    def ask(self, step: do.Ask) -> None:
        self._dots.work_begins()
        self._hear(self._agents_to_ask().ask(step.question))

    def resume(self, step: do.Resume) -> None:
        self._hear(self._agents_to_ask().resume(step.question, step.pending, step.results))

    def _agents_to_ask(self) -> Agents:
        """Whoever may not speak must not ask either: the agent acts on what it is asked."""
        if self.agents is None:
            raise AssertionError("this function has no agents to ask")
        self._require_voice()
        return self.agents

    def _hear(self, stream: Iterator[Asking | AgentEvent]) -> None:
        self._stop_hearing()
        self._hearing = Hearing(stream)
        self._hearing.wait_for_call(self.clock)
        self._fetch_contact()

    def _stop_hearing(self) -> None:
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.close()
            hearing.join(STOP_WITHIN_SECONDS)

    def listen(self, step: do.Listen) -> AgentEvent | None:
        if self._hearing is None:
            raise AssertionError("nothing was asked")
        try:
            event = self._hearing.next(until=step.until, wakes_at=step.wakes_at, clock=self.clock)
        except AgentUnavailable as failure:
            self.note_failure(do.NoteFailure(failure))
            raise
        if isinstance(event, Finished):
            self._dots.answer_is_there()
        if isinstance(event, Refused):
            self.report("GuardrailIntervened")
        return event

    def note_failure(self, step: do.NoteFailure) -> None:
        self.report("AgentFailures")
        self.explain(step.failure)

    def end_session(self, step: do.EndSession) -> None:
        """Best effort and not for long: the customer has left, so nothing waits for an agent that hangs."""
        self._stop_hearing()
        if self.agents is not None:
            end = functools.partial(self.agents.end, step.session_id)
            self._start(end).join(self.end_session_within_seconds)

    # ---- the chat

    def read_contact(self, _: do.ReadContact) -> ContactRecord:
        return self._fetch_contact().result()

    def _identity(self) -> ContactRecord | None:
        """For the steps of a hand-off: this stay's contact, even when its connection is dead."""
        if self._held is not None:
            with contextlib.suppress(HandoffError):
                return self._fetch_contact().result()
        record = self.record
        contact = self.stays.read_contact(record.contact_id) if record else None
        if record is None or contact is None or contact.stay != record.stay:
            return None
        return contact

    def read_transcript(self, _: do.ReadTranscript) -> tuple[Said, ...]:
        if not self.may_read_transcript:
            raise TranscriptRefused("GetTranscript", "switched off by a setting")
        contact = self.read_contact(do.ReadContact())
        try:
            return self.room.transcript(contact.connection_token, chat_of(contact))
        except TranscriptRefused:
            self.report("TranscriptRefused")
            raise

    def send(self, step: do.Send) -> str:
        contact = self.read_contact(do.ReadContact())
        self._dots.words_come()
        self._require_voice()  # right before the send: nothing is waited for in between
        try:
            return self.room.send(
                contact.connection_token, step.text, client_token=step.client_token, content_type=step.content_type
            )
        except ChatThrottled:
            self._notice_rush()
            self.report("SendsThrottled")
            raise

    def speak_plainly(self, _: do.SpeakPlainly) -> None:
        contact = replace(self.read_contact(do.ReadContact()), shows_markdown=False)
        self._contact = self._promise()
        self._contact.set_result(contact)
        self.report("MarkdownRefused")
        if self._held is not None:
            with contextlib.suppress(RecordUnavailable):  # the next turn is refused once more, and nothing worse
                self.stays.save_contact(contact, expires_at=self._held.expires_at)

    def _require_voice(self) -> None:
        if self._holding is None:
            raise AssertionError("the turn is not held")
        self._holding.require_voice(monotonic=self.clock.monotonic())

    def set_attributes(self, step: do.SetAttributes) -> None:
        if contact := self._identity():
            try:
                self.room.set_attributes(chat_of(contact), step.attributes)
            except AttributesRefused:
                self.report("AttributesRefused")
                raise

    def stop_streaming(self, _: do.StopStreaming) -> None:
        """One try and not for long: the disconnect waits behind it, and a stream ends with the chat at the latest."""
        self._start(self._try_to_stop_streaming).join(self.stop_streaming_within_seconds)

    def _try_to_stop_streaming(self) -> None:
        with contextlib.suppress(HandoffError):
            if contact := self._identity():
                self.room.stop_streaming(chat_of(contact), contact.streaming_id)

    def disconnect(self, _: do.Disconnect) -> None:
        """An ended connection is refused, too, though the bot is still in the chat: then it is renewed before."""
        if (contact := self._identity()) and self.record:
            with contextlib.suppress(ConnectionRefused):
                if contact.connection_expires_at <= self.clock.now():
                    contact = self._reconnected(contact, self.record)
                self.room.disconnect(contact.connection_token)

    def pause(self, step: do.Pause) -> None:
        self.clock.sleep(step.seconds)


def _resume(go_on: Callable[[Any], do.Effect[Any]], value: object) -> do.Effect[Any] | None:
    try:
        return go_on(value)
    except StopIteration:
        return None


PERFORMERS: dict[type[do.Effect[Any]], Callable[[Performer, Any], Any]] = {
    do.Ask: Performer.ask,
    do.BecomeHuman: Performer.become_human,
    do.BeginHandoff: Performer.begin_handoff,
    do.Disconnect: Performer.disconnect,
    do.EndSession: Performer.end_session,
    do.GoRound: Performer.go_round,
    do.Hold: Performer.hold,
    do.KeepPending: Performer.keep_pending,
    do.Listen: Performer.listen,
    do.NoteFailure: Performer.note_failure,
    do.Pause: Performer.pause,
    do.ReadContact: Performer.read_contact,
    do.ReadTranscript: Performer.read_transcript,
    do.Release: Performer.release,
    do.Resume: Performer.resume,
    do.Send: Performer.send,
    do.SetAttributes: Performer.set_attributes,
    do.SpeakPlainly: Performer.speak_plainly,
    do.StopStreaming: Performer.stop_streaming,
    do.Take: Performer.take,
    do.TakeOver: Performer.take_over,
}
