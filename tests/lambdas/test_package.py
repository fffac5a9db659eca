"""The package that is deployed is whole: every handler starts in it, with nothing of this machine's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lambdas.functions import POLICY
from tests.lambdas.package import deployed
from tests.lambdas.test_imports import HANDLERS


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_starts_with_nothing_but_the_package(handler: str, tmp_path: Path) -> None:
    """Other folders of this machine, where whole copies of all packages are, are out of sight."""
    policy = tmp_path / "handoff_policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "HANDOFF_POLICY": str(policy),
        "PYTHONPATH": str(deployed()),
        **HANDLERS[handler],
    }
    files = "(each.__file__ for each in list(sys.modules.values()) if getattr(each, '__file__', None))"
    script = f"import sys, {handler}; print(*{files})"

    done = subprocess.run(
        [sys.executable, "-S", "-s", "-c", script],
        env=environment,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    elsewhere = [file for file in done.stdout.split() if "site-packages" in file]
    assert elsewhere == []
    assert f"{deployed()}{os.sep}botocore{os.sep}session.py" in done.stdout


def test_what_runs_in_the_tests_is_the_package(tmp_path: Path) -> None:
    """Or a missing model would be found in the whole SDK of this machine, and nobody would notice."""
    script = "import botocore, lambdas; print(botocore.__file__, lambdas.__file__)"
    environment = {"PYTHONPATH": f"{deployed()}{os.pathsep}{Path(__file__).parents[2]}"}

    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert all(Path(file).is_relative_to(deployed()) for file in done.stdout.split())
