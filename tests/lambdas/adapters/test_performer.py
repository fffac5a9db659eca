"""What carries out a turn's effects: the lease kept beside it, the fence, typing, tokens, and hearing the agent.

Which effects a turn wants, and in which order, is tested where the turn is; here the timers run for real, but fast.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lambdas.adapters.hearing import Hearing
from lambdas.adapters.performer import PERFORMERS, RECONNECT_WITHIN_SECONDS, Performer
from lambdas.adapters.rush import LASTS_SECONDS
from lambdas.conversation import effects as do
from lambdas.conversation.contact import LEASE_SECONDS, ContactRecord, Lease, State, TurnRecord
from lambdas.conversation.errors import (
    AgentUnavailable,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    DeadlineReached,
    FenceClosed,
    LeaseLost,
    RecordUnavailable,
    TranscriptRefused,
)
from lambdas.conversation.handoff import Handoff, Outcome, Reason
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.ports import (
    AgentEvent,
    Asking,
    Finished,
    Question,
    Refused,
    Result,
    ReturnControl,
    Said,
    Taken,
    Text,
)
from lambdas.conversation.turn import react
from tests.fakes import Hang, ManualClock, ScriptedAgents
from tests.memory_stays import MemoryStays
from tests.stage import CONTACT, JITTER, Stage, escalates

SOON = 0.005
NEVER = 3_600.0
AT_MOST = 5.0
"""Seconds a test waits for another thread before it fails."""
QUESTION = Question(contact_id=CONTACT, session_id="session", turn_id="turn", text="Hello?", language="en")
HANDOFF = Handoff(
    outcome=Outcome.ESCALATE,
    reason=Reason.CUSTOMER_ASKED,
    attributes={"handoff_reason": "customer_asked"},
    sentence="Thank you.",
)


@dataclass
class WatchedStays(MemoryStays):
    """The record in memory; a test can wait for renewals, and let them, the reads or the contact's writes fail."""

    renewals_fail: bool = False
    reads_fail: bool = False
    saves_fail: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self._tried = 0
        self._one_more = threading.Condition()

    def renew(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord:
        try:
            if self.renewals_fail:
                raise RecordUnavailable("InternalServerError")
            return super().renew(record, owner=owner, now=now)
        finally:
            with self._one_more:
                self._tried += 1
                self._one_more.notify_all()

    def read(self, contact_id: str, *, now: float) -> TurnRecord | None:
        if self.reads_fail:
            raise RecordUnavailable("InternalServerError")
        return super().read(contact_id, now=now)

    def save_contact(self, contact: ContactRecord, *, expires_at: float) -> None:
        if self.saves_fail:
            raise RecordUnavailable("InternalServerError")
        super().save_contact(contact, expires_at=expires_at)

    def go_through_renewals(self) -> None:
        """Wait until a renewal has begun after this call and all that follows from it is over.

        The first to end may have begun before; the third ends after everything the second led to.
        """
        with self._one_more:
            third = self._tried + 3
            assert self._one_more.wait_for(lambda: self._tried >= third, timeout=AT_MOST)


THROTTLED = ChatThrottled("SendMessage", "ThrottlingException")


@dataclass
class Scene:
    """A contact with a turn to be performed by `me`."""

    renew_every_seconds: float = NEVER
    typing_every_seconds: float = NEVER
    typing_after_words_seconds: float = NEVER
    agents: ScriptedAgents = field(default_factory=ScriptedAgents)
    may_read_transcript: bool = True
    stays: WatchedStays = field(default_factory=WatchedStays)
    stage: Stage = field(init=False)
    performer: Performer = field(init=False)

    def __post_init__(self) -> None:
        self.stage = Stage(agents=self.agents, stays=self.stays)
        self.performer = Performer(
            stays=self.stays,
            room=self.stage.room,
            agents=self.agents,
            clock=self.stage.clock,
            owner="me",
            random=lambda: JITTER,
            may_read_transcript=self.may_read_transcript,
            report=self.stage.reports.append,
            renew_every_seconds=self.renew_every_seconds,
            typing_every_seconds=self.typing_every_seconds,
            typing_after_words_seconds=self.typing_after_words_seconds,
        )

    @property
    def clock(self) -> ManualClock:
        return self.stage.clock

    def take(self) -> TurnRecord:
        """The turn is mine, and what runs beside it runs."""
        taken = self.performer.take(do.Take(CONTACT, self.message()))
        assert isinstance(taken, Taken)
        self.performer.hold(do.Hold(taken.record))
        self.performer.read_contact(do.ReadContact())
        return taken.record

    def message(self) -> Message:
        return Message(id="m1", at=self.clock.now(), kind=Kind.TEXT, text="Hello?")

    def ask(self) -> None:
        self.take()
        self.performer.ask(do.Ask(QUESTION))

    def say(self, text: str) -> None:
        self.performer.send(do.Send(text, f"token-of-{text}"))

    def change_contact(self, **changes: Any) -> None:
        self.stays.contacts[CONTACT] = replace(self.stays.contacts[CONTACT], **changes)

    def listen(self) -> AgentEvent:
        event = self.performer.listen(do.Listen(self.clock.now() + 120))
        assert event is not None
        return event


def until(happened: Callable[[], bool]) -> None:
    """Wait for another thread."""
    pause = threading.Event()
    for _ in range(int(AT_MOST / 0.002)):
        if happened():
            return
        pause.wait(0.002)
    raise AssertionError("it never happened")


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    """No thread outlives the with-block: Lambda would freeze it and wake it in the middle of another turn."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


# ---- performing


def test_every_effect_has_a_performer() -> None:
    """A new effect without one would fail in the middle of a turn."""
    effects = {kind for kind in vars(do).values() if isinstance(kind, type) and issubclass(kind, do.Effect)}

    assert set(PERFORMERS) == effects - {do.Effect}


def test_a_turn_gets_the_result_of_each_step() -> None:
    """It is a generator: what it yields is done, what comes of it is sent back."""
    scene, results = Scene(), list[object]()

    def steps() -> do.Steps[None]:
        results.append((yield from do.Take(CONTACT, scene.message())))
        yield from do.Pause(0.5)

    with scene.performer as performer:
        performer.perform(steps())

    assert isinstance(results[0], Taken)
    assert scene.clock.slept == [0.5]


def test_an_error_of_a_step_is_thrown_into_the_turn() -> None:
    """The turn may have an answer to it."""
    scene, caught = Scene(may_read_transcript=False), list[Exception]()

    def steps() -> do.Steps[None]:
        try:
            yield from do.ReadTranscript()
        except TranscriptRefused as error:
            caught.append(error)

    with scene.performer as performer:
        performer.perform(steps())

    assert len(caught) == 1


def test_an_error_without_an_answer_comes_out() -> None:
    """Lambda must see it, or it would not try again."""
    scene = Scene()
    scene.stays.turns[CONTACT] = replace(scene.stage.record, lease=Lease(owner="other", until=0.0))

    def steps() -> do.Steps[None]:
        yield from do.KeepPending(scene.stage.record, "i1")

    with scene.performer as performer, pytest.raises(LeaseLost):
        performer.perform(steps())


# ---- the lease


def test_the_lease_is_renewed_while_the_turn_runs() -> None:
    """However long the agent takes."""
    scene = Scene(renew_every_seconds=SOON)

    with scene.performer:
        scene.take()
        for _ in range(3):
            scene.clock.advance(10)
            scene.stays.go_through_renewals()
        renewed = scene.stage.record.lease
        scene.say("Hello!")

    assert renewed is not None
    assert renewed.until == scene.clock.now() + LEASE_SECONDS
    assert scene.stage.heard == ["Hello!"]


def test_the_lease_is_renewed_in_a_new_round() -> None:
    """Going round changes the record that the timer renews."""
    scene = Scene(renew_every_seconds=SOON)

    with scene.performer as performer:
        record = scene.take()
        gone_round = performer.go_round(do.GoRound(record, record, ()))
        scene.clock.advance(20)
        scene.stays.go_through_renewals()

    assert gone_round is not None
    assert scene.stage.record.lease is not None
    assert scene.stage.record.lease.until == scene.clock.now() + LEASE_SECONDS


@pytest.mark.parametrize(("after", "speaks"), [(24.9, True), (25.1, False)])
def test_nothing_is_said_with_less_than_five_seconds_of_lease(after: float, *, speaks: bool) -> None:
    """Somebody else may take the turn over when it ends, and a send takes a moment."""
    scene = Scene()

    with scene.performer:
        scene.take()
        scene.clock.advance(after)
        if speaks:
            scene.say("Hello!")
        else:
            with pytest.raises(FenceClosed) as closed:
                scene.say("Hello!")
            assert not closed.value.moot

    assert scene.stage.heard == (["Hello!"] if speaks else [])


def test_a_lease_counts_from_before_the_write_that_took_it() -> None:
    """The answer may have been on its way for long, also because Lambda was frozen."""
    scene = Scene()

    class Slow(WatchedStays):
        def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Any:
            taken = super().take(contact_id, message, owner=owner, now=now)
            scene.clock.advance(26)
            return taken

    scene = Scene(stays=Slow())

    with scene.performer:
        scene.take()
        with pytest.raises(FenceClosed):
            scene.say("Hello!")


def a_person_comes(scene: Scene) -> None:
    scene.stays.become_human(scene.stage.record, now=scene.clock.now())


def the_chat_ends(scene: Scene) -> None:
    scene.stays.become_ended(CONTACT, now=scene.clock.now())


def the_flow_takes_the_contact_back(scene: Scene) -> None:
    scene.stays.begin_handoff(scene.stage.record, HANDOFF, owner="flow", now=scene.clock.now(), seize=True)


def the_record_is_gone(scene: Scene) -> None:
    del scene.stays.turns[CONTACT]


def somebody_takes_over(scene: Scene) -> None:
    scene.stays.turns[CONTACT] = replace(scene.stage.record, lease=Lease(owner="other", until=scene.clock.now() + 30))


@pytest.mark.parametrize(
    ("happening", "moot"),
    [
        (a_person_comes, True),
        (the_chat_ends, True),
        (the_flow_takes_the_contact_back, True),
        (the_record_is_gone, True),
        (somebody_takes_over, False),
    ],
)
def test_a_renewal_that_finds_the_contact_gone_closes_the_fence(
    happening: Callable[[Scene], None], *, moot: bool
) -> None:
    """Without a call of its own the next send knows; only if the contact is still the bot's must the turn go on."""
    scene = Scene(renew_every_seconds=SOON)

    with scene.performer:
        scene.take()
        happening(scene)
        scene.stays.go_through_renewals()
        with pytest.raises(FenceClosed) as closed:
            scene.say("Hello!")

    assert closed.value.moot is moot
    assert scene.stage.heard == []


def test_a_lost_lease_closes_the_fence_even_if_nobody_can_say_why() -> None:
    """The read after the refused renewal may fail; to be sure, the turn is not taken for moot."""
    scene = Scene(renew_every_seconds=SOON)

    with scene.performer:
        scene.take()
        a_person_comes(scene)
        scene.stays.reads_fail = True
        scene.stays.go_through_renewals()
        with pytest.raises(FenceClosed) as closed:
            scene.say("Hello!")

    assert not closed.value.moot


def test_a_renewal_that_fails_is_tried_again() -> None:
    """A hiccup of the table costs nothing as long as the lease lasts."""
    scene = Scene(renew_every_seconds=SOON)

    with scene.performer:
        scene.take()
        scene.stays.renewals_fail = True
        scene.stays.go_through_renewals()
        scene.clock.advance(20)
        scene.stays.renewals_fail = False
        scene.stays.go_through_renewals()
        scene.clock.advance(20)
        scene.say("Hello!")

    assert scene.stage.heard == ["Hello!"]


def test_renewals_that_keep_failing_close_the_fence_by_time() -> None:
    """Somebody else may by then have taken the turn over."""
    scene = Scene(renew_every_seconds=SOON)

    with scene.performer:
        scene.take()
        scene.stays.renewals_fail = True
        scene.clock.advance(26)
        scene.stays.go_through_renewals()
        with pytest.raises(FenceClosed):
            scene.say("Hello!")


def test_a_renewal_that_crosses_the_own_hand_off_is_no_loss() -> None:
    """The write has happened, its answer is on the way, and the timer still renews the record before it."""
    scene = Scene()

    class Crossing(WatchedStays):
        def begin_handoff(self, *args: Any, **kwargs: Any) -> TurnRecord:
            record = super().begin_handoff(*args, **kwargs)
            self.go_through_renewals()
            return record

    scene = Scene(stays=Crossing(), renew_every_seconds=SOON)

    with scene.performer as performer:
        record = scene.take()
        performer.begin_handoff(do.BeginHandoff(record, HANDOFF, seize=False))
        scene.clock.advance(20)
        scene.stays.go_through_renewals()
        scene.clock.advance(20)
        scene.say("Thank you.")

    assert scene.stage.heard == ["Thank you."]
    assert scene.stage.record.lease is not None
    assert scene.stage.record.lease.until == scene.clock.now() - 20 + LEASE_SECONDS


# ---- typing


def test_typing_is_shown_until_the_turn_is_over() -> None:
    """Chat windows hide the dots after 12 seconds, so they are shown again."""
    scene = Scene(typing_every_seconds=SOON)

    with scene.performer:
        scene.take()
        until(lambda: len(scene.stage.room.typed) >= 3)
    shown = len(scene.stage.room.typed)

    assert set(scene.stage.room.typed) == {scene.stays.contacts[CONTACT].connection_token}
    assert len(scene.stage.room.typed) == shown


@pytest.mark.parametrize("_", range(20))
def test_no_dots_follow_an_answer_that_was_ready_at_once(_: int) -> None:
    """Chat windows would show them for 12 seconds, and the customer would wait for more."""
    scene = Scene()

    with scene.performer:
        scene.take()
        scene.say("Here.")

    assert scene.stage.room.seen[-1] == "Here."


def test_dots_come_back_after_a_first_sentence_while_the_agent_goes_on() -> None:
    """What has been said is not the whole answer, and the customer should see that."""
    scene = Scene(typing_after_words_seconds=SOON, agents=ScriptedAgents(["It is on its way.", Hang()]))

    with scene.performer:
        scene.ask()
        scene.listen()
        scene.say("It is on its way.")
        until(lambda: scene.stage.room.seen[-1] == "dots")


def test_no_dots_come_back_once_the_agent_has_finished() -> None:
    """Whatever follows takes the bot a moment only."""
    scene = Scene(typing_every_seconds=SOON, typing_after_words_seconds=SOON, agents=ScriptedAgents(["Here."]))

    with scene.performer:
        scene.ask()
        scene.listen()
        scene.listen()
        scene.say("Here.")
        threading.Event().wait(SOON * 4)

    assert scene.stage.room.seen[-1] == "Here."


def test_no_dots_come_back_while_the_turn_is_released() -> None:
    """A turn that asks nobody, because a file came, must not leave dots behind either."""
    scene = Scene(typing_every_seconds=SOON, typing_after_words_seconds=SOON)

    with scene.performer as performer:
        record = scene.take()
        performer.release(do.Release(record, replace(record, pending=None)))
        scene.say("Thank you for the file.")
        threading.Event().wait(SOON * 4)

    assert scene.stage.room.seen[-1] == "Thank you for the file."


def test_typing_that_is_refused_harms_nobody() -> None:
    """Dots are never worth a failure; what is said next will show whether the bot is out."""
    scene = Scene(typing_every_seconds=SOON)

    with scene.performer as performer:
        scene.stage.room.bot_leaves()
        scene.take()
        contact = performer.read_contact(do.ReadContact())
        with pytest.raises(ConnectionRefused):
            scene.say("Hello!")

    assert contact.contact_id == CONTACT


def test_a_throttled_message_takes_the_dots_from_the_rest_of_the_turn() -> None:
    """Dots and words share one quota, and words are worth more."""
    scene = Scene(typing_every_seconds=SOON)
    scene.stage.room.meets("send", THROTTLED)

    with scene.performer as performer:
        scene.take()
        until(lambda: bool(scene.stage.room.typed))
        with pytest.raises(ChatThrottled):
            scene.say("Here.")
        until(lambda: len(threads_of(performer)) == 1)  # the lease's timer goes on

    assert "SendsThrottled" in scene.stage.reports


def test_who_refuses_markdown_is_spoken_to_plainly_though_the_record_cannot_be_written() -> None:
    """In this turn; the next one asks once more."""
    scene = Scene()
    scene.stays.saves_fail = True

    with scene.performer as performer:
        scene.take()
        performer.speak_plainly(do.SpeakPlainly())

        assert not performer.read_contact(do.ReadContact()).shows_markdown
    assert scene.stays.contacts[CONTACT].shows_markdown


def test_throttled_dots_are_not_tried_again() -> None:
    """They are the first to be left out."""
    scene = Scene(typing_every_seconds=SOON)
    scene.stage.room.meets("show_typing", THROTTLED)

    with scene.performer as performer:
        scene.take()
        until(lambda: len(threads_of(performer)) == 1)

    assert scene.stage.room.typed == []


def test_for_a_while_no_turn_of_this_container_shows_dots() -> None:
    """A rush is not over with the turn that noticed it."""
    scene = Scene()
    scene.performer.rush.noticed(monotonic=scene.clock.monotonic())

    with scene.performer:
        scene.take()
        scene.say("Here.")
    assert scene.stage.room.typed == []

    scene.clock.advance(LASTS_SECONDS)
    assert not scene.performer.rush.is_on(monotonic=scene.clock.monotonic())


def test_nobody_types_while_handing_off() -> None:
    """The closing sentence is the last thing the customer sees of the bot."""
    scene = Scene(typing_every_seconds=SOON)

    with scene.performer as performer:
        record = scene.take()
        until(lambda: bool(scene.stage.room.typed))
        performer.begin_handoff(do.BeginHandoff(record, HANDOFF, seize=False))
        until(lambda: len(threads_of(performer)) == 1)  # the lease's timer goes on

    assert performer.record is not None
    assert performer.record.state is State.HANDING_OFF


def test_nobody_types_when_a_hand_off_is_taken_over() -> None:
    """See above."""
    scene = Scene(typing_every_seconds=SOON)
    the_flow_takes_the_contact_back(scene)

    with scene.performer as performer:
        performer.hold(do.Hold(scene.stage.record))
        performer.read_contact(do.ReadContact())
        until(lambda: len(threads_of(performer)) == 1)

    assert scene.stage.room.typed == []


def threads_of(performer: Performer) -> list[threading.Thread]:
    return [thread for thread in performer._beside if thread.is_alive()]


# ---- tokens


@pytest.mark.parametrize(("stay", "moot"), [(2, True), (None, False)])
def test_a_turn_uses_only_the_tokens_of_its_own_stay(stay: int | None, *, moot: bool) -> None:
    """Between two stays a person had the chat; tokens that are not there at all are a reason to try again."""
    scene = Scene()
    if stay is None:
        del scene.stays.contacts[CONTACT]
    else:
        scene.change_contact(stay=stay)

    with scene.performer as performer:
        performer.hold(do.Hold(scene.stage.record))
        with pytest.raises(FenceClosed) as closed:
            performer.read_contact(do.ReadContact())

    assert closed.value.moot is moot


@pytest.mark.parametrize(("left_seconds", "reconnects"), [(299.0, True), (301.0, False)])
def test_a_connection_that_ends_soon_is_replaced_and_kept(left_seconds: float, *, reconnects: bool) -> None:
    """Connections live a day, chats up to seven."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now() + left_seconds)
    before = scene.stays.contacts[CONTACT].connection_token

    with scene.performer as performer:
        scene.take()
        contact = performer.read_contact(do.ReadContact())
        scene.say("Hello!")

    assert (contact.connection_token != before) is reconnects
    assert scene.stays.contacts[CONTACT] == contact
    assert scene.stage.heard == ["Hello!"]


def test_a_connection_that_cannot_be_replaced_ends_the_turn() -> None:
    """A participant that is gone is refused, and the turn hears it when it asks for the contact."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stage.room.meets("connect", ConnectionRefused("CreateParticipantConnection", "AccessDeniedException"))

    with scene.performer as performer:
        performer.hold(do.Hold(scene.stage.record))
        with pytest.raises(ConnectionRefused):
            performer.read_contact(do.ReadContact())


BUSY = ChatThrottled("CreateParticipantConnection", "ThrottlingException")
NO_ANSWER = ChatError("CreateParticipantConnection", "ReadTimeoutError", retryable=True)


@pytest.mark.parametrize("days", [1, 2, 6])
@pytest.mark.parametrize("failure", [BUSY, NO_ANSWER])
def test_a_connection_is_asked_for_again_on_any_day_of_the_chat(days: int, failure: ChatError) -> None:
    """The participant lives as long as the chat; a rush is no reason to be silent for a minute."""
    scene = Scene()
    scene.clock.advance(days * 24 * 3600)
    scene.stage.room.bot_leaves()
    scene.stage.room.meets("connect", failure, failure)

    with scene.performer:
        scene.take()
        scene.say("Hello!")

    assert scene.stage.heard == ["Hello!"]
    assert scene.stays.contacts[CONTACT].connection_expires_at > scene.clock.now() + 23 * 3600


def test_a_connection_that_still_lives_is_used_when_no_other_is_to_be_had() -> None:
    """It was to be replaced in good time, not to be given up."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now() + 200)
    scene.stage.room.meets("connect", *[NO_ANSWER] * 10)

    with scene.performer:
        scene.take()
        scene.say("Hello!")

    assert scene.stage.heard == ["Hello!"]


def test_a_connection_that_cannot_be_kept_serves_its_turn() -> None:
    """Whoever waits hears the answer; the next turn asks for a connection of its own."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stays.saves_fail = True

    with scene.performer:
        scene.take()
        scene.say("Hello!")

    assert scene.stage.heard == ["Hello!"]


def test_a_connection_that_is_not_to_be_had_is_told_while_there_is_time_to_leave() -> None:
    """Only the failure comes out; whoever waits for the contact decides."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stage.room.meets("connect", *[BUSY] * 100)
    began = scene.clock.now()

    with scene.performer as performer:
        performer.hold(do.Hold(scene.stage.record))
        with pytest.raises(ChatThrottled):
            performer.read_contact(do.ReadContact())

    assert scene.clock.now() - began <= RECONNECT_WITHIN_SECONDS


# ---- the agent


class BehindAGuardrail(ScriptedAgents):
    """A team that is asked only when `judge` has returned."""

    def __init__(self, judge: Callable[[], object]) -> None:
        super().__init__(["Here."])
        self._judge = judge

    def ask(self, question: Question) -> Iterator[Asking | AgentEvent]:
        answer = super().ask(question)

        def judged() -> Iterator[Asking | AgentEvent]:
            self._judge()
            yield from answer

        return judged()


def test_what_runs_beside_a_question_begins_when_the_team_is_asked() -> None:
    """Nothing of it may come between the customer's message and that call; here a guardrail takes its time."""
    begun = list[int]()

    def judge() -> None:
        threading.Event().wait(SOON * 4)
        begun.append(len(scene.performer._beside))

    scene = Scene(agents=BehindAGuardrail(judge))

    with scene.performer as performer:
        taken = performer.take(do.Take(CONTACT, scene.message()))
        assert isinstance(taken, Taken)
        performer.hold(do.Hold(taken.record))
        performer.ask(do.Ask(QUESTION))
        until(lambda: bool(scene.stage.room.typed))

    assert begun == [0]


def test_dots_do_not_wait_for_a_guardrail_that_hangs() -> None:
    """The customer should see that somebody is at work."""
    dots_are_there = threading.Event()
    scene = Scene(agents=BehindAGuardrail(lambda: dots_are_there.wait(AT_MOST)))

    with scene.performer as performer:
        taken = performer.take(do.Take(CONTACT, scene.message()))
        assert isinstance(taken, Taken)
        performer.hold(do.Hold(taken.record))
        performer.ask(do.Ask(QUESTION))
        until(lambda: bool(scene.stage.room.typed))
        dots_are_there.set()
        assert scene.listen() == Text("Here.")


@pytest.mark.parametrize("answer", [[Refused("guardrail"), Finished()], []])
def test_nobody_waits_for_a_call_that_never_comes(answer: list[AgentEvent]) -> None:
    """A guardrail refused the question, or failed: the customer is told at once."""

    class Waiting(ManualClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            assert super().wait(event, AT_MOST)
            return True

    Hearing(iter(answer)).wait_for_call(Waiting())


def test_the_agent_is_heard_in_order() -> None:
    """Its stream is read in another thread."""
    scene = Scene(agents=ScriptedAgents(["Your order ", "is on its way."]))

    with scene.performer:
        scene.ask()
        events = [scene.listen() for _ in range(3)]

    assert events == [Text("Your order "), Text("is on its way."), Finished()]
    assert scene.agents.asked == [QUESTION]


def test_an_error_of_the_agent_comes_after_what_it_said() -> None:
    """So the turn knows whether it had begun to answer."""
    scene = Scene(agents=ScriptedAgents(["Your order ", AgentUnavailable("throttlingException", retryable=True)]))

    with scene.performer:
        scene.ask()

        assert scene.listen() == Text("Your order ")
        with pytest.raises(AgentUnavailable):
            scene.listen()


def test_a_control_is_answered_in_a_new_stream() -> None:
    """And the old one is closed."""
    scene = Scene(agents=ScriptedAgents([escalates()], ["Noted."]))

    with scene.performer as performer:
        scene.ask()
        control = scene.listen()
        performer.resume(do.Resume(QUESTION, "pending", {"escalate": Result.NOTED}))
        answer = scene.listen()

    assert isinstance(control, ReturnControl)
    assert answer == Text("Noted.")
    assert scene.agents.resumed == [("pending", {"escalate": Result.NOTED})]


def test_a_guardrail_that_stepped_in_is_counted() -> None:
    """Once for each time it did, and by nothing but its name."""
    scene = Scene(agents=ScriptedAgents([Refused("guardrail")]))

    with scene.performer:
        scene.ask()
        heard = scene.listen()

    assert heard == Refused("guardrail")
    assert scene.stage.reports == ["GuardrailIntervened"]


def test_an_agent_that_fails_is_counted_and_explained() -> None:
    """Also when the turn asks it again: whoever operates wants to know why, and the code says it."""
    failure, explained = AgentUnavailable("ThrottlingException", retryable=True), list[AgentUnavailable]()
    scene = Scene(agents=ScriptedAgents([failure]))
    scene.performer.explain = explained.append

    with scene.performer:
        scene.ask()
        with pytest.raises(AgentUnavailable):
            scene.listen()

    assert explained == [failure]
    assert scene.stage.reports == ["AgentFailures"]


def test_the_lease_is_renewed_during_a_pause() -> None:
    """The timer goes on beside whatever the turn waits for."""
    scene = Scene(renew_every_seconds=SOON)

    class Waiting(ManualClock):
        """Whoever sleeps sees a renewal go by."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            scene.stays.go_through_renewals()

    scene.performer.clock = scene.stage.clock = Waiting()
    with scene.performer as performer:
        scene.take()
        performer.pause(do.Pause(20.0))
        lease = scene.stage.record.lease

    assert lease is not None
    assert lease.until == scene.clock.now() + LEASE_SECONDS


def test_whoever_may_not_speak_must_not_ask() -> None:
    """The agent acts on what it is asked, and somebody else may be asking it the same."""
    scene = Scene(agents=ScriptedAgents(["Your order "]))

    with scene.performer as performer:
        scene.take()
        scene.clock.advance(LEASE_SECONDS)
        for effect in (do.Ask(QUESTION), do.Resume(QUESTION, "pending", {})):
            with pytest.raises(FenceClosed):
                performer._perform(effect)

    assert (scene.agents.asked, scene.agents.resumed) == ([], [])


def test_an_agent_that_falls_silent_is_waited_for_until_the_deadline() -> None:
    """The clock is the one handed in: a test, or the laptop stack, moves it."""
    scene = Scene(agents=ScriptedAgents(["Your order ", Hang()]))

    with scene.performer as performer:
        scene.ask()
        deadline = do.Listen(scene.clock.now() + 120)
        performer.listen(deadline)
        timer = threading.Timer(SOON, scene.clock.advance, [120])
        timer.start()
        with pytest.raises(DeadlineReached):
            performer.listen(deadline)
        timer.join()


def test_a_turn_may_look_up_while_it_listens() -> None:
    """What the agent says afterwards is heard all the same."""
    scene = Scene(agents=ScriptedAgents(["Your order "]))

    with scene.performer as performer:
        scene.ask()
        now = scene.clock.now()
        nothing = performer.listen(do.Listen(now + 120, wakes_at=now))

        assert nothing is None
        assert scene.listen() == Text("Your order ")


def test_the_deadline_comes_before_a_later_moment_to_look_up() -> None:
    """Both may be chosen freely."""
    scene = Scene(agents=ScriptedAgents([Hang()]))

    with scene.performer as performer:
        scene.ask()
        now = scene.clock.now()
        with pytest.raises(DeadlineReached):
            performer.listen(do.Listen(now, wakes_at=now + 5))


def test_at_the_deadline_the_agent_is_no_longer_heard() -> None:
    """Whatever it says now comes too late: the contact is being handed off."""
    scene = Scene(agents=ScriptedAgents([Hang()]))

    with scene.performer as performer:
        scene.ask()
        with pytest.raises(DeadlineReached):
            performer.listen(do.Listen(scene.clock.now()))
        hearing = performer._hearing

    assert hearing is not None
    assert not hearing.is_alive()


def test_leaving_in_the_middle_of_an_answer_cancels_it() -> None:
    """A turn that lost its lease leaves its agent talking."""
    scene = Scene(agents=ScriptedAgents(["Your order ", Hang()]))

    with scene.performer:
        scene.ask()
        scene.listen()


def test_an_answer_without_an_end_is_none() -> None:
    """A backend that forgets to finish must not let the customer wait for the deadline."""

    class Mute(ScriptedAgents):
        def ask(self, question: Question) -> Iterator[AgentEvent]:
            return iter([Text("Your order ")])

    scene = Scene(agents=Mute())

    with scene.performer:
        scene.ask()
        scene.listen()
        with pytest.raises(AgentUnavailable):
            scene.listen()


def test_the_session_ends_best_effort() -> None:
    """The customer has left: neither a failure nor silence matters any more."""
    over = threading.Event()

    class Hanging(ScriptedAgents):
        def end(self, session_id: str) -> None:
            super().end(session_id)
            over.wait(AT_MOST)

    scene = Scene(agents=Hanging())
    scene.performer.end_session_within_seconds = SOON

    with scene.performer as performer:
        performer.end_session(do.EndSession("session"))
        over.set()

    assert scene.agents.ended == ["session"]


# ---- the hand-off


def test_the_steps_of_a_hand_off_reach_connect() -> None:
    """Attributes, streaming, the bot itself."""
    scene = Scene()

    with scene.performer as performer:
        record = scene.take()
        performer.begin_handoff(do.BeginHandoff(record, HANDOFF, seize=False))
        performer.set_attributes(do.SetAttributes(HANDOFF.attributes))
        performer.stop_streaming(do.StopStreaming())
        performer.disconnect(do.Disconnect())
        performer.become_human(do.BecomeHuman(scene.stage.record))

    assert scene.stage.room.attributes == HANDOFF.attributes
    assert scene.stage.room.streams == set()
    assert not scene.stage.connected
    assert scene.stage.record.state is State.HUMAN


def test_a_bot_that_is_already_out_has_left() -> None:
    """A retry disconnects again."""
    scene = Scene()
    scene.stage.room.bot_leaves()

    with scene.performer as performer:
        scene.take()
        performer.disconnect(do.Disconnect())

    assert scene.stage.room.calls == ["disconnect"]


def test_streaming_that_cannot_be_stopped_stops_with_the_chat() -> None:
    """It is nobody's loss."""
    scene = Scene()
    scene.stage.room.meets("stop_streaming", ChatError("StopContactStreaming", "ThrottlingException"))

    with scene.performer as performer:
        scene.take()
        performer.stop_streaming(do.StopStreaming())

    assert scene.stage.room.calls == ["stop_streaming"]


def test_a_stop_of_streaming_that_hangs_is_not_waited_for() -> None:
    """The flow wakes at the disconnect, which comes behind it."""
    scene = Scene()
    scene.performer.stop_streaming_within_seconds = SOON
    answered = threading.Event()
    scene.stage.room.meets("stop_streaming", lambda: answered.wait(5.0))

    with scene.performer as performer:
        scene.take()
        performer.stop_streaming(do.StopStreaming())
        streams_on = bool(scene.stage.room.streams)
        answered.set()

    assert streams_on


def test_a_stream_nobody_can_look_up_does_not_keep_the_bot_in_the_chat() -> None:
    """The table may be down for the moment; what comes behind is tried again, this is not."""

    class Unread(WatchedStays):
        def read_contact(self, contact_id: str) -> ContactRecord | None:
            raise RecordUnavailable("InternalServerError")

    scene = Scene(stays=Unread())
    scene.performer.record = scene.stage.record

    with scene.performer as performer:
        performer.stop_streaming(do.StopStreaming())

    assert scene.stage.room.calls == []


@pytest.mark.parametrize(
    ("operation", "effect"),
    [("set_attributes", do.SetAttributes(HANDOFF.attributes)), ("disconnect", do.Disconnect())],
)
def test_a_step_that_fails_is_not_taken_for_done(operation: str, effect: do.Effect[None]) -> None:
    """A retry begins with it again."""
    scene = Scene()
    scene.stage.room.meets(operation, ChatError(operation, "ThrottlingException"))

    with scene.performer as performer:
        scene.take()
        with pytest.raises(ChatError):
            performer._perform(effect)


@pytest.mark.parametrize("held", [True, False], ids=["in a turn", "by the flow"])
def test_attributes_do_not_need_a_living_connection(*, held: bool) -> None:
    """They are written with the rights of the function, not of the participant."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stage.room.meets("connect", ConnectionRefused("CreateParticipantConnection", "AccessDeniedException"))

    with scene.performer as performer:
        performer.record = scene.stage.record
        if held:
            performer.hold(do.Hold(scene.stage.record))
        performer.set_attributes(do.SetAttributes(HANDOFF.attributes))

    assert scene.stage.room.attributes == HANDOFF.attributes


def test_the_flow_disconnects_a_bot_whose_connection_has_ended() -> None:
    """After a day the old token is refused, which must not pass for a bot that has left."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stage.room.bot_leaves()

    with scene.performer as performer:
        performer.record = scene.stage.record
        performer.disconnect(do.Disconnect())

    assert scene.stage.room.calls == ["connect", "disconnect"]
    assert not scene.stage.connected


@pytest.mark.parametrize("failure", [BUSY, NO_ANSWER])
def test_a_bot_whose_connection_cannot_be_renewed_just_now_has_not_left(failure: ChatError) -> None:
    """The refusal of an ended connection would be taken for a bot that is out, and the flow would sleep on."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stage.room.meets("connect", failure)

    with scene.performer as performer:
        performer.record = scene.stage.record
        with pytest.raises(ChatError):
            performer.disconnect(do.Disconnect())
        assert scene.stage.connected
        performer.disconnect(do.Disconnect())

    assert "disconnect" in scene.stage.room.calls


def test_a_participant_who_is_gone_needs_no_connection_to_leave() -> None:
    """That is what the step wanted."""
    scene = Scene()
    scene.change_contact(connection_expires_at=scene.clock.now())
    scene.stage.room.meets("connect", ConnectionRefused("CreateParticipantConnection", "AccessDeniedException"))

    with scene.performer as performer:
        performer.record = scene.stage.record
        performer.disconnect(do.Disconnect())

    assert scene.stage.room.calls == ["connect"]


@pytest.mark.parametrize("happening", [a_person_comes, the_flow_takes_the_contact_back, the_chat_ends])
def test_a_holder_who_notices_that_the_contact_has_gone_ends_the_agents_session(
    happening: Callable[[Scene], None],
) -> None:
    """Whoever took the contact may have no agents, and after the stream has stopped no event tells of it."""
    scene = Scene(renew_every_seconds=SOON)

    def gone() -> None:
        happening(scene)
        scene.stays.go_through_renewals()

    scene.agents = ScriptedAgents([gone, "Here."])
    scene.performer.agents = scene.agents

    with scene.performer as performer:
        performer.perform(react(CONTACT, scene.message(), scene.stage.world()))

    assert (scene.stage.heard, scene.agents.ended) == ([], [scene.stage.record.session.id])


@pytest.mark.parametrize("contact", [None, 2])
def test_without_the_identity_of_this_stay_connect_is_left_alone(contact: int | None) -> None:
    """Another stay's participant must not be disconnected."""
    scene = Scene()
    if contact is None:
        del scene.stays.contacts[CONTACT]
    else:
        scene.change_contact(stay=contact)

    with scene.performer as performer:
        performer.record = scene.stage.record
        performer.set_attributes(do.SetAttributes(HANDOFF.attributes))
        performer.stop_streaming(do.StopStreaming())
        performer.disconnect(do.Disconnect())

    assert scene.stage.room.calls == []


# ---- the transcript


def test_the_transcript_is_read_with_the_bots_connection() -> None:
    """What was said so far, the greeting first."""
    scene = Scene()

    with scene.performer as performer:
        scene.take()
        transcript: tuple[Said, ...] = performer.read_transcript(do.ReadTranscript())

    assert [said.text for said in transcript] == scene.stage.room.bot_said


def test_the_transcript_is_not_read_where_a_setting_forbids_it() -> None:
    """Whether a custom participant may is unconfirmed; no call is made."""
    scene = Scene(may_read_transcript=False)

    with scene.performer as performer:
        scene.take()
        with pytest.raises(TranscriptRefused):
            performer.read_transcript(do.ReadTranscript())

    assert scene.stage.room.calls == []


# ---- what is counted


def test_takeovers_and_hand_offs_are_reported() -> None:
    """Names only: no text of the customer, no value of an attribute."""
    scene = Scene()

    with scene.performer as performer:
        scene.stays.take(CONTACT, scene.message(), owner="crashed", now=scene.clock.now())
        scene.clock.advance(LEASE_SECONDS + 1)
        record = performer.take_over(do.TakeOver(scene.stage.record))
        late = performer.take_over(do.TakeOver(scene.stage.record))
        assert record is not None
        performer.begin_handoff(do.BeginHandoff(record, HANDOFF, seize=False))

    assert late is None
    assert scene.stage.reports == ["TurnsTakenOver", "Handoff.customer_asked"]
