"""Several executions of one contact in any order of steps: messages, duplicates, deaths, stalls, and the flow.

What `test_turn_at_every_step` tries one by one is mixed here at random; the rules at the end are the same.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.conversation.contact import LEASE_SECONDS, State
from lambdas.conversation.handoff import OUTCOME, REASON, Reason
from lambdas.conversation.inbox import Message
from lambdas.conversation.leaving import take_back
from lambdas.conversation.ports import Refused
from lambdas.conversation.world import Rules
from tests.fakes import Answer, ScriptedAgents
from tests.stage import LAMBDA_RETRY_SECONDS, THROTTLED, Execution, Stage, escalates, says

MOST_SENT = 4
ESCALATING = "message 3"
"""Asks for a person, in whatever prompt it comes."""
THROTTLED_ONCE = "message 1"
"""The first time it is asked, in whatever prompt, the team is busy."""
REFUSED = "message 2"
"""Something a guardrail steps in at, after the first sentence, in whatever prompt it comes."""


class Schedule:
    """A chat in which anything may happen next."""

    def __init__(self, *, shows_transcript: bool) -> None:
        self.stage = Stage(agents=ScriptedAgents(to=self._answer))
        self.stage.room.shows_transcript = shows_transcript
        self.throttled = False
        self.sent: list[Message] = []
        self.running: list[tuple[Message, Execution]] = []
        self.failed: list[Message] = []
        """What Lambda has yet to try again."""
        self.late: set[str] = set()
        """The texts of messages over the age limit when they came: moot, if the bot has spoken since."""

    def _answer(self, question: str) -> Answer:
        asked = question.split("\n")
        again = [text for text in asked if self.was_answered(text)]
        assert not again, f"asked again, though something was heard: {again}"
        if THROTTLED_ONCE in asked and not self.throttled:
            self.throttled = True
            return [THROTTLED]
        name = "+".join(asked)
        control = [escalates()] if ESCALATING in asked else []
        second = Refused("guardrail") if REFUSED in asked else " two.\n\n"
        return [f"To {name}: one.\n\nTo {name}:", second, *control]

    def was_answered(self, text: str) -> bool:
        """Something of an answer to it was heard."""
        return any(
            said.startswith("To ") and text in said.partition(":")[0][3:].split("+") for said in self.stage.heard
        )

    # ---- what may happen

    def customer_writes(self, who: int, much: int) -> None:
        if len(self.sent) < MOST_SENT:
            self.sent.append(self.stage.room.customer_says(f"message {len(self.sent) + 1}"))
            self._starts(self.sent[-1])

    def sns_repeats(self, who: int, much: int) -> None:
        if self.sent:
            self._starts(self.sent[who % len(self.sent)])

    def lambda_retries(self, who: int, much: int) -> None:
        if self.failed:
            self.stage.clock.advance(LAMBDA_RETRY_SECONDS)
            self._starts(self.failed.pop(who % len(self.failed)))

    def one_goes_on(self, who: int, much: int) -> None:
        if self.running:
            message, execution = self.running[who % len(self.running)]
            execution.go(1 + much)
            if execution.over:
                self._ended(message, execution)

    def one_dies(self, who: int, much: int) -> None:
        if self.running:
            message, execution = self.running.pop(who % len(self.running))
            execution.kill()
            self.failed.append(message)

    def seconds_pass(self, who: int, much: int) -> None:
        self.stage.clock.advance(1 + much)

    def leases_run_out(self, who: int, much: int) -> None:
        self.stage.clock.advance(LEASE_SECONDS + 1)

    def flow_takes_the_contact_back(self, who: int, much: int) -> None:
        record = self.stage.record
        if record.state in {State.BOT, State.HANDING_OFF}:
            performer = self.stage.performer()
            performer.record = record
            with performer:
                performer.perform(take_back(record, Reason.UNANSWERED, self.stage.world()))

    def _starts(self, message: Message) -> None:
        if self.stage.clock.now() - message.at > Rules().age_limit_seconds:
            self.late.add(message.text)
        self.running.append((message, self.stage.execution(message)))

    def _ended(self, message: Message, execution: Execution) -> None:
        self.running.remove((message, execution))
        if execution.failure is not None:
            self.failed.append(message)

    # ---- the end

    def comes_to_rest(self) -> None:
        """Whoever runs comes to its end, and Lambda tries again what failed."""
        while self.running or self.failed:
            while self.running:
                message, execution = self.running[0]
                execution.finish()
                self._ended(message, execution)
            self.lambda_retries(0, 0)

    def require_rules(self) -> None:
        stage, record = self.stage, self.stage.record
        spoken = [said for said in stage.heard if said.startswith("To ")]
        assert len(set(spoken)) == len(spoken), f"something was heard twice: {spoken}"
        assert stage.heard.count(says("escalate")) <= 1
        assert stage.heard.count(says("refused")) <= 1
        assert (record.inbox, record.lease) == ((), None)
        if record.state is State.HUMAN:
            assert {OUTCOME, REASON} <= stage.room.attributes.keys()
            assert not stage.connected
        else:
            assert record.state is State.BOT
            assert {message.mark for message in self.sent} <= set(record.done)
            left_behind = {message.text for message in self.sent if not self.was_answered(message.text)}
            assert left_behind <= self.late or not stage.room.shows_transcript


Happening = Callable[[Schedule, int, int], None]
HAPPENINGS: tuple[Happening, ...] = (
    Schedule.one_goes_on,
    Schedule.one_goes_on,
    Schedule.one_goes_on,
    Schedule.customer_writes,
    Schedule.sns_repeats,
    Schedule.lambda_retries,
    Schedule.one_dies,
    Schedule.seconds_pass,
    Schedule.leases_run_out,
)
"""What may happen, to whom, and how much of it: most of the time somebody goes on."""

schedules = st.lists(
    st.tuples(
        st.sampled_from(HAPPENINGS), st.integers(min_value=0, max_value=3), st.integers(min_value=0, max_value=9)
    ),
    max_size=30,
)


def run(schedule: list[tuple[Happening, int, int]], *, shows_transcript: bool) -> None:
    chat = Schedule(shows_transcript=shows_transcript)
    chat.customer_writes(0, 0)
    for happening, who, much in schedule:
        happening(chat, who, much)
    chat.comes_to_rest()
    chat.require_rules()


@settings(max_examples=100)
@given(schedules, st.booleans())
def test_in_any_schedule_everything_is_answered_and_nothing_twice(
    schedule: list[tuple[Happening, int, int]], shows_transcript: bool
) -> None:
    """Design rules 1, 2 and 8."""
    run(schedule, shows_transcript=shows_transcript)


@settings(max_examples=40)
@given(schedules, schedules)
def test_in_any_schedule_the_flow_can_take_the_contact_back(
    before: list[tuple[Happening, int, int]], after: list[tuple[Happening, int, int]]
) -> None:
    """Design rule 4: whatever else is going on, the customer reaches a person."""
    chat = Schedule(shows_transcript=True)
    chat.customer_writes(0, 0)
    for happening, who, much in [*before, (Schedule.flow_takes_the_contact_back, 0, 0), *after]:
        happening(chat, who, much)
    chat.comes_to_rest()

    chat.require_rules()
    assert chat.stage.record.state is State.HUMAN
