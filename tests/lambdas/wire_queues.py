"""SQS as RescueBot speaks to it: its JSON protocol over lists. What is received is hidden until it is put back."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.lambdas.aws_server import Reply, Request, refusal

TARGET = "AmazonSQS."


@dataclass
class Waiting:
    body: str
    hidden: bool = False


@dataclass
class WireQueues:
    """All queues by their URLs."""

    queues: defaultdict[str, dict[str, Waiting]] = field(default_factory=lambda: defaultdict(dict))
    refused: dict[str, str] = field(default_factory=dict)
    """Operations that are refused, and the code."""
    _number: int = 0

    def put(self, url: str, body: str) -> None:
        self._number += 1
        self.queues[url][f"receipt-{self._number}"] = Waiting(body)

    def bodies(self, url: str) -> list[str]:
        return [waiting.body for waiting in self.queues[url].values()]

    def visible(self, url: str) -> list[str]:
        return [waiting.body for waiting in self.queues[url].values() if not waiting.hidden]

    def clear(self) -> None:
        self.queues.clear()
        self.refused.clear()

    def answer(self, request: Request) -> Reply:
        operation = request.headers["x-amz-target"].removeprefix(TARGET)
        if operation in self.refused:
            return refusal(self.refused[operation])
        asked = request.json
        queue = self.queues[asked["QueueUrl"]]
        match operation:
            case "SendMessage":
                self.put(asked["QueueUrl"], asked["MessageBody"])
                return _reply(MessageId="m", MD5OfMessageBody=_md5(asked["MessageBody"]))
            case "ReceiveMessage":
                return _reply(Messages=self._receive(queue, asked["MaxNumberOfMessages"]))
            case "DeleteMessage":
                queue.pop(asked["ReceiptHandle"], None)
                return _reply()
            case "ChangeMessageVisibility":
                queue[asked["ReceiptHandle"]].hidden = asked["VisibilityTimeout"] > 0
                return _reply()
        return refusal("NobodyExpectedThis", status=404)

    def _receive(self, queue: dict[str, Waiting], most: int) -> list[dict[str, str]]:
        found = [(receipt, waiting) for receipt, waiting in queue.items() if not waiting.hidden][:most]
        for _, waiting in found:
            waiting.hidden = True
        return [
            {"MessageId": receipt, "ReceiptHandle": receipt, "Body": waiting.body, "MD5OfBody": _md5(waiting.body)}
            for receipt, waiting in found
        ]


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def _reply(**members: Any) -> Reply:
    return Reply(body=json.dumps(members).encode())
