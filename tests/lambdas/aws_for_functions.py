"""An AWS for functions in processes of their own.

DynamoDB with moto's rules, queues of SQS, and Connect and agents that answer kindly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3

from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.conversation.contact import State, TurnRecord
from local.dynamodb import DynamoDb
from tests.lambdas.adapters.moto_tables import create_table
from tests.lambdas.adapters.records import a_contact, fresh
from tests.lambdas.aws_server import AwsServer, Reply, Request, Stream, answer, chunk
from tests.lambdas.wire_queues import TARGET, WireQueues

TABLE = "contacts"
AGENT = "/agents/AGENT0001/agentAliases/ALIAS00001/sessions/.*/text"
EXPIRY = "2099-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Aws:
    """The server, and the record as the functions keep it."""

    server: AwsServer
    stays: DynamoDBContacts
    queues: WireQueues

    def joined(self, contact_id: str) -> TurnRecord:
        """A contact the bot has joined; its tokens are canaries."""
        now = time.time()
        record = self.stays.begin_joining(fresh(contact_id=contact_id, now=now), now=now)
        contact = replace(
            a_contact(connection_expires_at=now + 3_600),
            contact_id=contact_id,
            current_contact_id=contact_id,
            participant_token="canary-participant-token",
            connection_token="canary-connection-token",
        )
        self.stays.save_contact(contact, expires_at=record.expires_at)
        assert self.stays.become_bot(record, now=now)
        return self.record(contact_id)

    def record(self, contact_id: str) -> TurnRecord:
        record = self.stays.read(contact_id, now=time.time())
        assert record is not None
        return record

    def state(self, contact_id: str) -> State:
        return self.record(contact_id).state

    def put_raw(self, item: Mapping[str, Any]) -> None:
        self.stays.table.client.put_item(TableName=TABLE, Item=item)

    def sent(self) -> list[str]:
        """What the bot said, in order."""
        return [request.json["Content"] for request in self.server.asked("/participant/message")]

    def kindly(self) -> None:
        """Every call is answered as on a good day."""
        self.server.requests.clear()
        self.queues.clear()
        said = answer(Id="item-1", AbsoluteTime=EXPIRY)
        for method, path, reply in (
            ("POST", "/participant/(message|event)", said),
            ("POST", "/participant/disconnect", answer()),
            ("POST", "/participant/transcript", answer(Transcript=[])),
            ("POST", "/participant/connection", answer(ConnectionCredentials=connection())),
            ("POST", "/contact/create-participant", answer(ParticipantId="p", ParticipantCredentials=participant())),
            ("POST", "/contact/start-streaming", answer(StreamingId="streaming-1")),
            ("POST", "/contact/(stop-streaming|attributes)", answer()),
            ("POST", "/2015-03-31/functions/.*/invocations", Reply(status=202, body=b"")),
            ("POST", AGENT, Stream([chunk("Hello! "), chunk("It is on its way.")])),
        ):
            self.server.answers(method, path, reply)


def participant() -> dict[str, str]:
    return {"ParticipantToken": "canary-participant-token", "Expiry": EXPIRY}


def connection() -> dict[str, str]:
    return {"ConnectionToken": "canary-connection-token", "Expiry": EXPIRY}


@contextmanager
def aws_running() -> Iterator[Aws]:
    server, tables, queues, one_at_a_time = AwsServer(), DynamoDb(), WireQueues(), threading.Lock()

    def dynamodb_or_sqs(request: Request) -> Reply:
        with one_at_a_time:
            if request.headers["x-amz-target"].startswith(TARGET):
                return queues.answer(request)
            status, headers, body = tables.answer(request.headers, request.body)
        return Reply(status=status, headers=headers, body=body.encode())

    server.answers("POST", "/", dynamodb_or_sqs)
    with server.running():
        client = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            endpoint_url=server.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        create_table(client, TABLE)
        yield Aws(server, DynamoDBContacts(ContactsTable(client, TABLE)), queues)
        client.close()
