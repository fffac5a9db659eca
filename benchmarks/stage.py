"""Everything a measurement needs on one machine: the stub of the services, the bots and the floors, and chats.

`Stage` starts a function when it is first asked for, and lets it do what is measured once before, as a warm container
has.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from agents.policy import handoff_policy
from agents.team import load_team
from benchmarks import events
from benchmarks.functions import Execution, Function, running
from benchmarks.services.answers import asking_for
from benchmarks.services.calls import Call
from benchmarks.services.tables import CONTACTS_TABLE
from tests.lambdas.process import ROOT

CHAT_BOT = "lambdas.chat_bot.handler.handler"
START_BOT = "lambdas.start_bot.handler.handler"
PLAIN_BOT = "benchmarks.plain_bot.handler"
FLOORS = "benchmarks.floors.handler"

SPEAK = "first-sentence"
RUNTIME_ARN = "arn:aws:bedrock-agentcore:eu-west-1:000000000000:runtime/team-0123456789"
HARNESS_ARN = "arn:aws:bedrock-agentcore:eu-west-1:000000000000:harness/team-0123456789"
HARNESS = {"BACKEND": "agentcore-harness", "HARNESS_ARN": HARNESS_ARN, "HARNESS_QUALIFIER": ""}

BACKENDS: Mapping[str, Mapping[str, str]] = {
    "bedrock-agents": {"BACKEND": "bedrock-agents", "AGENT_ID": "AGENT12345", "AGENT_ALIAS_ID": "ALIAS12345"},
    "agentcore-runtime": {
        "BACKEND": "agentcore-runtime",
        "AGENT_RUNTIME_ARN": RUNTIME_ARN,
        "AGENT_RUNTIME_QUALIFIER": "",
    },
    "agentcore-harness": {**HARNESS, "GUARDRAIL_ID": "", "GUARDRAIL_VERSION": ""},
    "agentcore-harness, guardrail": {**HARNESS, "GUARDRAIL_ID": "guardrail1", "GUARDRAIL_VERSION": "1"},
}
"""What a function is told of each."""


def chat_bot_settings(backend: str) -> dict[str, str]:
    """What the stack writes into ChatBot's environment, beside Powertools' part."""
    return {
        "CONTACTS_TABLE": CONTACTS_TABLE,
        "AGENT_REGION": "",
        "AGENT_SESSION_IDLE_SECONDS": "600",
        "LANGUAGE": "en",
        "READ_TRANSCRIPT": "true",
        "MESSAGE_AGE_LIMIT_SECONDS": "300",
        "TURN_DEADLINE_SECONDS": "120",
        "SPEAK": SPEAK,
        "MARKDOWN": "true",
        "ONE_MOMENT_SECONDS": "15",
        **BACKENDS[backend],
    }


def start_bot_settings() -> dict[str, str]:
    return {
        "CONTACTS_TABLE": CONTACTS_TABLE,
        "TOPIC_ARN": events.TOPIC_ARN,
        "CHAT_BOT_FUNCTION": "arn:aws:lambda:eu-west-1:000000000000:function:ChatBot:live",
        "LANGUAGE": "en",
        "BOT_NAME": "Bot",
        "TOLD_ATTRIBUTES": ",".join(events.TOLD),
        "READ_TRANSCRIPT": "true",
        "UNANSWERED_SECONDS": "180",
    }


class Stage:
    """Made by `stage`."""

    def __init__(self, port: int, folder: Path, until_the_end: ExitStack) -> None:
        self._address = f"127.0.0.1:{port}"
        self._folder = folder
        self._until_the_end = until_the_end
        self._functions: dict[tuple[str, str], Function] = {}
        self._policy = folder / "handoff_policy.json"
        self._policy.write_text(json.dumps(handoff_policy(load_team(ROOT / "agents" / "store"))))

    def start(self, handler: str, backend: str) -> Function:
        """One more container of a function, which has done nothing yet."""
        service = handler.split(".")[1]
        own = start_bot_settings() if handler == START_BOT else chat_bot_settings(backend)
        variables = {
            **own,
            "TOPIC_ARN": events.TOPIC_ARN,
            "AWS_ENDPOINT_URL": f"http://{self._address}",
            "HANDOFF_POLICY": str(self._policy),
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": "Handoff",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        return self._until_the_end.enter_context(running(handler, variables, self._folder))

    def function(self, handler: str, backend: str = "bedrock-agents") -> tuple[Function, bool]:
        """The container that is used again and again, and whether it is new."""
        key = (handler, backend)
        is_new = key not in self._functions
        if is_new:
            self._functions[key] = self.start(handler, backend)
        return self._functions[key], is_new

    def join(self) -> tuple[str, Execution]:
        """A chat that the bot has come into, and how it came."""
        function, is_new = self.function(START_BOT)
        if is_new:
            function.invoke(events.arrival(str(uuid.uuid4())))
        contact_id = str(uuid.uuid4())
        joined = function.invoke(events.arrival(contact_id))
        if joined.result != {"status": "joined"}:
            raise AssertionError(f"StartBot says {joined.result}")
        return contact_id, joined

    def turn(
        self, handler: str, backend: str, answer: str, *, contact_id: str | None = None, message_bytes: int = 0
    ) -> Execution:
        """A customer writes what is answered by `answer`, in a chat of their own unless one is named."""
        function, is_new = self.function(handler, backend)
        if is_new:
            function.invoke(events.message(self.join()[0], asking_for(answer)))
        event = events.message(contact_id or self.join()[0], asking_for(answer).ljust(message_bytes, "."))
        self.calls()
        return function.invoke(event)

    def floor(self, name: str, backend: str = "bedrock-agents", **about: Any) -> Execution:
        function, is_new = self.function(FLOORS, backend)
        event = {"floor": name, "contact_id": str(uuid.uuid4()), **about}
        if is_new:
            for warm in ("words", "hand-off", "joining"):
                function.invoke({**event, "floor": warm, "answer": "short"})
        self.calls()
        return function.invoke(event)

    def calls(self) -> list[Call]:
        """What was called since this was last asked."""
        with closing(HTTPConnection(self._address, timeout=10)) as connection:
            connection.request("GET", "/calls")
            return [Call(**call) for call in json.load(connection.getresponse())]


@contextmanager
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as until_the_end:
        services = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.services"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        until_the_end.callback(services.wait)
        until_the_end.callback(services.terminate)
        if services.stdout is None:
            raise AssertionError("the services have no way to tell their port")
        until_the_end.enter_context(services.stdout)
        yield Stage(int(services.stdout.readline()), Path(folder), until_the_end)
