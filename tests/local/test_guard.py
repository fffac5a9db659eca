"""No child process outlives the stack, however the stack dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.guard import Guard
from tests.local.processes import state_of, until

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"]

STACK = f"""
import os, signal, subprocess, sys
from local.guard import Guard
guard = Guard()
children = [subprocess.Popen({SLEEPER!r}, process_group=0) for _ in range(2)]
for child in children:
    guard.watch(child.pid)
children[0].send_signal(signal.SIGSTOP)
print(*(child.pid for child in children), flush=True)
signal.pause()
"""


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(SLEEPER, process_group=0)


async def test_children_die_with_a_stack_that_is_killed() -> None:
    """`kill -9` runs no cleanup, and a frozen child does not see that its parent is gone."""
    stack = subprocess.Popen([sys.executable, "-c", STACK], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert stack.stdout is not None
    frozen, awake = (int(pid) for pid in (await asyncio.to_thread(stack.stdout.readline)).split())
    await until(lambda: state_of(frozen) == "T")

    stack.kill()
    stack.wait()
    stack.stdout.close()

    await until(lambda: state_of(frozen) in {"", "Z"} and state_of(awake) in {"", "Z"})


def test_closing_ends_what_is_still_watched() -> None:
    """The last resort at an ordinary stop, too."""
    with Guard() as guard:
        child = sleeper()
        guard.watch(child.pid)

    assert child.wait(timeout=10) == -signal.SIGKILL


def test_a_released_child_is_left_alone() -> None:
    """Its number may belong to somebody else by then."""
    with Guard() as guard:
        child = sleeper()
        with guard.guarding(child.pid):
            pass

    assert child.poll() is None
    child.kill()
    child.wait()


def test_a_guard_that_was_killed_is_replaced() -> None:
    """Somebody tidying up processes must not leave the stack unguarded."""
    with Guard() as guard:
        first, second = sleeper(), sleeper()
        guard.watch(first.pid)
        standing = guard._process
        assert standing is not None
        standing.kill()
        standing.wait()
        guard.watch(second.pid)

    assert [child.wait(timeout=10) for child in (first, second)] == [-signal.SIGKILL] * 2


def test_without_children_there_is_no_guard() -> None:
    """Nothing is started before it is needed."""
    with Guard() as guard:
        assert guard._process is None


@pytest.mark.parametrize("pid", [2**22 + 1])
def test_a_child_that_is_gone_is_no_trouble(pid: int) -> None:
    """It may have ended just before."""
    assert not os.path.exists(f"/proc/{pid}")
    with Guard() as guard:
        guard.watch(pid)
