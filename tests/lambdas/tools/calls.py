"""Action-group events and tables for the tools' tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from lambdas.tools.tool_call import ToolCall

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TURN = {"contact_id": "c-1", "turn_id": "t-1"}


def event(function: str, attributes: Mapping[str, str] = TURN, /, **arguments: Any) -> dict[str, Any]:
    """As Bedrock sends it."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "tickets", "id": "AGENT12345", "alias": "ALIAS12345", "version": "1"},
        "inputText": "…",
        "sessionId": "s-1",
        "actionGroup": "group",
        "function": function,
        "parameters": [{"name": name, "type": "string", "value": value} for name, value in arguments.items()],
        "sessionAttributes": dict(attributes),
        "promptSessionAttributes": {},
    }


def call(function: str, attributes: Mapping[str, str] = TURN, /, **arguments: str) -> ToolCall:
    """As a tool gets it."""
    return ToolCall(
        function=function,
        arguments=arguments,
        contact_id=attributes.get("contact_id", "s-1"),
        turn_id=attributes.get("turn_id", ""),
    )


@dataclass(frozen=True)
class ClientContext:
    """As Lambda's Python runtime makes it."""

    custom: Mapping[str, Any] | None


@dataclass(frozen=True)
class Context:
    """What a handler gets beside the event."""

    client_context: ClientContext | Mapping[str, Any] | None = None


def through_gateway(tool: Any) -> Context:
    """The context of a call by a Gateway."""
    return Context(ClientContext({"bedrockAgentCoreToolName": tool, "bedrockAgentCoreMessageVersion": "1.0"}))


class OneCallAtATime:
    """A client whose calls do not overlap: DynamoDB's single writes are atomic, moto's are not (measured, 2026-11)."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._locked(found) if callable(found) else found

    def _locked(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call_alone(**request: Any) -> Any:
            with self._lock:
                return operation(**request)

        return call_alone


def result(answer: Mapping[str, Any]) -> Any:
    """The JSON in an answer to Bedrock."""
    return json.loads(answer["response"]["functionResponse"]["responseBody"]["TEXT"]["body"])


@contextmanager
def table(key: str, *, named: str = "things") -> Iterator[tuple[str, DynamoDBClient]]:
    """An empty table with this partition key."""
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="-", aws_secret_access_key="-")
        client.create_table(
            TableName=named,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield named, client
