"""The Lambda package: the same everywhere, built once, and never half."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import pytest

from cdk.package import (
    AgentSources,
    PackageFailed,
    Sources,
    as_json,
    build_agent_package,
    build_package,
    install_with_uv,
)
from lambdas.services import Service
from tests.cdk.small_sdk import put_sdk


@dataclass(slots=True)
class Installer:
    """Stands in for uv: what it writes differs between machines where uv's output does."""

    machine: str = "mine"
    fails: bool = False
    installed: list[str] = field(default_factory=list)

    def __call__(self, requirements: Path, target: Path) -> None:
        if self.fails:
            raise PackageFailed("no network")
        self.installed.append(requirements.read_text())
        for name, content in {
            "boto3/__init__.py": "",
            "boto3/__pycache__/__init__.cpython-311.pyc": self.machine,
            "boto3-1.dist-info/METADATA": "Name: boto3",
            "boto3-1.dist-info/RECORD": self.machine,
            "bin/jp.py": f"#!{self.machine}/python",
        }.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text(content)
        put_sdk(target, *get_args(Service))


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    lambdas = tmp_path / "lambdas"
    (lambdas / "chat_bot" / "__pycache__").mkdir(parents=True)
    (lambdas / "chat_bot" / "handler.py").write_text("handler = None")
    (lambdas / "chat_bot" / "__pycache__" / "handler.cpython-311.pyc").write_text("byte code")
    requirements = tmp_path / "requirements-lambda.txt"
    requirements.write_text("boto3==1")
    return Sources(lambdas=lambdas, requirements=requirements, policy=as_json({"controls": {}}))


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def without_data(files: Iterable[str]) -> set[str]:
    return {name for name in files if "/data/" not in name}


def test_it_holds_our_code_its_dependencies_and_the_policy_and_nothing_else(sources: Sources, tmp_path: Path) -> None:
    """The code keeps the import path it has here: `lambdas.chat_bot.handler`."""
    package = build_package(sources, tmp_path / "build", install=Installer())

    assert package == tmp_path / "build" / "lambdas"
    assert without_data(files_in(package)) == {
        "lambdas/chat_bot/handler.py",
        "lambdas/handoff_policy.json",
        "boto3/__init__.py",
        "boto3-1.dist-info/METADATA",
    }
    assert json.loads((package / "lambdas" / "handoff_policy.json").read_text()) == {"controls": {}}


def test_of_the_sdks_data_the_lambdas_services_are_left(sources: Sources, tmp_path: Path) -> None:
    """All others together are most of the SDK."""
    package = build_package(sources, tmp_path / "build", install=Installer())

    left = {path.name for path in (package / "botocore" / "data").iterdir() if path.is_dir()}
    assert left == set(get_args(Service))


def test_an_agents_package_keeps_the_sdk_as_it_is(team: AgentSources, tmp_path: Path) -> None:
    """Its team may call anything."""
    package = build_agent_package(team, tmp_path / "build", install=Installer())

    assert (package / "botocore" / "data" / "s3").is_dir()


def test_a_service_without_data_stops_the_build_in_one_line(sources: Sources, tmp_path: Path) -> None:
    def install(requirements: Path, target: Path) -> None:
        put_sdk(target, "dynamodb")

    with pytest.raises(PackageFailed, match=r"no data of [a-z-]+; lambdas/services\.py names it"):
        build_package(sources, tmp_path / "build", install=install)


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_everybody_may_read_and_only_its_owner_change_what_is_deployed(
    sources: Sources, tmp_path: Path, umask: int
) -> None:
    """A zip keeps the permissions of the machine that made it, and AWS runs the code as another user."""

    def install(requirements: Path, target: Path) -> None:
        Installer()(requirements, target)
        (target / "boto3" / "fast.so").touch(mode=0o777)

    mine = os.umask(umask)
    try:
        package = build_package(sources, tmp_path / "build", install=install)
    finally:
        os.umask(mine)

    modes = {path.relative_to(package).as_posix(): path.stat().st_mode & 0o777 for path in package.rglob("*")}
    assert modes.pop("boto3/fast.so") == 0o755
    assert {mode for name, mode in modes.items() if (package / name).is_dir()} == {0o755}
    assert {mode for name, mode in modes.items() if (package / name).is_file()} == {0o644}


def test_two_machines_make_the_same_files(sources: Sources, tmp_path: Path) -> None:
    """Or every deployment from another laptop would replace all functions."""
    mine = build_package(sources, tmp_path / "mine", install=Installer(machine="mine"))
    yours = build_package(sources, tmp_path / "yours", install=Installer(machine="yours"))

    assert files_in(mine) == files_in(yours)


def test_a_second_build_brings_nothing_and_changes_nothing(sources: Sources, tmp_path: Path) -> None:
    installer = Installer()
    package = build_package(sources, tmp_path / "build", install=installer)
    made = package.stat().st_ino

    build_package(sources, tmp_path / "build", install=installer)

    assert len(installer.installed) == 1
    assert package.stat().st_ino == made


def test_changed_code_is_built_without_the_network(sources: Sources, tmp_path: Path) -> None:
    build_package(sources, tmp_path / "build", install=Installer())
    (sources.lambdas / "chat_bot" / "handler.py").write_text("handler = 'new'")

    package = build_package(sources, tmp_path / "build", install=Installer(fails=True))

    assert (package / "lambdas" / "chat_bot" / "handler.py").read_text() == "handler = 'new'"


def test_a_changed_policy_is_built_too(sources: Sources, tmp_path: Path) -> None:
    """The team decides it, so it changes without any Lambda code changing."""
    build_package(sources, tmp_path / "build", install=Installer())

    package = build_package(
        replace(sources, policy=as_json({"controls": {"escalate": {}}})),
        tmp_path / "build",
        install=Installer(fails=True),
    )

    assert "escalate" in (package / "lambdas" / "handoff_policy.json").read_text()


def test_changed_requirements_are_brought_and_the_old_ones_go(sources: Sources, tmp_path: Path) -> None:
    installer = Installer()
    build_package(sources, tmp_path / "build", install=installer)
    sources.requirements.write_text("boto3==2")

    build_package(sources, tmp_path / "build", install=installer)

    assert installer.installed == ["boto3==1", "boto3==2"]
    assert len(list((tmp_path / "build").glob("lambda-dependencies-*"))) == 1


def test_a_failed_build_leaves_the_last_good_package(sources: Sources, tmp_path: Path) -> None:
    package = build_package(sources, tmp_path / "build", install=Installer())
    good = files_in(package)
    sources.requirements.write_text("boto3==2")

    with pytest.raises(PackageFailed, match="no network"):
        build_package(sources, tmp_path / "build", install=Installer(fails=True))

    assert files_in(package) == good
    assert [path.name for path in (tmp_path / "build").iterdir() if path.name.startswith("tmp")] == []


def test_uvs_refusal_is_one_line(tmp_path: Path) -> None:
    """Without a hash uv installs nothing, and asks no network to find that out."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("boto3==1.44.5\n")

    with pytest.raises(PackageFailed) as failed:
        install_with_uv(requirements, tmp_path / "target")

    assert str(failed.value).startswith("the package's dependencies could not be brought: ")
    assert "\n" not in str(failed.value)


@pytest.fixture
def team(tmp_path: Path) -> AgentSources:
    agents = tmp_path / "agents"
    for name, content in {
        "team.py": "code",
        "runtime/__main__.py": "code",
        "store/team.yaml": "name: store",
        "store/script.yaml": "languages: [en]",
        "store/script.en.yaml": "ask: {}",
        "store/demo.yaml": "tables: {}",
        "store/instructions/desk.md": "Be kind.",
        "store/conversations/where.yaml": "said: hello",
        "clinic/team.yaml": "name: clinic",
        "clinic/instructions/desk.md": "Be quick.",
        "__pycache__/team.cpython-311.pyc": "byte code",
    }.items():
        (agents / name).parent.mkdir(parents=True, exist_ok=True)
        (agents / name).write_text(content)
    requirements = tmp_path / "requirements-agent.txt"
    requirements.write_text("strands-agents==1")
    return AgentSources(agents=agents, team=agents / "store", requirements=requirements)


def test_the_code_zip_holds_the_program_the_one_team_and_what_agentcore_starts(
    team: AgentSources, tmp_path: Path
) -> None:
    """No other team, and of this one nothing that only tests or demonstrations need."""
    package = build_agent_package(team, tmp_path / "build", install=Installer())

    assert package == tmp_path / "build" / "agent"
    assert without_data(files_in(package)) == {
        "main.py",
        "agents/team.py",
        "agents/runtime/__main__.py",
        "team/team.yaml",
        "team/instructions/desk.md",
        "boto3/__init__.py",
        "boto3-1.dist-info/METADATA",
    }


def test_a_team_from_another_folder_is_the_one_team_too(team: AgentSources, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "team.yaml").write_text("name: mine")

    package = build_agent_package(replace(team, team=tmp_path / "mine"), tmp_path / "build", install=Installer())

    assert (package / "team" / "team.yaml").read_text() == "name: mine"
    assert not (package / "agents" / "store").exists()


def test_an_edited_instruction_is_a_new_code_zip_and_needs_no_network(team: AgentSources, tmp_path: Path) -> None:
    build_agent_package(team, tmp_path / "build", install=Installer())
    (team.team / "instructions" / "desk.md").write_text("Be very kind.")

    package = build_agent_package(team, tmp_path / "build", install=Installer(fails=True))

    assert (package / "team" / "instructions" / "desk.md").read_text() == "Be very kind."


def test_the_two_packages_keep_out_of_each_others_way(sources: Sources, team: AgentSources, tmp_path: Path) -> None:
    """Their dependencies are kept side by side: neither build removes the other's."""
    build_package(sources, tmp_path / "build", install=Installer())
    build_agent_package(team, tmp_path / "build", install=Installer())
    (sources.lambdas / "chat_bot" / "handler.py").write_text("handler = 'new'")

    package = build_package(sources, tmp_path / "build", install=Installer(fails=True))

    assert (package / "lambdas" / "chat_bot" / "handler.py").read_text() == "handler = 'new'"


def test_what_agentcore_starts_runs_the_program_from_the_zips_own_folder(team: AgentSources, tmp_path: Path) -> None:
    """Wherever AgentCore starts it: the team's folder is named from the zip's root."""
    (team.agents / "__init__.py").touch()
    (team.agents / "runtime" / "__init__.py").touch()
    program = "import os; print(__name__, os.getcwd(), sorted(os.listdir('team')))"
    (team.agents / "runtime" / "__main__.py").write_text(program)
    package = build_agent_package(team, tmp_path / "build", install=Installer())

    done = subprocess.run(
        [sys.executable, str(package / "main.py")], cwd="/", capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == f"__main__ {package} ['instructions', 'team.yaml']"
