"""`make demo` ends well only if the customer was answered and reached a human for the right reason."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import demo
from local.settings import ROOT, StackSettings
from tests.local.processes import offspring_of, state_of
from tests.running_stack import RunningStack, eventually, running_stack


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ROOT / "agents" / "store", tmp_path_factory.mktemp("team") / "store"))


@pytest.fixture(scope="module")
def stack(team: Path) -> Iterator[RunningStack]:
    with running_stack(StackSettings(port=0, team=team, watch=False)) as running:
        yield running


def run_demo(stack: RunningStack, *options: str) -> int:
    return demo.main(["--port", stack.origin.rpartition(":")[2], *options])


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["is scheduled", "talk to a person"]), ("es", ["programado", "con una persona"])]
)
def test_a_whole_conversation_ends_with_a_human_in_either_language(
    stack: RunningStack, capsys: pytest.CaptureFixture[str], language: str, words: list[str]
) -> None:
    """With a transcript to read, the flow's steps and the attributes the human got."""
    result = run_demo(stack, "--language", language)

    shown = capsys.readouterr()
    assert (result, shown.err) == (0, "")
    assert all(word in shown.out for word in words)
    assert re.search(r"\d\d:\d\d:\d\d  human ", shown.out)
    assert "log → welcome → channel → join" in shown.out
    assert re.search(r"handoff_reason +customer_asked", shown.out)


@pytest.mark.parametrize(("typed", "spoken"), [((), None), (("--language", "es"), "es")])
def test_the_flow_of_its_own_stack_speaks_the_customers_language(typed: tuple[str, ...], spoken: str | None) -> None:
    """Two languages in one chat would look like a mistake."""
    chosen = demo.chosen_for_a_stack(demo.read_options(["--port", "0", *typed]))

    assert dict(zip(chosen[::2], chosen[1::2], strict=True)).get("--language") == spoken


def test_a_broken_policy_makes_it_fail_with_one_line(
    stack: RunningStack, team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The human would be told the wrong reason."""
    file = team / "team.yaml"
    file.write_text(file.read_text().replace("reason: customer_asked", "reason: team_decided"))

    result = run_demo(stack)

    line = "demo: failed: handoff_reason is 'team_decided' and should be 'customer_asked'\n"
    assert (result, capsys.readouterr().err) == (1, line)


def test_a_refused_call_makes_it_fail_with_one_line(stack: RunningStack, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever goes wrong, there is no traceback."""
    stack.call(lambda running: running.switches.fail("StartChatContact", "LimitExceededException", status=429))
    result = run_demo(stack)
    stack.forget_switches()

    complaint = capsys.readouterr().err
    assert result == 1
    assert re.fullmatch(r"demo: failed: .*LimitExceededException.*\n", complaint)


@pytest.fixture
def own_stack() -> Iterator[subprocess.Popen[str]]:
    """A demo in a process of its own, which starts a stack of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.demo", "--port", "0"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_ctrl_c_ends_the_stack_that_the_demo_started_and_its_workers(own_stack: subprocess.Popen[str]) -> None:
    """They run in process groups of their own, where the terminal's Ctrl-C does not reach them."""
    guards_stack_and_worker = 4
    offspring = eventually(
        lambda: found if len(found := offspring_of(own_stack.pid)) >= guards_stack_and_worker else []
    )

    own_stack.send_signal(signal.SIGINT)
    _, complaint = own_stack.communicate(timeout=30)

    assert own_stack.returncode == 130
    assert "Traceback" not in complaint
    eventually(lambda: all(state_of(pid) in {"", "Z"} for pid in offspring), seconds=10)


def test_a_stack_that_runs_another_team_is_told(
    stack: RunningStack, team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its customers would be asked for what this team has never heard of."""
    other = Path(shutil.copytree(team, tmp_path / "other"))
    file = other / "team.yaml"
    file.write_text(file.read_text().replace("name: store", "name: other"))

    result = run_demo(stack, "--team", str(other))

    assert result == 1
    assert re.fullmatch(
        r"demo: failed: the stack on port \d+ runs the team 'store', not 'other'\n", capsys.readouterr().err
    )


def test_a_team_without_a_conversation_in_the_language_is_told(
    stack: RunningStack, team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines are the team's, in its demo.yaml."""
    other = Path(shutil.copytree(team, tmp_path / "other"))
    file = other / "demo.yaml"
    file.write_text(file.read_text().partition("\ndemo:")[0])

    result = run_demo(stack, "--team", str(other), "--language", "es")

    line = f"demo: failed: {file} has no conversation in 'es' under 'demo'\n"
    assert (result, capsys.readouterr().err) == (1, line)
