"""The program: one entrypoint of `BedrockAgentCoreApp` that answers as `protocol` says.

In AgentCore Runtime a process serves one session; elsewhere it serves any number. The SDK runs the entrypoint in an
event loop of its own, so that `/ping` answers whatever the team does. The rule: every stream ends with a finished, a
control or an error, whatever happens; only a caller that hangs up gets none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final

import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp, RequestContext
from strands.models import Model

from agents.conversation import Answer, Controls, Conversation, Refused, RunTool, Said, Text
from agents.models import SCRIPTED, Guardrail, make_model
from agents.runtime.failures import failure_event
from agents.runtime.memory import NOT_UNDERSTOOD, Memory
from agents.runtime.protocol import (
    Ask,
    Event,
    InvalidRequest,
    Resume,
    check_session_id,
    control_event,
    finished_event,
    match_results,
    parse,
    refused_event,
    text_event,
)
from agents.runtime.settings import Settings
from agents.runtime.tools import PATIENCE, LambdaTools
from agents.sessions import Busy, Session, Sessions
from agents.strands_team import build_team
from agents.team_source import Loaded, TeamSource

GRACE_SECONDS: Final = 5
"""For answers that are being given when the process is told to stop."""

logger = logging.getLogger(__name__)


class Program:
    """The team, its sessions and its tools."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        """Raises `InvalidTeam` or `UnusableModel`."""
        aws = boto3.Session(region_name=settings.region)
        source = TeamSource(settings.team, lambda mistake: logger.error("the team's last edit is wrong: %s", mistake))
        tools = LambdaTools(aws.client("lambda", config=PATIENCE), settings.tool_functions)
        self._settings = settings
        self._environment = {**environment, "AWS_REGION": settings.region}
        self._model = self._make_model(source.current())
        self._memory = Memory(settings.memory_id, aws) if settings.memory_id else None
        self._sessions = Sessions(source=source.current, build=self._build, run_tool=tools.run, now=time.time)
        self._opening = asyncio.Lock()

    async def answer(self, session_id: str | None, payload: Any) -> AsyncGenerator[Event, None]:
        """One request's stream."""
        session: Session | None = None
        try:
            request = parse(payload)
            session = await self._open(check_session_id(session_id), request)
            async with aclosing(self._answers(session, request)) as answers:
                async for each in answers:
                    yield _render(each)
            if not session.waiting:
                yield finished_event(session.team.usage())
        except (InvalidRequest, Busy) as error:
            failed = failure_event(error)
            logger.warning("a request was not answered: %s", _named(failed))
            yield failed
        except Exception as error:
            failed = failure_event(error, acted=session is not None and session.acted)
            logger.exception("an answer failed: %s", _named(failed))
            yield failed

    async def _open(self, session_id: str, request: Ask | Resume) -> Session:
        history = request.history if isinstance(request, Ask) else ()
        attributes = {**request.told, "contact_id": request.contact_id, "turn_id": request.turn_id}
        async with self._opening:
            session = await asyncio.to_thread(self._sessions.open, session_id, history, attributes)
        session.prompt_attributes = {"language": request.language}
        return session

    def _answers(self, session: Session, request: Ask | Resume) -> AsyncGenerator[Answer, None]:
        if isinstance(request, Ask):
            return self._sessions.ask(session, request.text)
        return self._sessions.resume(session, match_results(request, session.waiting))

    def _build(self, session: Session, tools: Mapping[str, RunTool], history: Iterable[Said]) -> Conversation:
        team, model, said = session.loaded.team, self._model_for(session.loaded), tuple(history)
        if self._memory is None:
            return build_team(team, tools, model, history=said)
        try:
            manager = self._memory.manager(session.id, session.attributes["contact_id"])
            kept = build_team(team, tools, model, history=said, session_manager=manager)
            kept.waiting()
        except NOT_UNDERSTOOD:
            logger.exception("a session in AgentCore Memory cannot be understood; it goes on in this process")
            return build_team(team, tools, model, history=said)
        return kept

    def _model_for(self, loaded: Loaded) -> Model:
        """Only the script may have been edited."""
        return self._make_model(loaded) if self._settings.model == SCRIPTED else self._model

    def _make_model(self, loaded: Loaded) -> Model:
        id_, version = self._settings.guardrail_id, self._settings.guardrail_version
        guardrail = Guardrail(id=id_, version=version) if id_ else None
        return make_model(self._settings.model, loaded.script, guardrail=guardrail, environment=self._environment)


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Until the process is told to stop."""
    program = Program(settings, environment)
    app = BedrockAgentCoreApp()

    async def answer(payload: Any, context: RequestContext) -> AsyncGenerator[Event, None]:
        async with aclosing(program.answer(context.session_id, payload)) as events:
            async for event in events:
                yield event

    app.entrypoint(answer)
    app.run(
        port=settings.port,
        host=settings.host,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _named(failed: Event) -> str:
    return f"{failed['error']['code']}: {failed['error']['message']}"


def _render(answer: Answer) -> Event:
    match answer:
        case Text(text=text):
            return text_event(text)
        case Controls(calls=calls):
            return control_event(calls)
        case Refused(reason=reason):
            return refused_event(reason)
