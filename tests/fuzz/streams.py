"""Agents' answers as bytes: events of the true shape and broken ones, damaged or cut anywhere, in any chunking."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import Shape
from hypothesis import strategies as st

from tests.fuzz.inputs import broken, junk, texts
from tests.lambdas.adapters.agent_benches import BLOCKED
from tests.lambdas.aws_server import CUT, Pieces, data, event, failure

CODES = frozenset({"stopReason"})
"""What a service says of itself may be logged."""
NAMES = st.sampled_from(["escalate", "say_goodbye", "note", "unknown"])
"""Of functions, those of the policy among them."""


def values_of(shape: Shape) -> st.SearchStrategy[Any]:
    """JSON of a shape of botocore's model; a member that is not required may be missing."""
    kind: Any = shape
    makers: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "structure": lambda: _structures(kind),
        "list": lambda: st.lists(_later(kind.member), max_size=2),
        "map": lambda: st.dictionaries(texts, _later(kind.value), max_size=2),
        "string": lambda: st.sampled_from(kind.enum) if kind.enum else texts,
        "blob": lambda: texts.map(encoded),
        "integer": lambda: st.integers(-1, 2**31),
        "long": lambda: st.integers(-1, 2**31),
        "float": lambda: st.floats(allow_nan=False, allow_infinity=False),
        "double": lambda: st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans,
    }
    return makers[shape.type_name]() if shape.type_name in makers else junk


def _later(shape: Shape) -> st.SearchStrategy[Any]:
    """Shapes may hold themselves."""
    return st.deferred(lambda: values_of(shape))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode(errors="replace")).decode()


def _structures(shape: Any) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: _later(member) for name, member in shape.members.items()}
    if getattr(shape, "is_tagged_union", False):
        return st.sampled_from(sorted(members)).flatmap(lambda name: st.fixed_dictionaries({name: members[name]}))
    required = {name: members[name] for name in shape.required_members}
    return st.fixed_dictionaries(required, optional={n: m for n, m in members.items() if n not in required})


def modelled(service: str, operation: str) -> st.SearchStrategy[bytes]:
    """One event of the operation's stream, as its model has it, or with something wrong about it."""
    stream: Any = (
        botocore.session.get_session().get_service_model(service).operation_model(operation).get_event_stream_output()
    )

    def one(name: str) -> st.SearchStrategy[bytes]:
        shape = stream.members[name]
        if shape.metadata.get("exception"):
            return texts.map(lambda text: failure(name, text))
        whole = (
            values_of(shape)
            .flatmap(lambda value: broken(value, keep=CODES))
            .filter(lambda value: isinstance(value, dict))
        )
        return whole.map(lambda value: event(name, **value))

    return st.sampled_from(sorted(stream.members)).flatmap(one)


def returned(name: str, text: str) -> bytes:
    """A control of Bedrock Agents."""
    parameters = [{"name": "description", "type": "string", "value": text}]
    called = {"functionInvocationInput": {"actionGroup": "controls", "function": name, "parameters": parameters}}
    return event("returnControl", invocationId="i", invocationInputs=[called])


def spoken_by_harness(name: str) -> bytes:
    start = {"toolUse": {"toolUseId": "use_1", "name": name}}
    return event("contentBlockStart", contentBlockIndex=1, start=start)


bedrock_agents = st.one_of(
    modelled("bedrock-agent-runtime", "InvokeAgent"),
    texts.map(lambda text: event("chunk", bytes=encoded(text))),
    st.just(event("chunk", bytes=base64.b64encode(b"canary \xff\xfe").decode())),
    st.just(event("chunk", bytes=base64.b64encode(BLOCKED.encode()).decode())),
    st.builds(returned, NAMES, texts),
)
agentcore_harness = st.one_of(
    modelled("bedrock-agentcore", "InvokeHarness"),
    texts.map(lambda text: event("contentBlockDelta", contentBlockIndex=0, delta={"text": text})),
    NAMES.map(spoken_by_harness),
    texts.map(lambda text: event("contentBlockDelta", contentBlockIndex=1, delta={"toolUse": {"input": text}})),
    st.sampled_from(["end_turn", "tool_use", "content_filtered", "max_tokens"]).map(
        lambda reason: event("messageStop", stopReason=reason)
    ),
)
_CONTROL = {"calls": [{"function": "note", "actionGroup": "c", "parameters": {"topic": "canary"}}], "pending": "p"}
_MEMBERS: list[dict[str, Any]] = [
    {"text": "canary text"},
    {"control": _CONTROL},
    {"refused": {"reason": "guardrail"}},
    {"error": {"code": "throttlingException", "message": "canary", "retryable": False}},
    {"finished": {"usage": {"inputTokens": 1, "outputTokens": 2}}},
]
agentcore_runtime = st.one_of(
    st.sampled_from(_MEMBERS).flatmap(lambda member: broken(member, keep=frozenset({"code"}))).map(data),
    st.sampled_from(_MEMBERS).map(data),
    junk.map(data),
    st.text(max_size=20).map(lambda text: f"data: canary{text}\n\n".encode(errors="replace")),
    st.binary(max_size=20),
)


@dataclass(frozen=True)
class Answer:
    """One answer on the wire."""

    raw: bytes
    ends: bool
    """Otherwise the connection is cut behind it."""
    packets: int

    def pieces(self) -> Pieces:
        whole = [self.raw[start : start + self.packets] for start in range(0, len(self.raw), self.packets)]
        return whole if self.ends else [*whole, CUT]


@st.composite
def answers(draw: st.DrawFn, events: st.SearchStrategy[bytes]) -> Answer:
    raw = b"".join(draw(st.lists(events, max_size=5)))
    ends = draw(st.booleans())
    if raw and not ends:
        raw = raw[: draw(st.integers(0, len(raw)))]
    if raw and draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(raw) - 1))
        raw = raw[:place] + bytes([raw[place] ^ draw(st.integers(1, 255))]) + raw[place + 1 :]
    return Answer(raw, ends, draw(st.sampled_from([7, 64, 1_000, 1_000_000])))


EVENTS: dict[str, st.SearchStrategy[bytes]] = {
    "bedrock-agents": bedrock_agents,
    "agentcore-runtime": agentcore_runtime,
    "agentcore-harness": agentcore_harness,
    "agentcore-harness with a guardrail": agentcore_harness,
}
