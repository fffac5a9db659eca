"""`.venv` is made once, by whatever the machine has, and what is missing is said in one line."""

from __future__ import annotations

import hashlib
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


def fake_python(clone: Path, says: str) -> None:
    """A `.venv` whose Python tells this version, and whose mark is of (3, 11) and the lock."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho '{says}'\n")
    python.chmod(0o755)
    lock = hashlib.sha256((clone / "requirements.txt").read_bytes()).hexdigest()
    (clone / ".venv" / "made-from").write_text(f"(3, 11) {lock}")


def fake_uv(folder: Path, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    uv = folder / "uv"
    uv.write_text(f"#!/bin/sh\n{script}\n")
    uv.chmod(0o755)
    return folder


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


def test_an_environment_of_the_same_lock_is_kept_whichever_python_asks(clone: Path) -> None:
    """Two Pythons in turn would rebuild it each time, under a stack that runs from it."""
    fake_python(clone, says="(3, 11)")
    script = clone / "local" / "environment.py"
    script.write_text(script.read_text().replace("import sys\n", "import sys\nsys.version_info = (3, 99, 0)\n", 1))

    finished = start(clone)

    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("says", ["(3, 12)", ""])
def test_an_environment_whose_python_was_replaced_or_is_gone_is_made_again(clone: Path, says: str) -> None:
    """After an upgrade of the system's Python the packages lie in a folder that the new one does not look into."""
    fake_python(clone, says=says)
    tools = fake_uv(clone / "tools", "exit 1")

    finished = start(clone, PATH=str(tools))

    assert finished.returncode == 1
    assert "making .venv" in finished.stderr


def test_a_changed_lock_makes_the_environment_again(clone: Path) -> None:
    """That is what the mark is for."""
    fake_python(clone, says="(3, 11)")
    with (clone / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    tools = fake_uv(clone / "tools", "exit 1")

    assert "making .venv" in start(clone, PATH=str(tools)).stderr


def test_from_inside_the_environment_it_is_made_with_what_lies_outside(clone: Path) -> None:
    """Activated, `.venv/bin` comes first on PATH, and everything in it is gone when it is needed."""
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", str(clone / ".venv")], check=True)
    inner = fake_uv(clone / ".venv" / "bin", "echo inner; exit 1")
    outer = fake_uv(clone / "tools", 'echo "outer $*"; exit 1')

    finished = subprocess.run(
        [str(inner / "python"), str(clone / "local" / "environment.py")],
        env={"PATH": f"{inner}{os.pathsep}{outer}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = finished.stdout.split()
    python = Path(said[said.index("--python") + 1])
    assert said[0] == "outer"
    assert not python.is_relative_to(clone)
    assert python.exists()


def test_a_tool_that_cannot_be_run_is_told_in_one_line(clone: Path) -> None:
    """For example a uv for another machine."""
    tools = fake_uv(clone / "tools", "")
    (tools / "uv").write_text("#!/no/such/shell\n")

    finished = start(clone, PATH=str(tools))

    assert finished.returncode == 1
    assert re.fullmatch(
        r"handoff: could not make \.venv: '.*/uv' cannot be run: .+\.", finished.stderr.splitlines()[-1]
    )
    assert "Traceback" not in finished.stderr
