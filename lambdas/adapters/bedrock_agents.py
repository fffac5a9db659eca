"""A team of Amazon Bedrock Agents behind the port `Agents` (InvokeAgent, streamed).

Session attributes carry `contact_id` and `turn_id` (tools use them to do nothing twice) and what the customer's
attributes tell; prompt session attributes carry `language`. Bytes of an answer are joined before they are decoded: a
chunk may end inside a character. Errors come before the stream (`ThrottlingException`) and inside it
(`throttlingException`); codes are compared without regard to case. Shapes: botocore 1.44.5 `bedrock-agent-runtime`,
read 2026-11.
"""

from __future__ import annotations

import codecs
import contextlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import AgentEvent, Finished, Question, Result, ReturnControl, Said, Text

if TYPE_CHECKING:
    from types_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient

RETRYABLE = frozenset(
    code.lower()
    for code in (
        "ConflictException",
        "ThrottlingException",
        "DependencyFailedException",
        "BadGatewayException",
        "InternalServerException",
        "ModelNotReadyException",
    )
)
"""All other codes are about the request or the account: asking again gives the same answer."""

CUT_OR_GARBLED = (HTTPError, ParserError, ResponseParserError)
"""What comes through from urllib3 and botocore's parsers while an event stream is read."""

HISTORY_ROLES = {"CUSTOMER": "user", "CUSTOM_BOT": "assistant", "AGENT": "assistant"}


@dataclass(frozen=True, slots=True)
class BedrockAgents:
    """Keeps the port `Agents`."""

    client: AgentsforBedrockRuntimeClient
    agent_id: str
    agent_alias_id: str

    def ask(self, question: Question) -> Iterator[AgentEvent]:
        history = conversation_history(question.history)
        state = {**_attributes(question), **({"conversationHistory": {"messages": history}} if history else {})}
        return self._invoke(question.session_id, inputText=question.text, sessionState=state)

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> Iterator[AgentEvent]:
        control = json.loads(pending)
        state = {
            **_attributes(question),
            "invocationId": control["invocationId"],
            "returnControlInvocationResults": [_result(called, results) for called in control["called"]],
        }
        return self._invoke(question.session_id, sessionState=state)

    def end(self, session_id: str) -> None:
        with contextlib.suppress(AgentUnavailable):  # a session that is not ended lapses by itself
            for _ in self._invoke(session_id, inputText="-", endSession=True):
                pass

    def _invoke(self, session_id: str, **request: Any) -> Iterator[AgentEvent]:
        return Answer(
            lambda: self.client.invoke_agent(
                agentId=self.agent_id,
                agentAliasId=self.agent_alias_id,
                sessionId=session_id,
                streamingConfigurations={"streamFinalResponse": True},
                **request,
            )["completion"]
        )


class Answer:
    """One answer, asked for when it is first read; `close` may come from any thread and ends a read that waits."""

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin
        self._stream: Any = None
        self._closed = False
        self._events = self._read()

    def __iter__(self) -> Iterator[AgentEvent]:
        return self

    def __next__(self) -> AgentEvent:
        return next(self._events)

    def close(self) -> None:
        self._closed = True
        if self._stream is not None:
            _wake(self._stream)
        with contextlib.suppress(ValueError):  # being read: the reader was woken and closes
            self._events.close()

    def _read(self) -> Generator[AgentEvent]:
        try:
            self._stream = stream = self._begin()
            with contextlib.closing(stream):
                if not self._closed:
                    yield from _events(stream)
        except (ClientError, BotoCoreError, *CUT_OR_GARBLED) as error:
            if not self._closed:
                raise _unavailable(error) from error


def _wake(stream: Any) -> None:
    """End a read that waits in another thread; closing would wait for it. botocore offers no way to its response."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # the answer has ended by itself
        stream._raw_stream.shutdown()  # noqa: SLF001


def _unavailable(error: Exception) -> AgentUnavailable:
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        return AgentUnavailable(code, retryable=code.lower() in RETRYABLE)
    return AgentUnavailable(type(error).__name__, retryable=True)


def _events(stream: Iterable[Mapping[str, Any]]) -> Iterator[AgentEvent]:
    """Text as it comes, then the controls, then the end. Traces and files are not for the customer."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for event in stream:
        if "chunk" in event:
            text = decoder.decode(event["chunk"].get("bytes", b""))
            if text:
                yield Text(text)
        elif "returnControl" in event:
            yield _control(event["returnControl"])
            return
    rest = decoder.decode(b"", final=True)
    if rest:
        yield Text(rest)
    yield Finished()


def _control(returned: Mapping[str, Any]) -> ReturnControl:
    called = [_called(entry) for entry in returned.get("invocationInputs", [])]
    calls = tuple(
        Call(function=one["name"], action_group=one["actionGroup"], parameters=parameters) for one, parameters in called
    )
    pending = {"invocationId": returned.get("invocationId", ""), "called": [one for one, _ in called]}
    # A control without a call is one the policy does not know.
    return ReturnControl(calls=calls or (Call(function=""),), pending=json.dumps(pending))


def _called(entry: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """One function or API the team wants called, as `resume` needs it, and its parameters.

    An API operation is named 'GET /path'.
    """
    function, api = entry.get("functionInvocationInput"), entry.get("apiInvocationInput", {})
    called = function or api
    name = called.get("function", "") if function else f"{api.get('httpMethod', '')} {api.get('apiPath', '')}"
    one = {
        "kind": "function" if function else "api",
        "name": name,
        "actionGroup": called.get("actionGroup", ""),
        "agentId": called.get("agentId", ""),
    }
    return one, {p["name"]: p["value"] for p in _parameters(called) if p.get("name") and "value" in p}


def _parameters(called: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    yield from called.get("parameters", [])
    for body in called.get("requestBody", {}).get("content", {}).values():
        yield from body.get("properties", [])


def _result(called: Mapping[str, str], results: Mapping[str, Result]) -> dict[str, Any]:
    body = {"body": json.dumps({"status": results.get(called["name"], Result.REFUSED)})}
    common = {"actionGroup": called["actionGroup"], **({"agentId": called["agentId"]} if called["agentId"] else {})}
    if called["kind"] == "function":
        return {"functionResult": {**common, "function": called["name"], "responseBody": {"TEXT": body}}}
    method, _, path = called["name"].partition(" ")
    api = {"httpMethod": method, "apiPath": path, "httpStatusCode": 200}
    return {"apiResult": {**common, **api, "responseBody": {"application/json": body}}}


def _attributes(question: Question) -> dict[str, Any]:
    known = {"contact_id": question.contact_id, "turn_id": question.turn_id}
    return {
        "sessionAttributes": {**question.told, **known},
        "promptSessionAttributes": {"language": question.language},
    }


def conversation_history(history: Iterable[Said]) -> list[dict[str, Any]]:
    """The earlier talk as the service wants it: it begins with the user, and roles take turns."""
    messages: list[dict[str, Any]] = []
    for said in history:
        role = HISTORY_ROLES.get(said.role)
        if role is None or not said.text or (not messages and role == "assistant"):
            continue
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"][0]["text"] += f"\n{said.text}"
        else:
            messages.append({"role": role, "content": [{"text": said.text}]})
    return messages
