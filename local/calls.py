"""Every AWS call that reaches the stack: which operation, of which function and chat, how it ended, how long it took.

An ASGI middleware around the faces of the services; it answers nothing itself but what its switches say: a call can be
delayed, held, failed with an AWS error, cut, left without an answer, or be the last thing its caller did. Rule: it does
not look into bodies.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.activity import Activity
from local.clock import Clock
from local.wire import service_model

SERVICES: Final = (
    "connectparticipant",
    "connect",
    "bedrock-agent-runtime",
    "bedrock-agentcore",
    "bedrock-runtime",
    "lambda",
)
"""REST services behind the one origin, by boto3's names."""
TARGETS: Final = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}
"""The services that name their operation in X-Amz-Target, by what stands before its dot."""
KEPT_CALLS: Final = 10_000
_CREDENTIAL = re.compile(rb"Credential=([^/,]+)/")

Stage = Literal["before", "midway", "after"]
Edge = Literal["before", "after"]
"""Before a call has had any effect, or when it had all of it and before its answer."""
Cut = Callable[[Scope], None]
"""Closes the connection of a request at once."""
Kill = Callable[[str], None]
"""Ends the process that signs with an access key, as a fault of the machine below would."""
CallerOf = Callable[[str], "Caller | None"]
"""Whoever signs with an access key."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What of the stack makes a call: a function or a runtime by its name, and the chat it works for, if known.

    `run` is the request id of a function's invocation: several may run for a chat at once.
    """

    name: str
    contact_id: str | None
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An AWS call that ended. `function` is None for a caller outside the stack; `status` 0 means it got no answer."""

    service: str
    operation: str
    function: str | None
    contact_id: str | None
    status: int
    ms: int
    number: int = 0
    """The calls in the order in which they came, counted from 1."""
    error: str = ""
    """The code that the answer names in `x-amzn-errortype`."""
    run: str = ""
    """The invocation that made it, if one did."""


@dataclass(slots=True)
class Gate:
    """Where calls wait that a switch holds; `arrived` counts them. Open it in the stack's event loop."""

    arrived: int = 0
    _opened: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        self._opened.set()

    async def pass_through(self) -> None:
        self.arrived += 1
        await self._opened.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a call. One member is set."""

    error: tuple[str, int, str] | None = None
    """Code, HTTP status and message of the answer; nothing is done."""
    cut: Stage | None = None
    """The connection is closed."""
    silence: Edge | None = None
    """No answer comes until the client gives up, or the switches are cleared."""
    kill: Edge | None = None
    """The process that makes the call is killed."""


@dataclass(slots=True, kw_only=True)
class Switch:
    """One rule of what goes wrong; `met` counts the calls it has met."""

    operation: str
    function: str | None
    contact_id: str | None
    times: int | None
    spared: int = 0
    """How many calls pass before the first one is met."""
    delay_seconds: float = 0.0
    fault: Fault = field(default_factory=Fault)
    gate: Gate | None = None
    met: int = 0

    def applies(self, operation: str, function: str | None, contact_id: str | None) -> bool:
        return (
            self.times != 0
            and self.operation in {operation, "*"}
            and self.function in {None, function}
            and self.contact_id in {None, contact_id}
        )

    def meets(self) -> bool:
        """Whether this call is not spared; it then has been met."""
        if self.spared:
            self.spared -= 1
            return False
        self.met += 1
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Switches:
    """What goes wrong with calls, by operation (`SendMessage`; `*` for all), and optionally by function or contact.

    `times` is how many calls a rule meets, None for all; the first rule that applies is the one.
    """

    _rules: list[Switch] = field(default_factory=list)

    def arm(
        self,
        operation: str,
        fault: Fault,
        *,
        nth: int = 1,
        times: int | None = None,
        function: str | None = None,
        contact_id: str | None = None,
    ) -> Switch:
        """Let this happen from the `nth` such call on."""
        gate = Gate() if fault.silence else None
        return self._add(operation, function, contact_id, times, fault=fault, spared=nth - 1, gate=gate)

    def delay(
        self,
        operation: str,
        *,
        seconds: float,
        times: int | None = None,
        function: str | None = None,
        contact_id: str | None = None,
    ) -> None:
        """Answer later, by the stack's clock."""
        self._add(operation, function, contact_id, times, delay_seconds=seconds)

    def hold(
        self,
        operation: str,
        *,
        times: int | None = None,
        function: str | None = None,
        contact_id: str | None = None,
    ) -> Gate:
        """Answer once the gate is opened, or the switches are cleared."""
        gate = Gate()
        self._add(operation, function, contact_id, times, gate=gate)
        return gate

    def fail(
        self,
        operation: str,
        code: str,
        *,
        status: int = 500,
        message: str = "by a switch",
        times: int | None = None,
        function: str | None = None,
        contact_id: str | None = None,
    ) -> None:
        """Answer with this AWS error and do nothing."""
        self._add(operation, function, contact_id, times, fault=Fault(error=(code, status, message)))

    def cut(
        self,
        operation: str,
        *,
        stage: Stage,
        times: int | None = None,
        function: str | None = None,
        contact_id: str | None = None,
    ) -> None:
        """Close the connection: before anything is done, after the first piece of the answer, or when all is done."""
        self._add(operation, function, contact_id, times, fault=Fault(cut=stage))

    def clear(self) -> None:
        for rule in self._rules:
            if rule.gate is not None:
                rule.gate.open()
        self._rules.clear()

    def rule_for(self, operation: str, function: str | None, contact_id: str | None) -> Switch | None:
        """The switch that this call meets; it has then been met once more."""
        found = (rule for rule in self._rules if rule.applies(operation, function, contact_id))
        return next((rule for rule in found if rule.meets()), None)

    def _add(
        self, operation: str, function: str | None, contact_id: str | None, times: int | None, **what: Any
    ) -> Switch:
        added = Switch(operation=operation, function=function, contact_id=contact_id, times=times, **what)
        self._rules.append(added)
        return added


class Calls:
    """The middleware. `recorded` holds the last calls, the oldest first; those of functions are shown live too."""

    def __init__(
        self, app: ASGIApp, *, caller_of: CallerOf, activity: Activity, clock: Clock, cut: Cut, kill: Kill
    ) -> None:
        self._app = app
        self._caller_of = caller_of
        self._activity = activity
        self._clock = clock
        self._cut = cut
        self._kill = kill
        self.switches = Switches()
        self.recorded: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.listeners: list[Callable[[Call], None]] = []
        """Called with every call that ended; they must not block."""
        self.arrived = 0
        """How many calls have come."""
        self.unanswered: list[str | None] = []
        """The chats for which a call gets no answer just now."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = operation_of(scope)
        if named is None:
            await self._app(scope, receive, send)
            return
        self.arrived += 1
        number = self.arrived
        caller = self._caller_of(access_key_of(scope))
        function = caller.name if caller else None
        contact_id = _contact_of(caller)
        rule = self.switches.rule_for(named[1], function, contact_id)
        exchange = _Exchange(send)
        started = time.monotonic()
        try:
            await self._answer(rule, scope, receive, exchange)
        finally:
            ms = round((time.monotonic() - started) * 1000)
            self._record(
                Call(
                    service=named[0],
                    operation=named[1],
                    function=function,
                    contact_id=contact_id,
                    status=exchange.status,
                    ms=ms,
                    number=number,
                    error=exchange.error,
                    run=caller.run if caller else "",
                )
            )

    async def _answer(self, rule: Switch | None, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        if rule is None:
            await self._app(scope, receive, exchange.send)
        elif rule.fault.cut is not None:
            await self._answer_and_cut(rule.fault.cut, scope, receive, exchange)
        elif rule.fault.kill is not None:
            await self._answer_and_kill(rule.fault.kill, scope, receive, exchange)
        elif rule.fault.silence is not None:
            await self._answer_to_nobody(rule, scope, receive, exchange)
        elif rule.fault.error is not None:
            await _error(*rule.fault.error)(scope, receive, exchange.send)
        else:
            await self._wait(rule)
            await self._app(scope, receive, exchange.send)

    async def _wait(self, rule: Switch) -> None:
        if rule.gate is not None:
            await rule.gate.pass_through()
        else:
            await self._clock.sleep(rule.delay_seconds)

    async def _answer_and_cut(self, stage: Stage, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        if stage == "midway":
            exchange.after_first_piece = lambda: self._cut(scope)
        if stage == "after":
            exchange.is_muted = True
        if stage != "before":
            await self._app(scope, receive, exchange.send)
        self._cut(scope)
        exchange.status = 0
        await _until_gone(receive)

    async def _answer_and_kill(self, edge: Edge, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        await self._do_unheard(edge, scope, receive, exchange)
        self._kill(access_key_of(scope))
        await _until_gone(receive)

    async def _answer_to_nobody(self, rule: Switch, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        await self._do_unheard(rule.fault.silence, scope, receive, exchange)
        contact_id = _contact_of(self._caller_of(access_key_of(scope)))
        self.unanswered.append(contact_id)
        waits = [asyncio.ensure_future(_until_gone(receive)), asyncio.ensure_future(self._wait(rule))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.unanswered.remove(contact_id)
            for each in waits:
                each.cancel()
        self._cut(scope)

    async def _do_unheard(self, edge: Edge | None, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        exchange.is_muted = True
        if edge == "after":
            await self._app(scope, receive, exchange.send)
        exchange.status = 0

    def _record(self, call: Call) -> None:
        self.recorded.append(call)
        for hear in self.listeners:
            hear(call)
        if call.function is not None:
            self._activity.add(
                "call",
                call.contact_id,
                function=call.function,
                service=call.service,
                operation=call.operation,
                status=call.status,
                ms=call.ms,
                error=call.error,
                run=call.run,
            )


class _Exchange:
    """The answer on its way out: its status and error, and what a switch does to it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.error = ""
        self.is_muted = False
        self.after_first_piece: Callable[[], None] | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.error = _error_named_in(message)
        if not self.is_muted:
            await self._send(message)
        if self.after_first_piece is not None and message.get("body"):
            self.after_first_piece()
            self.is_muted = True


def _error_named_in(start: Message) -> str:
    headers = ((name.lower(), value) for name, value in start.get("headers", ()))
    return next((value.decode("latin-1") for name, value in headers if name == b"x-amzn-errortype"), "")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _contact_of(caller: Caller | None) -> str | None:
    return caller.contact_id if caller else None


def operation_of(scope: Scope) -> tuple[str, str] | None:
    """Service and operation of an AWS call, by boto3's and the model's names; None for anything else."""
    if scope["type"] != "http":
        return None
    headers: dict[bytes, bytes] = dict(scope["headers"])
    target = headers.get(b"x-amz-target", b"").decode("latin-1")
    if target:
        service, _, operation = target.rpartition(".")
        return TARGETS.get(service, service), operation
    if b"authorization" not in headers and b"x-amz-bearer" not in headers:
        return None
    path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace").partition("?")[0]
    return _operation_at(f"{scope['method']} {path}")


def access_key_of(scope: Scope) -> str:
    """The access key that signed the request, or empty text."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    found = _CREDENTIAL.search(headers.get(b"authorization", b""))
    return found.group(1).decode("latin-1") if found else ""


def _operation_at(asked: str) -> tuple[str, str] | None:
    for service, operation, pattern in _patterns():
        if pattern.fullmatch(asked):
            return service, operation
    return None


@cache
def _patterns() -> Sequence[tuple[str, str, re.Pattern[str]]]:
    return [found for service in SERVICES for found in _patterns_of(service)]


def _patterns_of(service: str) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    model = service_model(service)
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\{[^}]+\}", "\0", http["requestUri"].partition("?")[0])
        yield service, name, re.compile(re.escape(f"{http['method']} {path}").replace("\0", "[^/]*"))


def _error(code: str, status: int, message: str) -> JSONResponse:
    """An error that every protocol's client reads: by header, by `__type`, and with either spelling of its message."""
    body = {"__type": code, "message": message, "Message": message}
    return JSONResponse(body, status_code=status, headers={"x-amzn-ErrorType": code})
