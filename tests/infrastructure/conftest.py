"""The stack, synthesized once per set of settings, around a package folder that holds next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk.synthesis import synthesize
from tests.infrastructure.template import Template

Synthesize = Callable[..., Template]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    (folder / "lambdas").mkdir()
    (folder / "lambdas" / "__init__.py").touch()
    return folder


@pytest.fixture(scope="session")
def template_with(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Makes the template of some settings: `template_with(language="es")`."""
    made: dict[str, Template] = {}

    def template(**settings: Any) -> Template:
        key = repr(sorted(settings.items()))
        if key not in made:
            context = {"lambda_package": str(package), "agent_package": str(package), **settings}
            made[key] = Template.read(synthesize(outdir=tmp_path_factory.mktemp("assembly"), context=context))
        return made[key]

    return template


@pytest.fixture(scope="session")
def template(template_with: Synthesize) -> Template:
    """With the settings as they are when nobody sets any."""
    return template_with()
