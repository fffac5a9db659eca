"""What was measured, as JSON: `build/bench/figures.json`.

Each part stands there as its last run left it, with the day, so that one part can be measured anew without the others.
"""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import botocore

from benchmarks.figure import Figure

FILE = Path(__file__).resolve().parents[1] / "build" / "bench" / "figures.json"


def keep(part: str, figures: Sequence[Figure], *, runs: int) -> None:
    """Into the file, beside what the other parts have left there."""
    parts = _read()
    parts[part] = {**_circumstances(), "runs": runs, "figures": [_entry(figure) for figure in figures]}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")


def figures_of(part: str) -> list[Figure]:
    """What the last run of a part measured; nothing if it never ran."""
    entries = _read().get(part, {}).get("figures", [])
    return [
        Figure(
            group=entry["group"],
            name=entry["name"],
            samples=tuple(entry["samples"]),
            at_most=entry["at_most"],
            unit=entry["unit"],
            parts={name: tuple(samples) for name, samples in entry["parts"].items()},
        )
        for entry in entries
    ]


def _read() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8"))) if FILE.exists() else {}


def _circumstances() -> dict[str, str]:
    """What ratios may hang on: not the machine's speed."""
    return {
        "measured": f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "botocore": botocore.__version__,
    }


def _entry(figure: Figure) -> dict[str, Any]:
    return {**asdict(figure), "median": figure.median, "spread": figure.spread, "is_met": figure.is_met}
