"""One presence of the bot in a chat: joining within the flow's 8 seconds, watching over it, leaving it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from lambdas.conversation.contact import (
    KEPT_AT_MOST_SECONDS,
    LEASE_SECONDS,
    ContactRecord,
    Session,
    State,
    TurnRecord,
)
from lambdas.conversation.errors import (
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    EarlyMessagesUnknown,
    RecordUnavailable,
)
from lambdas.conversation.handoff import Handoff, Outcome, Reason
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.ports import Chat, Said
from lambdas.conversation.stay import (
    BUDGET_SECONDS,
    GREETING_NEEDS_SECONDS,
    LOOK_WITHIN_SECONDS,
    TOLD_BYTES,
    Arrival,
    Reception,
    join,
    leave_quietly,
    small_enough,
    unanswered,
    watch,
)
from tests.fakes import NOON, FakeRoom, ManualClock, MemoryStays
from tests.stage import CHAT, CONTACT, says

FAILURE = ChatError("any", "InternalServiceException")
UNANSWERED = 180.0


class FrontDoor:
    """A chat that the flow hands to StartBot, and what StartBot does with it."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.clock = ManualClock()
        self.room = FakeRoom(self.clock)
        self.stays = MemoryStays()
        self.handed: list[Said] = []
        """Early messages, as ChatBot was given them."""
        self.reception = Reception(
            stays=self.stays,
            room=self.room,
            clock=self.clock,
            new_id=lambda: f"session-{next(numbers)}",
            random=lambda: 0.5,
            hand_to_chat_bot=self._hand,
            topic_arn="topic",
            bot_name="Bot",
            unanswered_seconds=UNANSWERED,
        )

    def _hand(self, chat: Chat, early: Sequence[Said]) -> None:
        assert chat == CHAT
        self.handed.extend(early)

    def joins(self, *, initial_message: str = "", language: str = "en", may_read_transcript: bool = True) -> bool:
        """One try of the flow's block."""
        arrival = Arrival(chat=CHAT, language=language, told={"name": "Ana"}, initial_message=initial_message)
        return join(arrival, replace(self.reception, may_read_transcript=may_read_transcript))

    def hands_off(self, outcome: Outcome) -> None:
        """A turn has decided a hand-off, and is on its way with it."""
        handoff = Handoff(outcome=outcome, reason=Reason.TEAM_DECIDED, attributes={}, sentence=None)
        self.stays.begin_handoff(self.record, handoff, owner="holder", now=self.clock.now(), seize=True)

    @property
    def record(self) -> TurnRecord:
        return self.stays.turns[CONTACT]

    @property
    def contact(self) -> ContactRecord:
        return self.stays.contacts[CONTACT]

    @property
    def connected(self) -> bool:
        return bool(self.room.bearers)


def first_try() -> TurnRecord:
    """What a try that got no further has recorded at noon."""
    return TurnRecord(
        contact_id=CONTACT,
        state=State.JOINING,
        since=NOON,
        stay=1,
        language="en",
        session=Session(id="the first try's"),
        expires_at=NOON + KEPT_AT_MOST_SECONDS,
    )


# ---- joining


def test_the_bot_joins_records_itself_and_greets() -> None:
    """Then messages reach it, and the customer knows whom they talk to."""
    door = FrontDoor()

    joined = door.joins(language="es")

    assert joined
    assert (door.record.state, door.record.stay, door.record.language) == (State.BOT, 1, "es")
    assert door.record.told == {"name": "Ana"}
    assert door.room.bot_said == [says("greeting", "es")]
    assert door.contact.connection_token in door.room.bearers
    assert door.contact.streaming_id in door.room.streams


@pytest.mark.parametrize("operation", ["start_streaming", "create_participant", "connect"])
def test_a_throttled_call_is_tried_again_within_the_budget(operation: str) -> None:
    """Connect lets five bots a second join; the sixth chat's comes a little later."""
    door = FrontDoor()
    door.room.meets(operation, *[ChatThrottled(operation, "ThrottlingException")] * 3)

    joined = door.joins()

    assert joined
    assert door.clock.now() - NOON < BUDGET_SECONDS
    assert door.room.bot_said == [says("greeting")]


@pytest.mark.parametrize("operation", ["start_streaming", "create_participant", "connect"])
def test_a_rush_that_lasts_leaves_the_chat_to_a_person_in_time(operation: str) -> None:
    """The flow waits eight seconds in all; a bot that comes later finds nobody waiting for it."""
    door = FrontDoor()
    door.room.meets(operation, *[ChatThrottled(operation, "ThrottlingException")] * 100)

    joined = door.joins()

    assert not joined
    assert door.record.state is State.HUMAN
    assert door.clock.now() - NOON < BUDGET_SECONDS


def test_a_call_that_will_not_pass_is_not_tried_again() -> None:
    """There is somebody else in the chat, or no such chat."""
    door = FrontDoor()
    door.room.meets("create_participant", ChatError("CreateParticipant", "ServiceQuotaExceededException"))

    assert not door.joins()
    assert door.room.calls.count("create_participant") == 1


def test_streaming_and_participant_stand_before_the_bot_connects() -> None:
    """Connect asks for both; neither needs the other, so they are made side by side; so are greeting and look."""
    door = FrontDoor()

    door.joins()

    assert set(door.room.calls[:2]) == {"start_streaming", "create_participant"}
    assert door.room.calls[2] == "connect"
    assert set(door.room.calls[3:]) == {"send", "transcript"}


def test_the_record_lives_as_long_as_the_longest_chat() -> None:
    """Time to live is counted from the beginning of the stay."""
    door = FrontDoor()

    door.joins()

    assert door.record.expires_at == NOON + KEPT_AT_MOST_SECONDS


@pytest.mark.parametrize("operation", ["start_streaming", "create_participant", "connect"])
def test_a_bot_that_cannot_join_leaves_the_customer_to_a_person(operation: str) -> None:
    """The record says `human`, the flow is told; a participant that never connects expires by itself."""
    door = FrontDoor()
    door.room.meets(operation, FAILURE)

    joined = door.joins()

    assert not joined
    assert door.record.state is State.HUMAN
    assert not door.connected


def test_a_record_that_cannot_be_written_fails_the_block() -> None:
    """The flow tries again, and in the end takes its error branch to a person."""

    class FullStays(MemoryStays):
        def save_contact(self, contact: ContactRecord, *, expires_at: float) -> None:
            raise RecordUnavailable("ThrottlingException")

    door = FrontDoor()
    door.reception = replace(door.reception, stays=FullStays())

    with pytest.raises(RecordUnavailable):
        door.joins()


def test_a_bot_that_would_greet_too_late_leaves_again() -> None:
    """The flow stops waiting at 8 s; a greeting must not cross its next sentence."""
    door = FrontDoor()
    door.room.meets("connect", lambda: door.clock.advance(BUDGET_SECONDS - GREETING_NEEDS_SECONDS + 0.1))

    joined = door.joins()

    assert not joined
    assert door.room.bot_said == []
    assert not door.connected
    assert door.record.state is State.HUMAN


def test_a_bot_that_is_just_in_time_greets() -> None:
    """One and a half seconds are enough for it."""
    door = FrontDoor()
    door.room.meets("connect", lambda: door.clock.advance(BUDGET_SECONDS - GREETING_NEEDS_SECONDS))

    assert door.joins()
    assert door.room.bot_said == [says("greeting")]


def test_a_greeting_that_fails_does_not_keep_the_bot_out() -> None:
    """The flow has greeted already."""
    door = FrontDoor()
    door.room.meets("send", FAILURE)

    assert door.joins()
    assert door.record.state is State.BOT


def test_a_bot_that_is_removed_while_it_greets_has_not_joined() -> None:
    """A person was faster."""
    door = FrontDoor()
    door.room.meets("send", ConnectionRefused("send", "AccessDeniedException"))

    assert not door.joins()
    assert door.record.state is State.HUMAN


def test_early_messages_that_cannot_be_read_just_now_are_read_by_the_flows_next_try() -> None:
    """A throttled transcript must neither lose what was written nor take the chat from the bot."""
    door = FrontDoor()
    door.room.customer_says("Where is my order?")
    door.room.meets("transcript", FAILURE)

    with pytest.raises(EarlyMessagesUnknown):
        door.joins()
    again = door.joins()

    assert again
    assert door.record.state is State.BOT
    assert [said.text for said in door.handed] == ["Where is my order?"]
    assert door.room.bot_said == [says("greeting")]


def test_nobody_joins_a_chat_that_has_ended() -> None:
    """The customer may leave before the bot has come; that is no failure to report."""
    door = FrontDoor()
    door.joins()
    door.stays.become_ended(CONTACT, now=door.clock.now())
    door.room.calls.clear()

    assert not door.joins()
    assert door.record.state is State.ENDED
    assert door.room.calls == []


# ---- the flow tries again


def test_a_retry_goes_on_with_the_stay_of_the_first_try() -> None:
    """Same tokens, so Connect makes one participant and one stream."""
    door = FrontDoor()
    door.stays.begin_joining(first_try(), now=NOON)
    door.clock.advance(2)

    assert door.joins()
    assert (door.record.stay, door.record.session.id) == (1, "the first try's")


def test_a_retry_that_finds_the_bot_in_the_chat_greets_if_nobody_has() -> None:
    """The first try may have died on the way; Connect knows the greeting by its token."""
    door = FrontDoor()
    door.joins()
    door.clock.advance(2)

    assert door.joins()
    assert door.room.bot_said == [says("greeting")]
    assert len(door.room.bearers) == 1


def test_a_later_call_of_the_flow_does_not_greet_again() -> None:
    """By then Connect may have forgotten the token."""
    door = FrontDoor()
    door.joins()
    door.clock.advance(BUDGET_SECONDS)
    door.room.calls.clear()

    assert door.joins()
    assert door.room.calls == []


def test_the_budget_counts_from_the_first_try() -> None:
    """The flow waits 8 s for all of them together."""
    door = FrontDoor()
    door.stays.begin_joining(first_try(), now=NOON)
    door.clock.advance(BUDGET_SECONDS - GREETING_NEEDS_SECONDS + 0.1)

    assert not door.joins()


def test_a_try_that_was_overtaken_knows_that_the_bot_is_in_the_chat() -> None:
    """Two tries may run side by side when the flow stopped waiting for the first."""
    door = FrontDoor()
    door.room.meets("connect", lambda: door.stays.become_bot(door.record, now=door.clock.now()))

    assert door.joins()
    assert door.record.state is State.BOT


def test_a_try_that_was_too_late_has_not_joined() -> None:
    """The flow has taken the contact back meanwhile."""
    door = FrontDoor()
    door.room.meets("connect", lambda: door.stays.become_human(door.record, now=door.clock.now()))

    assert not door.joins()
    assert not door.connected


def test_a_returning_bot_begins_a_new_stay() -> None:
    """With a session of its own; the old tokens are dead."""
    door = FrontDoor()
    door.joins()
    first = door.record
    door.stays.become_human(first, now=door.clock.now())
    door.room.bot_leaves()

    assert door.joins()
    assert door.record.stay == door.contact.stay == 2
    assert door.record.session != first.session


# ---- what the customer wrote before


def test_what_was_written_before_streaming_is_handed_to_chat_bot() -> None:
    """SNS will never bring it."""
    door = FrontDoor()
    door.room.system_says("Welcome!")
    early = [door.room.customer_says(text) for text in ("Hello", "Where is my order?")]

    door.joins()

    assert [(said.id, said.at, said.text) for said in door.handed] == [(m.id, m.at, m.text) for m in early]


def test_what_was_written_early_is_handed_over_although_a_later_message_was_answered() -> None:
    """That one was streamed while the bot was still joining, and ChatBot was faster than StartBot."""
    door = FrontDoor()
    early = door.room.customer_says("Where is my order?")
    door.clock.advance(2)

    def a_photo_is_answered() -> None:
        door.room.customer_says("A photo")
        door.room.items.append(replace(door.room.items[-1], id="answer", role="CUSTOM_BOT", text=says("attachment")))

    door.room.meets("transcript", a_photo_is_answered)
    door.joins()

    assert early.id in [said.id for said in door.handed]


def test_nothing_is_handed_over_when_the_customer_has_written_nothing() -> None:
    """Most chats begin with the greeting."""
    door = FrontDoor()

    door.joins()

    assert door.handed == []


@pytest.mark.parametrize("by_setting", [True, False])
def test_without_a_transcript_the_flows_initial_message_is_handed_over(by_setting: bool) -> None:
    """The flow knows the first message of the chat."""
    door = FrontDoor()
    door.room.shows_transcript = by_setting

    door.joins(initial_message="Where is my order?", may_read_transcript=not by_setting)

    assert [(said.text, said.role, said.content_type) for said in door.handed] == [
        ("Where is my order?", "CUSTOMER", "text/plain")
    ]


def test_an_initial_message_is_the_same_message_in_every_try() -> None:
    """ChatBot knows a message by its time and id: with another time it would be answered twice."""
    door = FrontDoor()
    door.joins(initial_message="Where is my order?", may_read_transcript=False)
    door.clock.advance(1.5)

    door.joins(initial_message="Where is my order?", may_read_transcript=False)

    first, second = (Message(id=said.id, at=said.at, kind=Kind.TEXT).key for said in door.handed)
    assert first == second


def test_a_customer_who_has_said_what_they_want_is_not_asked_for_it() -> None:
    """The answer is the greeting."""
    door = FrontDoor()

    door.joins(initial_message="Where is my order?")

    assert door.room.bot_said == []


def test_with_a_transcript_the_initial_message_is_not_handed_over_twice() -> None:
    """The transcript has it, under its own id."""
    door = FrontDoor()
    message = door.room.customer_says("Where is my order?")

    door.joins(initial_message="Where is my order?")

    assert [said.id for said in door.handed] == [message.id]


def test_what_a_person_or_an_earlier_stay_has_answered_is_not_handed_over() -> None:
    """Only what came after the last answer waits; a greeting is none."""
    door = FrontDoor()
    door.room.customer_says("One")
    door.room.human_says("Answer")
    door.room.customer_says("Two")

    waiting = unanswered(door.room.items)

    assert [said.text for said in waiting] == ["Two"]


# ---- watching


def test_a_customer_without_an_answer_for_three_minutes_is_taken_over() -> None:
    """Even if no event ever reached the bot: the transcript shows it."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Where is my order?")

    door.clock.advance(UNANSWERED - 1)
    still = watch(CONTACT, door.reception)
    door.clock.advance(2)

    assert (still, watch(CONTACT, door.reception)) == ("wait", "take_over")


def test_the_first_unanswered_message_counts() -> None:
    """A customer who keeps asking has waited since the first time."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Where is my order?")
    door.clock.advance(UNANSWERED + 1)
    door.room.customer_says("Hello?")

    assert watch(CONTACT, door.reception) == "take_over"


def test_a_customer_who_reads_is_left_in_peace() -> None:
    """The bot has spoken last."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Where is my order?")
    door.room.send(door.contact.connection_token, "Here.", client_token="answer")
    door.clock.advance(3_600)

    assert watch(CONTACT, door.reception) == "wait"


def test_a_message_passed_over_by_the_answer_to_another_is_noticed() -> None:
    """Its event never came, so no turn has finished it, although the bot has spoken since."""
    door = FrontDoor()
    door.joins()
    first = door.room.customer_says("Where is my order?")
    door.room.customer_says("And my ticket?")
    door.room.send(door.contact.connection_token, "Your order is here.", client_token="answer")
    door.stays.turns[CONTACT] = replace(door.record, done=(first.mark,))
    door.clock.advance(UNANSWERED + 1)

    assert watch(CONTACT, door.reception) == "take_over"


def test_a_finished_message_is_known_even_if_the_transcript_shows_another_moment() -> None:
    """Only the Id is documented to be the same; a millisecond must not take every chat from the bot."""
    door = FrontDoor()
    door.joins()
    message = door.room.customer_says("Where is my order?")
    door.room.send(door.contact.connection_token, "Here.", client_token="answer")
    door.stays.turns[CONTACT] = replace(door.record, done=(replace(message, at=message.at + 60).mark,))
    door.clock.advance(UNANSWERED + 1)

    assert watch(CONTACT, door.reception) == "wait"


def test_what_was_written_to_a_person_before_the_bot_came_back_is_not_waited_for() -> None:
    """No turn of the bot will ever finish it."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Thank you, Lucía")
    door.room.human_says("You are welcome")
    door.room.send(door.contact.connection_token, "Can I do more for you?", client_token="answer")
    door.clock.advance(UNANSWERED + 1)

    assert watch(CONTACT, door.reception) == "wait"


def test_what_an_earlier_stay_gave_to_a_person_is_not_waited_for() -> None:
    """No person has written anything, and no turn of this stay will ever finish it; the bot would be taken away."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Where is my order?")
    door.room.send(door.contact.connection_token, says("crashed"), client_token="closing")
    door.hands_off(Outcome.ESCALATE)
    door.stays.become_human(door.record, now=door.clock.now())
    door.clock.advance(2)
    door.joins()
    door.clock.advance(UNANSWERED + 1)

    assert (door.record.stay, watch(CONTACT, door.reception)) == (2, "wait")


def test_a_transcript_that_cannot_be_read_just_now_leaves_the_record_to_judge() -> None:
    """One throttled call must not take the chat from the bot."""
    door = FrontDoor()
    door.joins()
    door.room.meets("transcript", FAILURE)

    assert watch(CONTACT, door.reception) == "wait"


@pytest.mark.parametrize("failure", [ChatThrottled("any", "Throttled"), ChatError("any", "cut", retryable=True)])
def test_a_look_at_the_transcript_that_may_do_better_is_repeated(failure: ChatError) -> None:
    """The next one comes 90 s later: then a customer whose event never came has waited for more than five minutes."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Where is my order?")
    door.clock.advance(UNANSWERED + 1)
    door.room.meets("transcript", failure)

    assert watch(CONTACT, door.reception) == "take_over"


def test_the_look_at_the_transcript_ends_while_the_flow_still_waits() -> None:
    """However often Connect refuses it for its rate."""
    door = FrontDoor()
    door.joins()
    began = door.clock.now()
    door.room.meets("transcript", *[ChatThrottled("any", "Throttled")] * 100)

    assert (watch(CONTACT, door.reception), door.clock.now() - began <= LOOK_WITHIN_SECONDS) == ("wait", True)


def test_a_word_of_patience_does_not_stop_the_count() -> None:
    """It answers nothing."""
    door = FrontDoor()
    door.joins()
    door.room.customer_says("Where is my order?")
    door.room.send(door.contact.connection_token, says("one_moment"), client_token="patience")
    door.clock.advance(UNANSWERED + 1)

    assert watch(CONTACT, door.reception) == "take_over"


@pytest.mark.parametrize("by_setting", [True, False])
def test_without_a_transcript_the_record_alone_is_judged(by_setting: bool) -> None:
    """What waits in the inbox is seen; an event that never arrived is not."""
    door = FrontDoor()
    door.joins()
    door.room.shows_transcript = by_setting
    reception = replace(door.reception, may_read_transcript=not by_setting)
    message = door.room.customer_says("Where is my order?")
    door.clock.advance(UNANSWERED + 1)

    before = watch(CONTACT, reception)
    door.stays.take(CONTACT, message, owner="holder", now=door.clock.now())

    assert (before, watch(CONTACT, reception)) == ("wait", "take_over")


def test_a_hand_off_to_a_person_under_way_is_taken_over() -> None:
    """How long the customer had waited before it nobody knows any more, and the flow finishes it as well."""
    door = FrontDoor()
    door.joins()
    door.hands_off(Outcome.ESCALATE)

    assert watch(CONTACT, door.reception) == "take_over"


def test_a_goodbye_under_way_is_left_to_whoever_says_it_unless_they_died() -> None:
    """Taken over it would be no goodbye any more."""
    door = FrontDoor()
    door.joins()
    door.hands_off(Outcome.END)

    still = watch(CONTACT, door.reception)
    door.clock.advance(LEASE_SECONDS + 1)

    assert (still, watch(CONTACT, door.reception)) == ("wait", "take_over")


@pytest.mark.parametrize("state", [State.JOINING, State.HUMAN, State.ENDED])
def test_where_no_bot_is_the_flow_goes_on(state: State) -> None:
    """Nobody is there to wake it."""
    door = FrontDoor()
    door.joins()
    door.stays.turns[CONTACT] = replace(door.record, state=state)

    assert watch(CONTACT, door.reception) == "take_over"


def test_a_contact_nobody_recorded_is_taken_over() -> None:
    """The record may have been deleted by hand; the customer is still there."""
    assert watch(CONTACT, FrontDoor().reception) == "take_over"


# ---- leaving


def test_a_bot_that_never_finished_joining_leaves_without_a_word() -> None:
    """There is nothing to tell, only the state to settle."""
    door = FrontDoor()
    door.stays.begin_joining(first_try(), now=NOON)

    leave_quietly(door.record, door.reception)

    assert door.record.state is State.HUMAN


def test_a_bot_that_had_connected_is_disconnected() -> None:
    """Connect does not do it by itself."""
    door = FrontDoor()
    door.joins()
    joining = replace(door.record, state=State.JOINING)
    door.stays.turns[CONTACT] = joining

    leave_quietly(joining, door.reception)

    assert not door.connected
    assert door.record.state is State.HUMAN


def test_a_connection_that_is_gone_does_not_keep_the_bot_from_leaving() -> None:
    """It is what leaving wanted."""
    door = FrontDoor()
    door.joins()
    joining = replace(door.record, state=State.JOINING)
    door.stays.turns[CONTACT] = joining
    door.room.bot_leaves()

    leave_quietly(joining, door.reception)

    assert door.record.state is State.HUMAN


# ---- what the agent is told


def test_the_agent_is_told_as_much_as_fits_in_the_order_of_the_setting() -> None:
    """The turn item stays one write unit; what is empty is not worth telling."""
    told = {"name": "Ana", "note": "x" * TOLD_BYTES, "tier": "gold", "city": ""}

    assert small_enough(told) == {"name": "Ana", "tier": "gold"}


def test_the_limit_counts_bytes_of_names_and_values() -> None:
    """As the table does."""
    assert small_enough({"name": "é" * ((TOLD_BYTES - 4) // 2)}) != {}
    assert small_enough({"name": "é" * ((TOLD_BYTES - 4) // 2 + 1)}) == {}
