"""The functions as Lambda starts and calls them, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lambdas.tools.calls import event

ROOT = Path(__file__).parents[3]

CALL = """
import importlib, json, sys, types
clock = types.SimpleNamespace(now=lambda: 0.0)
handler = importlib.import_module(sys.argv[1]).handler
print(json.dumps(handler(json.loads(sys.argv[2]), types.SimpleNamespace(clock=clock))))
print(json.dumps([name for name in ("pydantic", "strands") if name in sys.modules]))
"""


def run(module: str, given: object, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "local", "AWS_REGION": "local", **variables}
    command = [sys.executable, "-c", CALL, module, json.dumps(given)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("module", "setting", "function"),
    [
        ("lambdas.tools.appointments", "APPOINTMENTS_TABLE", "find_free_times"),
        ("lambdas.tools.appointments", "APPOINTMENTS_TABLE", "cancel_appointment"),
        ("lambdas.tools.customers", "CUSTOMERS_TABLE", "find_customer"),
        ("lambdas.tools.orders", "ORDERS_TABLE", "get_order_status"),
        ("lambdas.tools.tickets", "TICKETS_TABLE", "open_ticket"),
        ("lambdas.tools.tickets", "TICKETS_TABLE", "get_ticket"),
    ],
)
def test_a_handler_answers_and_loads_only_what_it_needs(module: str, setting: str, function: str) -> None:
    """An argument is missing, so no table is needed; pydantic would cost more than all the rest."""
    ended = run(module, event(function), **{setting: "things"})

    *_, answered, loaded = ended.stdout.splitlines()
    body = json.loads(answered)["response"]["functionResponse"]["responseBody"]["TEXT"]["body"]
    assert json.loads(body)["error"].startswith("missing_")
    assert json.loads(loaded) == []


@pytest.mark.parametrize(
    ("module", "setting"),
    [
        ("lambdas.tools.appointments", "APPOINTMENTS_TABLE"),
        ("lambdas.tools.customers", "CUSTOMERS_TABLE"),
        ("lambdas.tools.orders", "ORDERS_TABLE"),
        ("lambdas.tools.tickets", "TICKETS_TABLE"),
    ],
)
def test_a_missing_setting_stops_the_start_with_one_line(module: str, setting: str) -> None:
    """Better at the start than at the first customer."""
    ended = run(module, event("any"))

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith(f"setting {setting}: is missing or empty")
