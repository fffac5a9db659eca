"""Forks of this process run the tests: it has imported what costs time, and nothing of what is changed.

A fork forgets every module of the tree itself and looks for them in the copy.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
COSTS_TIME: Final = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
    "boto3",
    "botocore.httpsession",
    "botocore.signers",
    "hypothesis.stateful",
    "hypothesis.strategies",
    "moto",
    "moto.dynamodb.models",
)


def warm_up() -> None:
    """Without a thread or a process of their own: a fork would have only half of them."""
    for name in COSTS_TIME:
        importlib.import_module(name)


@dataclass(frozen=True, slots=True)
class Fork:
    """Tests that run in a process of their own."""

    process: ForkProcess

    @classmethod
    def begun(cls, tree: Path, tests: Sequence[str], *, report: Path, output: Path) -> Fork:
        process = multiprocessing.get_context("fork").Process(target=_run, args=(tree, tests, report, output))
        process.start()
        return cls(process)

    @property
    def sentinel(self) -> int:
        return self.process.sentinel

    @property
    def has_ended(self) -> bool:
        return not self.process.is_alive()

    def stop(self) -> None:
        """With whatever it has started itself."""
        if self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()


def _run(tree: Path, tests: Sequence[str], report: Path, output: Path) -> None:
    os.setsid()
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(tree)
    _forget_the_tree_itself()
    sys.path.insert(0, str(tree))
    # What is warm cannot have its assertions rewritten, and none of it is a test.
    warm = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    pytest.main(["-x", "-p", "no:cacheprovider", *warm, f"--junit-xml={report}", *tests])
    sys.stdout.flush()
    sys.stderr.flush()


def _forget_the_tree_itself() -> None:
    """Neither its modules, nor a path or a variable that would lead back to it."""
    own = {path.stem for path in ROOT.iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]
    sys.path[:] = [path for path in sys.path if path and Path(path).resolve() != ROOT]
    for name in [name for name in os.environ if name == "PYTHONPATH" or name.startswith("PYTEST")]:
        del os.environ[name]
    importlib.invalidate_caches()
