"""The folders that are deployed: `build/lambdas`, the Lambda package, and `build/agent`, the code zip of a team.

The first holds `lambdas/`, its pinned dependencies and the hand-off policy; all functions are made of it. The second
holds `agents/`, the one team, its pinned dependencies and the entry point of AgentCore Runtime. uv brings wheels for
arm64 and Python by the hashes of the requirements, so no Docker is needed; of the SDK's data the first keeps what the
Lambdas use. The rule: the same inputs give the same files, readable by all, on any machine and are built once; as long
as the requirements stay, a build needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from agents.team import TEAM_FILE
from cdk.sdk_data import UnknownService, keep_only
from lambdas.services import Service

PYTHON_VERSION = "3.14"
PLATFORM = "aarch64-manylinux2014"
POLICY_FILE = "handoff_policy.json"
ENTRY_POINT = "main.py"
MAIN = """\
\"\"\"What AgentCore Runtime starts. The service asks from outside the machine, so it listens to all of it.\"\"\"

import os
import runpy

os.environ.setdefault("HOST", "0.0.0.0")
os.chdir(os.path.dirname(os.path.abspath(__file__)))  # the team's folder is named from here
runpy.run_module("agents.runtime", run_name="__main__")
"""
TEAM_FOLDER = "team"
NOT_DEPLOYED = ("conversations", "demo.yaml", "script*.yaml")
"""Of a team's folder: tests, what only a demonstration shows, and what only the scripted model reads."""
_DEPENDENCIES = {"lambdas": "lambda-dependencies", "agent": "agent-dependencies"}
_RECIPE = 4
"""Raise it when this module makes different files of the same inputs."""

Install = Callable[[Path, Path], None]
"""Puts the packages of a requirements file into a folder."""


class PackageFailed(Exception):
    """A package could not be built; the message is one line for whoever deploys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the Lambda package is made of."""

    lambdas: Path
    """The folder `lambdas`."""
    requirements: Path
    policy: str
    """The content of handoff_policy.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSources:
    """What the code zip of a team is made of."""

    agents: Path
    """The folder `agents`. Teams in it stay out, all but `team`."""
    team: Path
    requirements: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    """A package: its folder's name, its dependencies, and its own files by their place in it."""

    name: str
    requirements: Path
    services: tuple[str, ...] = ()
    """All whose data the SDK keeps; without any it keeps everything."""
    files: Mapping[str, bytes]


def build_package(sources: Sources, build: Path, *, install: Install | None = None) -> Path:
    """Make `build/lambdas` unless it already is what `sources` give. Raises `PackageFailed`."""
    files = {f"lambdas/{POLICY_FILE}": sources.policy.encode(), **_files_of(sources.lambdas, at="lambdas")}
    services = get_args(Service)
    recipe = _Recipe(name="lambdas", requirements=sources.requirements, services=services, files=files)
    return _build(recipe, build, install)


def build_agent_package(sources: AgentSources, build: Path, *, install: Install | None = None) -> Path:
    """Make `build/agent` unless it already is what `sources` give. Raises `PackageFailed`."""
    code = _files_of(sources.agents, at="agents", without=_team_folders(sources.agents))
    unused = (path for name in NOT_DEPLOYED for path in sources.team.glob(name))
    files = {ENTRY_POINT: MAIN.encode(), **code, **_files_of(sources.team, at=TEAM_FOLDER, without=tuple(unused))}
    return _build(_Recipe(name="agent", requirements=sources.requirements, files=files), build, install)


def _build(recipe: _Recipe, build: Path, install: Install | None) -> Path:
    package, mark = build / recipe.name, build / f"{recipe.name}.made-from"
    wanted = _fingerprint(_parts(recipe))
    build.mkdir(parents=True, exist_ok=True)
    with _one_builder_at_a_time(build, recipe.name):
        if not (package.is_dir() and mark.is_file() and mark.read_text() == wanted):
            dependencies = _bring_dependencies(recipe, build, install or install_with_uv)
            mark.unlink(missing_ok=True)
            _make(package, build, lambda fresh: _assemble(fresh, recipe, dependencies))
            mark.write_text(wanted)
    return package


def install_with_uv(requirements: Path, target: Path) -> None:
    """Raises `PackageFailed` with uv's last line."""
    exactly = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "--no-config", "--quiet"]
    exactly += ["--link-mode", "copy"]  # uv's cache is everybody's; permissions of links would be the cache's
    for_lambda = ["--python-platform", PLATFORM, "--python-version", PYTHON_VERSION]
    places = ["--requirements", str(requirements), "--target", str(target)]
    command = [sys.executable, "-m", "uv", "pip", "install", *exactly, *for_lambda, *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        problem = said[-1] if said else f"uv ended with {done.returncode}"
        raise PackageFailed(f"the package's dependencies could not be brought: {problem}")


def _bring_dependencies(recipe: _Recipe, build: Path, install: Install) -> Path:
    """A folder with the dependencies, kept by the hash of what decides them; others are removed."""
    chosen = _fingerprint(_decisive_for_dependencies(recipe))
    kept_as = _DEPENDENCIES[recipe.name]
    kept = build / f"{kept_as}-{chosen[:16]}"
    if not kept.is_dir():
        _make(kept, build, lambda fresh: _install(fresh, recipe, install))
    for outdated in build.glob(f"{kept_as}-*"):
        if outdated != kept:
            shutil.rmtree(outdated, ignore_errors=True)
    return kept


def _install(folder: Path, recipe: _Recipe, install: Install) -> None:
    _install_alike_everywhere(folder, recipe.requirements, install)
    if recipe.services:
        try:
            keep_only(recipe.services, folder)
        except UnknownService as unknown:
            raise PackageFailed(f"{unknown}; lambdas/services.py names it") from unknown


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


def _assemble(package: Path, recipe: _Recipe, dependencies: Path) -> None:
    shutil.copytree(dependencies, package, copy_function=os.link)
    for place, content in recipe.files.items():
        file = package / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _make(folder: Path, build: Path, fill: Callable[[Path], None]) -> None:
    """Make `folder` anew by `fill`; until that is done, what was there before stays."""
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        fresh = Path(scratch) / "fresh"
        fill(fresh)
        _open_to_readers(fresh)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)


def _open_to_readers(folder: Path) -> None:
    """AWS runs the code as another user, and a zip keeps what the builder's umask has left of permissions."""
    for path in (folder, *folder.rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if runs else 0o644)


@contextmanager
def _one_builder_at_a_time(build: Path, name: str) -> Iterator[None]:
    """A test run and a laptop stack may want the package at the same moment."""
    with (build / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _files_of(folder: Path, *, at: str, without: Sequence[Path] = ()) -> dict[str, bytes]:
    """The content of all files below `folder`, by their place in the package."""
    return {
        f"{at}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and not {path, *path.parents} & set(without)
    }


def _team_folders(agents: Path) -> tuple[Path, ...]:
    return tuple(file.parent for file in agents.rglob(TEAM_FILE))


def _parts(recipe: _Recipe) -> Iterator[object]:
    yield from _decisive_for_dependencies(recipe)
    for place, content in sorted(recipe.files.items()):
        yield place
        yield content


def _decisive_for_dependencies(recipe: _Recipe) -> Iterator[object]:
    yield from (_RECIPE, PYTHON_VERSION, PLATFORM, recipe.requirements.read_bytes(), recipe.services)


def _fingerprint(parts: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()


def as_json(policy: object) -> str:
    """The policy as the file holds it: the same text for the same policy."""
    return json.dumps(policy, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
