"""A queue of failed events in SQS. Its errors become those of `conversation.errors` here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.conversation.errors import QueueUnavailable

MOST_AT_ONCE = 10
"""What one ReceiveMessage brings (SQS API reference, read 2026-11)."""
LOOK_EVERYWHERE_SECONDS = 1
"""A receive that does not wait asks only some of SQS's servers and may find nothing where something is."""


class SqsClient(Protocol):
    """The calls of boto3's client that are made here."""

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> object: ...  # noqa: N803  (boto3's names)

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
        WaitTimeSeconds: int,  # noqa: N803
    ) -> Mapping[str, Any]: ...

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> object: ...  # noqa: N803

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> object: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of a queue that was received and not yet deleted."""

    body: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue by its URL; every method raises `QueueUnavailable`."""

    client: SqsClient
    url: str

    def send(self, body: str) -> None:
        with _translated():
            self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def receive(self, most: int, *, hidden_seconds: int) -> tuple[Letter, ...]:
        """Up to `most` and never more than ten, which nobody else sees meanwhile."""
        with _translated():
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=min(most, MOST_AT_ONCE),
                VisibilityTimeout=hidden_seconds,
                WaitTimeSeconds=LOOK_EVERYWHERE_SECONDS,
            )
        return tuple(Letter(each["Body"], each["ReceiptHandle"]) for each in answer.get("Messages", ()))

    def delete(self, letter: Letter) -> None:
        with _translated():
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)

    def put_back(self, letter: Letter) -> None:
        """Let everybody see it again at once."""
        with _translated():
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise QueueUnavailable(error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise QueueUnavailable(type(error).__name__) from error
