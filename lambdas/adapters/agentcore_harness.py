"""A team flattened to one agent on an Amazon Bedrock AgentCore harness behind the port `Agents` (InvokeHarness).

The harness has no session attributes: language and what is told of the customer stand as facts at the head of the
customer's message. Its tools run on the server and stream past; a control is an inline function: a tool use that is
still without its result when the stream has ended with tools. That turn is not stored, so the answer brings both
the assistant's tool use and the user's result; `pending` holds what this takes. Usage is the sum over the model's
calls. Shapes: botocore 1.44.5 `bedrock-agentcore`, read 2026-11.

The model knows no call that ends a harness's session (StopRuntimeSession takes a runtime's ARN), so it lapses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lambdas.adapters.answer import Answer, Line, as_text, kept, talk_and_text, without_end
from lambdas.adapters.apply_guardrail import NO_GUARDRAIL, Guardrail, Release, judge_all
from lambdas.adapters.guardrails import REFUSED
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import AgentEvent, Asking, Finished, Question, Refused, Result, ReturnControl, Usage
from lambdas.conversation.speech import clean

if TYPE_CHECKING:
    from types_boto3_bedrock_agentcore import BedrockAgentCoreClient

MOST_FACT_CHARACTERS = 200
MOST_INPUT_CHARACTERS = 1_048_576
"""Of one tool use: far more than any control takes, far less than a function's memory."""
GATEWAY_MARK = "___"
"""Between a gateway's target and its tool, in the name the model sees."""
SERVER_SIDE = frozenset({"server_tool_use", "mcp_tool_use"})
WHOLE_ANSWERS = frozenset({"end_turn", "stop_sequence"})
GOES_ON = frozenset({"tool_use", "tool_result"})
"""The end of a message, but not of the answer, unless nothing follows."""
STATUS = {Result.NOTED: "success", Result.REFUSED: "error"}


@dataclass(frozen=True, slots=True)
class AgentCoreHarness:
    """Keeps the port `Agents`."""

    client: BedrockAgentCoreClient
    harness_arn: str
    qualifier: str = ""
    """The endpoint; empty for the service's own default."""
    guardrail: Guardrail = NO_GUARDRAIL

    def ask(self, question: Question) -> Iterator[Asking | AgentEvent]:
        def work(line: Line) -> Iterator[Asking | AgentEvent]:
            facts, judged = self._judged(question)
            if judged is None:
                yield Refused(REFUSED)
                yield Finished()
                return
            line.require()
            yield from self._invoke(line, question, _messages(facts, judged))

        return Answer(work)

    def _judged(self, question: Question) -> tuple[list[str], Question | None]:
        """The facts and the question as the agent may read them; no question if that is blocked itself.

        Everything that comes from the customer's side is judged. Of the facts and of the earlier talk, which were
        judged nowhere else, what is blocked is left out.
        """
        facts = _facts(question)
        earlier = {n: said.text for n, said in enumerate(question.history) if said.role == "CUSTOMER" and said.text}
        *known, text = judge_all(self.guardrail, [*facts, *earlier.values(), question.text])
        if text is None:
            return [], None
        told = dict(zip(earlier, known[len(facts) :], strict=True))
        history = tuple(
            replace(said, text=told.get(number, said.text) or "") for number, said in enumerate(question.history)
        )
        return [fact for fact in known[: len(facts)] if fact], replace(question, text=text, history=history)

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> Iterator[Asking | AgentEvent]:
        messages = _answers(json.loads(pending), results)
        return Answer(lambda line: self._invoke(line, question, messages))

    def end(self, session_id: str) -> None:
        """Nothing to call; see above."""

    def _invoke(self, line: Line, question: Question, messages: list[dict[str, Any]]) -> Iterator[Asking | AgentEvent]:
        yield Asking()
        address: dict[str, Any] = {"harnessArn": self.harness_arn}
        if self.qualifier:
            address["qualifier"] = self.qualifier
        asked: dict[str, Any] = {"messages": messages, "actorId": question.contact_id}
        answered = self.client.invoke_harness(runtimeSessionId=question.session_id, **address, **asked)
        with line.over(answered["stream"]) as stream:
            yield from _Reading(line, self.guardrail.release()).events(stream)


# ---- what is asked


def _messages(facts: list[str], question: Question) -> list[dict[str, Any]]:
    talk, text = talk_and_text(question)
    facts = [_fact("language", question.language), *facts]
    return [*(_message(role, told) for role, told in talk), _message("user", _headed(facts, text))]


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def _headed(facts: list[str], text: str) -> str:
    known = "\n".join(facts)
    return f"Known about this chat:\n\n{known}\n\nThe customer writes:\n\n{text}"


def _facts(question: Question) -> list[str]:
    """What is told of the customer, a line each; the language is not the customer's to tell."""
    return [_fact(name, value) for name, value in question.told.items() if value.strip() and name != "language"]


def _fact(name: str, value: str) -> str:
    return f"- {_one_line(name)}: {_one_line(value)}"


def _one_line(value: str) -> str:
    """So that nobody's words can add a fact."""
    return " ".join(clean(value).split())[:MOST_FACT_CHARACTERS]


def _answers(controls: list[dict[str, Any]], results: Mapping[str, Result]) -> list[dict[str, Any]]:
    """The turn that the harness has not stored, and what came of it."""
    used = [{"toolUse": {"toolUseId": one["id"], "name": one["name"], "input": one["input"]}} for one in controls]
    answered = [_tool_result(one, results.get(one["name"], Result.REFUSED)) for one in controls]
    return [{"role": "assistant", "content": used}, {"role": "user", "content": answered}]


def _tool_result(control: Mapping[str, Any], result: Result) -> dict[str, Any]:
    content = [{"json": {"status": str(result)}}]
    return {"toolResult": {"toolUseId": control["id"], "status": STATUS[result], "content": content}}


# ---- what is heard


@dataclass(slots=True)
class _ToolUse:
    id: str
    name: str
    input: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, piece: str) -> None:
        self.input.append(piece)
        self.size += len(piece)
        if self.size > MOST_INPUT_CHARACTERS:
            raise AgentUnavailable("ToolInputTooLarge", retryable=False)


class _Reading:
    """One event stream: text as the guardrail releases it, then the controls or the end."""

    def __init__(self, line: Line, release: Release) -> None:
        self._line = line
        self._release = release
        self._role = "assistant"
        self._stopped: object = ""
        """Why the last message ended; empty while one is under way."""
        self._waiting: dict[str, _ToolUse] = {}
        """Tool uses without a result, by id."""
        self._writing: dict[int, _ToolUse] = {}
        """The tool uses of the message under way, by block."""
        self._paused = False
        """Something was said, then tools were used; what follows is another paragraph."""
        self._usage: Usage | None = None

    def events(self, stream: Any) -> Iterator[AgentEvent]:
        for event in stream:
            if event.keys() & {"contentBlockStart", "contentBlockDelta", "messageStop"}:
                self._line.begin()
            if "messageStart" in event:
                self._role, self._stopped, self._writing = event["messageStart"]["role"], "", {}
            elif "contentBlockStart" in event:
                self._begin(event["contentBlockStart"])
            elif "contentBlockDelta" in event:
                yield from self._continue(event["contentBlockDelta"])
            elif "messageStop" in event:
                yield from self._stop(event["messageStop"]["stopReason"])
            elif "metadata" in event:
                self._count(event["metadata"].get("usage", {}))
        yield from self._end()

    def _begin(self, block: Mapping[str, Any]) -> None:
        start = block.get("start", {})
        if "toolUse" in start:
            used = start["toolUse"]
            if used.get("type") not in SERVER_SIDE and GATEWAY_MARK not in used["name"]:
                tool = _ToolUse(used["toolUseId"], used["name"])
                self._waiting[tool.id] = self._writing[block["contentBlockIndex"]] = tool
        elif "toolResult" in start:
            self._waiting.pop(start["toolResult"]["toolUseId"], None)

    def _continue(self, block: Mapping[str, Any]) -> Iterator[AgentEvent]:
        delta = block.get("delta", {})
        if "text" in delta and self._role == "assistant":
            if self._paused:
                self._paused = False
                yield from self._release.begin_paragraph()
            yield from self._release.hear(delta["text"])
        elif "toolUse" in delta and block["contentBlockIndex"] in self._writing:
            self._writing[block["contentBlockIndex"]].add(delta["toolUse"]["input"])

    def _stop(self, reason: object) -> Iterator[AgentEvent]:
        self._stopped = reason
        if reason == "content_filtered":
            yield from self._release.refuse()
        elif reason not in WHOLE_ANSWERS | GOES_ON:
            yield from self._release.finish()
            raise AgentUnavailable(reason if isinstance(reason, str) else "UnreadableStopReason", retryable=False)
        elif reason == "tool_use" and self._role == "assistant":
            # What was said need not wait for the tool; whether that is a control is known when the stream ends.
            yield from self._release.finish()
            if self._waiting:
                self._paused = True
            else:
                yield from self._release.begin_paragraph()

    def _count(self, usage: Mapping[str, int]) -> None:
        so_far = self._usage or Usage(input_tokens=0, output_tokens=0)
        self._usage = Usage(
            input_tokens=so_far.input_tokens + usage.get("inputTokens", 0),
            output_tokens=so_far.output_tokens + usage.get("outputTokens", 0),
        )

    def _end(self) -> Iterator[AgentEvent]:
        if self._stopped in GOES_ON and self._waiting:
            yield from self._release.finish()
            yield _control(list(self._waiting.values()))
        elif self._stopped and self._stopped not in GOES_ON:
            yield from self._release.finish()
            yield Finished(self._usage)
        else:
            raise without_end()


def _control(used: list[_ToolUse]) -> ReturnControl:
    controls = [(tool.id, tool.name, _input(tool)) for tool in used]
    calls = tuple(Call(function=name, parameters=_parameters(values)) for _, name, values in controls)
    pending = [{"id": identifier, "name": name, "input": values} for identifier, name, values in controls]
    return ReturnControl(calls=calls, pending=kept(json.dumps(pending, ensure_ascii=False)))


def _input(tool: _ToolUse) -> dict[str, Any]:
    try:
        value = json.loads("".join(tool.input).strip() or "{}")
    except (ValueError, RecursionError) as error:
        raise AgentUnavailable("malformed_tool_use", retryable=False) from error
    if not isinstance(value, dict):
        raise AgentUnavailable("malformed_tool_use", retryable=False)
    return value


def _parameters(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: as_text(value) for name, value in values.items() if value is not None}
