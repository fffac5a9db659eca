"""InvokeHarness on this machine, seen through boto3 over HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from starlette.applications import Starlette
from strands.models import Model

from agents.scripted import ScriptedModel
from agents.team_source import Loaded, TeamSource
from local.agent_resources import Harness
from local.agentcore_harness import AgentCoreHarness, is_allowed
from local.event_stream import StreamFailure
from local.intrinsics import arn
from tests.local.flat_store import HARNESS_ARN, STORE, flat_store
from tests.local.serving import running

if TYPE_CHECKING:
    from types_boto3_bedrock_agentcore import BedrockAgentCoreClient

SESSION = "0c7a9e52-5a0f-4b0e-9d65-1b7f4b3c2a10"
SCHEDULED = {"status": "scheduled", "order_number": "10020030", "items": [], "dispatched_on": "2026-11-24"}
QUESTION = "Where is my order 10020030? My ID is 12345678-9."
WISH = "I'd like to talk to a person, please."


@dataclass
class Functions:
    """Runs functions as `Workers` does; `gate` holds an answer back, `failure` is raised instead."""

    result: Mapping[str, Any] = field(default_factory=lambda: SCHEDULED)
    failure: Exception | None = None
    calls: list[tuple[str, Any, Any, str | None]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    called: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def invoke(self, function: str, event: Any, *, client_context: Any, contact_id: str | None) -> Any:
        self.calls.append((function, event, client_context, contact_id))
        self.called.set()
        await asyncio.to_thread(self.gate.wait, 5)
        if self.failure:
            raise self.failure
        return self.result


@dataclass
class Face:
    """The running face and a client for it."""

    client: BedrockAgentCoreClient
    agents: AgentCoreHarness
    functions: Functions
    harness: Harness
    now: float = 1_790_000_000.0
    prompts: list[str] = field(default_factory=list)
    """The system prompts that the model was given."""

    def begin(self, *messages: Any, session: str = SESSION, **request: Any) -> Any:
        """The answer's stream."""
        given = [says(each) if isinstance(each, str) else each for each in messages]
        asked: Any = {"harnessArn": HARNESS_ARN, "runtimeSessionId": session, "messages": given, **request}
        return self.client.invoke_harness(**asked)["stream"]

    def invoke(self, *messages: Any, session: str = SESSION, **request: Any) -> list[Any]:
        """Every event of the answer."""
        with closing(self.begin(*messages, session=session, **request)) as stream:
            return list(stream)

    def ask(self, *messages: Any, **request: Any) -> str:
        """The answer's text."""
        return text_of(self.invoke(*messages, **request))

    def escalates(self, **request: Any) -> dict[str, Any]:
        """Let the agent ask for a person; the unstored message with its tool use."""
        return unstored(self.invoke(WISH, **request))


class Noting(ScriptedModel):
    """Notes the prompt it is given."""

    def __init__(self, loaded: Loaded, prompts: list[str]) -> None:
        assert loaded.script is not None
        super().__init__(loaded.script)
        self._prompts = prompts

    async def stream(self, messages: Any, tool_specs: Any = None, system_prompt: str | None = None, **_: Any) -> Any:
        self._prompts.append(system_prompt or "")
        async for event in super().stream(messages, tool_specs, system_prompt):
            yield event


def says(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def answers(message: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """The user's message that answers every tool use of the assistant's."""
    uses = [block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block]
    results = [{"toolUseId": use, "status": "success", "content": [{"json": dict(result)}]} for use in uses]
    return {"role": "user", "content": [{"toolResult": each} for each in results]}


def text_of(events: list[Any]) -> str:
    deltas = (event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event)
    return "".join(delta.get("text", "") for delta in deltas)


def stops(events: list[Any]) -> list[str]:
    return [event["messageStop"]["stopReason"] for event in events if "messageStop" in event]


def unstored(events: list[Any]) -> dict[str, Any]:
    """The assistant's last message, put together as a caller does."""
    content: list[dict[str, Any]] = []
    pieces: dict[int, str] = {}
    for event in events:
        if "messageStart" in event:
            content, pieces = [], {}
        elif "contentBlockStart" in event and "toolUse" in event["contentBlockStart"]["start"]:
            start = event["contentBlockStart"]
            content.append({"toolUse": dict(start["start"]["toolUse"])})
            pieces[start["contentBlockIndex"]] = ""
        elif "contentBlockDelta" in event and "toolUse" in event["contentBlockDelta"]["delta"]:
            delta = event["contentBlockDelta"]
            pieces[delta["contentBlockIndex"]] += delta["delta"]["toolUse"]["input"]
    for block, text in zip(content, pieces.values(), strict=True):
        block["toolUse"]["input"] = json.loads(text)
    return {"role": "assistant", "content": content}


@pytest.fixture
def face() -> Iterator[Face]:
    functions, found, prompts = Functions(), list[Face](), list[str]()

    def make_model(loaded: Loaded) -> Model:
        return Noting(loaded, prompts)

    agents = AgentCoreHarness(
        harness=lambda: found[0].harness,
        source=TeamSource(STORE, lambda _: None).current,
        make_model=make_model,
        call_function=functions.invoke,
        contact_of=lambda request: request.headers.get("x-test-contact"),
        now=lambda: found[0].now,
        new_id=lambda: str(uuid.uuid4()),
    )
    with running(Starlette(routes=agents.routes())) as (origin, _):
        session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="local")
        once = Config(retries={"total_max_attempts": 1})
        client = session.client("bedrock-agentcore", endpoint_url=origin, config=once)
        found.append(Face(client, agents, functions, flat_store(), prompts=prompts))
        yield found[0]
        functions.gate.set()
        client.close()


def refused(face: Face, *messages: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        face.invoke(*messages, **request)
    assert not isinstance(error.value, EventStreamError)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_a_question_is_answered_with_what_the_tool_says(face: Face) -> None:
    """The whole way: wire, agent, function and back."""
    assert face.ask(QUESTION) == "Your order 10020030 () is scheduled and leaves our warehouse on November 24."


def test_a_tool_s_use_and_result_stream_past(face: Face) -> None:
    """The caller sees them and must not take them for its own: each message has its own end."""
    events = face.invoke(QUESTION)

    started = [event["contentBlockStart"]["start"] for event in events if "contentBlockStart" in event]
    assert started[0]["toolUse"]["name"] == "orders___get_order_status"
    assert started[1]["toolResult"] == {"toolUseId": started[0]["toolUse"]["toolUseId"], "status": "success"}
    assert [event["messageStart"]["role"] for event in events if "messageStart" in event] == [
        "assistant",
        "user",
        "assistant",
    ]
    assert stops(events) == ["tool_use", "tool_result", "end_turn"]


def test_a_function_gets_the_event_that_the_gateway_sends(face: Face) -> None:
    """The arguments are the event; the client context names the tool with its target in front."""
    face.ask(QUESTION)

    [(function, event, context, _)] = face.functions.calls
    assert function == arn("lambda", "function:OrdersTool:live")
    assert event == {"order_number": "10020030", "identity_document_number": "12345678-9"}
    assert context["custom"]["bedrockAgentCoreToolName"] == "orders___get_order_status"
    assert set(context["custom"]) == {
        "bedrockAgentCoreMessageVersion",
        "bedrockAgentCoreAwsRequestId",
        "bedrockAgentCoreMcpMessageId",
        "bedrockAgentCoreGatewayId",
        "bedrockAgentCoreTargetId",
        "bedrockAgentCoreToolName",
    }


def test_a_function_that_fails_is_told_to_the_model(face: Face) -> None:
    """The model decides what to say of it; the call itself goes on."""
    face.functions.failure = RuntimeError("secret")

    events = face.invoke(QUESTION)

    results = [e["contentBlockStart"]["start"] for e in events if "contentBlockStart" in e][1]
    assert results["toolResult"]["status"] == "error"
    assert "secret" not in str(events)
    assert text_of(events).startswith("I'm sorry")


def test_an_inline_function_ends_the_stream(face: Face) -> None:
    """Control returns to the caller."""
    events = face.invoke(f"{WISH} My ID is 12345678-9")

    assert stops(events) == ["tool_use"]
    [use] = [block["toolUse"] for block in unstored(events)["content"]]
    assert use["name"] == "escalate"
    assert use["input"]["identity_document_number"] == "12345678-9"


def test_a_caller_s_answer_carries_use_and_result(face: Face) -> None:
    """The unstored turn and what came of it, in one request; then the agent goes on."""
    waiting = face.escalates()

    assert face.ask(waiting, answers(waiting, {"status": "done"})) != ""


def test_a_result_alone_is_refused(face: Face) -> None:
    """The service has not kept the use that it would answer."""
    waiting = face.escalates()

    assert refused(face, answers(waiting, {}))[0] == "ValidationException"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "last message must be the user's"),
        ([says("Hello", "assistant")], "last message must be the user's"),
        ([{"role": "user", "content": [{"toolUse": {"toolUseId": "u", "name": "n", "input": {}}}]}], "tool use"),
        (
            [
                {"role": "assistant", "content": [{"toolUse": {"toolUseId": "u", "name": "n", "input": {"a": 1}}}]},
                says("Hello"),
            ],
            "do not fit",
        ),
    ],
)
def test_messages_that_do_not_hold_together_are_refused(face: Face, messages: list[Any], said: str) -> None:
    """A model's service would refuse such a talk."""
    code, message = refused(face, *messages)

    assert code == "ValidationException"
    assert said in message


def test_a_use_is_answered_once(face: Face) -> None:
    """Its id is known from then on."""
    waiting = face.escalates()
    answered = [waiting, answers(waiting, {"status": "done"})]
    face.ask(*answered)

    assert refused(face, *answered) == ("ValidationException", "A toolUseId was used before")


def test_a_control_that_nobody_answers_is_abandoned(face: Face) -> None:
    """It was never stored; the talk goes on without it."""
    face.escalates()

    assert "10020030" in face.ask(QUESTION)


def test_a_session_remembers_and_another_does_not(face: Face) -> None:
    """By the id in the header."""
    face.ask("Where is my order 10020030?")

    assert "scheduled" in face.ask("12345678-9")
    assert "scheduled" not in face.ask("12345678-9", session=str(uuid.uuid4()))


def test_a_session_that_nobody_uses_is_forgotten(face: Face) -> None:
    """After AgentCore's 15 minutes, by the stack's clock."""
    face.ask("Where is my order 10020030?")
    face.now += 901

    assert "scheduled" not in face.ask("12345678-9")


def test_an_earlier_talk_may_come_with_the_request(face: Face) -> None:
    """How a new session is told what an old one knew."""
    history = [says("Where is my order 10020030?"), says("What is your ID?", "assistant")]

    assert "scheduled" in face.ask(*history, says("12345678-9"))


def test_the_prompt_is_the_template_s_unless_the_request_has_one(face: Face) -> None:
    """An override holds for one request."""
    face.ask("Hello", systemPrompt=[{"text": "Be brief."}])
    face.ask("Hello")

    assert face.prompts == ["Be brief.", flat_store().system_prompt]


def test_too_many_rounds_are_stopped(face: Face) -> None:
    """`maxIterations` counts calls of the model."""
    events = face.invoke(QUESTION, maxIterations=1)

    assert stops(events) == ["tool_use", "tool_result", "max_iterations_exceeded"]


def test_a_tool_that_is_not_allowed_is_not_there(face: Face) -> None:
    """The model is not even told of it."""
    face.ask(QUESTION, allowedTools=["escalate"])

    assert face.functions.calls == []


@pytest.mark.parametrize(
    ("pattern", "control", "tool"),
    [
        ("*", True, True),
        ("escalate", True, False),
        ("esc*", True, False),
        ("@tools", False, True),
        ("@tools/orders___*", False, True),
        ("@tools/tickets___*", False, False),
        ("@others", False, False),
    ],
)
def test_allowed_tools_are_patterns(pattern: str, control: bool, tool: bool) -> None:
    """As the devguide lists them."""
    harness = flat_store()

    assert is_allowed(harness.inline_functions[0], [pattern]) is control
    assert is_allowed(harness.gateway_tools[0], [pattern]) is tool


@pytest.mark.parametrize("session", ["x" * 32, "x" * 101, "-" * 36])
def test_a_session_id_has_33_to_100_characters(face: Face, session: str) -> None:
    """Checked by the service, except what boto3 itself refuses."""
    with pytest.raises(Exception, match="runtimeSessionId"):
        face.invoke("Hello", session=session)


def test_an_unknown_harness_is_not_found(face: Face) -> None:
    """And so is any where the template has none."""
    other = arn("bedrock-agentcore", "harness/other-a1b2c3d4e5")

    assert refused(face, "Hello", harnessArn=other)[0] == "ResourceNotFoundException"


def test_what_is_not_emulated_is_refused_aloud(face: Face) -> None:
    """Never ignored."""
    code, message = refused(face, "Hello", model={"bedrockModelConfig": {"modelId": "m"}})

    assert (code, "'model'" in message) == ("ValidationException", True)


def test_a_failure_in_mid_stream_comes_after_what_was_sent(face: Face) -> None:
    """With its lower-camel code, as botocore raises it while iterating."""
    face.agents.fail_next = lambda _: StreamFailure(code="internalServerException", after_events=2)
    events: list[Any] = []

    with closing(face.begin("Hello")) as stream, pytest.raises(EventStreamError) as error:
        events.extend(stream)

    assert len(events) == 2
    assert error.value.response["Error"]["Code"] == "internalServerException"


def test_the_answer_streams_while_the_agent_works(face: Face) -> None:
    """The use of a tool is seen before its function has answered."""
    face.functions.gate.clear()

    with closing(face.begin(QUESTION)) as stream:
        events = iter(stream)
        first = next(events)
        face.functions.gate.set()
        rest = list(events)

    assert first == {"messageStart": {"role": "assistant"}}
    assert "scheduled" in text_of(rest)


def test_two_requests_of_a_session_take_turns(face: Face) -> None:
    """What AWS does is documented nowhere; here neither is lost."""
    face.functions.gate.clear()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(face.ask, QUESTION)
        assert face.functions.called.wait(5)
        second = pool.submit(face.ask, "Hello")
        face.functions.gate.set()

        assert "scheduled" in first.result(timeout=10)
        assert second.result(timeout=10)
