"""Runs the contact flow of every chat: carries out what the interpreter asks for, on this stack's clock.

The interpreter knows what Connect's blocks mean; here is how long things take and who does them: Lambda's retries, the
end of a wait, the end of a chat. Hand `hear` to the listeners; nothing else starts a flow. A contact that ends takes
its flow with it, at whatever block it stands.

Source: Connect administrator guide (AWS Lambda function block, Wait) and developer guide, read 2026-11-20.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, assert_never

from amazon_connect.blocks import (
    BOT_LEFT,
    CUSTOMER_RETURNED,
    PARTICIPANT_NOT_FOUND,
    QUEUE_AT_CAPACITY,
    WAIT_COMPLETED,
)
from local.clock import Clock
from local.execution_environment import FunctionError
from local.flow_effects import (
    CHAT,
    SUBTYPE,
    ContactData,
    Disconnect,
    Done,
    Effect,
    Entered,
    Failed,
    Happened,
    InvokeLambda,
    Reply,
    Returned,
    Say,
    SetAttributes,
    SetLogging,
    SetQueue,
    TransferToQueue,
    WaitFor,
)
from local.happenings import ContactEnded, ContactStarted, Happening, ItemAdded, ParticipantLeft
from local.interpreter import FlowError, load, run
from local.wire import AwsError
from local.workers import UnknownFunction

LAMBDA_TRIES = 3
"""Tries of one Lambda block, all inside its time limit (administrator guide, AWS Lambda function block)."""
FLOW_DISCONNECT = "CONTACT_FLOW_DISCONNECT"
CUSTOM_BOT = "CUSTOM_BOT"

_log = logging.getLogger(__name__)


class FlowContact(Protocol):
    """What the driver reads of a contact. None is what the contact does not have."""

    @property
    def id(self) -> str: ...
    @property
    def initial_contact_id(self) -> str: ...
    @property
    def previous_contact_id(self) -> str | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def segment_attributes(self) -> Mapping[str, Any]: ...
    @property
    def target_queue_arn(self) -> str | None: ...
    @property
    def initial_message(self) -> str | None: ...
    @property
    def language_code(self) -> str | None: ...
    @property
    def customer_id(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...


class NamedQueue(Protocol):
    """A queue, as far as a flow sees it."""

    @property
    def name(self) -> str: ...


class FlowChats(Protocol):
    """What the driver does to chats. A refusal is `AwsError`."""

    @property
    def queues(self) -> Mapping[str, NamedQueue]: ...
    def contact(self, contact_id: str, /) -> FlowContact: ...
    def has_custom_participant(self, contact_id: str, /) -> bool: ...
    def say(self, contact_id: str, text: str, /) -> object: ...
    def update_attributes(self, initial_contact_id: str, attributes: Mapping[str, str], /) -> object: ...
    def set_target_queue(self, contact_id: str, queue_arn: str, /) -> object: ...
    def enqueue(self, contact_id: str, /) -> bool: ...
    def end(self, contact_id: str, reason: str, /) -> object: ...


Invoke = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Runs a function by its ARN and gives its answer; raises `FunctionError`, and `UnknownFunction` if there is none.
Being cancelled must not stop the function: Connect stops listening, Lambda goes on."""
Report = Callable[[str, str, Mapping[str, Any]], None]
"""Takes a contact id, a kind of activity and its facts, for the live view."""


class FlowDriver:
    """One asyncio task per running flow. `content_of` gives the present Content of a flow id."""

    def __init__(
        self,
        *,
        chats: FlowChats,
        clock: Clock,
        content_of: Callable[[str], str | Mapping[str, Any]],
        invoke: Invoke,
        report: Report,
        instance_arn: str,
    ) -> None:
        self._chats = chats
        self._clock = clock
        self._content_of = content_of
        self._invoke = invoke
        self._report = report
        self._instance_arn = instance_arn
        self._flows: dict[str, asyncio.Task[None]] = {}
        self._waits: dict[str, tuple[tuple[str, ...], asyncio.Future[str]]] = {}

    def hear(self, happening: Happening) -> None:
        """The listener: start a flow, wake a wait, drop the flow of an ended chat."""
        match happening:
            case ContactStarted(contact_id=contact_id, flow_id=flow_id):
                flow = asyncio.get_running_loop().create_task(self._run(contact_id, flow_id), name=f"flow {contact_id}")
                self._flows[contact_id] = flow
                flow.add_done_callback(lambda ended: self._forget(contact_id, ended))
            case ParticipantLeft(contact_id=contact_id, role=role) if role == CUSTOM_BOT:
                self._wake(contact_id, BOT_LEFT)
            case ItemAdded(contact_id=contact_id, item=item) if _is_customer_message(item):
                self._wake(contact_id, CUSTOMER_RETURNED)
            case ContactEnded(contact_id=contact_id):
                self._abandon(contact_id)

    async def close(self) -> None:
        """Drop every flow that still runs."""
        flows = list(self._flows.values())
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)

    async def _run(self, contact_id: str, flow_id: str) -> None:
        try:
            await self._drive(contact_id, flow_id)
        except FlowError as error:
            _log.error("flow %s of contact %s stopped: %s", flow_id, contact_id, error)
            self._report_stop(contact_id, error)
            self._chats.end(contact_id, FLOW_DISCONNECT)

    async def _drive(self, contact_id: str, flow_id: str) -> None:
        effects = run(load(self._content_of(flow_id)))
        try:
            effect = next(effects)
            while True:
                effect = effects.send(await self._carry_out(contact_id, effect))
        except StopIteration:
            return
        finally:
            effects.close()

    async def _carry_out(self, contact_id: str, effect: Effect) -> Reply:
        match effect:
            case Entered(block=block, type=kind, detail=detail, by=by):
                self._report(contact_id, "flow", {"block": block, "type": kind, "detail": detail, "by": by})
                return self._data(contact_id)
            case InvokeLambda():
                return await self._ask(contact_id, effect)
            case WaitFor():
                return await self._wait(contact_id, effect)
            case _:
                return self._act(contact_id, effect)

    def _act(
        self, contact_id: str, effect: SetLogging | Say | SetAttributes | SetQueue | TransferToQueue | Disconnect
    ) -> Reply:
        """What is done at once; what the chat refuses is the block's error."""
        try:
            match effect:
                case SetLogging():
                    pass  # The live view shows every block anyway.
                case Say(text=text):
                    self._chats.say(contact_id, text)
                case SetAttributes(attributes=attributes):
                    self._chats.update_attributes(self._chats.contact(contact_id).initial_contact_id, attributes)
                case SetQueue(queue_arn=queue_arn):
                    self._chats.set_target_queue(contact_id, queue_arn)
                case TransferToQueue():
                    if not self._chats.enqueue(contact_id):
                        return Failed(error_type=QUEUE_AT_CAPACITY)
                case Disconnect():
                    self._chats.end(contact_id, FLOW_DISCONNECT)
                case _:
                    assert_never(effect)
        except AwsError as error:
            return Failed(reason=str(error))
        return Done()

    async def _ask(self, contact_id: str, effect: InvokeLambda) -> Reply:
        """Up to three tries; the time limit holds for all of them together."""
        event = connect_event(self._data(contact_id), effect.parameters)
        deadline = self._clock.now() + effect.time_limit_seconds
        failure = Failed(reason=f"no answer within {effect.time_limit_seconds} s")
        for _ in range(LAMBDA_TRIES):
            answer = asyncio.ensure_future(self._invoke(effect.function_arn, event))
            if not await self._is_done_by(deadline, answer):
                break
            try:
                return Returned(payload=answer.result())
            except UnknownFunction as error:
                return Failed(reason=str(error))
            except FunctionError as error:
                failure = Failed(reason=str(error))
        return failure

    async def _is_done_by(self, deadline: float, work: asyncio.Future[Any]) -> bool:
        """Whether the work is done before the clock passes the deadline; if not, nobody waits for it any longer."""
        sleeping = asyncio.ensure_future(self._clock.sleep(max(0.0, deadline - self._clock.now())))
        try:
            await asyncio.wait({work, sleeping}, return_when=asyncio.FIRST_COMPLETED)
            return work.done()
        finally:
            work.cancel()
            sleeping.cancel()

    async def _wait(self, contact_id: str, effect: WaitFor) -> Reply:
        """A bot that left before the wait began is a bot that is not there."""
        if BOT_LEFT in effect.events and not self._chats.has_custom_participant(contact_id):
            return Failed(error_type=PARTICIPANT_NOT_FOUND)
        event: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waits[contact_id] = (effect.events, event)
        try:
            happened = await self._is_done_by(self._clock.now() + effect.seconds, event)
            return Happened(event=event.result() if happened else WAIT_COMPLETED)
        finally:
            del self._waits[contact_id]

    def _wake(self, contact_id: str, event: str) -> None:
        events, waiting = self._waits.get(contact_id, ((), None))
        if waiting is not None and event in events and not waiting.done():
            waiting.set_result(event)

    def _abandon(self, contact_id: str) -> None:
        flow = self._flows.get(contact_id)
        # The flow that ends a chat hears of it while it is still at work; it ends by itself.
        if flow is not None and flow is not asyncio.current_task():
            flow.cancel()

    def _forget(self, contact_id: str, flow: asyncio.Task[None]) -> None:
        del self._flows[contact_id]
        error = None if flow.cancelled() else flow.exception()
        if error is not None:
            _log.error("the flow of contact %s broke; this is a fault of the local stack", contact_id, exc_info=error)
            self._report_stop(contact_id, error)

    def _report_stop(self, contact_id: str, error: BaseException) -> None:
        self._report(contact_id, "flow", {"block": "", "type": "", "detail": f"the flow stopped: {error}", "by": ""})

    def _data(self, contact_id: str) -> ContactData:
        contact = self._chats.contact(contact_id)
        queue_arn = contact.target_queue_arn or ""
        queue = self._chats.queues.get(queue_arn)
        return ContactData(
            contact_id=contact.id,
            initial_contact_id=contact.initial_contact_id,
            previous_contact_id=contact.previous_contact_id or contact.id,
            channel=contact.channel,
            instance_arn=self._instance_arn,
            language_code=contact.language_code or "",
            customer_id=contact.customer_id or "",
            name=contact.name or "",
            description=contact.description or "",
            initial_message=contact.initial_message or "",
            attributes=contact.attributes,
            segment_attributes=_as_paths_see(contact.segment_attributes),
            queue_arn=queue_arn,
            queue_name=queue.name if queue else "",
        )


def connect_event(contact: ContactData, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The event that a flow's Lambda gets for a chat; what the contact does not have is null.

    Source: developer guide, "Flow language", and powertools' event model, read 2026-11-20; the nulls are inferred.
    """
    queue = {"ARN": contact.queue_arn, "Name": contact.queue_name, "OutboundCallerId": {}}
    return {
        "Name": "ContactFlowEvent",
        "Details": {
            "ContactData": {
                "Attributes": dict(contact.attributes),
                "Channel": contact.channel,
                "ContactId": contact.contact_id,
                "CustomerEndpoint": None,
                "CustomerId": contact.customer_id or None,
                "Description": contact.description,
                "InitialContactId": contact.initial_contact_id,
                "InitiationMethod": contact.initiation_method,
                "InstanceARN": contact.instance_arn,
                "LanguageCode": contact.language_code or None,
                "MediaStreams": {"Customer": {"Audio": None}},
                "Name": contact.name,
                "PreviousContactId": contact.previous_contact_id,
                "Queue": queue if contact.queue_arn else None,
                "References": {},
                "SystemEndpoint": None,
            },
            "Parameters": dict(parameters),
        },
    }


def _as_paths_see(segment_attributes: Mapping[str, Any]) -> dict[str, str]:
    """Each text value under its name; a path does not name the API's `ValueString`."""
    texts = {name: value["ValueString"] for name, value in segment_attributes.items() if "ValueString" in value}
    return {SUBTYPE: CHAT, **texts}


def _is_customer_message(item: Mapping[str, Any]) -> bool:
    return item.get("ParticipantRole") == "CUSTOMER" and item.get("Type") == "MESSAGE"
