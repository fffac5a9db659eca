"""`make run`: one address, one line when something is wrong, and no child left behind however it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from amazon_connect.phrases import load_phrases
from local.demo_people import Place, start_chat
from local.settings import ROOT
from tests.agents.small_team import write_team
from tests.local.processes import children_of, state_of
from tests.running_stack import eventually

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local", "--without-page", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def running() -> Iterator[subprocess.Popen[str]]:
    process = start("--port", "0")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := ADDRESS.search(line):
            return found.group()
    raise AssertionError("it said no address")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything_quickly_and_well(running: subprocess.Popen[str], ending: signal.Signals) -> None:
    """Exit code 0 and no traceback: stopping is what the user wanted."""
    assert json.load(urllib.request.urlopen(f"{address(running)}/local.json", timeout=10))["region"] == "local"  # noqa: S310  (loopback)
    children = eventually(lambda: children_of(running.pid))
    begun = time.monotonic()

    running.send_signal(ending)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 0
    assert "Traceback" not in said
    assert time.monotonic() - begun < 10
    assert [state_of(pid) for pid in children] == [""] * len(children)


def test_a_killed_stack_leaves_no_child_behind(running: subprocess.Popen[str]) -> None:
    """Not even a frozen worker."""
    address(running)
    children = eventually(lambda: found if len(found := children_of(running.pid)) > 1 else None)

    running.kill()
    running.wait()

    eventually(lambda: all(state_of(pid) in {"", "Z"} for pid in children))


def test_a_busy_port_is_one_line() -> None:
    """And exit code 1."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = start("--port", str(other.getsockname()[1]))
        said, complaint = process.communicate(timeout=60)

    assert (process.returncode, said) == (1, "")
    assert re.fullmatch(r"handoff: port \d+ is taken by another program\. .*\n", complaint)


def test_the_flow_can_speak_another_language() -> None:
    """The language of the flow's own sentences is a setting, here as in a deployment."""
    process = start("--port", "0", "--language", "es")
    try:
        place = Place.at(address(process))
        assert place is not None
        customer = start_chat(place, name="Ana", language="es")
        greeted = eventually(lambda: [item["Content"] for item in customer.transcript()])
    finally:
        process.terminate()
        process.communicate()

    assert greeted[0] == load_phrases("es")["flow.welcome"]


def test_a_port_that_is_none_is_told() -> None:
    """Before anything is started."""
    process = start("--port", "seventy")
    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "seventy is not a port" in complaint
    assert complaint.count("\n") == 1


def test_every_mistake_of_a_team_is_told_in_a_line_of_its_own(tmp_path: Path) -> None:
    """Whoever mends one must not find the next by starting again."""
    write_team(tmp_path, team_yaml=("runs_in: LoansTool", "runs_in: LendTool"))
    process = start("--port", "0", "--team", str(tmp_path))
    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    file = tmp_path / "team.yaml"
    assert [line.partition(": expected")[0] for line in complaint.splitlines()] == [
        f"handoff: {file}, line 16",
        f"handoff: {file}, line 33",
    ]


@pytest.mark.parametrize(
    ("option", "wrong", "told"),
    [
        ("--backend", "lambda", "expected one of bedrock-agents, agentcore-runtime, agentcore-harness"),
        ("--team", "nobody", "expected a folder, or one of"),
    ],
)
def test_a_backend_or_team_that_is_none_is_told_with_the_possible_ones(option: str, wrong: str, told: str) -> None:
    """In one line, before anything is started."""
    process = start("--port", "0", option, wrong)
    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 2
    assert (f"'{wrong}' is no" in complaint, told in complaint, complaint.count("\n")) == (True, True, 1)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(
    ("target", "program", "options"),
    [("run", "local", "--team agents/store"), ("demo", "local.demo", "--language es")],
)
def test_make_hands_options_on(target: str, program: str, options: str) -> None:
    """A team of one's own must not need another command than the one that everybody knows."""
    said = subprocess.run(
        ["make", "--dry-run", target, "PORT=1", f"ARGS={options}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert f"-m {program} --port 1 " in said
    assert said.rstrip().endswith(options)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", ["run", "demo", "evaluate"])
def test_make_hands_on_what_is_chosen(target: str) -> None:
    """The same three words for everything that runs a team."""
    chosen = ["BACKEND=agentcore-harness", "TEAM=store", "MODEL=scripted"]
    said = subprocess.run(["make", "--dry-run", target, *chosen], cwd=ROOT, capture_output=True, text=True, check=True)

    assert '--model "scripted" --team "store" --backend "agentcore-harness"' in said.stdout


@pytest.mark.parametrize("program", ["local", "local.demo", "local.evaluation"])
def test_a_model_that_is_none_is_told_alike_by_all(program: str) -> None:
    """In one line, before anything is started."""
    command = [sys.executable, "-m", program, "--model", "gpt-5"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(
        r"handoff: .*MODEL begins with 'gpt-5': expected scripted, bedrock:<model id>.*\n", ended.stderr
    )


def test_a_model_that_cannot_be_used_stops_the_start_with_one_line() -> None:
    """Before the first customer meets it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, "-m", "local", "--without-page", "--port", "0", "--model", "openai:gpt-5"]

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode != 0
    assert ended.stderr == "handoff: MODEL is 'openai:gpt-5', but OPENAI_API_KEY is not set\n"
    assert "Traceback" not in ended.stderr
