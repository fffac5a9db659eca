"""Behind the curtain of a journey: time, faults, and what the stack did that no person in the chat can see.

A journey tells its story through people; it looks here only for what they cannot know.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.conversation.contact import ContactRecord, TurnRecord
from local.agent_faces import BEDROCK_AGENTS
from local.calls import Call, Edge, Fault, Gate, Switches
from local.delivery import DeliverySwitches
from local.stack import Stack
from local.workers import GivenUp
from tests.journeys.people import Place
from tests.running_stack import RunningStack, eventually

START_BOT: Final = "lambdas.start_bot.handler.handler"
CHAT_BOT: Final = "lambdas.chat_bot.handler.handler"
RESCUE_BOT: Final = "lambdas.rescue_bot.handler.handler"
ORDERS_TOOL: Final = "lambdas.tools.orders.handler"
STEP_SECONDS: Final = 30.0
CALM_LOOKS: Final = 4
LOOK_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Held:
    """Calls that get no answer for now."""

    stack: RunningStack
    gate: Gate
    times: int

    def have_come(self) -> None:
        """Return when as many have come as are held."""
        eventually(lambda: self.gate.arrived == self.times)

    def let_go(self) -> None:
        self.stack.call(lambda _: self.gate.open())


@dataclass(frozen=True, slots=True)
class Backstage:
    """One stack, seen from behind."""

    stack: RunningStack
    place: Place

    # Time

    def pass_time(self, seconds: float) -> None:
        """Let time pass in small steps, from when nothing goes on any more; what a step sets off happens within it."""
        self.calm()
        left = seconds
        while left > 0:
            step = min(left, STEP_SECONDS)
            self.jump(step)
            self.calm()
            left -= step

    def jump(self, seconds: float) -> None:
        """Move the clock at once, whatever is running."""
        self.stack.call(lambda stack: stack.clock.advance(seconds))

    def calm(self) -> None:
        """Return when nothing goes on any more; what waits for the clock does not count."""
        self.stack.wait(_calm(self.stack.stack))

    # Faults

    @property
    def switches(self) -> Switches:
        return self.stack.stack.switches

    @property
    def sns(self) -> DeliverySwitches:
        return self.stack.stack.delivery.switches

    @property
    def backend(self) -> str:
        return self.stack.stack.agents.backend

    @property
    def asking(self) -> str:
        """The operation by which the agents of this backend are asked."""
        return self.stack.stack.agents.operation

    @contextmanager
    def holding(self, operation: str, *, contact_id: str | None = None, times: int = 1) -> Iterator[Held]:
        """So many calls of functions get no answer until they are let go, at the latest at the end of the block."""
        gate = self.stack.call(lambda stack: stack.switches.hold(operation, contact_id=contact_id, times=times))
        held = Held(self.stack, gate, times)
        yield held
        held.let_go()

    def crash(self, handler: str, contact_id: str) -> None:
        """Kill the process in which a function works for this chat."""
        function = self.name(handler)
        eventually(lambda: self.stack.call(lambda stack: stack.workers.crash(function, contact_id=contact_id)))

    @contextmanager
    def stalling(self, handler: str, contact_id: str) -> Iterator[None]:
        """The process in which a function works for this chat stands still, timers and all, until the block ends."""
        function = self.name(handler)
        [worker] = self.stack.call(lambda stack: stack.workers.working(function, contact_id=contact_id))
        worker.freeze()
        yield
        worker.thaw()

    def crash_chat_bot(self, contact_id: str) -> None:
        self.crash(CHAT_BOT, contact_id)

    def dies_at(
        self,
        operation: str,
        handler: str,
        contact_id: str | None = None,
        *,
        edge: Edge = "before",
        times: int | None = None,
    ) -> None:
        """Whenever the function makes this call its process is killed, before the call or after its effect."""
        function = self.name(handler)
        self.switches.arm(operation, Fault(kill=edge), function=function, contact_id=contact_id, times=times)

    def lays_into(self, queue: str, body: str) -> None:
        """Put a message into a queue, as an operator can."""
        url = self.stack.call(lambda stack: stack.queues.queue(queue).url)
        self.place.client("sqs").send_message(QueueUrl=url, MessageBody=body)

    def replays(self, **asked: Any) -> dict[str, Any]:
        """What RescueBot answers to `make replay`."""
        answer = self.place.client("lambda").invoke(
            FunctionName=f"{self.name(RESCUE_BOT)}:live", Payload=json.dumps({"replay": asked}).encode()
        )
        counts: dict[str, Any] = json.loads(answer["Payload"].read())
        return counts

    def release_deliveries(self, *, backwards: bool = False) -> None:
        """Deliver what SNS held back."""
        self.stack.call(lambda stack: stack.delivery.release(order=_backwards if backwards else list))

    def order_becomes(self, order_number: str, status: str) -> None:
        """The shop goes on with an order."""
        self.place.client("dynamodb").update_item(
            TableName=self._variable(ORDERS_TOOL, "ORDERS_TABLE"),
            Key={"order_number": {"S": order_number}},
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
        )

    # What happened

    def name(self, handler: str) -> str:
        return self.stack.call(lambda stack: stack.function(handler))

    def topic(self) -> str:
        """The ARN of the topic that ChatBot listens to."""
        return self.stack.call(lambda stack: stack.delivery.subscriptions[0].topic_arn)

    def record(self, contact_id: str) -> TurnRecord:
        """The turn item as it is in the table now; fails if there is none."""
        now = self.stack.call(lambda stack: stack.clock.now())
        found = self._contacts().read(contact_id, now=now)
        assert found is not None, "no record of this contact"
        return found

    def until(self, contact_id: str, *, state: str) -> None:
        """Return when the record says so."""
        eventually(lambda: self.record(contact_id).state == state, instead=lambda: self.record(contact_id))

    def reaches(self, contact_id: str, phase: str, *, times: int = 1, handler: str = CHAT_BOT) -> None:
        """Return when a function's invocations for a chat have come so far."""
        eventually(
            lambda: self.phases(contact_id, handler).count(phase) >= times,
            instead=lambda: self.phases(contact_id, handler),
        )

    def hurries_until(self, contact_id: str, phase: str) -> None:
        """Let time run until ChatBot's last invocation for a chat has come so far."""

        def look() -> bool:
            if self.phases(contact_id)[-1:] != [phase]:
                self.jump(1.0)
            return self.phases(contact_id)[-1:] == [phase]

        eventually(look, instead=lambda: self.phases(contact_id))

    def watched(self, contact_id: str, *, times: int) -> None:
        """Return when the flow has asked so often whether the customer is being answered, and knows."""
        eventually(lambda: self.steps(contact_id).count("watched") >= times, instead=lambda: self.steps(contact_id))

    def waits(self, contact_id: str, *, messages: int) -> None:
        """Return when so many messages are in the inbox."""
        eventually(lambda: len(self.record(contact_id).inbox) == messages)

    def contact(self, contact_id: str) -> ContactRecord:
        """The contact item as it is in the table now; fails if there is none."""
        found = self._contacts().read_contact(contact_id)
        assert found is not None, "no tokens of this contact"
        return found

    def calls(self, contact_id: str, operation: str) -> list[Call]:
        """The calls that functions made for a chat and that were answered or cut."""
        recorded = self.stack.call(lambda stack: list(stack.calls.recorded))
        return [call for call in recorded if (call.contact_id, call.operation) == (contact_id, operation)]

    def questions(self, contact_id: str) -> int:
        """How often the agents were asked for a chat, whatever became of it."""
        asked = len(self.calls(contact_id, self.asking))
        return asked - self._ends_by_asking(contact_id) if self.backend == BEDROCK_AGENTS else asked

    def _ends_by_asking(self, contact_id: str) -> int:
        """Bedrock Agents end a session by a question; whoever notices that the bot is out of the chat sends one."""
        session_id = self.record(contact_id).session.id
        return self.stack.call(lambda stack: list(stack.agents.face.ended).count(session_id))

    def has_ended_session(self, contact_id: str) -> bool:
        """Whether the bot has told the agents that a chat's session is over."""
        session_id = self.record(contact_id).session.id
        return self.stack.call(lambda stack: session_id in stack.agents.ended)

    def steps(self, contact_id: str) -> list[str]:
        """The flow's blocks in the order the chat passed them."""
        return [facts["block"] for facts in self._activity(contact_id, "flow")]

    def phases(self, contact_id: str, handler: str = CHAT_BOT) -> list[str]:
        """What became of a function's invocations for a chat: started, finished, failed, retrying, given_up."""
        name = self.name(handler)
        return [one["phase"] for one in self._activity(contact_id, "invocation") if one["function"] == name]

    def bodies(self, queue: str) -> list[dict[str, Any]]:
        """What lies in a queue of failed events, the oldest first."""
        return [json.loads(body) for body in self.stack.call(lambda stack: stack.queues.bodies(queue))]

    def given_up(self) -> list[GivenUp]:
        """The events that Lambda has sent to the on-failure queue."""
        return self.stack.call(lambda stack: list(stack.workers.given_up))

    def log(self, handler: str, contact_id: str) -> list[Mapping[str, Any]]:
        """What a function has logged about a chat, a mapping for each line."""
        [file] = [file for file in self.log_files() if file.stem == self.name(handler)]
        lines = (line for line in file.read_text(encoding="utf-8").splitlines() if contact_id in line)
        return [json.loads(line) for line in lines if line.startswith("{")]

    def log_files(self) -> list[Path]:
        """One for each function."""
        return list((self.stack.stack._settings.build / "logs").glob("*.log"))

    def notices(self) -> list[str]:
        """What was told to whoever watches the stack."""
        entries = self.stack.call(lambda stack: stack.activity.entries())
        return [entry.facts["text"] for entry in entries if entry.kind == "notice"]

    # What SNS might bring

    def brings(self, *records: Any) -> None:
        """Hand ChatBot an event with these records, as Lambda's queue takes it from SNS."""
        self.invokes_chat_bot({"Records": list(records)})

    def invokes_chat_bot(self, event: Mapping[str, Any]) -> None:
        """Hand ChatBot any event."""
        function, payload = f"{self.name(CHAT_BOT)}:live", json.dumps(event).encode()
        self.place.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)

    def _activity(self, contact_id: str, kind: str) -> list[Mapping[str, Any]]:
        entries = self.stack.call(lambda stack: stack.activity.entries(contact_id=contact_id))
        return [entry.facts for entry in entries if entry.kind == kind and entry.contact_id == contact_id]

    def _contacts(self) -> DynamoDBContacts:
        table = self._variable(CHAT_BOT, "CONTACTS_TABLE")
        return DynamoDBContacts(ContactsTable(self.place.client("dynamodb"), table))

    def _variable(self, handler: str, name: str) -> str:
        """An environment variable of a function."""
        return self.stack.call(lambda stack: stack.workers.function(stack.function(handler)).environment[name])


def sns_record(item: Mapping[str, Any] | str) -> dict[str, Any]:
    """A record as SNS wraps what Connect publishes; a string stands for a message that is not even JSON."""
    message = item if isinstance(item, str) else json.dumps(item)
    contact_id = "" if isinstance(item, str) else str(item.get("ContactId", ""))
    attributes = {"ContactId": {"Type": "String", "Value": contact_id}}
    return {"EventSource": "aws:sns", "Sns": {"Message": message, "MessageAttributes": attributes}}


def _backwards(held: Iterable[Any]) -> list[Any]:
    return list(held)[::-1]


async def _calm(stack: Stack) -> None:
    """Nothing runs, and nothing new was told for a few looks: flows go on between invocations."""
    looks, told = 0, 0
    while looks < CALM_LOOKS:
        await stack.workers.settle()
        await asyncio.sleep(LOOK_SECONDS)
        entries = stack.activity.entries(after=told)
        looks = 0 if entries else looks + 1
        told = entries[-1].number if entries else told
