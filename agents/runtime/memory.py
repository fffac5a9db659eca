"""Sessions kept in AgentCore Memory, so that they outlive this process: what was said, and controls that wait.

A conversation's supervisor has the package's session manager; a collaborator's interrupted turn is kept with it.
Messages and state wait in a buffer until an answer ends and are two events then (the first answer of a session: three),
below the five a second that Memory takes for one session. The actor is the contact. The rule: what cannot be read is
never taken for an empty session: a call that failed fails the turn, and a session that cannot be understood is left
behind for one that lives in this process, with the history given.
"""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
from bedrock_agentcore.memory.integrations.strands.config import AgentCoreMemoryConfig
from bedrock_agentcore.memory.integrations.strands.session_manager import (
    AgentCoreMemorySessionManager,
    BufferedMessage,
)
from botocore.config import Config
from strands.types.exceptions import SessionException
from strands.types.session import Session as KeptSession
from strands.types.session import SessionAgent, SessionMessage

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_agentcore.memory.models.filters import EventMetadataFilter

BATCH: Final = 100
"""Messages; the most that one event takes."""
MOST_WAITING: Final = 1_000
"""Messages that could not be kept yet; about 250 turns in which Memory could not be reached."""
MOST_EVENTS: Final = 10_000
PATIENCE: Final = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 5})
"""Throttling passes within a second; what is kept late holds up a control, never words."""
NOT_UNDERSTOOD: Final = (
    AttributeError,
    IndexError,
    KeyError,
    RuntimeError,
    SessionException,
    TypeError,
    ValueError,
)
"""What comes of a session that was written by something else, or for another team."""

logger = logging.getLogger(__name__)


class Memory:
    """One AgentCore Memory. Session managers may be made in any thread."""

    def __init__(self, memory_id: str, session: boto3.Session) -> None:
        self._memory_id = memory_id
        self._session = session
        self._making = threading.Lock()

    def manager(self, session_id: str, actor_id: str) -> MemorySessionManager:
        """The manager of one session, which is begun if there is none; raises `botocore.exceptions.ClientError`."""
        config = AgentCoreMemoryConfig(
            memory_id=self._memory_id,
            session_id=session_id,
            actor_id=actor_id,
            batch_size=BATCH,
            async_mode=True,
        )
        with self._making:  # a boto3 session makes one client at a time
            return MemorySessionManager(config, boto_session=self._session, boto_client_config=PATIENCE)


class MemorySessionManager(AgentCoreMemorySessionManager):
    """The package's, but what cannot be read raises, and an answer that could not be kept is kept with the next one."""

    def read_session(self, session_id: str, **_: Any) -> KeptSession | None:
        events = self._list(session_id, {"stateType": "SESSION"}, most=1)
        return KeptSession.from_dict(_blob(events[0])) if events else None

    def read_agent(self, session_id: str, agent_id: str, **_: Any) -> SessionAgent | None:
        events = self._list(session_id, {"stateType": "AGENT", "agentId": agent_id}, most=1)
        if not events:
            return None
        agent = SessionAgent.from_dict(_blob(events[0]))
        self._agent_created_at_cache[agent_id] = cast("datetime", agent.created_at)  # a string, whatever is declared
        return agent

    def list_messages(
        self, session_id: str, agent_id: str, limit: int | None = None, offset: int = 0, **_: Any
    ) -> list[SessionMessage]:
        messages = self.converter.events_to_messages(self._list(session_id, {}, most=MOST_EVENTS))
        return list(messages[offset:] if limit is None else messages[offset : offset + limit])

    def _list(self, session_id: str, having: dict[str, str], *, most: int) -> list[dict[str, Any]]:
        """The newest events first."""
        wanted = [
            {
                "left": {"metadataKey": key},
                "operator": "EQUALS_TO",
                "right": {"metadataValue": {"stringValue": value}},
            }
            for key, value in having.items()
        ]
        events: list[dict[str, Any]] = self.memory_client.list_events(
            memory_id=self.config.memory_id,
            actor_id=self.config.actor_id,
            session_id=session_id,
            event_metadata=cast("list[EventMetadataFilter]", wanted) or None,
            max_results=most,
        )
        return events

    def _flush_messages_only(self) -> list[dict[str, Any]]:
        """Called inside an answer when much waits, which waits on: a Memory that is out of reach holds up no words."""
        with self._message_lock:
            lost = len(self._message_buffer) - MOST_WAITING
            if lost > 0:
                later = self._message_buffer[lost:]
                lost += next((place for place, each in enumerate(later) if _begins_a_turn(each)), len(later))
                del self._message_buffer[:lost]
                logger.error("AgentCore Memory was out of reach for too long: %d messages are lost to it", lost)
        return []

    def _flush_messages(self) -> list[dict[str, Any]]:
        """The customer has the answer already: what could not be kept stays in the buffer."""
        try:
            return [*self._send_messages(), *self._flush_agent_states_only()]
        except SessionException:
            logger.exception("an answer could not be kept in AgentCore Memory; it is tried again with the next one")
            return []

    def _send_messages(self) -> list[dict[str, Any]]:
        """The oldest first, as many at once as an event takes; what could not be sent stays in its order."""
        sent: list[dict[str, Any]] = []
        while self._message_buffer:
            with self._message_lock:
                later = self._message_buffer[BATCH:]
                del self._message_buffer[BATCH:]
            try:
                sent += super()._flush_messages_only()
            finally:
                with self._message_lock:
                    self._message_buffer.extend(later)
        return sent

    def _flush_agent_states_only(self) -> list[dict[str, Any]]:
        """Of each agent the newest; nobody reads the others."""
        with self._agent_state_lock:
            newest = {state.agent_id: (session_id, state) for session_id, state in self._agent_state_buffer}
            self._agent_state_buffer[:] = newest.values()
        sent: list[dict[str, Any]] = super()._flush_agent_states_only()
        return sent


def _begins_a_turn(waiting: BufferedMessage) -> bool:
    message = json.loads(waiting.messages[0][0])["message"]
    return message["role"] == "user" and any("text" in block for block in message["content"])


def _blob(event: dict[str, Any]) -> dict[str, Any]:
    """The last of an event's states: a buffer brings several, oldest first."""
    state: dict[str, Any] = json.loads(event["payload"][-1]["blob"])
    return state
