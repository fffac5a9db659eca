"""The Lambda package: the same everywhere, built once, and never half."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cdk.package import PackageFailed, Sources, as_json, build_package, install_with_uv


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


def test_it_holds_our_code_its_dependencies_and_the_policy_and_nothing_else(sources: Sources, tmp_path: Path) -> None:
    """The code keeps the import path it has here: `lambdas.chat_bot.handler`."""
    package = build_package(sources, tmp_path / "build", install=Installer())

    assert package == tmp_path / "build" / "lambdas"
    assert set(files_in(package)) == {
        "lambdas/chat_bot/handler.py",
        "lambdas/handoff_policy.json",
        "boto3/__init__.py",
        "boto3-1.dist-info/METADATA",
    }
    assert json.loads((package / "lambdas" / "handoff_policy.json").read_text()) == {"controls": {}}


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
