"""One turn: from a customer's message in the inbox to the spoken answer, or to the hand-off.

Read it from `react` down: take the turn, answer round by round, release. `voice` is how it speaks, `leaving` the way
out. There is no I/O here; every step outside is an effect. The order of the steps is what keeps the design's rules
1 to 5: change it only with a test that shows why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lambdas.conversation.contact import Session, State, TurnRecord
from lambdas.conversation.effects import (
    Ask,
    BecomeHuman,
    Effect,
    EndSession,
    GoRound,
    Hold,
    KeepPending,
    Listen,
    NoteFailure,
    Pause,
    Release,
    Resume,
    SetAttributes,
    Steps,
    Take,
    TakeOver,
)
from lambdas.conversation.errors import (
    AgentUnavailable,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    ContactNotReady,
    DeadlineReached,
    FenceClosed,
    LeaseLost,
)
from lambdas.conversation.handoff import (
    Decision,
    Outcome,
    Reason,
)
from lambdas.conversation.inbox import Kind, Message, as_prompt, overflows, remember
from lambdas.conversation.leaving import Leaving, let_go
from lambdas.conversation.phrases import phrases
from lambdas.conversation.ports import (
    AgentEvent,
    Finished,
    NotTaken,
    Question,
    Refused,
    Result,
    ReturnControl,
    Said,
    Taken,
    Text,
)
from lambdas.conversation.retries import LEAVING, RECORDING, insist
from lambdas.conversation.speech import Speech
from lambdas.conversation.voice import LEAVE_TIME_SECONDS
from lambdas.conversation.world import World

WAIT_FOR_RECORD_SECONDS = 8.0
LOOK_AGAIN_SECONDS = 0.5
ASK_AGAIN_AFTER_SECONDS = 1.0
PAUSE_SECONDS = 1.5
"""So long without a word an agent is at something else, such as a tool."""
NOTE_WITHIN_SECONDS = 10.0
"""An attribute that cannot be set for so long is told the agent as refused."""
MOST_CONTROLS = 5
"""Controls answered within one turn; a team that returns more is going in circles."""
MOST_TAKEOVERS = 1
"""The first takeover asks again, the second hands off."""
MOST_SILENT_ANSWERS = 1
MOST_REFUSALS = 3
"""In a row; with the last of them a person takes the chat."""


def react(contact_id: str, message: Message, world: World) -> Steps[None]:
    """Everything that follows from one customer message.

    Returns when the message is answered, somebody else will answer it, a person has the contact, or the chat is over.
    Raises when it cannot be sure of one of these; Lambda's retry then looks again.
    """
    taken = yield from take(contact_id, message, world)
    if isinstance(taken, Taken):
        yield from Turn(taken.record, world).run()


def take(contact_id: str, message: Message, world: World) -> Steps[Taken | NotTaken]:
    """The turn, if nobody holds it or its holder has not renewed in time; waits a while for the record."""
    gives_up_at = world.now() + WAIT_FOR_RECORD_SECONDS
    while True:
        taken = yield from insist(Take(contact_id, message), RECORDING, world, until=gives_up_at)
        if isinstance(taken, Taken):
            return taken
        if taken.record is not None and taken.record.state is not State.JOINING:
            break
        if world.now() >= gives_up_at:
            raise ContactNotReady(contact_id)
        yield from Pause(LOOK_AGAIN_SECONDS)
    if not taken.record.abandoned(world.now()):
        return taken
    taken_over = yield from TakeOver(taken.record)
    return taken if taken_over is None else Taken(taken_over)


@dataclass(slots=True)
class Turn(Leaving):
    """A turn that is held, from the first look at its record to the release."""

    _answering: bool = field(default=False)
    """The agent has begun to answer the question under way, so it must not be asked again."""
    _one_moment_at: float = field(default=math.inf)
    """Epoch seconds: who has heard nothing of the answer by then is asked for a moment."""
    _asked_for_a_moment: bool = field(default=False)
    """Since the question was asked."""

    def run(self) -> Steps[None]:
        yield from Hold(self.record)
        try:
            if self.record.state is State.HANDING_OFF:
                yield from self.finish_handoff(speak=not (yield from self._closing_was_heard()))
            else:
                yield from self._answer_all()
        except ConnectionRefused:
            # Connect has removed the bot: a person came or the chat ended. What waits belongs to the person.
            yield from insist(BecomeHuman(self.record), RECORDING, self.world, until=self.world.ends_at)
            yield from let_go(self.record)
        except FenceClosed as closed:
            if not closed.moot:
                raise
            yield from EndSession(self.record.session.id)  # whoever took the contact may have no agents

    # ---- rounds

    def _answer_all(self) -> Steps[None]:
        if self.record.takeovers > MOST_TAKEOVERS:
            yield from self._leave(Reason.CRASHED)
            return
        if self.record.takeovers:  # whatever comes of its question, an answer broke off in it
            self.record = replace(self.record, session=self.record.session.unsound())
        if self.record.takeovers and (yield from self._was_heard(self.record.asked())):
            yield from self._note_refused_before()
            yield from self._say_phrase("partly_heard")
            left = False
        else:
            left = yield from self._answer_round()
        while not left and (yield from self._messages_wait()):
            left = yield from self._answer_round()

    def _messages_wait(self) -> Steps[bool]:
        """Finish the round: free the turn, or keep it because more has come meanwhile."""
        answered = self._answered()
        found = yield from self._note(Release(self.record, answered))
        if found is None:
            return False  # nothing is left: it was answered here, or a person or the end took it
        asked = {message.mark for message in self.record.asked()}
        asks = tuple(message.mark for message in found.inbox if message.mark not in asked)
        gone_round = yield from self._note(GoRound(self.record, answered, asks))
        if gone_round is None:
            raise LeaseLost(self.record.contact_id)
        self.record, self._parts, self._transcript = gone_round, 0, None
        return True

    def _note(self, write: Effect[TurnRecord | None]) -> Steps[TurnRecord | None]:
        """An answer that was heard must not count as broken off because of one failed write."""
        return (yield from insist(write, RECORDING, self.world, until=self.world.ends_at))

    def _answered(self) -> TurnRecord:
        """The record as the end of this round keeps it."""
        now = self.world.now()
        finished, age_limit = self.record.asked(), self.world.rules.age_limit_seconds
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
        self._answering, self._speaks_until = False, deadline
        self._asked_for_a_moment, self._one_moment_at = False, self._when_patience_ends()
        try:
            try:
                decision = yield from self._converse(question, speech, deadline)
            except AgentUnavailable as error:
                if not error.retryable or self._answering:
                    raise
                yield from self._say_phrase("still_trying" if self._asked_for_a_moment else "one_moment")
                self._asked_for_a_moment = True
                yield from self._give_it_time(deadline)
                decision = yield from self._converse(question, speech, deadline)
        except AgentUnavailable:
            return (yield from self._leave(Reason.AGENT_UNAVAILABLE))
        except (DeadlineReached, ChatThrottled):
            return (yield from self._leave(Reason.DEADLINE))
        self._speaks_until = None
        if decision is not None:
            return (yield from self.hand_off(decision))
        self.record = replace(self.record, session=self.record.session.used(self.world.now()))
        if speech.refused:
            return (yield from self._mind_refusal())
        if speech.spoken:
            self.record = replace(self.record, failures=0, refusals=0)
            return False
        return (yield from self._mind_silence())

    def _when_patience_ends(self) -> float:
        """Never after a takeover: whoever held the turn may have asked for a moment already."""
        seconds = self.world.rules.one_moment_seconds
        return self.world.now() + seconds if seconds and not self.record.takeovers else math.inf

    def _give_it_time(self, deadline: float) -> Steps[None]:
        """What was throttled or busy is so at once again; but the customer's time is not spent on waiting alone."""
        if self.world.now() + ASK_AGAIN_AFTER_SECONDS < deadline:
            yield from Pause(ASK_AGAIN_AFTER_SECONDS)

    def _mind_refusal(self) -> Steps[bool]:
        """Whoever is refused again and again gets a person.

        The second refusal may be about what the agent remembers and not about the question, so the next one is asked
        in a session that remembers nothing.
        """
        refusals = self.record.refusals + 1
        if refusals >= MOST_REFUSALS:
            return (yield from self._leave(Reason.REFUSED))
        self.record = replace(self.record, failures=0, refusals=refusals)
        if refusals == MOST_REFUSALS - 1:
            self.record = replace(self.record, session=Session(id=self.world.new_id(), used_at=self.world.now()))
        return False

    def _mind_silence(self) -> Steps[bool]:
        """An agent that says nothing gets one more chance, with the customer's help."""
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
                yield from self._give_up_on_team("TooManyControls")
            yield from self._answer_control(question, control, decision)
            answered += 1
        return None

    def _give_up_on_team(self, code: str) -> Steps[None]:
        failure = AgentUnavailable(code, retryable=False)
        yield from NoteFailure(failure)
        raise failure

    def _hear_out(self, speech: Speech, deadline: float) -> Steps[ReturnControl | None]:
        """Speak until the answer ends or a control comes; what came before a control is spoken first."""
        while True:
            event = yield from self._listen(speech, deadline)
            self._answering = True
            match event:
                case Text(text, is_whole):
                    yield from self._say_or_keep(speech.hear(text, is_whole=is_whole), speech)
                case Refused():
                    yield from self._say_refused(speech)
                case _:
                    yield from self._say_all(speech.finish())
                    return None if isinstance(event, Finished) else event

    def _listen(self, speech: Speech, deadline: float) -> Steps[AgentEvent]:
        """The agent's next event. If it pauses, whole sentences are said; who waits long is asked for a moment."""
        paused_at = self.world.now() + PAUSE_SECONDS
        while (event := (yield from Listen(deadline, min(paused_at, self._patient_until(speech))))) is None:
            if self.world.now() >= paused_at:
                paused_at = math.inf
                yield from self._say_or_keep(speech.pause(), speech)
            if self.world.now() >= self._patient_until(speech):
                self._asked_for_a_moment = True
                yield from self._say_if_welcome([phrases(self.record.language).say("one_moment")])
        return event

    def _patient_until(self, speech: Speech) -> float:
        told = self._asked_for_a_moment or speech.spoken or speech.refused
        return math.inf if told else self._one_moment_at

    def _say_or_keep(self, texts: Sequence[str], speech: Speech) -> Steps[None]:
        if unsaid := (yield from self._say_if_welcome(texts)):
            speech.keep(unsaid)

    def _say_refused(self, speech: Speech) -> Steps[None]:
        """Once an answer, in the contact's language; a guardrail knows only one."""
        is_news = not speech.refused
        self._note_refused()
        yield from self._say_all(speech.refuse())
        if is_news:
            yield from self._say_phrase("refused")

    def _answer_control(self, question: Question, control: ReturnControl, decision: Decision) -> Steps[None]:
        """The bot stays: what the control brought becomes attributes, and the agent may go on."""
        if not control.pending:
            yield from self._give_up_on_team("ControlTooLarge")
        yield from KeepPending(self.record, control.pending)
        try:
            note = SetAttributes(decision.attributes)
            yield from insist(note, LEAVING, self.world, until=self.world.now() + NOTE_WITHIN_SECONDS)
            result = Result.NOTED
        except ChatError:
            result = Result.REFUSED
        yield from Resume(question, control.pending, {call.function: result for call in control.calls})
