"""Conversations with the team, by session id.

A session remembers what was said until nobody has used it for the team's idle time; it answers one prompt at a time. It
knows no wire format: faces put one around it. The rule: a session that was cut off in mid-answer, or is asked while a
control waits, goes on with a fresh team that is told what was said, because a team cannot go on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from functools import partial

from agents.conversation import Answer, ControlCall, Controls, Conversation, RunTool, Said, ToolCall
from agents.team_source import Loaded

PLUMBING = frozenset({"contact_id", "turn_id"})
"""Session attributes that tools need and no agent is told."""


@dataclass(slots=True)
class Session:
    """One conversation."""

    id: str
    loaded: Loaded
    used_at: float
    """Seconds since the epoch."""
    team: Conversation = field(init=False, repr=False)
    """Built after the session, which its tools know."""
    attributes: dict[str, str] = field(default_factory=dict)
    """For the life of the session, known to all agents."""
    prompt_attributes: dict[str, str] = field(default_factory=dict)
    """For one turn, known to the supervisor."""
    prompt: str = ""
    """What the customer wrote last."""
    waiting: tuple[ControlCall, ...] = ()
    """Controls that nobody has answered."""
    waiting_as: str = ""
    """What the face calls them."""
    acted: bool = False
    """A tool was used for the prompt under way: answering it anew could do it twice."""
    busy: bool = False
    sound: bool = True


RunSessionTool = Callable[[Session, ToolCall], Awaitable[str]]
"""A `RunTool` for a session."""
Build = Callable[[Session, Mapping[str, RunTool], Iterable[Said]], Conversation]
"""Builds the team anew, with a runner for each of its tools, after what was said before."""


class Busy(Exception):
    """The session is answering another prompt."""


class Sessions:
    """All conversations. `now` is in seconds since the epoch."""

    def __init__(
        self,
        *,
        source: Callable[[], Loaded],
        build: Build,
        run_tool: RunSessionTool,
        now: Callable[[], float],
    ) -> None:
        self._source = source
        self._build_team = build
        self._run_tool = run_tool
        self._now = now
        self._sessions: dict[str, Session] = {}

    def open(
        self, session_id: str, history: Iterable[Said] = (), attributes: Mapping[str, str] | None = None
    ) -> Session:
        """The session as it stands, or a new one that begins with `history`; raises `Busy`."""
        self._forget_idle()
        session = self._sessions.get(session_id) or self._begin(session_id, history, attributes or {})
        if session.busy:
            raise Busy
        session.attributes |= attributes or {}
        return session

    def end(self, session_id: str) -> None:
        """Forget a session, if there is one."""
        self._sessions.pop(session_id, None)

    async def ask(self, session: Session, text: str) -> AsyncGenerator[Answer, None]:
        """Answer the customer; raises `Busy`, `ToolFailed` and `TooManySteps`."""
        with self._alone(session):
            if session.waiting or not session.sound:
                session.team = await asyncio.to_thread(self._build, session, session.team.transcript())
            session.prompt = text
            shared = {name: value for name, value in session.attributes.items() if name not in PLUMBING}
            answers = session.team.ask(text, shared=shared, own=session.prompt_attributes)
            async with aclosing(_listen(session, answers)) as heard:
                async for answer in heard:
                    yield answer

    async def resume(self, session: Session, results: Mapping[str, str]) -> AsyncGenerator[Answer, None]:
        """Go on after controls; `results` holds an answer for each `ControlCall.id` in `session.waiting`.

        Raises as `ask` does.
        """
        with self._alone(session):
            async with aclosing(_listen(session, session.team.resume(results))) as heard:
                async for answer in heard:
                    yield answer

    @contextmanager
    def _alone(self, session: Session) -> Iterator[None]:
        if session.busy:
            raise Busy
        session.busy, session.acted = True, False
        try:
            yield
        finally:
            session.busy = False
            session.used_at = self._now()

    def _begin(self, session_id: str, history: Iterable[Said], attributes: Mapping[str, str]) -> Session:
        session = Session(session_id, self._source(), self._now(), attributes=dict(attributes))
        session.team = self._build(session, history)
        session.waiting = session.team.waiting()
        self._sessions[session_id] = session
        return session

    def _build(self, session: Session, history: Iterable[Said]) -> Conversation:
        tools = {tool.name: partial(self._use, session) for tool in session.loaded.team.tools}
        return self._build_team(session, tools, history)

    async def _use(self, session: Session, call: ToolCall) -> str:
        session.acted = True
        return await self._run_tool(session, call)

    def _forget_idle(self) -> None:
        now = self._now()
        for session in list(self._sessions.values()):
            if not session.busy and now - session.used_at > session.loaded.team.idle_session_seconds:
                self.end(session.id)


async def _listen(session: Session, answers: AsyncGenerator[Answer, None]) -> AsyncGenerator[Answer, None]:
    session.sound, session.waiting = False, ()
    async with aclosing(answers):
        async for answer in answers:
            session.waiting = answer.calls if isinstance(answer, Controls) else session.waiting
            yield answer
    session.sound = True
