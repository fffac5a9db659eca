"""A Python process that answers events, one after another: JSON lines in by its stdin, out by a pipe of its own.

What it prints goes into a log, as a function's output does.
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

ROOT = Path(__file__).parents[2]


class ProcessEnded(Exception):
    """It answers no more; the message is its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running process; `receive` also brings what it says without being asked."""

    events: IO[str]
    answers: IO[str]
    log: Path

    def ask(self, event: object) -> dict[str, Any]:
        self.events.write(json.dumps(event) + "\n")
        self.events.flush()
        return self.receive()

    def receive(self) -> dict[str, Any]:
        line = self.answers.readline()
        if not line:
            raise ProcessEnded(self.log.read_text(encoding="utf-8"))
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def process(module: str, environment: Mapping[str, str], folder: Path, log: Path) -> Iterator[Process]:
    """The process of `module`, which is told the number of its pipe; it ends with the block.

    It knows of the environment only what a Lambda function finds there, and `environment`.
    """
    reader, writer = os.pipe()
    found = {
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
    }
    with log.open("w") as output, os.fdopen(reader) as answers:
        running = subprocess.Popen(
            [sys.executable, "-m", module, str(writer)],
            env=found | dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writer],
            text=True,
        )
        os.close(writer)
        assert running.stdin is not None
        try:
            yield Process(running.stdin, answers, log)
        finally:
            running.stdin.close()
            running.wait(timeout=10)
