"""The functions as Lambda runs them, each in a process of its own, for as many events as a test thinks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lambdas.conversation import errors
from tests.fuzz.inputs import CANARY
from tests.lambdas.aws_for_functions import TABLE, Aws, aws_running
from tests.lambdas.functions import Answered, Function, running

OURS = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.HandoffError)
)
"""What this project raises on purpose."""
KEPT, UNRESCUED = "https://sqs.eu-west-1.amazonaws.com/0/Kept", "https://sqs.eu-west-1.amazonaws.com/0/Unrescued"
CHAT_BOT = {
    "CONTACTS_TABLE": TABLE,
    "BACKEND": "bedrock-agents",
    "AGENT_REGION": "",
    "AGENT_ID": "AGENT0001",
    "AGENT_ALIAS_ID": "ALIAS00001",
    "AGENT_SESSION_IDLE_SECONDS": "600",
    "LANGUAGE": "en",
    "READ_TRANSCRIPT": "true",
    "MESSAGE_AGE_LIMIT_SECONDS": "300",
    "TURN_DEADLINE_SECONDS": "120",
    "SPEAK": "paragraph",
    "MARKDOWN": "true",
    "ONE_MOMENT_SECONDS": "15",
}
START_BOT = {
    "CONTACTS_TABLE": TABLE,
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:chat",
    "CHAT_BOT_FUNCTION": "arn:aws:lambda:eu-west-1:000000000000:function:ChatBot:live",
    "LANGUAGE": "en",
    "BOT_NAME": "Assistant",
    "TOLD_ATTRIBUTES": "name, customer_number",
    "READ_TRANSCRIPT": "true",
    "UNANSWERED_SECONDS": "180",
}
RESCUE_BOT = {
    "CONTACTS_TABLE": TABLE,
    "CHAT_BOT_FUNCTION": "arn:aws:lambda:eu-west-1:000000000000:function:ChatBot:live",
    "KEPT_QUEUE_URL": KEPT,
    "UNRESCUED_QUEUE_URL": UNRESCUED,
    "READ_TRANSCRIPT": "true",
}


@dataclass(frozen=True)
class Fuzzed:
    """A function, its AWS, and names for contacts that no other example has."""

    aws: Aws
    function: Function
    names: Iterator[int]

    def new_contact(self) -> str:
        return f"contact-{next(self.names)}"

    def invoke(self, event: object) -> Answered:
        """What came of it; an error nobody foresaw, or anything planted in what was written, fails the test."""
        answered = self.function.invoke(event)
        assert CANARY not in answered.log, _around(answered.log)
        if answered.error is not None:
            assert answered.error["errorType"] in OURS, answered.error
            assert CANARY not in answered.error["errorMessage"]
        return answered


def _around(log: str) -> str:
    place = log.index(CANARY)
    return log[max(0, place - 300) : place + 100]


Running = Callable[[str, dict[str, str], float], AbstractContextManager[Fuzzed]]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Running:
    @contextmanager
    def start(name: str, settings: dict[str, str], seconds: float) -> Iterator[Fuzzed]:
        folder: Path = tmp_path_factory.mktemp(name)
        with aws_running() as aws:
            variables: dict[str, Any] = {**settings, "AWS_ENDPOINT_URL": aws.server.url}
            handler = f"lambdas.{name}.handler.handler"
            with running(handler, folder, variables, timeout_seconds=seconds) as function:
                yield Fuzzed(aws, function, count(1))

    return start
