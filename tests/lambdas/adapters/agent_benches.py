"""Where an adapter of the port `Agents` is put to the test: a team that a test scripts, over the backend's true wire.

A bench turns what a team does (`Moment`s) into what its backend writes, and what the adapter sent back into what the
team was told. Requests are held against botocore's own model, lengths and patterns included. A new backend is one more
bench; the behaviours are in `test_agents_contract`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import boto3
from botocore.config import Config

from lambdas.adapters.agentcore_harness import AgentCoreHarness
from lambdas.adapters.agentcore_runtime import AgentCoreRuntime
from lambdas.adapters.apply_guardrail import NO_GUARDRAIL, AppliedGuardrail, Guardrail
from lambdas.adapters.bedrock_agents import BedrockAgents
from lambdas.adapters.guardrails import blocked_sentences
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.phrases import phrases
from lambdas.conversation.ports import AgentEvent, Agents, Asking, Finished, Refused, Usage
from local.wire import violations
from tests.fakes import Hang, Piece, ScriptedAgents
from tests.lambdas.aws_server import (
    CUT,
    SERVER_SENT_EVENTS,
    AwsServer,
    Cut,
    Pieces,
    Reply,
    Request,
    Stream,
    answer,
    chunk,
    data,
    event,
    failure,
    refusal,
)

NOWHERE = "http://127.0.0.1:9"
"""Nobody listens at this port."""
BLOCKED = phrases("en").say("refused")
"""What the stack's guardrail is configured to say."""


def events_of(answer: Iterator[Asking | AgentEvent]) -> Iterator[AgentEvent]:
    """What the turn hears of an answer."""
    return (event for event in answer if not isinstance(event, Asking))


# ---- what a team does


@dataclass(frozen=True, slots=True)
class Says:
    text: str


@dataclass(frozen=True, slots=True)
class Controls:
    calls: tuple[Call, ...]
    large: bool = False
    """More than a turn item has room for, in whatever the backend needs back."""


@dataclass(frozen=True, slots=True)
class Refuses:
    """A guardrail blocks what comes here."""


@dataclass(frozen=True, slots=True)
class Masks:
    """A guardrail has masked something of what the team says next."""


@dataclass(frozen=True, slots=True)
class Fails:
    code: str
    message: str = "no"


@dataclass(frozen=True, slots=True)
class Breaks:
    """The connection is cut; in the middle of an event, if it is given one."""

    inside: str = ""


@dataclass(frozen=True, slots=True)
class Garbles:
    """An event that was damaged on its way."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Events that are not for the customer, or that nobody knew when the adapter was written."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something happens while the answer goes on."""

    happens: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Hangs:
    """Nothing more comes, and no end."""

    until: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Begins:
    """The team was called, and has done nothing yet."""


@dataclass(frozen=True, slots=True)
class Works:
    """Something of the answer that is for nobody's ears: a tool of its own is used, or it thinks.

    Where a backend tells neither, only words show that it has begun.
    """

    tool: str = ""


@dataclass(frozen=True, slots=True)
class Ends:
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Vanishes:
    """The stream is over without the answer's end."""


Moment = (
    Says
    | Controls
    | Refuses
    | Masks
    | Fails
    | Breaks
    | Garbles
    | Foreign
    | Meanwhile
    | Hangs
    | Begins
    | Works
    | Ends
    | Vanishes
)
LAST = (Controls, Fails, Breaks, Garbles, Hangs, Ends, Vanishes)


def whole(moments: Sequence[Moment]) -> Sequence[Moment]:
    """An answer ends, unless something else ended it."""
    return moments if moments and isinstance(moments[-1], LAST) else [*moments, Ends()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a team was told by a question."""

    session_id: str
    text: str
    language: str
    told: Mapping[str, str]
    contact_id: str
    turn_id: str
    history: Sequence[tuple[str, str]] = ()


class Bench(Protocol):
    """A backend with a scripted team."""

    @property
    def agents(self) -> Agents: ...

    @property
    def retryable(self) -> Mapping[str, int]:
        """Codes after which asking again can help, with their HTTP status."""
        ...

    @property
    def hopeless(self) -> Mapping[str, int]: ...

    @property
    def in_stream(self) -> frozenset[str]:
        """Those that the backend may also send inside a stream, in lower camel case."""
        ...

    def answers(self, *moments: Moment, in_packets_of: int | None = None) -> None:
        """The team's next answer; the wire may cut it into packets of any size."""
        ...

    def refuses(self, code: str, status: int, message: str) -> None:
        """The next call fails before any of its answer."""
        ...

    def goes_away(self) -> None:
        """Nobody listens where the team was."""
        ...

    def stumbles(self, error: Exception) -> None:
        """The adapter's next call meets an error that nobody foresaw."""
        ...

    @property
    def calls(self) -> int:
        """How often the team was called."""
        ...

    def asked(self) -> Asked:
        """The last question."""
        ...

    def answered(self) -> list[tuple[str, str]]:
        """The last answer to controls: each function and what came of it."""
        ...

    def ended(self) -> list[str]:
        """The sessions that were ended."""
        ...

    def was_hung_up_on(self) -> bool: ...


# ---- the wire


@cache
def client_of(service: str) -> Any:
    """One client for all tests, pointed at whatever server a test runs."""
    client = boto3.client(
        service,  # type: ignore[call-overload]  # a name, not a literal
        region_name="eu-west-1",
        endpoint_url=NOWHERE,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    client.meta.events.register("before-parameter-build", _require_model)
    return client


def _require_model(params: Mapping[str, Any], model: Any, **_: object) -> None:
    """botocore itself checks neither lengths nor patterns."""
    found = [str(violation) for violation in violations(model.input_shape, _as_json(params))]
    assert not found, f"{model.name}: {found}"


def _as_json(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: _as_json(member) for name, member in value.items()}
        case list():
            return [_as_json(member) for member in value]
        case _:
            return value


@contextmanager
def pointed(client: Any, address: Callable[[], str]) -> Iterator[None]:
    def go_there(request: Any, **_: object) -> None:
        request.url = request.url.replace(NOWHERE, address())

    client.meta.events.register("before-sign", go_there, unique_id="there")
    try:
        yield
    finally:
        client.meta.events.unregister("before-sign", unique_id="there")


class WireBench:
    """What the benches of AWS's backends share."""

    service: str
    path: str
    """Of the call that asks and answers."""
    content_type = "application/vnd.amazon.eventstream"

    def __init__(self, aws: AwsServer) -> None:
        self.aws = aws
        self.address = aws.url
        self.stumbles_over: Exception | None = None

    def pieces(self, moments: Sequence[Moment]) -> Iterator[bytes | Cut]:
        yield from self.opening()
        for moment in moments:
            match moment:
                case Breaks(inside):
                    yield half(self.framed(inside or "x"))
                    yield CUT
                case Garbles():
                    yield self.garbled()
                case Meanwhile(happens) | Hangs(happens):
                    happens()
                case Vanishes():
                    return
                case Begins():
                    yield from self.beginning()
                case Works(tool):
                    yield self.working(tool)
                case _:
                    yield from self.frames(moment)

    def opening(self) -> Iterator[bytes]:
        """What comes before anything else."""
        yield from ()

    def framed(self, text: str) -> bytes:
        """A piece of the answer."""
        raise NotImplementedError

    def beginning(self) -> Iterator[bytes]:
        """What comes before the team has done anything."""
        raise NotImplementedError

    def working(self, tool: str) -> bytes:
        """A tool of the team's own is used, or, without a name, the team thinks."""
        raise NotImplementedError

    def garbled(self) -> bytes:
        """An event with a wrong byte: its checksum no longer fits."""
        wrong = bytearray(self.framed("Hello"))
        wrong[-10] ^= 0xFF
        return bytes(wrong)

    def frames(self, moment: Moment) -> Iterator[bytes]:
        raise NotImplementedError

    def answers(self, *moments: Moment, in_packets_of: int | None = None) -> None:
        pieces: Pieces = self.pieces(whole(moments))
        if in_packets_of is not None:
            framed = b"".join(piece for piece in pieces if isinstance(piece, bytes))
            pieces = [framed[start : start + in_packets_of] for start in range(0, len(framed), in_packets_of)]
        self.aws.answers("POST", self.path, Stream(pieces, self.content_type))

    def refuses(self, code: str, status: int, message: str) -> None:
        self.aws.answers("POST", self.path, refusal(code, message, status=status))

    def goes_away(self) -> None:
        self.address = NOWHERE

    def stumbles(self, error: Exception) -> None:
        self.stumbles_over = error

    def where(self) -> str:
        if self.stumbles_over is not None:
            raise self.stumbles_over
        return self.address

    @property
    def requests(self) -> list[Request]:
        return self.aws.asked(self.path)

    @property
    def calls(self) -> int:
        return len(self.requests)

    def was_hung_up_on(self) -> bool:
        return self.aws.hung_up.wait(5)


def half(framed: bytes) -> bytes:
    return framed[: len(framed) // 2]


# ---- Bedrock Agents


BEDROCK_RETRYABLE = {
    "ThrottlingException": 429,
    "ConflictException": 409,
    "DependencyFailedException": 424,
    "BadGatewayException": 502,
    "InternalServerException": 500,
    "ModelNotReadyException": 424,
}
BEDROCK_HOPELESS = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 400,
    "SomethingNewException": 400,
}


class BedrockAgentsBench(WireBench):
    service = "bedrock-agent-runtime"
    path = "/agents/AGENT0001/agentAliases/ALIAS00001/sessions/[^/]+/text"
    retryable: Mapping[str, int] = BEDROCK_RETRYABLE
    hopeless: Mapping[str, int] = BEDROCK_HOPELESS
    in_stream = frozenset({*BEDROCK_RETRYABLE, *BEDROCK_HOPELESS} - {"SomethingNewException"})

    def __init__(self, aws: AwsServer) -> None:
        super().__init__(aws)
        self.agents = BedrockAgents(client_of(self.service), "AGENT0001", "ALIAS00001", blocked_sentences())

    def framed(self, text: str) -> bytes:
        return chunk(text)

    def beginning(self) -> Iterator[bytes]:
        yield traced({"preProcessingTrace": {"modelInvocationOutput": {"traceId": "t"}}})
        yield traced({"guardrailTrace": {"action": "NONE", "traceId": "t"}})
        yield traced({"orchestrationTrace": {"modelInvocationInput": {"text": "x", "type": "ORCHESTRATION"}}})

    def working(self, tool: str) -> bytes:
        if not tool:
            return traced({"orchestrationTrace": {"rationale": {"text": "x"}}})
        used = {"actionGroupInvocationInput": {"function": tool}, "invocationType": "ACTION_GROUP"}
        return traced({"orchestrationTrace": {"invocationInput": used}})

    def frames(self, moment: Moment) -> Iterator[bytes]:
        match moment:
            case Says(text):
                yield chunk(text)
            case Controls(calls, large):
                yield self._returned(calls, "x" * 20_000 if large else "invocation-1")
            case Refuses():
                yield chunk(BLOCKED)
                yield intervened({"topicPolicy": {"topics": [{"name": "promises", "action": "BLOCKED"}]}})
            case Masks():
                found = {"piiEntities": [{"type": "PHONE", "match": "canary", "action": "ANONYMIZED"}]}
                yield intervened({"sensitiveInformationPolicy": found})
            case Fails(code, message):
                yield failure(code[0].lower() + code[1:], message)
            case Foreign():
                yield event("trace", agentId="AGENT0001", trace={"orchestrationTrace": {"rationale": {"text": "x"}}})
                yield event("files", files=[{"name": "report.csv", "type": "text/csv", "bytes": "MSwy"}])
                yield event("somethingNew", text="for nobody")

    def _returned(self, calls: Sequence[Call], invocation_id: str) -> bytes:
        inputs = [
            {
                "functionInvocationInput": {
                    "actionGroup": call.action_group or "controls",
                    "function": call.function,
                    "parameters": [{"name": n, "type": "string", "value": v} for n, v in call.parameters.items()],
                }
            }
            for call in calls
        ]
        return event("returnControl", invocationId=invocation_id, invocationInputs=inputs)

    def asked(self) -> Asked:
        request = self.requests[-1]
        state = request.json["sessionState"]
        told = dict(state["sessionAttributes"])
        return Asked(
            session_id=request.path.split("/")[-2],
            text=request.json["inputText"],
            language=state["promptSessionAttributes"]["language"],
            contact_id=told.pop("contact_id"),
            turn_id=told.pop("turn_id"),
            told=told,
            history=[
                (message["role"], message["content"][0]["text"])
                for message in state.get("conversationHistory", {}).get("messages", [])
            ],
        )

    def answered(self) -> list[tuple[str, str]]:
        request = self.requests[-1].json
        assert "inputText" not in request
        assert request["sessionState"]["invocationId"] == "invocation-1"
        results = [each["functionResult"] for each in request["sessionState"]["returnControlInvocationResults"]]
        return [(each["function"], json.loads(each["responseBody"]["TEXT"]["body"])["status"]) for each in results]

    def ended(self) -> list[str]:
        return [request.path.split("/")[-2] for request in self.requests if request.json.get("endSession")]


def traced(trace: Mapping[str, Any]) -> bytes:
    return event("trace", agentId="AGENT0001", trace=trace)


def intervened(assessment: Mapping[str, Any], **part: Any) -> bytes:
    """The trace of a guardrail that stepped in."""
    guarded = {"action": "INTERVENED", "traceId": "trace-1", "outputAssessments": [assessment]}
    return event("trace", **{"agentId": "AGENT0001", "trace": {"guardrailTrace": guarded}, **part})


# ---- AgentCore Runtime


RUNTIME_RETRYABLE = {
    "ThrottlingException": 429,
    "RetryableConflictException": 409,
    "RuntimeClientError": 424,
    "InternalServerException": 500,
}
RUNTIME_HOPELESS = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "SomethingNewException": 400,
}


class AgentCoreRuntimeBench(WireBench):
    service = "bedrock-agentcore"
    arn = "arn:aws:bedrock-agentcore:eu-west-1:000000000000:runtime/Team-abcdefghij"
    path = f"/runtimes/{arn}/invocations"
    stopped = f"/runtimes/{arn}/stopruntimesession"
    content_type = SERVER_SENT_EVENTS
    retryable: Mapping[str, int] = RUNTIME_RETRYABLE
    hopeless: Mapping[str, int] = RUNTIME_HOPELESS
    in_stream = frozenset({*RUNTIME_RETRYABLE, *RUNTIME_HOPELESS})

    def __init__(self, aws: AwsServer) -> None:
        super().__init__(aws)
        self.agents = AgentCoreRuntime(client_of(self.service), self.arn, "DEFAULT", blocked_sentences())
        aws.answers("POST", self.stopped, answer())

    def framed(self, text: str) -> bytes:
        return data({"text": text})

    def beginning(self) -> Iterator[bytes]:
        yield b": a comment\r\n\r\n"

    def working(self, tool: str) -> bytes:
        return data({"text": "Hm"})

    def garbled(self) -> bytes:
        return data({"text": "Hello"}).replace(b'"}', b"")

    def frames(self, moment: Moment) -> Iterator[bytes]:
        match moment:
            case Says(text):
                yield data({"text": text})
            case Controls(calls, large):
                yield data({"control": {"calls": _calls(calls), "pending": "x" * 20_000 if large else "interrupt-1"}})
            case Refuses():
                yield data({"text": BLOCKED})
                yield data({"refused": {"reason": "guardrail"}})
            case Fails(code, message):
                yield data({"error": {"code": code[0].lower() + code[1:], "message": message}})
            case Foreign():
                yield b": a comment\r\n\r\nevent: trace\r\nid: 7\r\n"
                yield data({"somethingNew": {"text": "for nobody"}})
                yield data(["a", "list"])
            case Ends(usage):
                yield data({"finished": {"usage": _usage(usage) if usage else None}})

    def asked(self) -> Asked:
        request = self.requests[-1]
        return Asked(
            session_id=request.headers["x-amzn-bedrock-agentcore-runtime-session-id"],
            text=request.json["text"],
            language=request.json["language"],
            told=request.json["told"],
            contact_id=request.json["contactId"],
            turn_id=request.json["turnId"],
            history=[(told["role"], told["text"]) for told in request.json.get("history", [])],
        )

    def answered(self) -> list[tuple[str, str]]:
        request = self.requests[-1].json
        assert "text" not in request
        assert request["pending"] == "interrupt-1"
        return [(function, json.loads(result)["status"]) for function, result in request["results"].items()]

    def ended(self) -> list[str]:
        asked = self.aws.asked(self.stopped)
        return [request.headers["x-amzn-bedrock-agentcore-runtime-session-id"] for request in asked]


def _calls(calls: Sequence[Call]) -> list[dict[str, Any]]:
    return [
        {"function": call.function, "actionGroup": call.action_group, "parameters": dict(call.parameters)}
        for call in calls
    ]


def _usage(usage: Usage) -> dict[str, int]:
    return {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}


# ---- AgentCore Harness


HARNESS_RETRYABLE = {"ThrottlingException": 429, "RuntimeClientError": 424, "InternalServerException": 500}
HARNESS_HOPELESS = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "SomethingNewException": 400,
}


class AgentCoreHarnessBench(WireBench):
    """Without a guardrail around the call; the model's own filter may stop an answer."""

    service = "bedrock-agentcore"
    arn = "arn:aws:bedrock-agentcore:eu-west-1:000000000000:harness/Team-abcdefghij"
    path = "/harnesses/invoke"
    retryable: Mapping[str, int] = HARNESS_RETRYABLE
    hopeless: Mapping[str, int] = HARNESS_HOPELESS
    in_stream = frozenset({"RuntimeClientError", "InternalServerException", "ValidationException"})

    def __init__(self, aws: AwsServer) -> None:
        super().__init__(aws)
        self.agents = AgentCoreHarness(client_of(self.service), self.arn, "live", self.guardrail())

    def guardrail(self) -> Guardrail:
        return NO_GUARDRAIL

    def opening(self) -> Iterator[bytes]:
        self._filtered = False
        yield event("messageStart", role="assistant")

    def framed(self, text: str) -> bytes:
        return said(text)

    def beginning(self) -> Iterator[bytes]:
        yield event("metadata", usage={"inputTokens": 1, "outputTokens": 0, "totalTokens": 1}, metrics={"latencyMs": 1})

    def working(self, tool: str) -> bytes:
        if not tool:
            return event("contentBlockDelta", contentBlockIndex=9, delta={"reasoningContent": {"text": "thought"}})
        begun = {"toolUseId": "use_9", "name": tool, "type": "server_tool_use"}
        return event("contentBlockStart", contentBlockIndex=9, start={"toolUse": begun})

    def frames(self, moment: Moment) -> Iterator[bytes]:
        match moment:
            case Says(text):
                yield said(text)
            case Controls(calls, large):
                yield from used(calls, large=large)
                yield stopped("tool_use")
            case Refuses():
                yield from self.refusing()
            case Fails(code, message):
                yield failure(code[0].lower() + code[1:], message)
            case Foreign():
                yield event("contentBlockDelta", contentBlockIndex=9, delta={"reasoningContent": {"text": "thought"}})
                yield event("hookEvent", hookEventId="1", name="audit", type="before_invocation", decision="allow")
                yield event("somethingNew", text="for nobody")
            case Ends(usage):
                if not self._filtered:
                    yield stopped("end_turn")
                if usage:
                    tokens = {**_usage(usage), "totalTokens": usage.input_tokens + usage.output_tokens}
                    yield event("metadata", usage=tokens, metrics={"latencyMs": 7})

    def refusing(self) -> Iterator[bytes]:
        self._filtered = True
        yield stopped("content_filtered")

    def asked(self) -> Asked:
        request = self.requests[-1]
        assert request.query == {"harnessArn": self.arn, "qualifier": "live"}
        *history, last = [(message["role"], message["content"][0]["text"]) for message in request.json["messages"]]
        head, _, text = last[1].partition("\n\nThe customer writes:\n\n")
        facts = dict(re.findall(r"^- ([^:]+): (.+)$", head, re.MULTILINE))
        return Asked(
            session_id=request.headers["x-amzn-bedrock-agentcore-runtime-session-id"],
            text=text,
            language=facts.pop("language"),
            told=facts,
            contact_id=request.json["actorId"],
            turn_id="",  # there is no place for it
            history=history,
        )

    def answered(self) -> list[tuple[str, str]]:
        """The assistant's tool use and the user's result, which belong together."""
        assistant, user = self.requests[-1].json["messages"]
        assert (assistant["role"], user["role"]) == ("assistant", "user")
        names = {each["toolUse"]["toolUseId"]: each["toolUse"]["name"] for each in assistant["content"]}
        results = [each["toolResult"] for each in user["content"]]
        return [(names[each["toolUseId"]], each["content"][0]["json"]["status"]) for each in results]

    def ended(self) -> list[str]:
        return []


def said(text: str) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=0, delta={"text": text})


def stopped(reason: str) -> bytes:
    return event("messageStop", stopReason=reason)


def used(calls: Sequence[Call], *, large: bool = False) -> Iterator[bytes]:
    """Tool uses, their input in pieces of a few characters."""
    for index, call in enumerate(calls, start=1):
        begun = {"toolUseId": f"use_{index}", "name": call.function}
        yield event("contentBlockStart", contentBlockIndex=index, start={"toolUse": begun})
        values = {**call.parameters, **({"note": "x" * 20_000} if large else {})}
        text, size = json.dumps(values), 1_000 if large else 5
        for start in range(0, len(text), size):
            part = {"input": text[start : start + size]}
            yield event("contentBlockDelta", contentBlockIndex=index, delta={"toolUse": part})
        yield event("contentBlockStop", contentBlockIndex=index)


FORBIDDEN = "We promise a refund."
GUARDRAIL_PATH = "/guardrail/guardrail1/version/3/apply"


class GuardedHarnessBench(AgentCoreHarnessBench):
    """With a guardrail around the call."""

    def __init__(self, aws: AwsServer) -> None:
        super().__init__(aws)
        aws.answers("POST", GUARDRAIL_PATH, judged)

    def guardrail(self) -> Guardrail:
        return AppliedGuardrail(client_of("bedrock-runtime"), "guardrail1", "3")

    def refusing(self) -> Iterator[bytes]:
        yield said(f"{FORBIDDEN}\n\n")


def judged(request: Request) -> Reply:
    """A guardrail that forbids one promise and masks one number."""
    text = request.json["content"][0]["text"]["text"]
    usage = dict.fromkeys(
        (
            "topicPolicyUnits",
            "contentPolicyUnits",
            "wordPolicyUnits",
            "sensitiveInformationPolicyUnits",
            "sensitiveInformationPolicyFreeUnits",
            "contextualGroundingPolicyUnits",
        ),
        1,
    )
    if FORBIDDEN in text:
        topics = [{"name": "promises", "type": "DENY", "action": "BLOCKED"}]
        return intervention(BLOCKED, {"topicPolicy": {"topics": topics}}, usage)
    if "555-0100" in text:
        found = [{"type": "PHONE", "match": "555-0100", "action": "ANONYMIZED"}]
        masked = text.replace("555-0100", "{PHONE}")
        return intervention(masked, {"sensitiveInformationPolicy": {"piiEntities": found, "regexes": []}}, usage)
    return answer(action="NONE", usage=usage, outputs=[], assessments=[])


def intervention(text: str, assessment: Mapping[str, Any], usage: Mapping[str, int]) -> Reply:
    return answer(action="GUARDRAIL_INTERVENED", usage=usage, outputs=[{"text": text}], assessments=[assessment])


# ---- the fake of the port


@dataclass
class ScriptedBench:
    """What the tests of the turn use instead of a backend: it must not promise what no backend keeps."""

    agents: ScriptedAgents = field(default_factory=ScriptedAgents)
    retryable: Mapping[str, int] = field(default_factory=lambda: {"ThrottlingException": 429})
    hopeless: Mapping[str, int] = field(default_factory=lambda: {"AccessDeniedException": 403})
    in_stream: frozenset[str] = frozenset({"ThrottlingException", "AccessDeniedException"})

    def answers(self, *moments: Moment, in_packets_of: int | None = None) -> None:
        self.agents._answers.append([piece for moment in moments for piece in self._pieces(moment)])

    def _pieces(self, moment: Moment) -> Iterator[Piece]:
        match moment:
            case Says(text) | Works(text):
                yield text
            case Controls(calls):
                yield calls
            case Refuses():
                yield Refused("guardrail")
            case Fails(code):
                yield AgentUnavailable(code, retryable=code in self.retryable)
            case Breaks() | Garbles():
                yield AgentUnavailable("Broken", retryable=True)
            case Meanwhile(happens):
                yield happens
            case Hangs():
                yield Hang()
            case Ends(usage):
                yield Finished(usage)
            case Vanishes():
                yield AgentUnavailable("AnswerWithoutEnd", retryable=True)

    def refuses(self, code: str, status: int, message: str) -> None:
        self.answers(Fails(code, message))

    def goes_away(self) -> None:
        self.answers(Breaks())

    def stumbles(self, error: Exception) -> None:
        self.agents._answers.append([AgentUnavailable(type(error).__name__, retryable=False)])

    @property
    def calls(self) -> int:
        return len(self.agents.asked) + len(self.agents.resumed)

    def asked(self) -> Asked:
        question = self.agents.asked[-1]
        return Asked(
            session_id=question.session_id,
            text=question.text,
            language=question.language,
            told=question.told,
            contact_id=question.contact_id,
            turn_id=question.turn_id,
            history=[("user" if each.role == "CUSTOMER" else "assistant", each.text) for each in question.history],
        )

    def answered(self) -> list[tuple[str, str]]:
        return [(function, str(result)) for function, result in self.agents.resumed[-1][1].items()]

    def ended(self) -> list[str]:
        return self.agents.ended

    def was_hung_up_on(self) -> bool:
        return True


# ---- all of them


BENCHES: Mapping[str, Callable[[AwsServer], Bench]] = {
    "bedrock-agents": BedrockAgentsBench,
    "agentcore-runtime": AgentCoreRuntimeBench,
    "agentcore-harness": AgentCoreHarnessBench,
    "agentcore-harness with a guardrail": GuardedHarnessBench,
    "scripted": lambda _: ScriptedBench(),
}


@contextmanager
def running(name: str) -> Iterator[Bench]:
    """A bench with its server; calls of its clients go there."""
    aws = AwsServer()
    with aws.running():
        bench = BENCHES[name](aws)
        if not isinstance(bench, WireBench):
            yield bench
            return
        wire = bench
        with (
            pointed(client_of(bench.service), wire.where),
            pointed(client_of("bedrock-runtime"), lambda: aws.url),
        ):
            yield bench
