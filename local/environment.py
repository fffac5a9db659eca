"""Makes `.venv` from `requirements.txt`, once per content of that file.

Runs on the system's own Python 3.11 or newer and imports the standard library only, because it is what brings
everything else. `python3 local/environment.py [ARG …]` makes the environment if needed and then, if arguments are
given, becomes the environment's Python with them; `cdk.json` starts `app.py` this way.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.txt"
MARK = VENV / "made-from"
OLDEST_PYTHON = (3, 11)


def main(arguments: list[str]) -> None:
    if sys.version_info < OLDEST_PYTHON:
        stop(f"Handoff needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.13 …")
    if made_from() != fingerprint():
        make_environment()
    if arguments:
        path = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        os.execve(PYTHON, [str(PYTHON), *arguments], {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)})


def fingerprint() -> str:
    """Changes when the locked packages or the Python below them change."""
    return f"{sys.version_info[:2]} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"


def made_from() -> str:
    return MARK.read_text() if MARK.exists() and PYTHON.exists() else ""


def make_environment() -> None:
    started = time.monotonic()
    say("making .venv (about 600 MB, once per change of requirements.txt) …")
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    run([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]) if uv else make_with_venv()
    run(
        [
            uv or str(PYTHON.parent / "uv"),
            "pip",
            "sync",
            "--quiet",
            "--python",
            str(PYTHON),
            "--require-hashes",
            str(LOCK),
        ]
    )
    MARK.write_text(fingerprint())
    say(f".venv is ready ({time.monotonic() - started:.0f} s)")


def make_with_venv() -> None:
    """Brings uv, in the version and with the hashes of the lock, into a plain `venv`."""
    try:
        import ensurepip  # noqa: F401, PLC0415  (Debian ships venv without it)
        import venv  # noqa: F401, PLC0415
    except ImportError:
        stop("this Python has no venv module. On Debian or Ubuntu: apt install python3-venv. Or install uv.")
    run([sys.executable, "-m", "venv", str(VENV)])
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as only_uv:
        only_uv.write(locked_lines("uv"))
    try:
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", only_uv.name])
    finally:
        os.unlink(only_uv.name)


def locked_lines(package: str) -> str:
    """The lines of the lock that name one package and its hashes."""
    lines = LOCK.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    last = next(number for number in range(first, len(lines)) if not lines[number].endswith("\\"))
    return "\n".join(lines[first : last + 1]) + "\n"


def run(command: list[str]) -> None:
    finished = subprocess.run(command, check=False)
    if finished.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(f"could not make .venv: '{Path(command[0]).name} {command[1]} …' failed (see above).")


def say(sentence: str) -> None:
    print(f"handoff: {sentence}", file=sys.stderr, flush=True)


def stop(sentence: str) -> None:
    say(sentence)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
