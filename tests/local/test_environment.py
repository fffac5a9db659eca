"""`.venv` is made once, by whatever the machine has, and what is missing is said in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import environment

SYSTEM_PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that looks like a fresh clone to the script."""
    (tmp_path / "local").mkdir()
    shutil.copy(environment.__file__, tmp_path / "local" / "environment.py")
    shutil.copy(environment.LOCK, tmp_path / "requirements.txt")
    return tmp_path


def start(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [str(SYSTEM_PYTHON), str(clone / "local" / "environment.py"), *arguments]
    return subprocess.run(
        command, env={"PATH": "", **variables}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_python_without_venv_is_told_in_one_line_what_to_install(clone: Path) -> None:
    """Debian ships Python without ensurepip; its own message is long and easily overlooked."""
    broken = clone / "broken"
    broken.mkdir()
    (broken / "ensurepip.py").write_text("raise ImportError('as on Debian')")

    finished = start(clone, PYTHONPATH=str(broken))

    assert finished.returncode == 1
    assert "no venv module" in finished.stderr.splitlines()[-1]
    assert "apt install python3-venv" in finished.stderr.splitlines()[-1]
    assert "Traceback" not in finished.stderr


def test_a_failing_installation_leaves_no_half_made_environment(clone: Path) -> None:
    """Half an environment would be taken for a whole one by the next command."""
    tools = clone / "tools"
    tools.mkdir()
    uv = tools / "uv"
    uv.write_text('#!/bin/sh\n[ "$1" = venv ] && exec /bin/mkdir -p .venv\nexit 1\n')
    uv.chmod(0o755)

    finished = subprocess.run(
        [str(SYSTEM_PYTHON), "local/environment.py"],
        cwd=clone,
        env={"PATH": f"{tools}{os.pathsep}/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert finished.returncode == 1
    assert "could not make .venv" in finished.stderr
    assert not (clone / ".venv").exists()


def test_uv_comes_in_the_version_and_with_the_hashes_of_the_lock() -> None:
    """What brings everything else must be as pinned as everything else."""
    lines = environment.locked_lines("uv").splitlines()

    assert re.match(r"uv==[\d.]+ \\", lines[0])
    assert len(lines) > 1
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


def test_an_old_python_is_refused_with_the_version_that_is_needed(clone: Path) -> None:
    """The script itself must be readable by the Python it refuses."""
    script = (clone / "local" / "environment.py").read_text()
    (clone / "local" / "environment.py").write_text(
        script.replace("OLDEST_PYTHON = (3, 11)", "OLDEST_PYTHON = (99, 0)")
    )

    finished = start(clone)

    assert finished.returncode == 1
    assert "needs Python 3.11 or newer" in finished.stderr
