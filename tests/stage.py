"""A chat with everything around it, for tests of the turn: what a test does not name does not matter to it.

`Stage` sets up a contact the bot has joined and runs executions of ChatBot on it. An `Execution` goes step by step, so
that a test can stop the world between any two effects, let others go on, and kill or resume it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.adapters.performer import Performer
from lambdas.conversation import effects as do
from lambdas.conversation.contact import KEPT_AT_MOST_SECONDS, ContactRecord, Session, State, TurnRecord
from lambdas.conversation.errors import AgentUnavailable, HandoffError
from lambdas.conversation.handoff import Call, Control, Outcome, Parameter, Policy, Reason
from lambdas.conversation.inbox import Message
from lambdas.conversation.phrases import phrases
from lambdas.conversation.ports import Chat, NotTaken
from lambdas.conversation.turn import react
from lambdas.conversation.world import Rules, World
from tests.fakes import FakeRoom, ManualClock, MemoryStays, ScriptedAgents

CONTACT = "6f0c2f0e-0000-4000-8000-000000000001"
CHAT = Chat(instance_id="instance", contact_id=CONTACT, initial_contact_id=CONTACT)
FUNCTION_SECONDS = 180.0
LAMBDA_RETRY_SECONDS = 60.0
JITTER = 0.5
"""What chance makes of every pause: half of its length."""

POLICY = Policy(
    {
        "escalate": Control(
            outcome=Outcome.ESCALATE,
            reason=Reason.CUSTOMER_ASKED,
            queue="Orders",
            summary="description",
            parameters={
                "description": Parameter(required=True),
                "order_number": Parameter(max_length=20),
                "identity_document_number": Parameter(max_length=40, mask=True),
            },
        ),
        "say_goodbye": Control(outcome=Outcome.END, reason=Reason.FINISHED),
        "note": Control(
            outcome=Outcome.STAY,
            reason=Reason.TEAM_DECIDED,
            parameters={"topic": Parameter(), "order_number": Parameter()},
        ),
    }
)


THROTTLED = AgentUnavailable("ThrottlingException", retryable=True)
DENIED = AgentUnavailable("AccessDeniedException", retryable=False)


def escalates(description: str = "Wants to talk to a person", **parameters: str) -> Call:
    """The team's control for a wish for a person."""
    return Call(function="escalate", action_group="escalation", parameters={"description": description, **parameters})


def says(key: str, language: str = "en") -> str:
    """The bot's own sentence."""
    return phrases(language).say(key)


@dataclass
class Stage:
    """One contact in state `bot`, its chat, its record, its agents and the time."""

    agents: ScriptedAgents = field(default_factory=ScriptedAgents)
    rules: Rules = field(default_factory=Rules)
    policy: Policy = POLICY
    language: str = "en"
    stay: int = 1
    subtype: str = "connect:Chat"
    told: Mapping[str, str] = field(default_factory=dict)
    may_read_transcript: bool = True
    clock: ManualClock = field(default_factory=ManualClock)
    stays: MemoryStays = field(default_factory=MemoryStays)
    reports: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    """The codes of the teams' failures, as the log has them."""

    def __post_init__(self) -> None:
        self.room = FakeRoom(self.clock)
        self._numbers = itertools.count(1)
        self.room.start_streaming(CHAT, topic_arn="topic", client_token="streaming")
        participant = self.room.create_participant(CHAT, name="Bot", client_token="participant")
        connection = self.room.connect(participant)
        self.stays.contacts[CONTACT] = ContactRecord(
            contact_id=CONTACT,
            current_contact_id=CONTACT,
            instance_id=CHAT.instance_id,
            subtype=self.subtype,
            stay=self.stay,
            participant_token=participant,
            connection_token=connection.token,
            connection_expires_at=connection.expires_at,
            streaming_id=f"stream-of-{CONTACT}",
        )
        self.stays.turns[CONTACT] = TurnRecord(
            contact_id=CONTACT,
            state=State.BOT,
            since=self.clock.now(),
            stay=self.stay,
            language=self.language,
            session=Session(id="session"),
            told=self.told,
            expires_at=self.clock.now() + KEPT_AT_MOST_SECONDS,
        )
        self.room.send(connection.token, says("greeting", self.language), client_token="greeting")
        self.room.calls.clear()

    @property
    def record(self) -> TurnRecord:
        return self.stays.turns[CONTACT]

    @property
    def heard(self) -> list[str]:
        """What the bot said after its greeting."""
        return self.room.bot_said[1:]

    @property
    def connected(self) -> bool:
        return self.stays.contacts[CONTACT].connection_token in self.room.bearers

    def new_id(self) -> str:
        return f"id-{next(self._numbers)}"

    def world(self) -> World:
        return World(
            rules=self.rules,
            policy=self.policy,
            now=self.clock.now,
            new_id=self.new_id,
            random=lambda: JITTER,
            ends_at=self.clock.now() + FUNCTION_SECONDS,
        )

    def performer(self) -> Performer:
        return Performer(
            stays=self.stays,
            room=self.room,
            agents=self.agents,
            clock=self.clock,
            owner=self.new_id(),
            may_read_transcript=self.may_read_transcript,
            report=self.reports.append,
            explain=lambda failure: self.explained.append(failure.code),
            random=lambda: JITTER,
        )

    def hears(self, message: Message | str) -> Message:
        """An execution of ChatBot for this message, to its end; its errors come out."""
        heard = self.room.customer_says(message) if isinstance(message, str) else message
        self.execution(heard).run()
        return heard

    def execution(self, message: Message) -> Execution:
        return Execution(react(CONTACT, message, self.world()), self.performer())


@dataclass
class Execution:
    """One Lambda execution that a test moves forward, effect by effect."""

    steps: do.Steps[None]
    performer: Performer
    effects: list[do.Effect[Any]] = field(default_factory=list)
    """What has been carried out so far."""
    over: bool = False
    failure: HandoffError | None = None
    """What came out, as Lambda would see it."""
    _next: do.Effect[Any] | None = None

    def __post_init__(self) -> None:
        self._move(lambda: next(self.steps))

    @property
    def performed(self) -> list[str]:
        return [type(effect).__name__ for effect in self.effects]

    def step(self) -> None:
        """Carry out one effect."""
        effect = self._next
        if effect is None:
            return
        self.effects.append(effect)
        try:
            result = self.performer._perform(effect)
        except HandoffError as error:
            thrown = error
            self._move(lambda: self.steps.throw(thrown))
        else:
            self._move(lambda: self.steps.send(result))

    def go(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def go_to(self, kind: type[do.Effect[Any]]) -> None:
        """Up to the next effect of this kind, which is not carried out."""
        while not isinstance(self._next, kind):
            assert not self.over, f"the turn never came to {kind.__name__}: {self.performed}"
            self.step()

    def finish(self) -> None:
        """The rest of it, whatever comes out."""
        while not self.over:
            self.step()

    def run(self) -> None:
        """All of it; what comes out is raised."""
        self.finish()
        if self.failure is not None:
            raise self.failure

    def kill(self) -> None:
        """Nothing of it goes on; what it has done stays done."""
        self._end()

    def _move(self, on: Callable[[], do.Effect[Any]]) -> None:
        try:
            self._next = on()
        except StopIteration:
            self._end()
        except HandoffError as error:
            self.failure = error
            self._end()

    def _end(self) -> None:
        self._next, self.over = None, True
        self.performer.__exit__(None, None, None)


def answering(*answers: str) -> Stage:
    """A chat whose team gives these answers, one after the other."""
    return Stage(agents=ScriptedAgents(*([answer] for answer in answers)))


def comes_meanwhile(stage: Stage, text: str) -> Message:
    """A message of the customer while a turn runs: into the inbox, and its execution goes home."""
    message = stage.room.customer_says(text)
    assert isinstance(stage.stays.take(CONTACT, message, owner="other", now=stage.clock.now()), NotTaken)
    return message


def crashed_after(stage: Stage, message: Message, effect: str, *, times: int = 1) -> None:
    """An execution that dies right after it has carried out `effect` for the n-th time; then its lease runs out."""
    execution = stage.execution(message)
    while execution.performed.count(effect) < times:
        assert not execution.over, f"the turn never came to {effect}: {execution.performed}"
        execution.step()
    execution.kill()
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
