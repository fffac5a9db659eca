"""Handing the ChatBot Lambda what SNS will not bring (any more): early messages, and events that are replayed.

Asynchronously and in the shape SNS brings them in; ChatBot knows a message that comes twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.adapters.connect_chat import event_of
from lambdas.conversation.errors import FunctionUnavailable
from lambdas.conversation.ports import Chat, Said

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class ChatBotFunction:
    """The function `name` (an alias ARN)."""

    client: LambdaClient
    name: str

    def hand_over(self, chat: Chat, early: Sequence[Said]) -> None:
        """Raises `FunctionUnavailable`; the flow's next try of StartBot then hands over again."""
        self.replay({"Records": [{"Sns": {"Message": event_of(said, chat)}} for said in early]})

    def replay(self, event: Mapping[str, Any]) -> None:
        """Raises `FunctionUnavailable`."""
        try:
            self.client.invoke(
                FunctionName=self.name,
                InvocationType="Event",
                Payload=json.dumps(event, ensure_ascii=False).encode(errors="replace"),  # half a surrogate pair
            )
        except ClientError as error:
            raise FunctionUnavailable(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise FunctionUnavailable(type(error).__name__) from error
