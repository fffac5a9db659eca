"""The local face of Amazon Bedrock Agents: InvokeAgent, as boto3 speaks it.

    POST /agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text

A request is held against botocore's model and answered with an event stream: chunks (with streamFinalResponse in
pieces), a returnControl, a trace if asked for, or an exception after whatever was sent before it. The team behind it is
the real one, built with Strands; its tool calls leave as the action-group events that Bedrock sends. Strands takes a
second to import, which happens at the first use, or earlier by `warm_up`. The rule: nothing here knows the trade.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agents.conversation import Answer, Controls, Conversation, RunTool, Said, Text, ToolCall, ToolFailed
from agents.sessions import Busy, Session, Sessions
from agents.team_source import TeamSource
from agents.tool_events import AGENT_VERSION, read_answer, tool_event
from agents.yaml_source import InvalidTeam
from local.agent_resources import BedrockAlias, Guardrail
from local.agent_wire import (
    AnswerBytes,
    history,
    invocation_input,
    result_of,
    resumes,
)
from local.event_stream import MEDIA_TYPE, Event, FailNext, frames, never_fail
from local.guardrails import Guardrails, assessment
from local.model import LocalModel
from local.wire import AwsError, Operation, read_body, render_error

SERVICE: Final = "bedrock-agent-runtime"
INVOKE_AGENT: Final = Operation(SERVICE, "InvokeAgent")
PATH: Final = "/agents/{agentId:label}/agentAliases/{agentAliasId:label}/sessions/{sessionId:label}/text"
MOST_BODY_BYTES: Final = 40_000_000
"""inputText may have 25,000,000 characters; this much of it is taken."""
BUSY: Final = "The session is answering another request"

CallTool = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Invokes the function of a logical name with an action-group event; what it raises fails the turn."""


logger = logging.getLogger(__name__)


class BedrockAgents:
    """The agent under the alias that ChatBot is told, for any number of sessions at once."""

    def __init__(
        self,
        *,
        source: TeamSource,
        model: LocalModel,
        call_tool: CallTool,
        now: Callable[[], float],
        new_id: Callable[[], str],
        alias: Callable[[], BedrockAlias | None],
        guardrails: Guardrails,
    ) -> None:
        """`now` is the stack's clock, in seconds since the epoch. `fail_next` may be set at any time."""
        self.fail_next: FailNext = never_fail
        self.ended: list[str] = []
        self._source = source
        self._model = model
        self._call_tool = call_tool
        self._new_id = new_id
        self._alias = alias
        self._guardrails = guardrails
        self._sessions = Sessions(source=source.current, build=self._build, run_tool=self._use, now=now)
        self._warm = False

    async def warm_up(self) -> None:
        """Do what makes the first answer slow."""
        await asyncio.to_thread(self._build_once)

    def renew(self) -> None:
        """Sessions look for themselves whether the team was edited."""

    async def close(self) -> None:
        """Nothing runs here by itself."""

    def _build_once(self) -> None:
        loaded = self._source.current()
        self._model.build_team(loaded, {tool.name: _refuse_tool for tool in loaded.team.tools}, ())

    async def _warm_up_once(self) -> None:
        if self._warm:
            return
        try:
            await self.warm_up()
        except InvalidTeam as mistake:
            raise AwsError("InternalServerException", f"The team cannot be used: {mistake}") from mistake
        self._warm = True

    async def invoke(self, request: Request) -> Response:
        """Answer one InvokeAgent."""
        try:
            asked = await self._read(request)
            await self._warm_up_once()
            if asked.get("endSession"):
                self._sessions.end(asked["sessionId"])
                self.ended.append(asked["sessionId"])
                return self._respond(asked, _nothing())
            session = self._open(asked)
            results = self._match(session, asked["sessionState"]) if resumes(asked) else None
        except AwsError as error:
            return render_error(SERVICE, error)
        guardrail = None if results else self._guardrails.of_agent(asked.get("inputText", ""))
        if guardrail is not None:
            return self._respond(asked, self._keep_back(asked, guardrail))
        return self._respond(asked, self._events(session, asked, results))

    async def _read(self, request: Request) -> dict[str, Any]:
        body = await read_body(request, MOST_BODY_BYTES)
        if body is None:
            raise AwsError("ValidationException", f"The request is cut off or larger than {MOST_BODY_BYTES} bytes")
        asked = INVOKE_AGENT.read(request.path_params, request.headers, body)
        if BedrockAlias(agent_id=asked["agentId"], alias_id=asked["agentAliasId"]) != self._alias():
            message = f"There is no agent {asked['agentId']} with an alias {asked['agentAliasId']}"
            raise AwsError("ResourceNotFoundException", message)
        return asked

    def _open(self, asked: Mapping[str, Any]) -> Session:
        """The session of a request that can be answered, with the request's attributes in it."""
        state = asked.get("sessionState", {})
        try:
            session = self._sessions.open(asked["sessionId"], history(state))
        except Busy as busy:
            raise AwsError("ConflictException", BUSY) from busy
        if not (resumes(asked) or asked.get("inputText")):
            raise AwsError("ValidationException", "Value at 'inputText' must not be null or empty")
        session.attributes |= state.get("sessionAttributes", {})
        session.prompt_attributes = dict(state.get("promptSessionAttributes", {}))
        return session

    def _match(self, session: Session, state: Mapping[str, Any]) -> dict[str, str]:
        """What was answered to each control that waits; raises for an answer that nobody waits for."""
        if not session.waiting or state.get("invocationId") != session.waiting_as:
            raise AwsError("ValidationException", "No invocation with this invocationId waits for a result")
        answered = dict(result_of(member) for member in state["returnControlInvocationResults"])
        waiting = {call.id: (call.control.action_group, call.control.name) for call in session.waiting}
        if set(answered) != set(waiting.values()):
            raise AwsError("ValidationException", "The results do not fit the functions that wait for one")
        return {id_: answered[called] for id_, called in waiting.items()}

    def _respond(self, asked: Mapping[str, Any], events: AsyncGenerator[Event, None]) -> Response:
        headers = {
            "x-amzn-bedrock-agent-content-type": "application/json",
            "x-amz-bedrock-agent-session-id": asked["sessionId"],
            **({"x-amz-bedrock-agent-memory-id": asked["memoryId"]} if asked.get("memoryId") else {}),
        }
        body = frames(events, self.fail_next(asked["sessionId"]))
        return StreamingResponse(body, headers=headers, media_type=MEDIA_TYPE)

    async def _events(
        self, session: Session, asked: Mapping[str, Any], results: Mapping[str, str] | None
    ) -> AsyncGenerator[Event, None]:
        """The whole stream; a failure is its last event. `results` answer controls, in place of a customer's words."""
        answer = AnswerBytes(in_pieces=asked.get("streamingConfigurations", {}).get("streamFinalResponse", False))
        try:
            async with aclosing(self._answers(session, asked.get("inputText", ""), results)) as answers:
                async for each in answers:
                    for event in self._render(session, each, answer):
                        yield event
            for event in answer.finish():
                yield event
            if asked.get("enableTrace"):
                observation = {"traceId": self._new_id()[:16], "type": "FINISH", "finalResponse": {"text": answer.text}}
                yield "trace", _trace(asked, {"orchestrationTrace": {"observation": observation}})
        except Busy:
            yield "conflictException", {"message": BUSY}
        except ToolFailed as failed:
            yield "dependencyFailedException", {"message": str(failed)}
        except Exception:
            yield "internalServerException", {"message": "The team failed; the stack's log says how"}
            raise

    def _answers(self, session: Session, text: str, results: Mapping[str, str] | None) -> AsyncGenerator[Answer, None]:
        return self._sessions.ask(session, text) if results is None else self._sessions.resume(session, results)

    def _build(self, session: Session, tools: Mapping[str, RunTool], history: Iterable[Said]) -> Conversation:
        return self._model.build_team(session.loaded, tools, history)

    def _render(self, session: Session, each: Answer, answer: AnswerBytes) -> Iterator[Event]:
        match each:
            case Text(text=text):
                yield from answer.take(text)
            case Controls(calls=calls):
                yield from answer.finish()
                session.waiting_as = self._new_id()
                inputs = [{"functionInvocationInput": invocation_input(session, call)} for call in calls]
                yield "returnControl", {"invocationId": session.waiting_as, "invocationInputs": inputs}

    async def _keep_back(self, asked: Mapping[str, Any], guardrail: Guardrail) -> AsyncGenerator[Event, None]:
        """The guardrail's sentence in place of an answer, and its trace if asked for."""
        if asked.get("enableTrace"):
            found = {"action": "INTERVENED", "traceId": self._new_id()[:16], "inputAssessments": [assessment()]}
            yield "trace", _trace(asked, {"guardrailTrace": found})
        answer = AnswerBytes(in_pieces=False)
        for event in (*answer.take(guardrail.blocked_input), *answer.finish()):
            yield event

    async def _use(self, session: Session, call: ToolCall) -> str:
        """Run a tool as Bedrock does: by an event to its function, whose answer must have Bedrock's form."""
        try:
            answer = await self._call_tool(call.tool.runs_in, tool_event(session, call, self._alias_id()))
            return read_answer(session, call, answer)
        except Exception as error:
            logger.exception("tool %s of session %s failed", call.tool.name, session.id)
            raise ToolFailed(f"The function of {call.tool.name} failed: {type(error).__name__}") from error

    def _alias_id(self) -> str:
        alias = self._alias()
        return alias.alias_id if alias else ""

    def routes(self) -> list[Route]:
        """Every route of this face."""
        return [Route(PATH, self.invoke, methods=["POST"], name=f"{SERVICE}.InvokeAgent")]


def _trace(asked: Mapping[str, Any], trace: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "agentId": asked["agentId"],
        "agentAliasId": asked["agentAliasId"],
        "agentVersion": AGENT_VERSION,
        "sessionId": asked["sessionId"],
        "trace": trace,
    }


async def _refuse_tool(call: ToolCall) -> str:
    raise ToolFailed(f"{call.tool.name} was called while the team was only being built")


async def _nothing() -> AsyncGenerator[Event, None]:
    """A stream without events."""
    events: tuple[Event, ...] = ()
    for event in events:
        yield event
