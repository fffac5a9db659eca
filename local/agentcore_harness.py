"""The local face of an Amazon Bedrock AgentCore Harness: InvokeHarness, as boto3 speaks it.

    POST /harnesses/invoke?harnessArn=…&qualifier=…
    X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: …

A request is held against botocore's model and answered with an event stream. Prompt, tools and limits are those of the
template's harness; a Gateway's tools run in their Lambda functions, with the event and the client context that the
Gateway gives. Sessions live in this process; no call ends one, so it lapses. Not emulated, and refused: other models,
tools or skills for one request. The rule: what a caller says of earlier turns must hold together as the service demands
it, or nothing runs.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agents.team_source import Loaded
from agents.yaml_source import InvalidTeam
from local.agent_resources import GatewayTool, Harness, InlineFunction
from local.event_stream import MEDIA_TYPE, Event, FailNext, frames, never_fail
from local.wire import AwsError, Operation, read_body, render_error

if TYPE_CHECKING:
    from strands.models import Model
    from strands.types.content import Messages

    from local import harness_loop

SERVICE: Final = "bedrock-agentcore"
INVOKE_HARNESS: Final = Operation(SERVICE, "InvokeHarness")
MOST_BODY_BYTES: Final = 40_000_000
SESSION_IDLE_SECONDS: Final = 900.0
"""AgentCore's default life of a session that nobody uses (AC:bedrock-agentcore-limits, read 2026-11)."""
NOT_EMULATED: Final = ("model", "tools", "skills")
VERSION: Final = "1.0"

CallFunction = Callable[..., Awaitable[Any]]
"""`Workers.invoke`."""
ContactOf = Callable[[Request], str | None]
"""The chat that a request is about, as far as whoever signed it works for one."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Session:
    harness: Harness
    loaded: Loaded
    """As they were when the session began: a conversation does not change its team in the middle."""
    used_at: float
    """Seconds since the epoch."""
    messages: Messages = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What two requests at once do is documented nowhere; here the second waits."""


class AgentCoreHarness:
    """The template's harness, for any number of sessions at once."""

    def __init__(
        self,
        *,
        harness: Callable[[], Harness | None],
        source: Callable[[], Loaded],
        make_model: Callable[[Loaded], Model],
        call_function: CallFunction,
        contact_of: ContactOf,
        now: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        """`now` is the stack's clock, in seconds since the epoch. `fail_next` may be set at any time."""
        self.fail_next: FailNext = never_fail
        self.ended: set[str] = set()
        self._harness = harness
        self._source = source
        self._make_model = make_model
        self._call_function = call_function
        self._contact_of = contact_of
        self._now = now
        self._new_id = new_id
        self._sessions: dict[str, _Session] = {}

    async def warm_up(self) -> None:
        """Do what makes the first answer slow."""
        await asyncio.to_thread(lambda: self._make_model(self._source()))

    def renew(self) -> None:
        """Every new session has the team and the template as they are."""

    async def close(self) -> None:
        """Nothing runs here by itself."""

    async def invoke(self, request: Request) -> Response:
        """Answer one InvokeHarness."""
        try:
            harness, asked = await self._read(request)
            session = self._open(asked["runtimeSessionId"], harness)
            check_messages(session.messages, asked["messages"])
            agent = await self._agent(session, asked)
        except AwsError as error:
            return render_error(SERVICE, error)
        call_tool = partial(self._call_tool, self._contact_of(request))
        events = self._events(session, agent, asked["messages"], call_tool)
        body = frames(events, self.fail_next(asked["runtimeSessionId"]))
        return StreamingResponse(body, media_type=MEDIA_TYPE)

    async def _read(self, request: Request) -> tuple[Harness, dict[str, Any]]:
        body = await read_body(request, MOST_BODY_BYTES)
        if body is None:
            raise _refusal(f"The request is cut off or larger than {MOST_BODY_BYTES} bytes")
        asked = INVOKE_HARNESS.read({}, request.headers, body, query=request.query_params)
        for name in NOT_EMULATED:
            if name in asked:
                raise _refusal(f"The laptop stack does not emulate '{name}' of a request")
        harness = self._harness()
        if harness is None or asked["harnessArn"] != harness.arn:
            raise AwsError("ResourceNotFoundException", f"There is no harness {asked['harnessArn']}")
        return harness, asked

    def _open(self, session_id: str, harness: Harness) -> _Session:
        now = self._now()
        for known, session in list(self._sessions.items()):
            if not session.turn.locked() and now - session.used_at > SESSION_IDLE_SECONDS:
                del self._sessions[known]
        session = self._sessions.get(session_id) or _Session(harness, self._load(), now)
        session.used_at = now
        self._sessions[session_id] = session
        return session

    def _load(self) -> Loaded:
        try:
            return self._source()
        except InvalidTeam as mistake:
            raise AwsError("InternalServerException", f"The team cannot be used: {mistake}") from mistake

    async def _agent(self, session: _Session, asked: Mapping[str, Any]) -> harness_loop.Agent:
        from local import harness_loop  # noqa: PLC0415  (Strands is not needed to start the stack)

        harness = session.harness
        allowed = asked.get("allowedTools", harness.allowed)
        prompt = "\n\n".join(block["text"] for block in asked.get("systemPrompt", ()) if "text" in block)
        return harness_loop.Agent(
            model=await asyncio.to_thread(self._make_model, session.loaded),
            system_prompt=prompt or harness.system_prompt,
            inline_functions=[each for each in harness.inline_functions if is_allowed(each, allowed)],
            gateway_tools=[each for each in harness.gateway_tools if is_allowed(each, allowed)],
            max_iterations=asked.get("maxIterations", harness.max_iterations),
        )

    async def _events(
        self,
        session: _Session,
        agent: harness_loop.Agent,
        asked: Sequence[Mapping[str, Any]],
        call_tool: harness_loop.CallTool,
    ) -> AsyncGenerator[Event, None]:
        from local import harness_loop  # noqa: PLC0415  (likewise)

        async with session.turn:
            session.messages += [_as_kept(message) for message in asked]
            try:
                async with aclosing(harness_loop.run(agent, session.messages, call_tool)) as events:
                    async for event in events:
                        yield event
            except Exception:
                yield "internalServerException", {"message": "The agent failed; the stack's log says how"}
                raise
            finally:
                session.used_at = self._now()

    async def _call_tool(self, contact_id: str | None, tool: GatewayTool, arguments: Mapping[str, Any]) -> str:
        """Run a tool as the Gateway does: the arguments are the event, and the client context names the tool."""
        from local import harness_loop  # noqa: PLC0415  (likewise)

        try:
            answer = await self._call_function(
                tool.function_arn,
                dict(arguments),
                client_context={"custom": self._told_to_function(tool)},
                contact_id=contact_id,
            )
        except Exception as error:
            logger.exception("tool %s failed", tool.name)
            raise harness_loop.ToolFailed(f"The function of {tool.tool} failed: {type(error).__name__}") from error
        return json.dumps(answer, ensure_ascii=False)

    def _told_to_function(self, tool: GatewayTool) -> dict[str, str]:
        return {
            "bedrockAgentCoreMessageVersion": VERSION,
            "bedrockAgentCoreAwsRequestId": self._new_id(),
            "bedrockAgentCoreMcpMessageId": self._new_id(),
            "bedrockAgentCoreGatewayId": tool.gateway_id,
            "bedrockAgentCoreTargetId": tool.target,
            "bedrockAgentCoreToolName": tool.name,
        }

    def routes(self) -> list[Route]:
        """Every route of this face."""
        return [Route("/harnesses/invoke", self.invoke, methods=["POST"], name="bedrock-agentcore.InvokeHarness")]


def is_allowed(tool: InlineFunction | GatewayTool, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns names the tool: `*`, a plain name, `@server` or `@server/tool`; none allow all.

    AC:harness-tools, read 2026-11.
    """
    given = list(patterns)
    if not given or "*" in given:
        return True
    if isinstance(tool, InlineFunction):
        return any(fnmatchcase(tool.name, pattern) for pattern in given)
    names = (f"@{tool.server}", f"@{tool.server}/{tool.name}")
    return any(fnmatchcase(name, pattern) for name in names for pattern in given if pattern.startswith("@"))


def check_messages(kept: Sequence[Mapping[str, Any]], asked: Sequence[Mapping[str, Any]]) -> None:
    """Raise unless every use of a tool is answered in the next message, and every answer has its use before it."""
    if not asked or asked[-1]["role"] != "user":
        raise _refusal("The last message must be the user's")
    known = {use["toolUseId"] for message in kept for use in _blocks(message, "toolUse")}
    waiting: set[str] = set()
    for message in asked:
        answered = {result["toolUseId"] for result in _blocks(message, "toolResult")}
        if answered != waiting:
            raise _refusal("The tool results do not fit the tool uses of the message before")
        uses = [use["toolUseId"] for use in _blocks(message, "toolUse")]
        if len(set(uses)) < len(uses) or known & set(uses):
            raise _refusal("A toolUseId was used before")
        known |= set(uses)
        waiting = set(uses)
    if waiting:
        raise _refusal("The last message may not hold a tool use")


def _blocks(message: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [block[kind] for block in message["content"] if kind in block]


def _as_kept(message: Mapping[str, Any]) -> Any:
    """A message of the request as the model sees it: results are text, whichever way they were given."""
    return {"role": message["role"], "content": [_as_kept_block(block) for block in message["content"]]}


def _as_kept_block(block: Mapping[str, Any]) -> Mapping[str, Any]:
    if "toolResult" in block:
        result = block["toolResult"]
        texts = [
            content["text"] if "text" in content else json.dumps(content["json"], ensure_ascii=False)
            for content in result["content"]
        ]
        given = {"toolUseId": result["toolUseId"], "status": result.get("status", "success")}
        return {"toolResult": {**given, "content": [{"text": text} for text in texts]}}
    if "toolUse" in block:
        return {"toolUse": {key: block["toolUse"][key] for key in ("toolUseId", "name", "input")}}
    return block


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationException", message, reason="FieldValidationFailed")
