"""The bot for comparison: it reads the token, hears the agent out and says everything at once.

It is written as plainly as one would, on the same clients, made once: no inbox, no lease, no typing, no hand-off. What
it leaves out is what a bot costs that keeps its promises.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.agent_calls import AGENT_CALLS

ANSWERING = Config(read_timeout=130)
TABLE = os.environ["CONTACTS_TABLE"]

dynamodb = boto3.client("dynamodb")
participant = boto3.client("connectparticipant")
ask: Callable[[str, str], Iterator[str]] = AGENT_CALLS[os.environ["BACKEND"]](ANSWERING)


def handler(event: Mapping[str, Any], _: object) -> None:
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        contact_id = message["InitialContactId"]
        key = {"contact_id": {"S": contact_id}, "item": {"S": "contact"}}
        contact = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
        answer = "".join(ask(contact_id, message["Content"]))
        participant.send_message(
            ContentType="text/plain", Content=answer, ConnectionToken=contact["connection_token"]["S"]
        )
