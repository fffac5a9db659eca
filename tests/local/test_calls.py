"""Every AWS call is recorded with its function and chat, and a switch can delay it, fail it or cut it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from local.activity import Activity
from local.calls import Caller, Calls, Fault, operation_of
from local.clock import Clock
from local.server import Server

WORKER = "WORKER00000000000001"
SIGNED = {"Authorization": f"AWS4-HMAC-SHA256 Credential={WORKER}/20261120/local/connect/aws4_request"}
BY_STRANGER = {"Authorization": "AWS4-HMAC-SHA256 Credential=CUSTOMER/20261120/local/connect/aws4_request"}
SEND = "/participant/message"
REFUSED = "/participant/event"


class Origin:
    """A server whose one answer is `done`, behind the middleware."""

    def __init__(self) -> None:
        self.server = Server(0)
        self.clock = Clock()
        self.activity = Activity(now=self.clock.now)
        self.served: list[str] = []
        self.killed: list[str] = []
        self.calls = Calls(
            Starlette(routes=[Route("/{path:path}", self._serve, methods=["POST", "PUT", "GET"])]),
            caller_of=self._caller_of,
            activity=self.activity,
            clock=self.clock,
            cut=self.server.cut,
            kill=self.killed.append,
        )

    async def _serve(self, request: Request) -> Response:
        self.served.append(request.url.path)
        if request.url.path == REFUSED:
            return Response(status_code=400, headers={"x-amzn-ErrorType": "ConditionalCheckFailedException"})
        if request.url.path.startswith("/agents"):
            return StreamingResponse(self._pieces())
        return Response("done")

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield b"first "
        await asyncio.sleep(0.02)
        yield b"second"

    def _caller_of(self, access_key: str) -> Caller | None:
        return Caller("ChatBot", "c-1", "r-1") if access_key == WORKER else None

    async def post(self, path: str = SEND, headers: dict[str, str] = SIGNED) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.server.origin) as client:
            return await client.post(path, headers=headers)


@asynccontextmanager
async def origin() -> AsyncIterator[Origin]:
    made = Origin()
    await made.server.start(made.calls)
    try:
        yield made
    finally:
        await made.server.close()


async def test_a_function_s_call_is_recorded_and_shown() -> None:
    """The page says which function of which chat did what, and how long it took."""
    async with origin() as o:
        await o.post()

    [call] = o.calls.recorded
    [entry] = o.activity.entries(contact_id="c-1")
    assert (call.service, call.operation, call.function, call.contact_id, call.run, call.status) == (
        "connectparticipant",
        "SendMessage",
        "ChatBot",
        "c-1",
        "r-1",
        200,
    )
    assert entry.kind == "call"
    assert (entry.facts["operation"], entry.facts["run"]) == ("SendMessage", "r-1")


async def test_a_refused_call_tells_why() -> None:
    """Some refusals are everyday, and whoever looks must be able to tell them from faults."""
    async with origin() as o:
        await o.post(REFUSED)
        await o.post()

    assert [(call.status, call.error) for call in o.calls.recorded] == [
        (400, "ConditionalCheckFailedException"),
        (200, ""),
    ]
    assert o.activity.entries()[0].facts["error"] == "ConditionalCheckFailedException"


async def test_a_customer_s_call_is_recorded_but_not_shown() -> None:
    """What happens in between is told, not every poll of a browser."""
    async with origin() as o:
        await o.post(headers=BY_STRANGER)

    assert [call.function for call in o.calls.recorded] == [None]
    assert o.activity.entries() == []


async def test_a_held_call_is_answered_when_the_gate_opens() -> None:
    """A test can stop the world in the middle of a call, without a clock; clearing the switches lets it go too."""
    async with origin() as o:
        gate = o.calls.switches.hold("SendMessage", contact_id="c-1", times=2)
        first, second = asyncio.create_task(o.post()), asyncio.create_task(o.post())
        while gate.arrived < 2:
            await asyncio.sleep(0)
        served_before = list(o.served)
        o.calls.switches.clear()
        await asyncio.gather(first, second)

    assert served_before == []
    assert o.served == [SEND, SEND]


async def test_whoever_listens_hears_of_every_call() -> None:
    """Only the last ones are kept; who counts them must miss none."""
    async with origin() as o:
        heard: list[str] = []
        o.calls.listeners.append(lambda call: heard.append(call.operation))
        await o.post()
        await o.post(headers=BY_STRANGER)

    assert heard == ["SendMessage", "SendMessage"]


async def test_calls_are_numbered_as_they_come() -> None:
    """They are recorded as they end, which is another order."""
    async with origin() as o:
        gate = o.calls.switches.hold("SendMessage", times=1)
        held = asyncio.create_task(o.post())
        while not gate.arrived:
            await asyncio.sleep(0)
        await o.post()
        gate.open()
        await held

    assert [call.number for call in o.calls.recorded] == [2, 1]


async def test_what_is_no_aws_call_passes_unrecorded() -> None:
    """The page and its settings."""
    async with origin() as o:
        answer = await o.post("/local/chats", headers={})

    assert answer.text == "done"
    assert list(o.calls.recorded) == []


@pytest.mark.parametrize(
    ("method", "path", "headers", "named"),
    [
        ("PUT", "/contact/chat", SIGNED, ("connect", "StartChatContact")),
        (
            "POST",
            "/participant/connection",
            {"X-Amz-Bearer": "t"},
            ("connectparticipant", "CreateParticipantConnection"),
        ),
        ("POST", "/agents/A/agentAliases/B/sessions/s%3A1/text", SIGNED, ("bedrock-agent-runtime", "InvokeAgent")),
        ("POST", "/2015-03-31/functions/arn%3Aaws/invocations", SIGNED, ("lambda", "Invoke")),
        ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.GetItem"}, ("dynamodb", "GetItem")),
        ("POST", "/", {"X-Amz-Target": "AmazonSQS.SendMessage"}, ("sqs", "SendMessage")),
        ("PUT", "/queues/i-1", SIGNED, ("connect", "CreateQueue")),
        ("GET", "/", {}, None),
        ("PUT", "/contact/chat", {}, None),
    ],
)
def test_a_call_is_named_by_the_service_models(
    method: str, path: str, headers: dict[str, str], named: tuple[str, str] | None
) -> None:
    """Also one that is not emulated, so that its refusal can name it."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }

    assert operation_of(scope) == named


async def test_a_failed_call_does_nothing_and_gets_the_error() -> None:
    """In a form that every protocol's client reads, as often as was asked."""
    async with origin() as o:
        o.calls.switches.fail("SendMessage", "ThrottlingException", status=429, times=1)
        failed, fine = await o.post(), await o.post()

    assert (failed.status_code, failed.headers["x-amzn-errortype"]) == (429, "ThrottlingException")
    assert (failed.json()["__type"], failed.json()["message"]) == ("ThrottlingException", "by a switch")
    assert fine.status_code == 200
    assert o.served == [SEND]


async def test_a_delayed_call_waits_for_the_stack_s_clock() -> None:
    """A slow service is tested without waiting."""
    async with origin() as o:
        o.calls.switches.delay("SendMessage", seconds=600)
        asking = asyncio.ensure_future(o.post())
        async with asyncio.timeout(10):
            while not o.clock._sleepers:
                await asyncio.sleep(0.005)
        served_early = list(o.served)
        o.clock.advance(600)
        answer = await asking

    assert (served_early, answer.status_code) == ([], 200)


@pytest.mark.parametrize(("stage", "served"), [("before", []), ("after", [SEND])])
async def test_a_cut_call_gets_no_answer_whether_or_not_it_was_done(stage: Any, served: list[str]) -> None:
    """The caller cannot know; that is the point."""
    async with origin() as o:
        o.calls.switches.cut("SendMessage", stage=stage, times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            await o.post()
        fine = await o.post()

    assert fine.status_code == 200
    assert o.served == [*served, SEND]
    assert [call.status for call in o.calls.recorded] == [0, 200]


async def test_a_stream_can_be_cut_after_its_first_piece() -> None:
    """A connection lost in the middle of an agent's answer."""
    got = b""
    async with origin() as o:
        o.calls.switches.cut("InvokeAgent", stage="midway")
        async with httpx.AsyncClient(base_url=o.server.origin) as client:
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):  # noqa: PT012  (fails while it is read)
                async with client.stream("POST", "/agents/A/agentAliases/B/sessions/s/text", headers=SIGNED) as answer:
                    async for piece in answer.aiter_raw():
                        got += piece

    assert got in {b"first ", b""}


@pytest.mark.parametrize(("edge", "served"), [("before", []), ("after", [SEND])])
async def test_a_call_without_an_answer_lasts_until_its_client_gives_up(edge: Any, served: list[str]) -> None:
    """A time-out is the client's; whether anything was done it cannot know."""
    async with origin() as o:
        silent = o.calls.switches.arm("SendMessage", Fault(silence=edge), times=1)
        async with httpx.AsyncClient(base_url=o.server.origin, timeout=0.2) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(SEND, headers=SIGNED)
        fine = await o.post()

    assert (silent.met, fine.status_code) == (1, 200)
    assert o.served == [*served, SEND]
    assert o.calls.unanswered == []


async def test_clearing_the_switches_ends_a_call_that_gets_no_answer() -> None:
    """Nobody waits for a test that is over."""
    async with origin() as o:
        o.calls.switches.arm("SendMessage", Fault(silence="before"))
        asking = asyncio.create_task(o.post())
        while o.calls.unanswered != ["c-1"]:
            await asyncio.sleep(0)
        o.calls.switches.clear()
        with pytest.raises(httpx.RemoteProtocolError):
            await asking

    assert o.served == []


@pytest.mark.parametrize(("edge", "served"), [("before", []), ("after", [SEND])])
async def test_a_call_can_be_the_last_thing_its_caller_does(edge: Any, served: list[str]) -> None:
    """Before it had an effect, or when it had all of it; no answer is ever sent."""
    async with origin() as o:
        o.calls.switches.arm("SendMessage", Fault(kill=edge), times=1)
        asking = asyncio.create_task(o.post())
        while not o.killed:
            await asyncio.sleep(0)
        served_at_the_kill = list(o.served)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    assert (o.killed, served_at_the_kill) == ([WORKER], served)


async def test_a_switch_may_spare_the_first_calls() -> None:
    """What goes wrong is one step of a story, not the first of its name."""
    async with origin() as o:
        third = o.calls.switches.arm(
            "SendMessage", Fault(error=("ThrottlingException", 429, "by a switch")), nth=3, times=1
        )
        answers = [await o.post() for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 429, 200]
    assert third.met == 1


async def test_a_rule_meets_only_the_function_and_the_chat_it_names() -> None:
    """Several chats run in one test."""
    async with origin() as o:
        o.calls.switches.fail("*", "InternalServerException", contact_id="c-2")
        o.calls.switches.fail("*", "InternalServerException", function="StartBot")
        met_nobody = await o.post()
        o.calls.switches.fail("*", "InternalServerException", contact_id="c-1")
        met = await o.post()
        o.calls.switches.clear()
        cleared = await o.post()

    assert [each.status_code for each in (met_nobody, met, cleared)] == [200, 500, 200]
