"""The face of AgentCore Memory keeps events as boto3 wants them kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from local.agentcore_memory import AgentCoreMemory, routes
from tests.local.serving import running

if TYPE_CHECKING:
    from types_boto3_bedrock_agentcore import BedrockAgentCoreClient

MEMORY = "sessions-a1b2c3d4e5"
WHERE: dict[str, Any] = {"memoryId": MEMORY, "actorId": "contact-1", "sessionId": "session-1"}


class Clock:
    """Moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[BedrockAgentCoreClient]:
    memory = AgentCoreMemory(knows=lambda memory_id: memory_id == MEMORY, now=clock)
    with running(Starlette(routes=routes(memory))) as (url, _):
        yield boto3.client(
            "bedrock-agentcore",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}),
        )


def keep(client: BedrockAgentCoreClient, text: str, second: int, **metadata: str) -> str:
    """One event of a session; its id."""
    # The stubs take a blob for an object; it is any JSON.
    payload: list[Any] = [{"conversational": {"content": {"text": text}, "role": "USER"}}, {"blob": f'["{text}"]'}]
    event = client.create_event(
        **WHERE,
        eventTimestamp=datetime(2026, 11, 26, 12, 0, second, tzinfo=UTC),
        payload=payload,
        metadata={name: {"stringValue": value} for name, value in metadata.items()},
    )["event"]
    return event["eventId"]


def texts(client: BedrockAgentCoreClient, **more: Any) -> list[str]:
    listed = client.list_events(**WHERE, **more)
    return [event["payload"][0]["conversational"]["content"]["text"] for event in listed["events"]]


def test_events_come_back_whole_and_the_newest_first(client: BedrockAgentCoreClient) -> None:
    """By the time they are told to have, not the time they came in."""
    keep(client, "second", 2)
    keep(client, "first", 1)

    assert texts(client) == ["second", "first"]
    newest: Any = client.list_events(**WHERE)["events"][0]
    assert newest["payload"][1]["blob"] == '["second"]'


def test_events_are_found_by_what_was_noted_with_them(client: BedrockAgentCoreClient) -> None:
    """The session manager tells messages from states by metadata."""
    keep(client, "message", 1)
    keep(client, "state", 2, stateType="AGENT", agentId="default")

    def having(key: str, value: str) -> list[str]:
        condition = {
            "left": {"metadataKey": key},
            "operator": "EQUALS_TO",
            "right": {"metadataValue": {"stringValue": value}},
        }
        return texts(client, filter={"eventMetadata": [condition]})

    assert having("stateType", "AGENT") == ["state"]
    assert having("stateType", "SESSION") == []
    missing = {"left": {"metadataKey": "stateType"}, "operator": "NOT_EXISTS"}
    assert texts(client, filter={"eventMetadata": [missing]}) == ["message"]


def test_a_long_session_comes_in_pages(client: BedrockAgentCoreClient, clock: Clock) -> None:
    """A page has at most a hundred events."""
    for second in range(7):
        clock.now += 1
        keep(client, str(second), second)

    first = client.list_events(**WHERE, maxResults=5)
    rest = client.list_events(**WHERE, maxResults=5, nextToken=first["nextToken"])

    assert [len(first["events"]), len(rest["events"])] == [5, 2]
    assert "nextToken" not in rest


def test_one_event_is_read_and_deleted_by_its_id(client: BedrockAgentCoreClient) -> None:
    """An id has a '#' in it."""
    event_id = keep(client, "hello", 1)

    assert client.get_event(**WHERE, eventId=event_id)["event"]["eventId"] == event_id
    client.delete_event(**WHERE, eventId=event_id)

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_event(**WHERE, eventId=event_id)


def test_a_repeated_request_makes_one_event(client: BedrockAgentCoreClient) -> None:
    """boto3 sends its token again when it retries."""
    token = str(uuid.uuid4())
    for _ in range(2):
        client.create_event(**WHERE, eventTimestamp=datetime.now(UTC), payload=[], clientToken=token)

    assert len(client.list_events(**WHERE)["events"]) == 1


def test_one_session_takes_five_events_a_second(client: BedrockAgentCoreClient, clock: Clock) -> None:
    """The service's quota; another session has its own."""
    for second in range(5):
        keep(client, "x", second)
    with pytest.raises(ClientError, match="ThrottledException"):
        keep(client, "x", 6)

    clock.now += 1
    keep(client, "x", 7)


def test_sessions_of_an_actor_are_listed(client: BedrockAgentCoreClient, clock: Clock) -> None:
    """One contact, however many sessions its chat took."""
    keep(client, "hello", 1)

    (found,) = client.list_sessions(memoryId=MEMORY, actorId="contact-1")["sessionSummaries"]

    assert (found["sessionId"], found["createdAt"].timestamp()) == ("session-1", clock.now)
    assert client.list_sessions(memoryId=MEMORY, actorId="contact-2")["sessionSummaries"] == []


def test_what_is_not_emulated_is_refused_aloud(client: BedrockAgentCoreClient) -> None:
    """A branch would need rules that nobody here uses."""
    with pytest.raises(ClientError, match="no branches"):
        client.list_events(**WHERE, filter={"branch": {"name": "other"}})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.list_events(**{**WHERE, "memoryId": "another-a1b2c3d4e5"})
