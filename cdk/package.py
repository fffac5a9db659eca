"""The folder that becomes the Lambda package: `build/lambdas`.

It holds `lambdas/`, its pinned dependencies and the team's hand-off policy, and nothing else; all four functions are
made of it. uv brings wheels for Lambda's arm64 and Python by the hashes of requirements-lambda.txt, so no Docker is
needed. The rule: the same inputs give the same files on any machine and are built once; as long as the requirements
stay, a build needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PYTHON_VERSION = "3.14"
PLATFORM = "aarch64-manylinux2014"
POLICY_FILE = "handoff_policy.json"
_RECIPE = 1
"""Raise it when this module makes different files of the same inputs."""

Install = Callable[[Path, Path], None]
"""Puts the packages of a requirements file into a folder."""


class PackageFailed(Exception):
    """The package could not be built; the message is one line for whoever deploys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the package is made of."""

    lambdas: Path
    """The folder `lambdas`."""
    requirements: Path
    policy: str
    """The content of handoff_policy.json."""


def build_package(sources: Sources, build: Path, *, install: Install | None = None) -> Path:
    """Make `build/lambdas` unless it already is what `sources` give. Raises `PackageFailed`."""
    package, mark = build / "lambdas", build / "lambdas.made-from"
    wanted = _fingerprint(_source_parts(sources))
    build.mkdir(parents=True, exist_ok=True)
    with _one_builder_at_a_time(build):
        if not (package.is_dir() and mark.is_file() and mark.read_text() == wanted):
            dependencies = _bring_dependencies(sources.requirements, build, install or install_with_uv)
            mark.unlink(missing_ok=True)
            _make(package, build, lambda fresh: _assemble(fresh, sources, dependencies))
            mark.write_text(wanted)
    return package


def install_with_uv(requirements: Path, target: Path) -> None:
    """Raises `PackageFailed` with uv's last line."""
    exactly = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "--no-config", "--quiet"]
    for_lambda = ["--python-platform", PLATFORM, "--python-version", PYTHON_VERSION]
    places = ["--requirements", str(requirements), "--target", str(target)]
    command = [sys.executable, "-m", "uv", "pip", "install", *exactly, *for_lambda, *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        problem = said[-1] if said else f"uv ended with {done.returncode}"
        raise PackageFailed(f"the Lambda package's dependencies could not be brought: {problem}")


def _bring_dependencies(requirements: Path, build: Path, install: Install) -> Path:
    """A folder with the dependencies, kept by the hash of what decides them; others are removed."""
    chosen = _fingerprint([_RECIPE, PYTHON_VERSION, PLATFORM, requirements.read_bytes()])
    kept = build / f"lambda-dependencies-{chosen[:16]}"
    if not kept.is_dir():
        _make(kept, build, lambda fresh: _install_alike_everywhere(fresh, requirements, install))
    for outdated in build.glob("lambda-dependencies-*"):
        if outdated != kept:
            shutil.rmtree(outdated, ignore_errors=True)
    return kept


def _install_alike_everywhere(folder: Path, requirements: Path, install: Install) -> None:
    """Drop what differs between machines: scripts name the builder's Python, RECORD lists them, byte code has times."""
    install(requirements, folder)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)
    for information in folder.glob("*.dist-info"):
        for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"):
            (information / name).unlink(missing_ok=True)
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)


def _assemble(package: Path, sources: Sources, dependencies: Path) -> None:
    shutil.copytree(dependencies, package, copy_function=os.link)
    code = package / "lambdas"
    shutil.copytree(sources.lambdas, code, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (code / POLICY_FILE).write_text(sources.policy, encoding="utf-8")


def _make(folder: Path, build: Path, fill: Callable[[Path], None]) -> None:
    """Make `folder` anew by `fill`; until that is done, what was there before stays."""
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        fresh = Path(scratch) / "fresh"
        fill(fresh)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)


@contextmanager
def _one_builder_at_a_time(build: Path) -> Iterator[None]:
    """A test run and a laptop stack may want the package at the same moment."""
    with (build / "lambdas.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _source_parts(sources: Sources) -> Iterator[object]:
    yield from (_RECIPE, PYTHON_VERSION, PLATFORM, sources.requirements.read_bytes(), sources.policy)
    for path in sorted(sources.lambdas.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(sources.lambdas).as_posix()
            yield path.read_bytes()


def _fingerprint(parts: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()


def as_json(policy: object) -> str:
    """The policy as the file holds it: the same text for the same policy."""
    return json.dumps(policy, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
