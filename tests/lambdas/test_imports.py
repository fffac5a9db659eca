"""Who may import whom: imports point one way, and a cold start loads only what a turn needs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lambdas.chat_bot.test_handler import SETTINGS as CHAT_BOT_SETTINGS
from tests.lambdas.chat_bot.test_settings import GOOD as SETTINGS_OF_BACKENDS
from tests.lambdas.functions import POLICY
from tests.lambdas.rescue_bot.test_handler import SETTINGS as RESCUE_BOT_SETTINGS
from tests.lambdas.start_bot.test_handler import SETTINGS as START_BOT_SETTINGS

ROOT = Path(__file__).parents[2]
SHARED = {"lambdas.attribute_values", "lambdas.reporting", "lambdas.services"}
"""Modules of no room: what DynamoDB calls a value, log and counts, and the clients."""
ROOMS: dict[str, set[str]] = {
    "lambdas/conversation": {"lambdas.conversation"},
    "lambdas/adapters": {"lambdas.adapters", "lambdas.attribute_values", "lambdas.conversation"},
    "lambdas/chat_bot": {"lambdas.chat_bot", *SHARED, "lambdas.adapters", "lambdas.conversation"},
    "lambdas/rescue_bot": {
        "lambdas.rescue_bot",
        *SHARED,
        "lambdas.chat_bot.events",  # what RescueBot reads are ChatBot's events
        "lambdas.adapters",
        "lambdas.conversation",
    },
    "lambdas/start_bot": {"lambdas.start_bot", *SHARED, "lambdas.adapters", "lambdas.conversation"},
    "lambdas/tools": {"lambdas.tools", *SHARED, "lambdas.conversation"},
    "agents": {"agents"},
    "amazon_connect": {"amazon_connect"},
    "cdk": {"cdk", "agents", "amazon_connect", "lambdas"},
    "local": {"local", "agents", "amazon_connect", "lambdas"},
}
"""What of ours each room may import."""
OURS = {"agents", "amazon_connect", "app", "benchmarks", "cdk", "lambdas", "local", "tests"}
PACKAGED = {"aws_lambda_powertools", "botocore", "urllib3"}
"""What the Lambda package holds beside ours. boto3 is there too, for tools of others; ours make clients without it."""
HANDLERS = {
    "lambdas.chat_bot.handler": CHAT_BOT_SETTINGS,
    "lambdas.rescue_bot.handler": RESCUE_BOT_SETTINGS,
    "lambdas.start_bot.handler": START_BOT_SETTINGS,
    "lambdas.tools.appointments": {"APPOINTMENTS_TABLE": "appointments"},
    "lambdas.tools.customers": {"CUSTOMERS_TABLE": "customers"},
    "lambdas.tools.orders": {"ORDERS_TABLE": "orders"},
    "lambdas.tools.tickets": {"TICKETS_TABLE": "tickets"},
}
COSTLY = {
    "boto3",
    "aws_lambda_powertools.utilities.parser",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_xray_sdk",
    "pydantic",
}
"""These cost every cold start, and no event needs them."""


def modules_of(room: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / room).rglob("*.py")) if "__pycache__" not in path.parts)


def imported_by(module: Path) -> Iterator[str]:
    """The full names a module imports anywhere, also for types only."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by a relative path: there is one import path everywhere"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    """Handlers wire adapters to the domain, which knows neither; only `app.py` and tests know `cdk` and `local`."""
    wrong = [
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules_of(room)
        for name in imported_by(module)
        if is_in(name, OURS) and not is_in(name, ROOMS[room])
    ]

    assert wrong == []


@pytest.mark.parametrize("room", [room for room in ROOMS if room.startswith("lambdas/")])
def test_the_lambdas_import_only_what_their_package_holds(room: str) -> None:
    """The domain needs the standard library and nothing else; type stubs are for the type checker."""
    allowed = set(sys.stdlib_module_names) | {"lambdas"}
    if room != "lambdas/conversation":
        allowed |= PACKAGED
    wrong = [
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules_of(room)
        for name in imported_by(module)
        if not is_in(name, allowed) and not (name.startswith("types_boto3") and room != "lambdas/conversation")
    ]

    assert wrong == []


def test_every_package_of_the_lambdas_has_its_rule() -> None:
    """A new room without a rule would be free to import anything."""
    packages = {f"lambdas/{path.name}" for path in (ROOT / "lambdas").iterdir() if (path / "__init__.py").exists()}

    assert packages == {room for room in ROOMS if room.startswith("lambdas/")}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules in a process that has imported every handler, and nothing else."""
    settings = {name: value for settings in HANDLERS.values() for name, value in settings.items()}
    return loaded_by(*HANDLERS, settings=settings, folder=tmp_path_factory.mktemp("imports"))


def loaded_by(*handlers: str, settings: Mapping[str, str], folder: Path) -> set[str]:
    policy = folder / "handoff_policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "HANDOFF_POLICY": str(policy),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    script = f"import json, sys, {', '.join(handlers)}; print(json.dumps(list(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True).stdout
    return set(json.loads(output))


def test_a_cold_start_loads_nothing_costly(loaded: set[str]) -> None:
    """Lambda traces itself, the inbox write is the idempotency, and clients need no boto3."""
    assert [name for name in loaded if is_in(name, COSTLY)] == []


def test_a_cold_start_loads_nothing_of_the_other_rooms(loaded: set[str]) -> None:
    """The package holds `lambdas/` alone."""
    assert [name for name in loaded if is_in(name, OURS - {"lambdas"})] == []


ADAPTER_OF = {
    "bedrock-agents": "lambdas.adapters.bedrock_agents",
    "agentcore-runtime": "lambdas.adapters.agentcore_runtime",
    "agentcore-harness": "lambdas.adapters.agentcore_harness",
}


@pytest.mark.parametrize("backend", ADAPTER_OF)
def test_a_cold_start_loads_one_backend(backend: str, tmp_path: Path) -> None:
    """The others would cost every customer time for nothing."""
    modules = loaded_by("lambdas.chat_bot.handler", settings=SETTINGS_OF_BACKENDS[backend], folder=tmp_path)

    assert modules & set(ADAPTER_OF.values()) == {ADAPTER_OF[backend]}


def test_the_tools_of_powertools_that_cost_most_are_not_even_named() -> None:
    """Its package imports the name of Tracer by itself; what costs is making one."""
    named = {name for module in modules_of("lambdas") for name in imported_by(module)}

    assert not {name for name in named if name.rpartition(".")[2] in {"Tracer", "event_parser", "idempotent"}}
