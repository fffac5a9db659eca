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
from lambdas.chat_bot.handler import CHAT_BOT, handler
def asked(**_):
    print(*sys.modules, flush=True)
    os._exit(0)
CHAT_BOT.agents.client.meta.events.register("before-send", asked)
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
"""What a cold start is made of for the most part, and what it leaves for later; each alone in a process."""


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
    four = FOUR_CLIENTS.format(service=SERVICE[backend])
    variables = _variables(aws, backend)
    for number in range(runs + 1):
        event = _event(aws, f"{backend}-{tree.name}-{number}")
        samples["chat bot"].append(_processor_seconds(CHAT_BOT, event, tree=tree, variables=variables))
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


def loaded_before_the_ask(backend: str) -> set[str]:
    """The modules in a cold ChatBot when it asks its agent first. Raises `NotMeasured` if it does not."""
    with aws_running() as aws, _trees() as (tree, _):
        aws.kindly()
        event, variables = _event(aws, "loaded"), _variables(aws, backend)
        process = _begun(CHAT_BOT, event, tree=tree, variables=variables, output=subprocess.PIPE)
        names, _ = process.communicate()
        if process.returncode:
            raise NotMeasured(f"a process ended with {process.returncode}")
        return set(names.decode().split())


def _event(aws: Aws, contact: str) -> str:
    """The first message of a contact that the bot has joined."""
    aws.joined(contact)
    return json.dumps({"Records": [published(contact)]})


def _variables(aws: Aws, backend: str) -> Mapping[str, str]:
    return {**GOOD[backend], "AWS_ENDPOINT_URL": aws.server.url}


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
    process = _begun(script, *arguments, tree=tree, variables=variables, output=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise NotMeasured(f"a process ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def _begun(
    script: str, *arguments: str, tree: Path, variables: Mapping[str, str], output: int
) -> subprocess.Popen[bytes]:
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
    return subprocess.Popen(command, env=environment, cwd=tree, stdout=output)
