"""The clients of AWS: which there are, and when they are made."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from lambdas.services import Service

LAMBDAS = Path(__file__).parents[2] / "lambdas"
MAKERS = {"client", "when_needed"}


def run(script: str) -> list[str]:
    """The words that a fresh process prints: what is made when shows only where nothing is made yet."""
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(LAMBDAS.parent),
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call in the Lambdas, with the last name of what is called."""
    for module in sorted(LAMBDAS.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                yield module, node, node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def test_the_services_are_those_that_clients_are_made_of() -> None:
    """The package holds their data: with one too many it grows, without one its first call would fail."""
    made = {
        str(call.args[0].value)
        for _, call, name in calls()
        if name in MAKERS and call.args and isinstance(call.args[0], ast.Constant)
    }

    assert made == set(get_args(Service))


@pytest.mark.parametrize("way", ["create_client", "get_session"])
def test_nobody_makes_a_client_in_another_way(way: str) -> None:
    """Then the list would not know it."""
    assert {module.name for module, _, name in calls() if name == way} <= {"services.py"}


def test_a_client_that_few_events_need_costs_nothing_until_one_does() -> None:
    """Connect's model is the largest of all and serves hand-offs only."""
    script = """
from botocore.config import Config
from lambdas import services
made = []
services._SESSION.register("creating-client-class", lambda class_attributes, **_: made.append("made"))
connect = services.when_needed("connect", config=Config())
print(len(made))
print(connect.meta.service_model.service_name, connect.meta.region_name, len(made))
"""

    assert run(script) == ["0", "connect", "eu-west-1", "1"]


def test_threads_that_need_it_at_once_get_the_same_client() -> None:
    """Two would open two connections, and a session is not to be used by two threads."""
    script = """
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
from lambdas import services
connect = services.when_needed("connect", config=Config())
with ThreadPoolExecutor(8) as pool:
    print(len({id(meta) for meta in pool.map(lambda _: connect.meta, range(8))}))
"""

    assert run(script) == ["1"]


def test_the_clients_keep_their_connections() -> None:
    """A caller's own settings stay beside it."""
    script = """
from botocore.config import Config
from lambdas.services import client
config = client("sqs", config=Config(read_timeout=4), region="eu-central-1").meta.config
print(config.tcp_keepalive, config.read_timeout, config.region_name)
"""

    assert run(script) == ["True", "4", "eu-central-1"]


def test_a_request_bears_the_name_that_was_put_together_once() -> None:
    """And it still tells AWS which SDK calls."""
    script = """
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from lambdas import services
queue = services.client("sqs", config=Config(read_timeout=4))
def answer(request, **_):
    name = str(request.headers["User-Agent"], "ascii")
    print(name == services._SESSION.user_agent(), name.partition("/")[0])
    return AWSResponse(request.url, 200, {}, type("Body", (), {"stream": lambda self: iter([b"{}"])})())
queue.meta.events.register("before-send", answer)
queue.list_queues()
"""

    assert run(script) == ["True", "Botocore"]
