"""A Lambda function in a process and an environment of its own: wiring happens when its module is imported.

Code and SDK are those of the package that is deployed, so whatever is called here has its data there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lambdas.package import deployed
from tests.lambdas.process import ROOT, Process, process

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

    def __init__(self, process: Process) -> None:
        self._process = process
        self._read = 0
        self.modules = frozenset[str](process.receive()["ready"])
        """What was imported when the function was ready."""

    def invoke(self, event: object) -> Answered:
        answer = self._process.ask(event)
        return Answered(result=answer.get("result"), error=answer.get("error"), log=self._new_log())

    def _new_log(self) -> str:
        written = self._process.log.read_text(encoding="utf-8")
        new, self._read = written[self._read :], len(written)
        return new


@contextmanager
def running(handler: str, folder: Path, variables: Mapping[str, str], *, timeout_seconds: float) -> Iterator[Function]:
    """The function `handler` with nothing in its environment but `variables` and what Lambda sets.

    Raises `ProcessEnded` if its module cannot be imported.
    """
    policy = folder / "handoff_policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    environment = {
        "_HANDLER": handler,
        "HANDOFF_POLICY": str(policy),
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_NAMESPACE": "Handoff",
        "POWERTOOLS_SERVICE_NAME": handler.split(".")[1],
        "PYTHONPATH": f"{deployed()}{os.pathsep}{ROOT}",
        "TIMEOUT_SECONDS": str(timeout_seconds),
        **variables,
    }
    with process("tests.lambdas.lambda_runtime", environment, folder, folder / "log") as started:
        yield Function(started)
