"""One chat of a batch: its customer, what was made to go wrong, and in the end all that can be known about it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from lambdas.conversation.contact import TurnRecord
from lambdas.conversation.phrases import phrases
from local.activity import Entry
from local.agent_faces import ASKS
from local.calls import Call, Fault, Gate, Switch
from local.delivery import Chosen, Delivered
from local.participants import Role
from local.stack import Stack
from tests.faults.cells import FATES, LASTING, NEVER, Cell, fault_of
from tests.journeys.backstage import CHAT_BOT, Backstage
from tests.journeys.people import BOT, Customer

CANARY: Final = f"canary-{uuid.uuid4().hex[:8]}"
"""Searched for in everything that was written down."""
DAY_SECONDS: Final = 86_400.0
EVENT_PREFIX: Final = "application/vnd.amazonaws.connect.event."


@dataclass(frozen=True, slots=True)
class Heard:
    """An item of the transcript as the customer has it; for an event `text` is its name."""

    at: float
    role: str
    text: str
    is_event: bool

    @property
    def is_bot(self) -> bool:
        return self.role == BOT and not self.is_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A chat at rest, from where the story's own part began."""

    cell: Cell | None
    was_met: bool
    acted_at: float
    heard: tuple[Heard, ...]
    heard_before: int
    """How many items of `heard` are older than the story's own part."""
    record: TurnRecord | None
    desk: str
    """The chat's state there: `waiting`, `connected`; empty if the desk does not show it."""
    attributes: Mapping[str, str]
    happened: tuple[Entry, ...]
    failed_before: int
    """How many tries of ChatBot the story's beginning has cost."""
    was_queued: bool
    """The story begins with a chat for which a person is looked for."""
    calls: tuple[Call, ...]
    deliveries: tuple[Delivered, ...]
    tokens: tuple[str, ...]
    """The bot's, which must be in no log."""

    def bot_said(self) -> list[str]:
        return [item.text for item in self.heard[self.heard_before :] if item.is_bot]

    def phrases_said(self) -> set[str]:
        """The bot's own sentences, by their keys."""
        keys = {text: key for key, text in phrases("en").sentences.items()}
        return {keys[text].removeprefix("bot.") for text in self.bot_said() if text in keys}

    def blocks(self) -> list[str]:
        return [entry.facts["block"] for entry in self.happened if entry.kind == "flow"]

    def phases(self, function: str = "ChatBot") -> list[str]:
        runs = [entry.facts for entry in self.happened if entry.kind == "invocation"]
        return [run["phase"] for run in runs if run["function"] == function]

    def queued(self) -> list[float]:
        """When the chat went to a queue."""
        began = [self.acted_at] if self.was_queued else []
        return [*began, *(entry.at for entry in self.happened if _is_queued(entry))]

    def machine_was_too_busy(self) -> bool:
        """StartBot, with which nothing was to go wrong, took longer than the flow waits for it."""
        is_about_start_bot = self.cell is not None and self.cell.row.function == "StartBot"
        answers = (str(entry.facts.get("by", "")) for entry in self.happened if entry.kind == "flow")
        return not is_about_start_bot and any("no answer within" in answer for answer in answers)

    def in_words(self) -> str:
        """The story of a cell that came to something else."""
        lines = [f"  {item.at - self.acted_at:7.1f}s {item.role:<10} {item.text}" for item in self.heard]
        for entry in self.happened:
            facts = " ".join(f"{name}={value}" for name, value in entry.facts.items() if value not in ("", 0))
            lines.append(f"  {entry.at - self.acted_at:7.1f}s [{entry.kind}] {facts[:160]}")
        known = self.record
        record = f"state={known.state} inbox={len(known.inbox)} lease={known.lease}" if known else "no record"
        reason = self.attributes.get("handoff_reason", "no reason")
        return "\n".join([f"  desk '{self.desk}', {reason}; {record}", *sorted(lines, key=lambda line: line[:9])])


@dataclass(slots=True)
class Chat:
    """What a story acts on. It opens the chat itself, because some are about how a chat begins."""

    backstage: Backstage
    cell: Cell | None
    number: int
    _customer: Customer | None = None
    gates: list[Gate] = field(default_factory=list)
    armed: Switch | Chosen | None = None
    acted_at: float = 0.0
    was_ready: bool = True
    _down: list[Switch] = field(default_factory=list)
    _first_call: int = 0
    _first_entry: int = 0
    _first_item: int = 0
    _first_delivery: int = 0

    # What stories do

    def opens(self, **members: Any) -> None:
        self._customer = Customer(self.backstage.place, **members)

    @property
    def customer(self) -> Customer:
        assert self._customer is not None, "the chat has not been opened"
        return self._customer

    @property
    def contact_id(self) -> str:
        return self.customer.contact_id

    def says(self, text: str) -> None:
        """With a word that must be in no log."""
        self.customer.says(f"{text} ({CANARY}-{self.number})")

    def holds(self, operation: str) -> None:
        """The next such call of this chat gets its answer when it is let go."""
        contact_id = self.contact_id
        hold = lambda stack: stack.switches.hold(operation, contact_id=contact_id, times=1)  # noqa: E731
        self.gates.append(self.backstage.stack.call(hold))

    def holds_the_agents(self) -> None:
        self.holds(self.backstage.asking)

    def lets_go(self) -> None:
        gates, self.gates = self.gates, []
        for gate in gates:
            self.backstage.stack.loop.call_soon_threadsafe(gate.open)

    def dies_at(self, operation: str) -> None:
        """ChatBot's worker, before this call of it; the next one lives."""
        self._arm(operation, Fault(kill="before"), times=1, function="ChatBot")

    def dies_behind(self, operation: str) -> None:
        """ChatBot's worker, when this call of it was done; the next one lives."""
        self._arm(operation, Fault(kill="after"), times=1, function="ChatBot")

    def chat_bot_cannot_write(self) -> None:
        self._arm("UpdateItem", Fault(error=("InternalServerError", 500, "by a switch")), function="ChatBot")

    def start_bot_is_down(self) -> None:
        broken = Fault(error=("InternalServerError", 500, "by a switch"))
        self._down = [self._arm(operation, broken, function="StartBot") for operation in ("GetItem", "UpdateItem")]

    def start_bot_is_up(self) -> None:
        for switch in self._down:
            switch.times = 0

    def loses_its_next_message(self) -> None:
        decide = self.backstage.sns.decide
        self.backstage.stack.call(lambda _: decide("CUSTOMER MESSAGE", FATES[NEVER], contact_id=self.contact_id))

    def connection_grows_old(self) -> None:
        """It ends within the time that a turn takes."""
        table = self.backstage._variable(CHAT_BOT, "CONTACTS_TABLE")
        soon = self.backstage.contact(self.contact_id).connection_expires_at - DAY_SECONDS + 60
        self.backstage.place.client("dynamodb").update_item(
            TableName=table,
            Key={"contact_id": {"S": self.contact_id}, "item": {"S": "contact"}},
            UpdateExpression="SET connection_expires_at = :soon",
            ExpressionAttributeValues={":soon": {"N": str(int(soon * 1000))}},
        )

    def gets_a_person(self) -> None:
        self.backstage.place.accept(self.contact_id)

    def _arm(self, operation: str, fault: Fault, **where: Any) -> Switch:
        contact_id = self.contact_id
        return self.backstage.stack.call(
            lambda stack: stack.switches.arm(operation, fault, contact_id=contact_id, **where)
        )

    # What the runner does

    def begins(self) -> None:
        """The story's own part begins: what comes from now on is its rows, and this chat's fault is armed."""
        self.acted_at = self.backstage.stack.call(lambda stack: stack.clock.now())
        self._first_item = len(self.heard())
        self.backstage.stack.call(self._begin)

    def looks_joined(self) -> bool:
        """Whether the bot came; a machine may be too busy for the flow's 8 s, and then there is nothing to tell."""
        record = self.record()
        self.was_ready = record is not None and record.state == "bot"
        return self.was_ready

    def _begin(self, stack: Stack) -> None:
        self._first_call = stack.calls.arrived
        entries = stack.activity.entries()
        self._first_entry = entries[-1].number if entries else 0
        self._first_delivery = len(stack.delivery.recorded)
        if self.cell is None:
            return
        row, column = self.cell.row, self.cell.column
        if column in FATES:
            decide = stack.delivery.switches.decide
            self.armed = decide(row.operation, FATES[column], contact_id=self.contact_id, nth=row.ordinal)
        else:
            self.armed = stack.switches.arm(
                row.operation,
                fault_of(column, row.service),
                nth=row.ordinal,
                times=None if column in LASTING else 1,
                function=row.function,
                contact_id=self.contact_id,
            )

    def waits(self, stack: Stack) -> bool:
        """Whether this chat goes on only when it is let go, or when the time of its silent agents is over."""
        if self._customer is None:
            return False
        is_held = any(gate.arrived for gate in self.gates)
        return is_held or (self._has_silent_agents() and self.contact_id in stack.calls.unanswered)

    def _has_silent_agents(self) -> bool:
        return self.cell is not None and self.cell.row.operation in ASKS.values() and "time-out" in self.cell.column

    def heard(self) -> tuple[Heard, ...]:
        """What the customer has been shown, also when they have left."""

        def look(stack: Stack) -> list[Mapping[str, Any]]:
            items = stack.chats._find(self.contact_id).transcript.items
            return [item.recorded() for item in items if item.is_visible_to(Role.CUSTOMER)]

        return tuple(_heard(item) for item in self.backstage.stack.call(look))

    def record(self) -> TurnRecord | None:
        """`None` for a chat that the bot never came to know."""
        try:
            return self.backstage.record(self.contact_id)
        except AssertionError:
            return None

    def _tokens(self) -> tuple[str, ...]:
        try:
            contact = self.backstage.contact(self.contact_id)
        except AssertionError:
            return ()
        return contact.participant_token, contact.connection_token

    def is_in_a_queue(self) -> bool:
        return any(one["id"] == self.contact_id for one in self.backstage.place.desk())

    def evidence(self) -> Evidence:
        heard = self.heard()
        desk = {one["id"]: one["state"] for one in self.backstage.place.desk()}
        contact_id, first_call, first_entry = self.contact_id, self._first_call, self._first_entry
        first_delivery = self._first_delivery

        def look(stack: Stack) -> tuple[tuple[Call, ...], tuple[Entry, ...], tuple[Delivered, ...]]:
            calls = [call for call in stack.calls.recorded if call.number > first_call]
            entries = stack.activity.entries(contact_id=contact_id)
            deliveries = list(stack.delivery.recorded)[first_delivery:]
            return (
                tuple(call for call in calls if call.contact_id == contact_id and call.function),
                tuple(entry for entry in entries if entry.contact_id == contact_id),
                tuple(each for each in deliveries if each.contact_id == contact_id),
            )

        calls, entries, deliveries = self.backstage.stack.call(look)
        return Evidence(
            cell=self.cell,
            was_met=bool(self.armed and self.armed.met),
            acted_at=self.acted_at,
            heard=heard,
            heard_before=self._first_item,
            record=self.record(),
            desk=desk.get(contact_id, ""),
            attributes=self.customer.attributes(),
            happened=tuple(entry for entry in entries if entry.number > first_entry),
            failed_before=sum(entry.number <= first_entry and _is_failed_try(entry) for entry in entries),
            was_queued=any(entry.number <= first_entry and _is_queued(entry) for entry in entries),
            calls=calls,
            deliveries=deliveries,
            tokens=self._tokens(),
        )


def _is_failed_try(entry: Entry) -> bool:
    return entry.kind == "invocation" and entry.facts["phase"] == "retrying"


def _is_queued(entry: Entry) -> bool:
    return entry.kind == "contact" and "queue" in str(entry.facts).lower()


def _heard(item: Mapping[str, Any]) -> Heard:
    is_event = item["Type"] != "MESSAGE"
    text = str(item["ContentType"] or item["Type"]).removeprefix(EVENT_PREFIX) if is_event else item["Content"]
    at = datetime.fromisoformat(item["AbsoluteTime"]).timestamp()
    return Heard(at=at, role=item.get("ParticipantRole", ""), text=text, is_event=is_event)
