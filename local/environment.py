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
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.txt"
MARK = VENV / "made-from"
OLDEST_PYTHON = (3, 11)


def main(arguments: list[str]) -> None:
    if sys.version_info < OLDEST_PYTHON:
        stop(f"Handoff needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.13 …")
    if not is_made():
        make_environment()
    if arguments:
        path = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        os.execve(PYTHON, [str(PYTHON), *arguments], {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)})  # noqa: S606  (no shell is wanted)


def is_made() -> bool:
    """Whether `.venv` holds the locked packages for the Python it has, whichever Python runs this."""
    return MARK.exists() and PYTHON.exists() and MARK.read_text() == fingerprint()


def fingerprint() -> str:
    """Changes when the locked packages or the Python of `.venv` change, as an upgrade of the system's can do."""
    return f"{version_of(PYTHON)} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"


def version_of(python: Path) -> str:
    """Major and minor version as that Python tells them; empty if it does not run any more."""
    ask = [str(python), "-S", "-c", "import sys; print(sys.version_info[:2])"]
    try:
        return subprocess.run(ask, check=False, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def make_environment() -> None:
    started = time.monotonic()
    say("making .venv (about 600 MB, once per change of requirements.txt) …")
    uv = find_uv()
    shutil.rmtree(VENV, ignore_errors=True)
    run([uv, "venv", "--quiet", "--python", base_python(), str(VENV)]) if uv else make_with_venv()
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


def base_python() -> str:
    """The Python that stays when `.venv` goes; with `.venv` activated, `sys.executable` lies in it."""
    inside = sys.prefix != sys.base_prefix
    return str(getattr(sys, "_base_executable", sys.executable)) if inside else sys.executable


def find_uv() -> str | None:
    """The machine's own uv; the one in an activated `.venv` goes with it."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    lasting = [folder for folder in folders if not Path(folder).resolve().is_relative_to(VENV)]
    return shutil.which("uv", path=os.pathsep.join(lasting))


def make_with_venv() -> None:
    """Brings uv, in the version and with the hashes of the lock, into a plain `venv`."""
    try:
        import ensurepip  # noqa: F401, PLC0415  (Debian ships venv without it)
        import venv  # noqa: F401, PLC0415
    except ImportError:
        stop("this Python has no venv module. On Debian or Ubuntu: apt install python3-venv. Or install uv.")
    run([base_python(), "-m", "venv", str(VENV)])
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
    try:
        failed = subprocess.run(command, check=False).returncode != 0
    except OSError as error:
        give_up(f"'{command[0]}' cannot be run: {error.strerror}.")
    if failed:
        give_up(f"'{Path(command[0]).name} {command[1]} …' failed (see above).")


def give_up(reason: str) -> NoReturn:
    """Half an environment would be taken for a whole one by the next command."""
    shutil.rmtree(VENV, ignore_errors=True)
    stop(f"could not make .venv: {reason}")


def say(sentence: str) -> None:
    print(f"handoff: {sentence}", file=sys.stderr, flush=True)


def stop(sentence: str) -> NoReturn:
    say(sentence)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
