"""Tools that are Lambda functions, called with the event of Bedrock's action groups.

The rule: a function that failed, or answered in another form, fails the turn. A call is made twice at most; tools do
nothing twice, because the event names contact and turn.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agents.conversation import ToolCall, ToolFailed
from agents.sessions import Session
from agents.tool_events import read_answer, tool_event

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

PATIENCE: Final = Config(connect_timeout=2, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 2})
"""A tool's function has 10 seconds."""
ALIAS: Final = "runtime"
"""What stands in an event for the alias of Bedrock's agent."""


class LambdaTools:
    """Runs tools. `functions` are ARNs by a function's name in the team."""

    def __init__(self, client: LambdaClient, functions: Mapping[str, str]) -> None:
        self._client = client
        self._functions = functions

    async def run(self, session: Session, call: ToolCall) -> str:
        """What the tool answers; raises `ToolFailed`."""
        event = json.dumps(tool_event(session, call, ALIAS)).encode()
        answer = await asyncio.to_thread(self._invoke, call, event)
        return read_answer(session, call, answer)

    def _invoke(self, call: ToolCall, event: bytes) -> Any:
        name = call.tool.runs_in
        if name not in self._functions:
            raise ToolFailed(f"TOOL_FUNCTIONS has no {name}")
        try:
            answer = self._client.invoke(FunctionName=self._functions[name], Payload=event)
            body = answer["Payload"].read()
        except (ClientError, BotoCoreError) as error:
            raise ToolFailed(f"{name} could not be called: {_named(error)}") from error
        if answer.get("FunctionError"):
            raise ToolFailed(f"{name} failed")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ToolFailed(f"{name} answered no JSON") from error


def _named(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
