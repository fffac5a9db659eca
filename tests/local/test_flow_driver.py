"""Flows run on the stack's clock: Lambda's tries, the ends of waits, the end of a chat."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from amazon_connect.export import inbound_content
from amazon_connect.phrases import load_phrases
from local.clock import Clock
from local.execution_environment import FunctionError
from local.flow_driver import FlowDriver, connect_event
from local.flow_effects import ContactData
from local.happenings import ContactEnded, ContactStarted, ItemAdded, Listeners, ParticipantLeft
from local.wire import AwsError
from local.workers import UnknownFunction

START_BOT_ARN = "arn:aws:lambda:local:000000000000:function:start-bot:live"
INSTANCE_ARN = "arn:aws:connect:local:000000000000:instance/i"
QUEUE_ARN = f"{INSTANCE_ARN}/queue/q"
SENTENCES = load_phrases("en")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeContact:
    """A contact, as far as a flow sees it."""

    id: str
    initial_contact_id: str
    previous_contact_id: str | None = None
    channel: str = "CHAT"
    attributes: Mapping[str, str] = field(default_factory=dict)
    segment_attributes: Mapping[str, Any] = field(default_factory=dict)
    target_queue_arn: str | None = None
    initial_message: str | None = None
    language_code: str | None = None
    customer_id: str | None = None
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class FakeQueue:
    name: str


class FakeChats:
    """Chats that remember what was done to them, and refuse what they are told to refuse."""

    def __init__(self, listeners: Listeners) -> None:
        self.queues = {QUEUE_ARN: FakeQueue("BasicQueue")}
        self.contacts: dict[str, FakeContact] = {}
        self.bots: set[str] = set()
        self.said: list[str] = []
        self.queued: list[str] = []
        self.ended: list[tuple[str, str]] = []
        self.queue_is_full = False
        self.refuses: set[str] = set()
        self._listeners = listeners

    def start(self, contact: FakeContact, *, flow_id: str = "inbound") -> None:
        self.contacts[contact.id] = contact
        self._listeners.tell(ContactStarted(contact_id=contact.id, flow_id=flow_id))

    def bot_leaves(self, contact_id: str, **attributes: str) -> None:
        """Attributes first, as a bot does it, then the disconnect."""
        self._change(contact_id, attributes={**self.contacts[contact_id].attributes, **attributes})
        self.bots.discard(contact_id)
        self._listeners.tell(ParticipantLeft(contact_id=contact_id, participant_id="p", role="CUSTOM_BOT"))

    def _change(self, contact_id: str, **changes: Any) -> None:
        self.contacts[contact_id] = replace(self.contacts[contact_id], **changes)

    def _refuse(self, operation: str) -> None:
        if operation in self.refuses:
            raise AwsError("InvalidRequestException", f"{operation} is refused")

    def contact(self, contact_id: str, /) -> FakeContact:
        return self.contacts[contact_id]

    def has_custom_participant(self, contact_id: str, /) -> bool:
        return contact_id in self.bots

    def say(self, contact_id: str, text: str, /) -> None:
        self._refuse("say")
        self.said.append(text)

    def update_attributes(self, initial_contact_id: str, attributes: Mapping[str, str], /) -> None:
        self._refuse("update_attributes")
        self._change(initial_contact_id, attributes={**self.contacts[initial_contact_id].attributes, **attributes})

    def set_target_queue(self, contact_id: str, queue_arn: str, /) -> None:
        self._refuse("set_target_queue")
        self._change(contact_id, target_queue_arn=queue_arn)

    def enqueue(self, contact_id: str, /) -> bool:
        self._refuse("enqueue")
        if not self.queue_is_full:
            self.queued.append(contact_id)
        return not self.queue_is_full

    def end(self, contact_id: str, reason: str, /) -> None:
        self.ended.append((contact_id, reason))
        self._listeners.tell(ContactEnded(contact_id=contact_id, reason=reason))


Answer = Callable[[], Awaitable[Any]]


async def fails() -> Any:
    """A function that raises."""
    raise FunctionError({"errorType": "ValueError", "errorMessage": "broken"})


async def hangs() -> Any:
    """A function that does not come back."""
    await asyncio.get_running_loop().create_future()


def answers(status: str) -> Answer:
    async def answer() -> Any:
        return {"status": status}

    return answer


class World:
    """A driver with a clock, chats and functions that do as the test says."""

    def __init__(self) -> None:
        listeners = Listeners()
        self.clock = Clock()
        self.chats = FakeChats(listeners)
        self.content: str | Mapping[str, Any] = inbound_content(
            language="en", start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN
        )
        self.events: list[Mapping[str, Any]] = []
        self.reported: list[Mapping[str, Any]] = []
        self.script: dict[str, list[Answer]] = defaultdict(list)
        self.driver = FlowDriver(
            chats=self.chats,
            clock=self.clock,
            content_of=lambda _: self.content,
            invoke=self._invoke,
            report=self._report,
            instance_arn=INSTANCE_ARN,
        )
        listeners.add(self.driver.hear)

    async def _invoke(self, function_arn: str, event: Mapping[str, Any]) -> Any:
        self.events.append(event)
        if function_arn != START_BOT_ARN:
            raise UnknownFunction(function_arn)
        action = event["Details"]["Parameters"]["action"]
        contact_id = event["Details"]["ContactData"]["ContactId"]
        if self.script[action]:
            return await self.script[action].pop(0)()
        usual = {"join": "joined", "watch": "wait", "leave": "left", "give_up": "counted"}
        if action == "join":
            self.chats.bots.add(contact_id)
        if action == "leave":
            self.chats.bot_leaves(contact_id)
        return {"status": usual[action]}

    def _report(self, contact_id: str, kind: str, facts: Mapping[str, Any]) -> None:
        self.reported.append({"contact_id": contact_id, "kind": kind, **facts})

    async def start(self, contact_id: str = "c-1", **facts: Any) -> None:
        self.chats.start(FakeContact(id=contact_id, initial_contact_id=contact_id, **facts))
        await settled()

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await settled()

    @property
    def asked(self) -> list[str]:
        return [event["Details"]["Parameters"]["action"] for event in self.events]

    @property
    def blocks(self) -> list[str]:
        return [entry["block"] for entry in self.reported]


async def settled() -> None:
    """Let every task go on until all of them wait for the clock or for the test."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.driver.close()


@pytest.mark.parametrize(
    ("segment_attributes", "subtype"),
    [
        ({}, "connect:Chat"),
        ({"connect:Subtype": {"ValueString": "connect:SMS"}}, "connect:SMS"),
        ({"connect:Subtype": {"ValueMap": {}}, "x": {"ValueString": "y"}}, "connect:Chat"),
    ],
)
async def test_start_bot_is_told_the_subtype_of_the_chat(
    world: World, segment_attributes: Mapping[str, Any], subtype: str
) -> None:
    """By a path, because the event of a flow's Lambda need not bring it; a text message wants other answers."""
    await world.start(segment_attributes=segment_attributes)

    assert world.events[0]["Details"]["Parameters"]["subtype"] == subtype


# The end of a wait


async def test_the_flow_wakes_when_the_bot_leaves(world: World) -> None:
    """And reads what the bot wrote before it left."""
    await world.start()
    assert world.blocks[-1] == "wait for bot"

    world.chats.bot_leaves("c-1", handoff_outcome="escalate")
    await settled()

    assert world.chats.queued == ["c-1"]
    assert world.chats.said == [SENTENCES["flow.welcome"], SENTENCES["flow.looking_for_a_person"]]


async def test_the_outcome_end_ends_the_chat(world: World) -> None:
    """With the reason that a flow's disconnect has."""
    await world.start()

    world.chats.bot_leaves("c-1", handoff_outcome="end")
    await settled()

    assert world.chats.ended == [("c-1", "CONTACT_FLOW_DISCONNECT")]
    assert world.chats.queued == []


async def test_a_round_lasts_90_seconds_of_the_clock(world: World) -> None:
    """Then StartBot is asked to watch, and the next round begins."""
    await world.start()

    await world.advance(89)
    assert world.asked == ["join"]
    await world.advance(1)
    assert world.asked == ["join", "watch"]
    await world.advance(90)

    assert world.asked == ["join", "watch", "watch"]
    assert world.blocks[-1] == "wait for bot"


async def test_a_bot_that_left_before_the_wait_is_not_waited_for(world: World) -> None:
    """It joined, talked and left while StartBot was still answering; the flow goes on with its outcome."""

    async def joined_and_left() -> Any:
        world.chats.bots.add("c-1")
        world.chats.bot_leaves("c-1", handoff_outcome="end")
        return {"status": "joined"}

    world.script["join"] = [joined_and_left]

    await world.start()

    assert world.chats.ended == [("c-1", "CONTACT_FLOW_DISCONNECT")]
    assert any(entry["by"] == "ParticipantNotFound" for entry in world.reported)


async def test_a_bot_that_leaves_between_two_rounds_is_noticed(world: World) -> None:
    """While `watch` runs nobody waits; the next Wait finds no bot."""

    async def watched_while_bot_left() -> Any:
        world.chats.bot_leaves("c-1", handoff_outcome="escalate")
        return {"status": "wait"}

    world.script["watch"] = [watched_while_bot_left]
    await world.start()

    await world.advance(90)

    assert world.chats.queued == ["c-1"]


async def test_somebody_elses_leaving_wakes_nobody(world: World) -> None:
    """Another contact's bot, and a participant who is no bot."""
    await world.start()

    world.driver.hear(ParticipantLeft(contact_id="c-2", participant_id="p", role="CUSTOM_BOT"))
    world.driver.hear(ParticipantLeft(contact_id="c-1", participant_id="p", role="AGENT"))
    await settled()

    assert world.blocks[-1] == "wait for bot"


async def test_a_pause_does_not_end_because_a_bot_leaves(world: World) -> None:
    """Only a Wait that names the event is woken by it."""
    world.chats.queue_is_full = True
    world.script["join"] = [answers("failed")]
    await world.start()
    assert world.blocks[-1] == "pause"

    world.driver.hear(ParticipantLeft(contact_id="c-1", participant_id="p", role="CUSTOM_BOT"))
    await settled()

    assert world.blocks[-1] == "pause"


async def test_a_customer_who_writes_ends_a_wait_for_the_customer(world: World) -> None:
    """CustomerReturned, for flows that wait for it."""
    world.content = {
        "Version": "2019-10-30",
        "StartAction": "wait",
        "Actions": [
            {
                "Identifier": "wait",
                "Type": "Wait",
                "Parameters": {"TimeLimitSeconds": "60", "Events": ["CustomerReturned"]},
                "Transitions": {
                    "NextAction": "wait",
                    "Conditions": [
                        {"NextAction": "end", "Condition": {"Operator": "Equals", "Operands": ["CustomerReturned"]}}
                    ],
                },
            },
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    }
    await world.start()

    world.driver.hear(ItemAdded(contact_id="c-1", item={"ParticipantRole": "CUSTOM_BOT", "Type": "MESSAGE"}))
    await settled()
    assert world.chats.ended == []
    world.driver.hear(ItemAdded(contact_id="c-1", item={"ParticipantRole": "CUSTOMER", "Type": "MESSAGE"}))
    await settled()

    assert world.chats.ended == [("c-1", "CONTACT_FLOW_DISCONNECT")]


# The queue


async def test_a_full_queue_is_tried_again_every_minute_ten_times(world: World) -> None:
    """Then the flow counts it, says so and ends the chat."""
    world.chats.queue_is_full = True
    world.script["join"] = [answers("failed")]
    await world.start()

    for _ in range(9):
        await world.advance(60)
    assert world.chats.ended == []
    await world.advance(60)

    assert world.chats.said.count(SENTENCES["flow.still_looking"]) == 10
    assert world.chats.said[-1] == SENTENCES["flow.nobody_available"]
    assert world.asked[-1] == "give_up"
    assert world.chats.ended == [("c-1", "CONTACT_FLOW_DISCONNECT")]


async def test_a_place_that_becomes_free_is_taken_at_the_next_try(world: World) -> None:
    """The customer has waited one minute more, not for nothing."""
    world.chats.queue_is_full = True
    world.script["join"] = [answers("failed")]
    await world.start()

    world.chats.queue_is_full = False
    await world.advance(60)

    assert world.chats.queued == ["c-1"]


@pytest.mark.parametrize("operation", ["say", "set_target_queue", "enqueue"])
async def test_what_the_chat_refuses_is_the_blocks_error(operation: str, world: World) -> None:
    """The error branch decides, not an exception."""
    world.chats.refuses = {operation}
    world.script["join"] = [answers("failed")]

    await world.start()

    assert any(f"{operation} is refused" in entry["by"] for entry in world.reported)
    assert world.chats.ended == []


# Lambda


async def test_a_function_that_fails_is_tried_three_times_at_once(world: World) -> None:
    """All inside the block's time limit; then the error branch."""
    world.script["join"] = [fails, fails, fails]

    await world.start()

    assert world.asked == ["join", "join", "join", "leave"]
    assert world.chats.queued == ["c-1"]


async def test_a_second_try_that_works_is_as_good_as_the_first(world: World) -> None:
    """The flow never learns of the failure."""
    world.script["watch"] = [fails]
    await world.start()

    await world.advance(90)

    assert world.asked == ["join", "watch", "watch"]
    assert world.blocks[-1] == "wait for bot"


async def test_a_function_that_hangs_is_given_up_after_eight_seconds(world: World) -> None:
    """Connect stops listening then; there is no second try left."""
    world.script["join"] = [hangs]
    await world.start()

    await world.advance(7.5)
    assert world.asked == ["join"]
    await world.advance(0.5)

    assert world.asked == ["join", "leave"]
    assert any(entry["by"] == "NoMatchingError: no answer within 8 s" for entry in world.reported)


async def test_the_eight_seconds_hold_for_all_tries_together(world: World) -> None:
    """A try that fails late leaves the next one only the rest."""

    async def fails_after_five_seconds() -> Any:
        await world.clock.sleep(5)
        return await fails()

    world.script["join"] = [fails_after_five_seconds, hangs]
    await world.start()

    await world.advance(5)
    assert world.asked == ["join", "join"]
    await world.advance(3)

    assert world.asked == ["join", "join", "leave"]


async def test_a_function_that_does_not_exist_takes_the_error_branch(world: World) -> None:
    """Nothing is gained by asking again."""
    world.content = inbound_content(language="en", start_bot_arn=f"{START_BOT_ARN}-2", queue_arn=QUEUE_ARN)

    await world.start()

    assert world.asked == ["join", "leave"]
    assert world.chats.queued == ["c-1"]


async def test_a_lambda_gets_the_event_that_connect_sends(world: World) -> None:
    """Its members and its nulls are those of a real chat."""
    await world.start(attributes={"language": "es"}, initial_message="Hola", customer_id="u-9")

    assert world.events[0] == {
        "Name": "ContactFlowEvent",
        "Details": {
            "ContactData": {
                "Attributes": {"language": "es"},
                "Channel": "CHAT",
                "ContactId": "c-1",
                "CustomerEndpoint": None,
                "CustomerId": "u-9",
                "Description": "",
                "InitialContactId": "c-1",
                "InitiationMethod": "API",
                "InstanceARN": INSTANCE_ARN,
                "LanguageCode": None,
                "MediaStreams": {"Customer": {"Audio": None}},
                "Name": "",
                "PreviousContactId": "c-1",
                "Queue": None,
                "References": {},
                "SystemEndpoint": None,
            },
            "Parameters": {"action": "join", "initialMessage": "Hola", "subtype": "connect:Chat"},
        },
    }


def test_the_event_names_the_queue_once_there_is_one() -> None:
    """Before that it is null."""
    contact = ContactData(contact_id="c-1", queue_arn=QUEUE_ARN, queue_name="BasicQueue")

    event = connect_event(contact, {})

    assert event["Details"]["ContactData"]["Queue"] == {"ARN": QUEUE_ARN, "Name": "BasicQueue", "OutboundCallerId": {}}


# The end of a chat


async def test_a_chat_that_ends_takes_its_flow_with_it(world: World) -> None:
    """The customer left; nobody is put in a queue any more."""
    await world.start()

    world.driver.hear(ContactEnded(contact_id="c-1", reason="CUSTOMER_DISCONNECT"))
    world.chats.bot_leaves("c-1", handoff_outcome="escalate")
    await world.advance(1_000)

    assert world.chats.queued == []
    assert world.asked == ["join"]


async def test_a_chat_that_ends_while_a_function_runs_takes_its_flow_with_it(world: World) -> None:
    """The flow does not go on when the answer comes."""
    world.script["join"] = [hangs]
    await world.start()

    world.driver.hear(ContactEnded(contact_id="c-1", reason="CUSTOMER_DISCONNECT"))
    await world.advance(60)

    assert world.asked == ["join"]


async def test_chats_run_side_by_side(world: World) -> None:
    """One at its outcome, one still with the bot."""
    await world.start("c-1")
    await world.start("c-2")

    world.chats.bot_leaves("c-2", handoff_outcome="escalate")
    await settled()

    assert world.chats.queued == ["c-2"]
    await world.advance(90)
    assert world.asked == ["join", "join", "watch"]


async def test_every_chat_runs_the_flow_as_it_is_when_the_chat_starts(world: World) -> None:
    """An edited sentence shows in the next chat, without a restart."""
    await world.start("c-1")

    world.content = inbound_content(language="es", start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN)
    await world.start("c-2")

    assert world.chats.said == [SENTENCES["flow.welcome"], load_phrases("es")["flow.welcome"]]


# The live view, and flows that cannot run


async def test_every_block_is_reported_when_the_flow_enters_it(world: World) -> None:
    """With what it does and what led there."""
    await world.start()

    assert world.reported[0] == {
        "contact_id": "c-1",
        "kind": "flow",
        "block": "log",
        "type": "UpdateFlowLoggingBehavior",
        "detail": "Enabled",
        "by": "",
    }
    assert [(entry["block"], entry["by"]) for entry in world.reported[2:]] == [
        ("channel", ""),
        ("join", "CHAT"),
        ("joined", ""),
        ("wait for bot", "joined"),
    ]


async def test_a_flow_that_cannot_be_run_ends_the_chat_aloud(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Not a silent chat: the log, the live view and the customer's client all show it."""
    world.content = {"Version": "2019-10-30", "StartAction": "x", "Actions": []}

    await world.start()

    assert "starts at 'x', which does not exist" in caplog.text
    assert "the flow stopped" in world.reported[-1]["detail"]
    assert world.chats.ended == [("c-1", "CONTACT_FLOW_DISCONNECT")]


async def test_a_fault_of_the_stack_is_shown_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in this code must not look like a quiet bot."""

    async def breaks() -> Any:
        raise ZeroDivisionError

    world.script["join"] = [breaks]

    await world.start()

    assert "this is a fault of the local stack" in caplog.text
    assert "the flow stopped" in world.reported[-1]["detail"]
