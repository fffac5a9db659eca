"""A team on Amazon Bedrock AgentCore Runtime behind the port `Agents` (InvokeAgentRuntime, server-sent events).

The payload to ask is `{contactId, turnId, language, told, text}`, for a session that does not know the earlier talk
with `history: [{role: user | assistant, text}]`; to answer a control `{contactId, turnId, language, told, pending,
results: {function: JSON text}}`. The answer is one JSON object per event: `{text}`, `{control: {calls: [{function,
actionGroup, parameters}], pending}}`, `{refused: {reason}}`, `{finished: {usage: {inputTokens, outputTokens} | null}}`,
`{error: {code, message}}`, with `retryable: false` where asking again is not safe; the SDK's own error has text under
`error`. A control or `finished` ends the answer. Other members are passed over.

A runtime that does not stream is understood, too: a whole JSON answer with the same members and no need of `finished`,
a text, or `{result}` with a text or a message of Strands. What it answers to `pending` is the same. Shapes: botocore
1.44.5 `bedrock-agentcore`, read 2026-11.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.adapters.answer import FAILURES, Answer, Line, as_text, failed, kept, talk_and_text, without_end
from lambdas.adapters.guardrails import REFUSED, HeldBack
from lambdas.adapters.server_sent_events import EventReader, EventTooLarge
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import (
    AgentEvent,
    Asking,
    Finished,
    Question,
    Refused,
    Result,
    ReturnControl,
    Text,
    Usage,
)

if TYPE_CHECKING:
    from types_boto3_bedrock_agentcore import BedrockAgentCoreClient

STREAM = "text/event-stream"
WHOLE = "application/json"
MOST_WHOLE_BYTES = 1_048_576
BLOCK_BYTES = 65_536
CODE = re.compile(r"[A-Za-z0-9]{1,64}")
"""What may stand in a log; anything else might be text of the customer."""


@dataclass(frozen=True, slots=True)
class AgentCoreRuntime:
    """Keeps the port `Agents`."""

    client: BedrockAgentCoreClient
    runtime_arn: str
    qualifier: str
    """The endpoint; empty for the service's own default."""
    blocked_sentences: tuple[str, ...] = ()
    """What the model's guardrail is configured to say; if the runtime announces it, it becomes `Refused`."""

    def ask(self, question: Question) -> Iterator[Asking | AgentEvent]:
        talk, text = talk_and_text(question)
        history = [{"role": role, "text": told} for role, told in talk]
        return self._invoke(question, {"text": text, **({"history": history} if history else {})})

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> Iterator[Asking | AgentEvent]:
        answered = {function: json.dumps({"status": result}) for function, result in results.items()}
        return self._invoke(question, {"pending": pending, "results": answered})

    def end(self, session_id: str) -> None:
        with contextlib.suppress(*FAILURES):  # a session that is not stopped lapses by itself
            self.client.stop_runtime_session(runtimeSessionId=session_id, **self._address())

    def _address(self) -> dict[str, Any]:
        return {"agentRuntimeArn": self.runtime_arn, **({"qualifier": self.qualifier} if self.qualifier else {})}

    def _invoke(self, question: Question, asked: Mapping[str, Any]) -> Iterator[Asking | AgentEvent]:
        about = {
            "contactId": question.contact_id,
            "turnId": question.turn_id,
            "language": question.language,
            "told": dict(question.told),
        }

        def work(line: Line) -> Iterator[Asking | AgentEvent]:
            yield Asking()
            answered = self.client.invoke_agent_runtime(
                runtimeSessionId=question.session_id,
                payload=json.dumps({**about, **asked}).encode(),
                contentType=WHOLE,
                accept=f"{STREAM}, {WHOLE}",
                **self._address(),
            )
            with line.over(answered["response"]) as body:
                yield from _events(answered["contentType"], body, _Reading(line, self.blocked_sentences))

        return Answer(work)


def _events(content_type: str, body: Any, reading: _Reading) -> Iterator[AgentEvent]:
    if content_type.lower().startswith(STREAM):
        for data in _data(body):
            yield from reading.event(_parsed(data))
            if reading.over:
                return
        raise without_end()
    yield from reading.whole(_parsed(_all_of(body)))


def _data(body: Any) -> Iterator[bytes]:
    """The events as they come. botocore's own ways to read wait until a block is full; only its raw stream does not."""
    reader = EventReader()
    try:
        while received := body._raw_stream.read1(BLOCK_BYTES):  # noqa: SLF001
            yield from reader.feed(received)
        yield from reader.end()
    except EventTooLarge as error:
        raise AgentUnavailable("EventTooLarge", retryable=False) from error


def _all_of(body: Any) -> bytes:
    received: bytes = body.read(MOST_WHOLE_BYTES + 1)
    if len(received) > MOST_WHOLE_BYTES:
        raise AgentUnavailable("EventTooLarge", retryable=False)
    return received


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AgentUnavailable("UnreadableEvent", retryable=True) from error


class _Reading:
    """What the events of one answer mean."""

    def __init__(self, line: Line, sentences: tuple[str, ...]) -> None:
        self.over = False
        self._line = line
        self._held = HeldBack(sentences)
        self._begun = False
        self._refused = False

    def event(self, event: object) -> Iterator[AgentEvent]:
        """One event of a stream; more members than one are read in the order of their meaning."""
        members = {"text": event} if isinstance(event, str) else event
        if not isinstance(members, Mapping):
            return
        said, refused, control = (members.get(name) for name in ("text", "refused", "control"))
        if said or refused is not None or control is not None:
            self._line.begin()
        yield from self._text(said)
        if refused is not None:
            yield from self._refuse(refused)
        if members.get("error") is not None:
            raise _failure(members)
        if control is not None:
            yield from self._rest()
            yield _control(control)
            self.over = True
        elif "finished" in members:
            yield from self._rest()
            yield Finished(_usage(members["finished"]))
            self.over = True

    def whole(self, answer: object) -> Iterator[AgentEvent]:
        """An answer that came at once."""
        if isinstance(answer, Mapping) and "result" in answer:
            answer = _with_text(answer)
        if not isinstance(answer, str | Mapping):
            raise AgentUnavailable("UnreadableAnswer", retryable=False)
        yield from self.event(answer)
        if not self.over:
            yield from self._rest()
            yield Finished()

    def _text(self, text: object) -> Iterator[AgentEvent]:
        if not isinstance(text, str) or not (self._begun or text.strip()):
            return  # white space before the first word: a resumed control may answer with nothing else
        self._begun = True
        if released := self._held.hear(text):
            yield Text(released)

    def _refuse(self, refused: object) -> Iterator[AgentEvent]:
        self._held.drop()
        if not self._refused:
            self._refused = True
            reason = refused.get("reason") if isinstance(refused, Mapping) else None
            yield Refused(reason if isinstance(reason, str) else REFUSED)

    def _rest(self) -> Iterator[AgentEvent]:
        if self._refused and self._held.holds_sentence:
            self._held.drop()
        if rest := self._held.let_go():
            yield Text(rest)


def _failure(members: Mapping[str, Any]) -> AgentUnavailable:
    error = members["error"]
    code = error.get("code") if isinstance(error, Mapping) else None
    failure = failed(code if isinstance(code, str) and CODE.fullmatch(code) else "internalServerException")
    if isinstance(error, Mapping) and error.get("retryable") is False:
        return AgentUnavailable(failure.code, retryable=False)
    return failure


def _control(control: object) -> ReturnControl:
    pending = control.get("pending") if isinstance(control, Mapping) else None
    if not isinstance(control, Mapping) or not isinstance(pending, str):
        raise AgentUnavailable("UnreadableControl", retryable=False)
    calls = control.get("calls")
    read = tuple(_call(call) for call in calls if isinstance(call, Mapping)) if isinstance(calls, list) else ()
    # A control without a call is one the policy does not know.
    return ReturnControl(calls=read or (Call(function=""),), pending=kept(pending))


def _call(call: Mapping[str, Any]) -> Call:
    parameters = call.get("parameters")
    return Call(
        function=as_text(call.get("function") or ""),
        action_group=as_text(call.get("actionGroup") or ""),
        parameters={name: as_text(value) for name, value in parameters.items() if value is not None}
        if isinstance(parameters, Mapping)
        else {},
    )


def _usage(finished: object) -> Usage | None:
    usage = finished.get("usage") if isinstance(finished, Mapping) else None
    tokens = [usage.get(name) for name in ("inputTokens", "outputTokens")] if isinstance(usage, Mapping) else []
    match tokens:
        case [int(asked), int(answered)]:
            return Usage(input_tokens=asked, output_tokens=answered)
        case _:
            return None


def _with_text(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """An answer with a result as one with a text, if it says anything that is known."""
    text = _text_of(answer["result"]) if answer.get("text") is None else answer["text"]
    says = text is not None or any(answer.get(name) is not None for name in ("refused", "error", "control"))
    return {**answer, "text": text} if says else None


def _text_of(result: object) -> str | None:
    """A text, or the text of a message of Strands."""
    if isinstance(result, Mapping) and isinstance(result.get("content"), list):
        blocks = [block.get("text") for block in result["content"] if isinstance(block, Mapping)]
        return "".join(text for text in blocks if isinstance(text, str))
    return result if isinstance(result, str) else None
