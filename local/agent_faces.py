"""The backends as the laptop stack runs them: which there are, and what each face of one offers to the stack.

The template is synthesized for one backend, and only its face is there. Rule: whatever a journey does to the agents, it
does by what is here, so that it can be told of every backend.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Protocol

from starlette.routing import Route

from local.event_stream import FailNext

BEDROCK_AGENTS: Final = "bedrock-agents"
AGENTCORE_RUNTIME: Final = "agentcore-runtime"
AGENTCORE_HARNESS: Final = "agentcore-harness"
BACKENDS: Final = (BEDROCK_AGENTS, AGENTCORE_RUNTIME, AGENTCORE_HARNESS)
DEFAULT_BACKEND: Final = AGENTCORE_RUNTIME

ASKS: Final = {
    BEDROCK_AGENTS: "InvokeAgent",
    AGENTCORE_RUNTIME: "InvokeAgentRuntime",
    AGENTCORE_HARNESS: "InvokeHarness",
}
"""The operation by which ChatBot asks the agents."""


class AgentFace(Protocol):
    """The face of one backend."""

    fail_next: FailNext
    """Whether the stream of the next answer shall fail, and how."""

    @property
    def ended(self) -> Collection[str]:
        """The sessions that their caller has ended, as often as it did, where the service has a call for it."""
        ...

    def routes(self) -> list[Route]: ...

    async def warm_up(self) -> None:
        """Do what makes the first answer slow."""
        ...

    def renew(self) -> None:
        """The program behind the face has changed, or what the template says of it."""
        ...

    async def close(self) -> None: ...
