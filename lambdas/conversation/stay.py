"""One presence of the bot in a chat: joining it, watching over it, leaving it.

Everything here happens while the contact flow waits (8 s, up to three tries inside), so each step may be repeated: the
record knows the stay and when it began, and every client token names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from lambdas.conversation.contact import KEPT_AT_MOST_SECONDS, ContactRecord, Session, State, TurnRecord
from lambdas.conversation.errors import (
    ChatError,
    ConnectionRefused,
    EarlyMessagesUnknown,
    HandoffError,
    IllegalMove,
    TranscriptRefused,
)
from lambdas.conversation.handoff import Outcome
from lambdas.conversation.inbox import REMEMBERED_SECONDS, fingerprint, fingerprint_in
from lambdas.conversation.phrases import answers_nothing, phrases
from lambdas.conversation.ports import Chat, Clock, Connection, Room, Said, Stays
from lambdas.conversation.retries import JOINING, READING, insist_on

BUDGET_SECONDS = 7.0
"""From the first try; the flow stops waiting at 8 s."""
GREETING_NEEDS_SECONDS = 1.5
LOOK_WITHIN_SECONDS = 4.0
"""For the watch's look at the transcript: the next one comes 90 s later, which may be too late for five minutes."""
TOLD_BYTES = 200

Answer = TypeVar("Answer")
Watched = Literal["wait", "take_over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A contact as the flow hands it over."""

    chat: Chat
    language: str
    subtype: str = "connect:Chat"
    told: Mapping[str, str] = field(default_factory=dict)
    initial_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What joining and watching are given instead of reaching for it."""

    stays: Stays
    room: Room
    clock: Clock
    new_id: Callable[[], str]
    random: Callable[[], float]
    """From 0 up to, but not, 1."""
    hand_to_chat_bot: Callable[[Chat, Sequence[Said]], None]
    """Early messages, to be treated as if SNS had brought them."""
    topic_arn: str
    bot_name: str
    may_read_transcript: bool = True
    unanswered_seconds: float = 180.0


def join(arrival: Arrival, reception: Reception) -> bool:
    """The bot into the chat; false if it could not join in time, and then a person should have the contact."""
    now = reception.clock.now()
    try:
        record = reception.stays.begin_joining(_fresh(arrival, reception, now), now=now)
    except IllegalMove:
        return False  # the chat ended before the bot came
    if record.state is State.BOT:
        _finish_entering(arrival, record, reception)
        return True
    try:
        joined = _enter(arrival, record, reception)
    except ChatError:
        joined = False
    if not joined:
        leave_quietly(record, reception)
    return joined


def _fresh(arrival: Arrival, reception: Reception, now: float) -> TurnRecord:
    return TurnRecord(
        contact_id=arrival.chat.initial_contact_id,
        state=State.JOINING,
        since=now,
        stay=1,
        language=arrival.language,
        session=Session(id=reception.new_id()),
        told=small_enough(arrival.told),
        expires_at=int(now) + KEPT_AT_MOST_SECONDS,
    )


def _enter(arrival: Arrival, record: TurnRecord, reception: Reception) -> bool:
    streaming_id, participant_token = _open(arrival.chat, record, reception)
    connection = _insist(lambda: reception.room.connect(participant_token), record, reception)
    contact = ContactRecord(
        contact_id=record.contact_id,
        current_contact_id=arrival.chat.contact_id,
        instance_id=arrival.chat.instance_id,
        subtype=arrival.subtype,
        stay=record.stay,
        participant_token=participant_token,
        connection_token=connection.token,
        connection_expires_at=connection.expires_at,
        streaming_id=streaming_id,
    )
    reception.stays.save_contact(contact, expires_at=record.expires_at)
    if not reception.stays.become_bot(record, now=reception.clock.now()):
        return _is_in_chat(record, reception)
    left_seconds = record.since + BUDGET_SECONDS - reception.clock.now()
    if left_seconds < GREETING_NEEDS_SECONDS:
        return False
    _begin_to_talk(arrival, record, connection, reception)
    return True


def _finish_entering(arrival: Arrival, record: TurnRecord, reception: Reception) -> None:
    """A retry that finds the bot in the chat: the try before may have ended before it greeted and looked around."""
    contact = reception.stays.read_contact(record.contact_id)
    is_retry = reception.clock.now() - record.since < BUDGET_SECONDS
    if is_retry and contact is not None and contact.stay == record.stay:
        connection = Connection(token=contact.connection_token, expires_at=contact.connection_expires_at)
        _begin_to_talk(arrival, record, connection, reception)


def _is_in_chat(record: TurnRecord, reception: Reception) -> bool:
    """Another try of the same block was faster, or somebody moved the contact on."""
    seen = reception.stays.read(record.contact_id, now=reception.clock.now())
    return seen is not None and seen.state is State.BOT and seen.stay == record.stay


def _open(chat: Chat, record: TurnRecord, reception: Reception) -> tuple[str, str]:
    """Streaming beside the participant: both must stand before the bot connects, and neither needs the other."""
    token = f"{record.contact_id}-{record.stay}"
    with ThreadPoolExecutor(max_workers=1) as beside:
        streaming: Future[str] = beside.submit(
            _insist,
            lambda: reception.room.start_streaming(
                chat, topic_arn=reception.topic_arn, client_token=f"{token}-streaming"
            ),
            record,
            reception,
        )
        participant = _insist(
            lambda: reception.room.create_participant(
                chat, name=reception.bot_name, client_token=f"{token}-participant"
            ),
            record,
            reception,
        )
        return streaming.result(), participant


def _insist(call: Callable[[], Answer], record: TurnRecord, reception: Reception) -> Answer:
    """While there would still be time to connect and to greet."""
    until = record.since + BUDGET_SECONDS - GREETING_NEEDS_SECONDS
    return insist_on(call, JOINING, clock=reception.clock, random=reception.random, until=until)


def _begin_to_talk(arrival: Arrival, record: TurnRecord, connection: Connection, reception: Reception) -> None:
    """The greeting, and beside it a look at what the customer wrote before the chat was streamed.

    SNS will never bring that; what is written now it does.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        looking = beside.submit(_early_messages, arrival, record, connection, reception)
        _greet(arrival, record, connection, reception)
        early = looking.result()
    if early:
        reception.hand_to_chat_bot(arrival.chat, early)


def _greet(arrival: Arrival, record: TurnRecord, connection: Connection, reception: Reception) -> None:
    """A customer who has already said what they want is answered, not asked."""
    if arrival.initial_message:
        return
    try:
        reception.room.send(
            connection.token,
            phrases(record.language).say("greeting"),
            client_token=f"{record.contact_id}-{record.stay}-greeting",
        )
    except ConnectionRefused:
        raise
    except ChatError:
        return  # the flow has greeted already; a bot that can answer is worth more than its greeting


def _early_messages(
    arrival: Arrival, record: TurnRecord, connection: Connection, reception: Reception
) -> tuple[Said, ...]:
    if reception.may_read_transcript:
        try:
            return _of_this_stay(reception.room.transcript(connection.token, arrival.chat), record)
        except TranscriptRefused:
            pass
        except ChatError as error:
            raise EarlyMessagesUnknown(record.contact_id) from error
    if not arrival.initial_message:
        return ()
    return (
        Said(
            id=f"initial-{arrival.chat.contact_id}",
            at=record.joined_at,  # the same in every try, or ChatBot would take it for another message
            role="CUSTOMER",
            text=arrival.initial_message,
            content_type="text/plain",
        ),
    )


def _of_this_stay(transcript: Sequence[Said], record: TurnRecord) -> tuple[Said, ...]:
    """The customer's messages after the last one of a person, or of the bot in an earlier stay.

    Not all of them are early, and the bot may have answered one that was streamed already; ChatBot knows which it has.
    """
    waiting: list[Said] = []
    for said in transcript:
        if said.role == "CUSTOMER":
            waiting.append(said)
        elif said.role == "AGENT" or _is_of_an_earlier_stay(said, record):
            waiting.clear()
    return tuple(waiting)


def unanswered(transcript: Sequence[Said]) -> tuple[Said, ...]:
    """The customer's messages after the last one of a person or of the bot.

    A greeting or a "one moment" does not answer anything, so it does not count.
    """
    waiting: list[Said] = []
    for said in transcript:
        if said.role == "CUSTOMER":
            waiting.append(said)
        elif said.role in {"AGENT", "CUSTOM_BOT"} and not answers_nothing(said.text):
            waiting.clear()
    return tuple(waiting)


def watch(contact_id: str, reception: Reception) -> Watched:
    """Whether the flow may go on waiting for the bot, or must take the contact back."""
    now = reception.clock.now()
    record = reception.stays.read(contact_id, now=now)
    if record is None or record.state in {State.JOINING, State.HUMAN, State.ENDED}:
        return "take_over"  # nobody is there to wake the flow
    if record.state is State.HANDING_OFF:
        return _watch_handoff(record, now)
    waiting_since = _waiting_since(record, reception)
    if waiting_since is not None and now - waiting_since >= reception.unanswered_seconds:
        return "take_over"
    return "wait"


def _watch_handoff(record: TurnRecord, now: float) -> Watched:
    """A hand-off to a person takes seconds and may be finished by the flow as well: the customer has waited before it.

    One that ends the chat is left to whoever says goodbye, unless they died: the flow would make it a hand-over.
    """
    ends_the_chat = record.handoff is not None and record.handoff.outcome is Outcome.END
    return "wait" if ends_the_chat and not record.abandoned(now) else "take_over"


def _waiting_since(record: TurnRecord, reception: Reception) -> float | None:
    """Seconds since the epoch from when the customer has had no answer; `None` if they have one."""
    transcript = _transcript(record, reception) or ()
    forgotten_before = reception.clock.now() - REMEMBERED_SECONDS
    waiting = [
        *(message.at for message in record.inbox),
        *(said.at for said in unanswered(transcript)),
        *(said.at for said in _never_finished(record, transcript) if said.at > forgotten_before),
    ]
    return min(waiting, default=None)


def _never_finished(record: TurnRecord, transcript: Sequence[Said]) -> Iterator[Said]:
    """Messages to the bot that no turn has finished, even if it spoke after them: their event may never have come.

    Known by Id alone: that transcript and SNS show the same AbsoluteTime, to the millisecond, is documented nowhere.
    """
    finished = {fingerprint_in(mark) for mark in record.done}
    for said in reversed(transcript):
        if said.role == "AGENT" or _is_of_an_earlier_stay(said, record):
            return
        if said.role == "CUSTOMER" and fingerprint(said.id) not in finished:
            yield said


def _is_of_an_earlier_stay(said: Said, record: TurnRecord) -> bool:
    """The bot has answered there, or given what waited to a person."""
    return said.role == "CUSTOM_BOT" and said.at < record.joined_at and not answers_nothing(said.text)


def _transcript(record: TurnRecord, reception: Reception) -> tuple[Said, ...] | None:
    contact = reception.stays.read_contact(record.contact_id) if reception.may_read_transcript else None
    if contact is None or contact.stay != record.stay:
        return None
    chat = Chat(
        instance_id=contact.instance_id,
        contact_id=contact.current_contact_id,
        initial_contact_id=contact.contact_id,
    )
    try:
        return insist_on(
            lambda: reception.room.transcript(contact.connection_token, chat),
            READING,
            clock=reception.clock,
            random=reception.random,
            until=reception.clock.now() + LOOK_WITHIN_SECONDS,
        )
    except ChatError:
        return None  # refused, or just now not to be had: the record alone is judged


def small_enough(told: Mapping[str, str]) -> dict[str, str]:
    """As many of the attributes as fit 200 bytes, in the order of the setting: the turn item stays one write unit."""
    kept: dict[str, str] = {}
    left = TOLD_BYTES
    for name, value in told.items():
        size = len(name.encode()) + len(value.encode())
        if value and size <= left:
            kept[name] = value
            left -= size
    return kept


def leave_quietly(record: TurnRecord, reception: Reception) -> None:
    """A bot that did not finish joining: nothing to tell, only a connection to end and the state to settle."""
    try:
        contact = reception.stays.read_contact(record.contact_id)
        if contact is not None and contact.stay == record.stay:
            reception.room.disconnect(contact.connection_token)
    except HandoffError:
        pass
    reception.stays.become_human(record, now=reception.clock.now())
