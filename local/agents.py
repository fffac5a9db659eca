"""The agents of the stack: the face of the chosen backend, and what stands around it.

The template is synthesized for one backend, and only that face is there; the faces of memory and guardrails serve
whichever needs them. Rule: this module knows how the faces are built, and nothing of what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import Scope

from agents.yaml_source import InvalidTeam
from local import agentcore_memory
from local.activity import Activity
from local.agent_faces import AGENTCORE_HARNESS, AGENTCORE_RUNTIME, ASKS, BEDROCK_AGENTS, AgentFace
from local.agent_resources import AgentResources, BedrockAlias, Harness, Runtime
from local.agentcore_harness import AgentCoreHarness
from local.agentcore_memory import AgentCoreMemory
from local.agentcore_runtime import AgentCoreRuntime, Host
from local.bedrock_agents import BedrockAgents
from local.calls import Caller, access_key_of
from local.clock import Clock
from local.event_stream import FailNext
from local.guard import Guard
from local.guardrails import Guardrails
from local.model import LocalModel
from local.runtime_process import RuntimeDown
from local.team import LocalTeam
from local.workers import Workers

Found = TypeVar("Found")
NO_RESOURCES: Final = AgentResources()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the faces need of the stack."""

    root: Path
    logs: Path
    team: LocalTeam
    model: LocalModel
    workers: Workers
    clock: Clock
    guard: Guard
    activity: Activity
    new_id: Callable[[], str]
    origin: Callable[[], str]
    cut: Callable[[Scope], None]
    tell: Callable[[str], None]
    """Hears of a process that does not start, a line each."""


class Agents:
    """The face of `backend` and its neighbours; `take` tells what the template says."""

    def __init__(self, backend: str, stack: Surroundings) -> None:
        self.backend = backend
        self.operation = ASKS[backend]
        """The call by which ChatBot asks them."""
        self._stack = stack
        self._resources = NO_RESOURCES
        self._chat_bot: Mapping[str, str] = {}
        self.guardrails = Guardrails(lambda: self._resources.guardrails)
        self.memory = AgentCoreMemory(knows=self._knows_memory, now=stack.clock.now)
        self.face: AgentFace = self._faces()[backend]()

    @property
    def fail_next(self) -> FailNext:
        """Whether the stream of the next answer shall fail, and how."""
        return self.face.fail_next

    @fail_next.setter
    def fail_next(self, fail_next: FailNext) -> None:
        self.face.fail_next = fail_next

    @property
    def ended(self) -> frozenset[str]:
        """The sessions that ChatBot has ended."""
        return frozenset(self.face.ended)

    def take(self, resources: AgentResources, *, chat_bot: Mapping[str, str]) -> None:
        """Run what the template has from now on; `chat_bot` are the variables of whoever asks."""
        if resources != self._resources:
            self.face.renew()
        self._resources, self._chat_bot = resources, chat_bot

    def renew(self) -> None:
        """The program behind the face has changed. A team that was edited is seen without that."""
        self.face.renew()

    def routes(self) -> list[BaseRoute]:
        """Every route of the faces."""
        return [*self.face.routes(), *self.guardrails.routes(), *agentcore_memory.routes(self.memory)]

    def caller_of(self, access_key: str) -> Caller | None:
        """Who signs with this key: a function, or the runtime's process."""
        invocation = self._stack.workers.invocation_of(access_key)
        if invocation is not None:
            return Caller(invocation.function.name, invocation.contact_id, invocation.request_id)
        found = self.face.caller_of(access_key) if isinstance(self.face, AgentCoreRuntime) else None
        return Caller(*found) if found else None

    def crash_caller(self, access_key: str) -> None:
        """Kill whatever signs with this key: a function's worker, or the runtime's process."""
        if not self._stack.workers.crash_caller(access_key) and isinstance(self.face, AgentCoreRuntime):
            self.face.crash(access_key)

    async def warm_up(self) -> None:
        """Have ready what the first answer needs; what fails here fails again when it is used."""
        try:
            await self.face.warm_up()
        except (RuntimeDown, InvalidTeam) as problem:
            self._stack.tell(f"the agents cannot be started: {problem}")

    async def close(self) -> None:
        await self.face.close()

    def _faces(self) -> Mapping[str, Callable[[], AgentFace]]:
        return {
            BEDROCK_AGENTS: self._bedrock_agents,
            AGENTCORE_RUNTIME: self._agentcore_runtime,
            AGENTCORE_HARNESS: self._agentcore_harness,
        }

    def _bedrock_agents(self) -> AgentFace:
        return BedrockAgents(
            source=self._stack.team.source,
            model=self._stack.model,
            call_tool=self._stack.workers.invoke,
            now=self._stack.clock.now,
            new_id=self._stack.new_id,
            alias=self._alias,
            guardrails=self.guardrails,
        )

    def _agentcore_runtime(self) -> AgentFace:
        host = Host(
            root=self._stack.root,
            logs=self._stack.logs,
            guard=self._stack.guard,
            activity=self._stack.activity,
            variables=lambda: {"TEAM": str(self._stack.team.folder), **self._stack.model.variables()},
            origin=self._stack.origin,
            cut=self._stack.cut,
        )
        return AgentCoreRuntime(runtime=self._runtime, host=host, contact_of=self._contact_of)

    def _agentcore_harness(self) -> AgentFace:
        return AgentCoreHarness(
            harness=self._harness,
            source=self._stack.team.source.current,
            make_model=self._stack.model.make,
            call_function=self._stack.workers.invoke,
            contact_of=self._contact_of,
            now=self._stack.clock.now,
            new_id=self._stack.new_id,
        )

    # What the template and ChatBot's variables say

    def _alias(self) -> BedrockAlias | None:
        """The supervisor's: of the template's aliases the one that ChatBot asks."""
        asked = BedrockAlias(
            agent_id=self._chat_bot.get("AGENT_ID", ""), alias_id=self._chat_bot.get("AGENT_ALIAS_ID", "")
        )
        return _only(each for each in self._resources.bedrock_aliases if each == asked)

    def _runtime(self) -> Runtime | None:
        return _only(self._resources.runtimes)

    def _harness(self) -> Harness | None:
        return _only(self._resources.harnesses)

    def _knows_memory(self, memory_id: str) -> bool:
        runtime = self._runtime()
        return runtime is not None and memory_id == runtime.environment.get("MEMORY_ID")

    def _contact_of(self, request: Request) -> str | None:
        """The chat that a request is about: whoever signed it works for one."""
        invocation = self._stack.workers.invocation_of(access_key_of(request.scope))
        return invocation.contact_id if invocation else None


def _only(found: Iterable[Found]) -> Found | None:
    return next(iter(found), None)
