"""Figure 4: the Lambda package, zipped as it is uploaded."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from benchmarks.figure import Figure
from tests.lambdas.package import REQUIREMENTS, deployed, install_from_here

LIMIT_MB = 5.0


def measure(_runs: int) -> list[Figure]:
    """Once: the same inputs give the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        install_from_here(REQUIREMENTS, whole)
        before = zipped_mb(whole)
    package = deployed()
    return [
        Figure(
            group="package",
            name="Lambda package with its own SDK, zipped",
            samples=(zipped_mb(package),),
            at_most=LIMIT_MB,
            unit="MB",
            parts={
                "its SDK's data, MB": (zipped_mb(package / "botocore" / "data"),),
                "our code, MB": (zipped_mb(package / "lambdas"),),
                "the same dependencies with all data, MB": (before,),
            },
        )
    ]


def zipped_mb(folder: Path) -> float:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.suffix != ".pyc":  # what running it here has left behind
                    archive.write(path, path.relative_to(folder))
        return file.tell() / 1_000_000
