"""A team of Amazon Bedrock Agents behind the port `Agents` (InvokeAgent, streamed).

Session attributes carry `contact_id` and `turn_id` (tools use them to do nothing twice) and what the customer's
attributes tell; prompt session attributes carry `language`. Bytes of an answer are joined before they are decoded: a
chunk may end inside a character. The trace is always on, because only it tells that a guardrail stepped in and that an
agent has begun to act; nothing else of it is read, and nothing of it is logged. Shapes: botocore 1.44.5
`bedrock-agent-runtime`, read 2026-11.
"""

from __future__ import annotations

import codecs
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.adapters.answer import Answer, Line, kept, talk_and_text
from lambdas.adapters.guardrails import REFUSED, HeldBack, is_blocked
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import AgentEvent, Asking, Finished, Question, Refused, Result, ReturnControl, Text

if TYPE_CHECKING:
    from types_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient

STEPS = ("orchestrationTrace", "customOrchestrationTrace", "routingClassifierTrace", "postProcessingTrace")
"""The parts of a trace in which an agent works; before them its input is looked at."""
CONFIRMATION = {Result.NOTED: "CONFIRM", Result.REFUSED: "DENY"}


@dataclass(frozen=True, slots=True)
class BedrockAgents:
    """Keeps the port `Agents`."""

    client: AgentsforBedrockRuntimeClient
    agent_id: str
    agent_alias_id: str
    blocked_sentences: tuple[str, ...] = ()
    """What the agent's guardrail is configured to say; heard from it, it becomes `Refused`."""

    def ask(self, question: Question) -> Iterator[Asking | AgentEvent]:
        talk, text = talk_and_text(question)
        history = [{"role": role, "content": [{"text": told}]} for role, told in talk]
        state = {**_attributes(question), **({"conversationHistory": {"messages": history}} if history else {})}
        return self._invoke(question.session_id, inputText=text, sessionState=state)

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> Iterator[Asking | AgentEvent]:
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

    def _invoke(self, session_id: str, **request: Any) -> Iterator[Asking | AgentEvent]:
        def work(line: Line) -> Iterator[Asking | AgentEvent]:
            yield Asking()
            asked = self.client.invoke_agent(
                agentId=self.agent_id,
                agentAliasId=self.agent_alias_id,
                sessionId=session_id,
                enableTrace=True,
                streamingConfigurations={"streamFinalResponse": True},
                **request,
            )
            with line.over(asked["completion"]) as stream:
                yield from _Reading(line, self.blocked_sentences).events(stream)

        return Answer(work)


class _Reading:
    """One event stream: text as it comes, then the control or the end. Files are not for the customer."""

    def __init__(self, line: Line, sentences: tuple[str, ...]) -> None:
        self._line = line
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = HeldBack(sentences)
        self._refused = False
        self._collaborator_refused = False

    def events(self, stream: Iterable[Mapping[str, Any]]) -> Iterator[AgentEvent]:
        for event in stream:
            if "chunk" in event:
                self._line.begin()
                yield from self._text(self._decoder.decode(event["chunk"].get("bytes", b"")))
            elif "trace" in event:
                if _is_act(event["trace"].get("trace", {})):
                    self._line.begin()
                yield from self._judge(event["trace"])
            elif "returnControl" in event:
                self._line.begin()
                yield from self._rest()
                yield _control(event["returnControl"])
                return
        yield from self._rest()
        yield Finished()

    def _text(self, text: str) -> Iterator[AgentEvent]:
        """After a guardrail stepped in, what comes is its own sentence."""
        released = "" if self._refused else self._held.hear(text)
        if released:
            yield Text(released)

    def _judge(self, part: Mapping[str, Any]) -> Iterator[AgentEvent]:
        guarded = part.get("trace", {}).get("guardrailTrace", {})
        if guarded.get("action") != "INTERVENED" or not is_blocked(*_assessments(guarded)):
            return
        if part.get("collaboratorName") or len(part.get("callerChain", [])) > 1:
            # Its supervisor goes on, and may find an answer all the same.
            self._collaborator_refused = True
        elif not self._refused:
            self._refused = True
            self._held.drop()
            yield Refused(REFUSED)

    def _rest(self) -> Iterator[AgentEvent]:
        yield from self._text(self._decoder.decode(b"", final=True))
        if self._collaborator_refused and self._held.holds_sentence:
            self._held.drop()
            yield Refused(REFUSED)
        elif rest := self._held.let_go():
            yield Text(rest)


def _is_act(trace: Mapping[str, Any]) -> bool:
    """Whether an agent has thought or done something; that its model was asked is not yet an answer."""
    return any(trace.get(step, {}).keys() - {"modelInvocationInput"} for step in STEPS)


def _assessments(guarded: Mapping[str, Any]) -> list[Any]:
    return [guarded.get("inputAssessments"), guarded.get("outputAssessments")]


def _control(returned: Mapping[str, Any]) -> ReturnControl:
    called = [_called(entry) for entry in returned.get("invocationInputs", [])]
    calls = tuple(
        Call(function=one["name"], action_group=one["actionGroup"], parameters=parameters) for one, parameters in called
    )
    pending = {"invocationId": returned.get("invocationId", ""), "called": [one for one, _ in called]}
    # A control without a call is one the policy does not know.
    return ReturnControl(calls=calls or (Call(function=""),), pending=kept(json.dumps(pending)))


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
        "wants": called.get("actionInvocationType", "RESULT"),
    }
    return one, {p["name"]: p["value"] for p in _parameters(called) if p.get("name") and "value" in p}


def _parameters(called: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    yield from called.get("parameters", [])
    for body in called.get("requestBody", {}).get("content", {}).values():
        yield from body.get("properties", [])


def _result(called: Mapping[str, str], results: Mapping[str, Result]) -> dict[str, Any]:
    """What the agent gets for a control: a result, a confirmation, or both, as it wanted."""
    result = results.get(called["name"], Result.REFUSED)
    answered: dict[str, Any] = {"actionGroup": called["actionGroup"]}
    if called["agentId"]:
        answered["agentId"] = called["agentId"]
    if called["wants"] != "RESULT":
        answered["confirmationState"] = CONFIRMATION[result]
    if called["wants"] != "USER_CONFIRMATION":
        media_type = "TEXT" if called["kind"] == "function" else "application/json"
        answered["responseBody"] = {media_type: {"body": json.dumps({"status": result})}}
    if called["kind"] == "function":
        return {"functionResult": {**answered, "function": called["name"]}}
    method, _, path = called["name"].partition(" ")
    return {"apiResult": {**answered, "httpMethod": method, "apiPath": path, "httpStatusCode": 200}}


def _attributes(question: Question) -> dict[str, Any]:
    known = {"contact_id": question.contact_id, "turn_id": question.turn_id}
    return {
        "sessionAttributes": {**question.told, **known},
        "promptSessionAttributes": {"language": question.language},
    }
