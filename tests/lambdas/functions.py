"""A Lambda function in a process and an environment of its own: wiring happens when its module is imported.

Code and SDK are those of the package that is deployed, so whatever is called here has its data there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.lambdas.package import deployed

ROOT = Path(__file__).parents[2]
POLICY = {
    "controls": {
        "escalate": {
            "outcome": "escalate",
            "reason": "customer_asked",
            "queue": "Orders",
            "summary": "description",
            "parameters": {"description": {"type": "string", "required": True, "max_length": 1000, "mask": False}},
        }
    }
}


class NotStarted(Exception):
    """The function's module could not be imported; the message is its log."""


@dataclass(frozen=True)
class Answered:
    """What came of one event."""

    result: Any
    error: Mapping[str, str] | None
    """What Lambda records of an error: its type and its message."""
    log: str
    """Everything the function wrote meanwhile."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log that are JSON."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    @property
    def metrics(self) -> dict[str, Any]:
        """The values of all metrics in the log, in CloudWatch's embedded metric format."""
        found: dict[str, Any] = {}
        for line in self.lines:
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
                assert directive["Namespace"] == "Handoff"
                found |= {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
        return found


class Function:
    """A running function; events go in one after another."""

    def __init__(self, process: subprocess.Popen[str], answers: IO[str], log: Path) -> None:
        self._process = process
        self._answers = answers
        self._log = log
        self._read = 0
        self.modules = frozenset[str](self._receive()["ready"])
        """What was imported when the function was ready."""

    def invoke(self, event: object) -> Answered:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        answer = self._receive()
        return Answered(result=answer.get("result"), error=answer.get("error"), log=self._new_log())

    def _receive(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise NotStarted(self._new_log())
        message: dict[str, Any] = json.loads(line)
        return message

    def _new_log(self) -> str:
        written = self._log.read_text(encoding="utf-8")
        new, self._read = written[self._read :], len(written)
        return new


@contextmanager
def running(handler: str, folder: Path, variables: Mapping[str, str], *, timeout_seconds: float) -> Iterator[Function]:
    """The function `handler` with nothing in its environment but `variables` and what Lambda sets.

    Raises `NotStarted` if its module cannot be imported.
    """
    log, policy = folder / "log", folder / "handoff_policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    environment = {
        "_HANDLER": handler,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "HANDOFF_POLICY": str(policy),
        "PATH": os.environ["PATH"],
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_NAMESPACE": "Handoff",
        "POWERTOOLS_SERVICE_NAME": handler.split(".")[1],
        "PYTHONPATH": f"{deployed()}{os.pathsep}{ROOT}",
        "TIMEOUT_SECONDS": str(timeout_seconds),
        **variables,
    }
    reader, writer = os.pipe()
    with log.open("w") as output, os.fdopen(reader) as answers:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.lambdas.lambda_runtime", str(writer)],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writer],
            text=True,
        )
        os.close(writer)
        try:
            yield Function(process, answers, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=10)
