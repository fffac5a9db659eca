"""The local face of Amazon Bedrock AgentCore Memory: short-term memory, the events of a session.

    POST    /memories/{memoryId}/events                                                    CreateEvent
    POST    /memories/{memoryId}/actor/{actorId}/sessions/{sessionId}                      ListEvents
    GET     /memories/{memoryId}/actor/{actorId}/sessions/{sessionId}/events/{eventId}     GetEvent
    DELETE  /memories/{memoryId}/actor/{actorId}/sessions/{sessionId}/events/{eventId}     DeleteEvent
    POST    /memories/{memoryId}/actor/{actorId}/sessions                                  ListSessions

Requests and answers are held against botocore's model. Events live as long as this process, whatever the memory's
expiry is. Not emulated, and refused: branches, and events without a session. Long-term memory has no face. The newest
events come first, as the Strands session manager of bedrock-agentcore 1.25.0 relies on. The rule: nothing here reads
what is kept.
Quota: AC:bedrock-agentcore-limits, read 2026-11.
"""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Route

from local.wire import AwsError, Operation

SERVICE: Final = "bedrock-agentcore"
EVENTS_PER_SECOND: Final = 5
"""CreateEvent, for one actor's session."""
MOST_RESULTS: Final = 100

Key = tuple[str, str, str]
"""Memory, actor, session."""


@dataclass(slots=True)
class _Session:
    created_at: float
    events: list[dict[str, Any]] = field(default_factory=list)
    """Oldest first."""
    by_token: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: deque[float] = field(default_factory=deque)
    """When the last events were created."""


class AgentCoreMemory:
    """All memories that `knows` knows. `now` is the stack's clock, in seconds since the epoch."""

    def __init__(self, *, knows: Callable[[str], bool], now: Callable[[], float]) -> None:
        self._knows = knows
        self._now = now
        self._numbers = itertools.count(1)
        self._sessions: dict[Key, _Session] = {}
        self.calls: dict[str, int] = defaultdict(int)
        """How often each operation was called."""

    def create_event(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        if "sessionId" not in asked or "branch" in asked:
            raise AwsError("ValidationException", "This stack keeps events of sessions only, and no branches")
        key = self._key(asked)
        session = self._sessions.setdefault(key, _Session(self._now()))
        token = asked.get("clientToken", "")
        if token and token in session.by_token:
            return {"event": session.by_token[token]}
        self._admit(session)
        event = self._event(asked)
        session.events.append(event)
        session.events.sort(key=lambda each: each["eventTimestamp"])  # stable: equal times keep their order
        session.by_token[token] = event
        return {"event": event}

    def list_events(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        wanted = asked.get("filter", {})
        if "branch" in wanted:
            raise AwsError("ValidationException", "This stack keeps no branches")
        conditions = wanted.get("eventMetadata", [])
        events = [event for event in reversed(self._found(asked).events) if _fits(event, conditions)]
        if not asked.get("includePayloads", True):
            events = [{**event, "payload": []} for event in events]
        return _page("events", events, asked)

    def get_event(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        return {"event": self._one(asked)}

    def delete_event(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        event = self._one(asked)
        self._found(asked).events.remove(event)
        return {"eventId": event["eventId"]}

    def list_sessions(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        self._require(asked["memoryId"])
        found = [
            {"sessionId": session_id, "actorId": actor_id, "createdAt": session.created_at}
            for (memory_id, actor_id, session_id), session in self._sessions.items()
            if (memory_id, actor_id) == (asked["memoryId"], asked["actorId"])
        ]
        return _page("sessionSummaries", found, asked)

    def admit(self, operation: str) -> bool:
        """Every operation; CreateEvent has a rate of its own, for each session."""
        self.calls[operation] += 1
        return True

    def _event(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        milliseconds = int(float(asked["eventTimestamp"]) * 1000)
        kept = {name: asked[name] for name in ("memoryId", "actorId", "sessionId", "payload")}
        metadata = {"metadata": asked["metadata"]} if asked.get("metadata") else {}
        return {
            **kept,
            **metadata,
            "eventId": f"{milliseconds:019d}#{next(self._numbers):08x}",
            "eventTimestamp": milliseconds / 1000,
        }

    def _admit(self, session: _Session) -> None:
        now = self._now()
        while session.taken and now - session.taken[0] >= 1:
            session.taken.popleft()
        if len(session.taken) >= EVENTS_PER_SECOND:
            raise AwsError("ThrottledException", f"More than {EVENTS_PER_SECOND} events a second for one session")
        session.taken.append(now)

    def _found(self, asked: Mapping[str, Any]) -> _Session:
        return self._sessions.get(self._key(asked), _Session(self._now()))

    def _one(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        for event in self._found(asked).events:
            if event["eventId"] == asked["eventId"]:
                return event
        raise AwsError("ResourceNotFoundException", "There is no such event")

    def _key(self, asked: Mapping[str, Any]) -> Key:
        self._require(asked["memoryId"])
        return asked["memoryId"], asked["actorId"], asked["sessionId"]

    def _require(self, memory_id: str) -> None:
        if not self._knows(memory_id):
            raise AwsError("ResourceNotFoundException", f"There is no memory {memory_id}")


def routes(memory: AgentCoreMemory) -> list[Route]:
    """Every route of this face."""
    handlers = {
        "CreateEvent": memory.create_event,
        "ListEvents": memory.list_events,
        "GetEvent": memory.get_event,
        "DeleteEvent": memory.delete_event,
        "ListSessions": memory.list_sessions,
    }
    return [Operation(SERVICE, name).route(handle, memory.admit) for name, handle in handlers.items()]


def _fits(event: Mapping[str, Any], conditions: Iterable[Mapping[str, Any]]) -> bool:
    metadata = event.get("metadata", {})
    return all(_holds(metadata.get(condition["left"]["metadataKey"]), condition) for condition in conditions)


def _holds(value: Mapping[str, Any] | None, condition: Mapping[str, Any]) -> bool:
    match condition["operator"]:
        case "EXISTS":
            return value is not None
        case "NOT_EXISTS":
            return value is None
        case _:
            return value is not None and value == condition.get("right", {}).get("metadataValue")


def _page(name: str, found: list[dict[str, Any]], asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """A token is the place where the next page begins."""
    token = asked.get("nextToken", "0")
    if not token.isdecimal():
        raise AwsError("ValidationException", "nextToken is not one of this stack's")
    begin = int(token)
    end = begin + asked.get("maxResults", MOST_RESULTS)
    return {name: found[begin:end], **({"nextToken": str(end)} if end < len(found) else {})}
