"""The Lambda package as it is deployed, of what this machine has installed: the same versions, and no network.

All of its dependencies are Python without compiled parts, so they are the same for every machine.
"""

from __future__ import annotations

import functools
import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from cdk.package import Sources, as_json, build_package

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements-lambda.txt"


@functools.cache
def deployed() -> Path:
    """The folder; kept between runs as long as nothing in it changes."""
    sources = Sources(lambdas=ROOT / "lambdas", requirements=REQUIREMENTS, policy=as_json({"controls": {}}))
    return build_package(sources, ROOT / "build" / "as-deployed", install=install_from_here)


def install_from_here(requirements: Path, target: Path) -> None:
    for name, version in re.findall(r"^([\w-]+)==([\w.]+)", requirements.read_text(encoding="utf-8"), re.MULTILINE):
        installed = distribution(name)
        assert installed.version == version, f"{name} {installed.version} is installed, and {version} is deployed"
        for file in installed.files or ():
            if ".." not in file.parts:
                place = target / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), place)
