"""One turn: from a customer's message in the inbox to the spoken answer, or to the hand-off.

Read it from `react` down: take the turn, answer round by round, release; `_hand_off` is the way out. There is no I/O
here; every step outside is an effect. The order of the steps is what keeps the design's rules 1 to 5: change it only
with a test that shows why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from lambdas.conversation.contact import Session, State, TurnRecord
from lambdas.conversation.effects import (
    Ask,
    BecomeHuman,
    BeginHandoff,
    Disconnect,
    EndSession,
    GoRound,
    Hold,
    KeepPending,
    Listen,
    Pause,
    ReadContact,
    ReadTranscript,
    Release,
    Resume,
    Send,
    SetAttributes,
    Steps,
    StopStreaming,
    Take,
    TakeOver,
)
from lambdas.conversation.errors import (
    AgentUnavailable,
    AttributesRefused,
    ChatError,
    ConnectionRefused,
    ContactNotReady,
    DeadlineReached,
    FenceClosed,
    LeaseLost,
    TranscriptRefused,
)
from lambdas.conversation.handoff import (
    CLOSING_SENTENCE,
    Decision,
    Outcome,
    Policy,
    Reason,
    complete,
    shrunk,
    to_a_person,
)
from lambdas.conversation.inbox import Kind, Message, as_prompt, overflows, remember
from lambdas.conversation.phrases import answers_nothing, phrases
from lambdas.conversation.ports import Finished, Question, ReturnControl, Said, Taken, Text
from lambdas.conversation.speech import Manner, Speech, channel_of, split

WAIT_FOR_RECORD_SECONDS = 8.0
LOOK_AGAIN_SECONDS = 0.5
LEAVE_TIME_SECONDS = 30.0
"""Kept free at the end of the function's time, for the hand-off."""
MOST_CONTROLS = 5
"""Controls answered within one turn; a team that returns more is going in circles."""
MOST_TAKEOVERS = 1
"""The first takeover asks again, the second hands off."""
MOST_SILENT_ANSWERS = 1
CLOCKS_DIFFER_SECONDS = 5.0
"""How far Connect's clock and ours may be apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings a turn obeys."""

    age_limit_seconds: float = 300.0
    """An older message is not put to the agent."""
    deadline_seconds: float = 120.0
    session_idle_seconds: float = 600.0
    """After this pause the agent has forgotten; a new session gets the talk as history."""
    manner: Manner = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a turn is given instead of reaching for it."""

    rules: Rules
    policy: Policy
    now: Callable[[], float]
    """Seconds since the epoch."""
    new_id: Callable[[], str]
    ends_at: float
    """Seconds since the epoch when this execution will be stopped."""


def react(contact_id: str, message: Message, world: World) -> Steps[None]:
    """Everything that follows from one customer message.

    Returns when the message is answered, somebody else will answer it, a person has the contact, or the chat is over.
    Raises when it cannot be sure of one of these; Lambda's retry then looks again.
    """
    record = yield from _take(contact_id, message, world)
    if record is not None:
        yield from Turn(record, world).run()


def take_back(record: TurnRecord, reason: Reason, world: World) -> Steps[None]:
    """The flow takes the contact away from the bot, whoever holds the turn: the same hand-off, but the flow speaks.

    An `end` that was decided but not carried out becomes a hand-over: the customer has not heard the goodbye.
    """
    turn = Turn(record, world)
    if record.handoff is not None and record.state is State.HANDING_OFF:
        turn.record = replace(record, handoff=to_a_person(record.handoff, reason))
        yield from turn.finish_handoff(speak=False)
    else:
        yield from turn.hand_off(Decision(outcome=Outcome.ESCALATE, reason=reason, attributes={}), seize=True)


def _take(contact_id: str, message: Message, world: World) -> Steps[TurnRecord | None]:
    """The record if this execution now holds the turn; `None` if there is nothing to do here."""
    gives_up_at = world.now() + WAIT_FOR_RECORD_SECONDS
    while True:
        taken = yield from Take(contact_id, message)
        if isinstance(taken, Taken):
            return taken.record
        if taken.record is not None and taken.record.state is not State.JOINING:
            break
        if world.now() >= gives_up_at:
            raise ContactNotReady(contact_id)
        yield from Pause(LOOK_AGAIN_SECONDS)
    if taken.record.abandoned(world.now()):
        return (yield from TakeOver(taken.record))
    return None


@dataclass(slots=True)
class Turn:
    """A turn that is held: its record as last read or written, and what was said in it."""

    record: TurnRecord
    world: World
    _parts: int = 0
    _transcript: tuple[Said, ...] | None = None
    _answering: bool = field(default=False)
    """The agent has begun to answer the question under way, so it must not be asked again."""

    def run(self) -> Steps[None]:
        yield from Hold(self.record)
        try:
            if self.record.state is State.HANDING_OFF:
                yield from self.finish_handoff(speak=not (yield from self._closing_was_heard()))
            else:
                yield from self._answer_all()
        except ConnectionRefused:
            # Connect has removed the bot: a person came or the chat ended. What waits belongs to the person.
            yield from BecomeHuman(self.record)
        except FenceClosed as closed:
            if not closed.moot:
                raise

    # ---- rounds

    def _answer_all(self) -> Steps[None]:
        if self.record.takeovers > MOST_TAKEOVERS:
            yield from self._leave(Reason.CRASHED)
            return
        if self.record.takeovers and (yield from self._was_heard(self.record.asked())):
            yield from self._say_phrase("partly_heard")
            self.record = replace(self.record, session=self.record.session.unsound())
            left = False
        else:
            left = yield from self._answer_round()
        while not left and (yield from self._messages_wait()):
            left = yield from self._answer_round()

    def _messages_wait(self) -> Steps[bool]:
        """Finish the round: free the turn, or keep it because more has come meanwhile."""
        answered = self._answered()
        found = yield from Release(self.record, answered)
        if found is None:
            return False  # nothing is left: it was answered here, or a person or the end took it
        asked = {message.key for message in self.record.asked()}
        asks = tuple(message.key for message in found.inbox if message.key not in asked)
        gone_round = yield from GoRound(self.record, answered, asks)
        if gone_round is None:
            raise LeaseLost(self.record.contact_id)
        self.record, self._parts, self._transcript = gone_round, 0, None
        return True

    def _answered(self) -> TurnRecord:
        """The record as the end of this round keeps it."""
        now = self.world.now()
        finished = (message.key for message in self.record.asked())
        age_limit = self.world.rules.age_limit_seconds
        return replace(
            self.record,
            done=remember(self.record.done, finished, now=now, age_limit_seconds=age_limit),
            takeovers=0,
            pending=None,
        )

    def _answer_round(self) -> Steps[bool]:
        """Answer what was asked; true if the contact left the bot."""
        asked = self.record.asked()
        if overflows(self.record.inbox):
            return (yield from self._leave(Reason.TOO_MANY_MESSAGES))
        oldest_allowed = self.world.now() - self.world.rules.age_limit_seconds
        late = [message for message in asked if message.at < oldest_allowed]
        if late and not (yield from self._is_moot(late)):
            return (yield from self._leave(Reason.MESSAGE_TOO_LATE))
        fresh = [message for message in asked if message.at >= oldest_allowed]
        for kind, phrase in ((Kind.ATTACHMENT, "attachment"), (Kind.UNREADABLE, "unreadable")):
            if any(message.kind is kind for message in fresh):
                yield from self._say_phrase(phrase)
        texts = [message for message in fresh if message.kind is Kind.TEXT]
        return (yield from self._ask(texts)) if texts else False

    # ---- the agent

    def _ask(self, messages: list[Message]) -> Steps[bool]:
        question = yield from self._question(messages)
        speech = Speech(self.world.rules.manner)
        deadline = min(self.world.now() + self.world.rules.deadline_seconds, self.world.ends_at - LEAVE_TIME_SECONDS)
        self._answering = False
        try:
            try:
                decision = yield from self._converse(question, speech, deadline)
            except AgentUnavailable as error:
                if not error.retryable or self._answering:
                    raise
                yield from self._say_phrase("one_moment")
                decision = yield from self._converse(question, speech, deadline)
        except AgentUnavailable:
            return (yield from self._leave(Reason.AGENT_UNAVAILABLE))
        except DeadlineReached:
            return (yield from self._leave(Reason.DEADLINE))
        if decision is not None:
            return (yield from self.hand_off(decision))
        self.record = replace(self.record, session=self.record.session.used(self.world.now()))
        return (yield from self._mind_silence(speech))

    def _mind_silence(self, speech: Speech) -> Steps[bool]:
        """An agent that says nothing gets one more chance, with the customer's help."""
        if speech.spoken:
            self.record = replace(self.record, failures=0)
            return False
        if self.record.failures >= MOST_SILENT_ANSWERS:
            return (yield from self._leave(Reason.NOTHING_TO_SAY))
        self.record = replace(self.record, failures=self.record.failures + 1)
        yield from self._say_phrase("nothing_to_say")
        return False

    def _question(self, messages: list[Message]) -> Steps[Question]:
        """The turn as the agent gets it; a session that lapsed or is unsound is replaced and told the earlier talk."""
        session, history = self.record.session, tuple[Said, ...]()
        idle = self.world.rules.session_idle_seconds
        lapsed = session.used_at is not None and self.world.now() - session.used_at > idle
        unsound = self.record.takeovers > 0 or self.record.pending is not None
        if lapsed or unsound:
            session = Session(id=self.world.new_id())
            self.record = replace(self.record, session=session)
        if lapsed or unsound or (session.used_at is None and self.record.stay > 1):
            history = yield from self._history()
        return Question(
            contact_id=self.record.contact_id,
            session_id=session.id,
            turn_id=messages[0].key,
            text=as_prompt(messages),
            language=self.record.language,
            told=self.record.told,
            history=history,
        )

    def _converse(self, question: Question, speech: Speech, deadline: float) -> Steps[Decision | None]:
        """Ask, and speak what comes; the decision if the team returned a control that leaves the chat."""
        yield from Ask(question)
        answered = 0
        while (control := (yield from self._hear_out(speech, deadline))) is not None:
            decision = self.world.policy.decide(control.calls)
            if decision.outcome is not Outcome.STAY:
                return decision
            if answered == MOST_CONTROLS:
                raise AgentUnavailable("TooManyControls", retryable=False)
            yield from self._answer_control(question, control, decision)
            answered += 1
        return None

    def _hear_out(self, speech: Speech, deadline: float) -> Steps[ReturnControl | None]:
        """Speak until the answer ends or a control comes; what came before a control is spoken first."""
        while True:
            event = yield from Listen(deadline)
            if isinstance(event, Text):
                self._answering = True
                yield from self._say_all(speech.hear(event.text))
                continue
            self._answering = True
            yield from self._say_all(speech.finish())
            return None if isinstance(event, Finished) else event

    def _answer_control(self, question: Question, control: ReturnControl, decision: Decision) -> Steps[None]:
        """The bot stays: what the control brought becomes attributes, and the agent may go on."""
        yield from KeepPending(self.record, control.pending)
        try:
            yield from SetAttributes(decision.attributes)
            status = "noted"
        except AttributesRefused:
            status = "refused"
        results = {call.function: f'{{"status": "{status}"}}' for call in control.calls}
        yield from Resume(question, control.pending, results)

    # ---- what was heard

    def _read_transcript(self) -> Steps[tuple[Said, ...] | None]:
        """Once a round; `None` where Connect does not show it."""
        if self._transcript is None:
            try:
                self._transcript = yield from ReadTranscript()
            except TranscriptRefused:
                return None
        return self._transcript

    def _was_heard(self, asked: Iterable[Message]) -> Steps[bool]:
        """Whether an answer to these was heard, wholly or in part; without a transcript it counts as heard.

        What was said in an earlier round is no answer, though it may have come after a message that waited.
        """
        transcript = yield from self._read_transcript()
        latest = max((message.at for message in asked), default=0.0)
        return transcript is None or _bot_answered_after(latest, _following(self.record.heard, transcript))

    def _is_moot(self, late: Iterable[Message]) -> Steps[bool]:
        """A late message needs no answer if the transcript shows that the bot spoke after it."""
        transcript = yield from self._read_transcript()
        latest = max(message.at for message in late)
        return transcript is not None and _bot_answered_after(latest, transcript)

    def _history(self) -> Steps[tuple[Said, ...]]:
        transcript = yield from self._read_transcript()
        waiting = {message.id for message in self.record.inbox}
        return tuple(said for said in transcript or () if said.role != "SYSTEM" and said.id not in waiting)

    # ---- speaking

    def _say_all(self, texts: Iterable[str]) -> Steps[None]:
        for text in texts:
            yield from self._say(text)

    def _say_phrase(self, key: str) -> Steps[None]:
        yield from self._say(phrases(self.record.language).say(key))

    def _say(self, text: str) -> Steps[None]:
        contact = yield from ReadContact()
        for part in split(text, channel_of(contact.subtype)):
            self._parts += 1
            heard = yield from Send(part, self._client_token(part))
            self.record = replace(self.record, heard=heard)

    def _client_token(self, text: str) -> str:
        """Protects one send's own retries: stay, turn, part and text, so that another text is another message."""
        asked = self.record.asked()
        turn = asked[0].key if asked else "handoff"
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{self.record.contact_id}-{self.record.stay}-{turn}-{self._parts}-{fingerprint}"

    # ---- the hand-off

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
        self.record = yield from BeginHandoff(self.record, handoff, seize)
        yield from self.finish_handoff(speak=True)
        return True

    def finish_handoff(self, *, speak: bool) -> Steps[None]:
        """The steps after the deciding write. Each may be repeated, so a retry begins with the first again."""
        handoff = self.record.handoff
        if handoff is not None:
            try:
                yield from SetAttributes(handoff.attributes)
            except AttributesRefused:
                yield from self._set_least(shrunk(handoff).attributes)
            if handoff.sentence and speak:
                yield from self._say_goodbye(handoff.sentence)
        yield from StopStreaming()
        yield from Disconnect()
        yield from BecomeHuman(self.record)
        yield from EndSession(self.record.session.id)

    def _set_least(self, attributes: Mapping[str, str]) -> Steps[None]:
        """If even these are refused the flow still routes: it sends whatever it does not know to a person."""
        try:
            yield from SetAttributes(attributes)
        except AttributesRefused:
            return

    def _closing_was_heard(self) -> Steps[bool]:
        """After a crash: the closing sentence is said once, and without a transcript it counts as heard."""
        transcript = yield from self._read_transcript()
        sentence = self.record.handoff.sentence if self.record.handoff else None
        earliest = self.record.since - CLOCKS_DIFFER_SECONDS
        return transcript is None or any(
            said.role == "CUSTOM_BOT" and said.text == sentence and said.at >= earliest for said in transcript
        )

    def _say_goodbye(self, sentence: str) -> Steps[None]:
        """A sentence that cannot be sent must not keep the customer from the person."""
        try:
            yield from self._say(sentence)
        except ChatError:
            return


def _following(identifier: str, transcript: tuple[Said, ...]) -> tuple[Said, ...]:
    """What came after this message; everything, if the transcript does not show it (any more)."""
    ids = [said.id for said in transcript]
    return transcript[ids.index(identifier) + 1 :] if identifier in ids else transcript


def _bot_answered_after(moment: float, transcript: Iterable[Said]) -> bool:
    return any(said.role == "CUSTOM_BOT" and said.at > moment and not answers_nothing(said.text) for said in transcript)
