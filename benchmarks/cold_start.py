"""Figure 3: a cold ChatBot, from the start of its process to its first ask of the agent.

Beside it stands a process that only imports boto3 and makes four clients. Both run in the package as it is deployed,
on this machine's Python, and are measured by their processor time: a cold start waits for little else. Lambda cannot
write byte code beside the code, so the package is measured without it, and once more with it, for what it would save.
"""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figure import Figure, ratio
from tests.lambdas.aws_for_functions import Aws, aws_running
from tests.lambdas.chat_bot.test_handler import published
from tests.lambdas.chat_bot.test_settings import GOOD
from tests.lambdas.functions import POLICY
from tests.lambdas.package import deployed

AT_MOST = 0.85
SERVICE = {"bedrock-agents": "bedrock-agent-runtime", "agentcore-runtime": "bedrock-agentcore"}
"""The Harness is asked through the same client as the Runtime."""
CHAT_BOT = """
import json, os, sys
from botocore import handlers
handlers.BUILTIN_HANDLERS.append(("before-send.{service}", lambda **_: os._exit(0)))
from lambdas.chat_bot.handler import handler
class Context:
    aws_request_id = function_name = "cold"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:cold"
    get_remaining_time_in_millis = lambda self: 180_000
handler(json.loads(sys.argv[1]), Context())
sys.exit("the agent was not asked")
"""
FOUR_CLIENTS = """
import boto3
for service in ("dynamodb", "connectparticipant", "connect", "{service}"):
    boto3.client(service)
"""
PARTS = {"botocore": "import botocore.session", "Powertools": "from aws_lambda_powertools import Logger, Metrics"}
"""What one cold start is made of for the most part; each alone in a process."""


class NotMeasured(Exception):
    """A process did not do what it was to be measured at."""


def measure(runs: int) -> list[Figure]:
    with aws_running() as aws, _trees() as trees:
        aws.kindly()
        return [
            _cold(aws, backend, tree, runs=runs, named=named, at_most=at_most)
            for named, tree, at_most in (("as deployed", trees[0], AT_MOST), ("with byte code", trees[1], None))
            for backend in SERVICE
        ]


def _cold(aws: Aws, backend: str, tree: Path, *, runs: int, named: str, at_most: float | None) -> Figure:
    samples: dict[str, list[float]] = {name: [] for name in ("chat bot", "four clients", *PARTS)}
    chat_bot, four = (script.format(service=SERVICE[backend]) for script in (CHAT_BOT, FOUR_CLIENTS))
    variables = {**GOOD[backend], "AWS_ENDPOINT_URL": aws.server.url}
    for number in range(runs + 1):
        contact = f"{backend}-{tree.name}-{number}"
        aws.joined(contact)
        event = json.dumps({"Records": [published(contact)]})
        samples["chat bot"].append(_processor_seconds(chat_bot, event, tree=tree, variables=variables))
        samples["four clients"].append(_processor_seconds(four, tree=tree, variables={}))
        for name, script in PARTS.items():
            samples[name].append(_processor_seconds(script, tree=tree, variables={}))
    warm = {name: tuple(seconds[1:]) for name, seconds in samples.items()}  # the first read the files from the disk
    return ratio(
        "cold start",
        f"cold ChatBot to its first ask / boto3 and four clients, {named}, {backend}",
        ("ChatBot", warm["chat bot"]),
        ("four clients", warm["four clients"]),
        at_most=at_most,
        more={f"{name} alone": warm[name] for name in PARTS},
    )


@contextmanager
def _trees() -> Iterator[tuple[Path, Path]]:
    """The package as it is deployed, and the same with byte code."""
    with tempfile.TemporaryDirectory() as folder:
        plain, compiled = Path(folder) / "plain", Path(folder) / "compiled"
        shutil.copytree(deployed(), plain, ignore=shutil.ignore_patterns("__pycache__"))
        (plain / "lambdas" / "handoff_policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
        shutil.copytree(plain, compiled)
        if not compileall.compile_dir(str(compiled), quiet=1):
            raise NotMeasured("the package could not be compiled")
        yield plain, compiled


def _processor_seconds(script: str, *arguments: str, tree: Path, variables: Mapping[str, str]) -> float:
    """Of a whole process. Raises `NotMeasured` if it failed."""
    environment = {
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "cold",
        "POWERTOOLS_METRICS_NAMESPACE": "Handoff",
        "POWERTOOLS_SERVICE_NAME": "chat_bot",
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system is read-only
        "PYTHONPATH": str(tree),
        **variables,
    }
    command = [sys.executable, "-S", "-s", "-c", script, *arguments]
    process = subprocess.Popen(command, env=environment, cwd=tree, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise NotMeasured(f"a process ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
