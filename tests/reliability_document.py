"""The results in `docs/reliability.md`: each stands between two marks and is written by the program that made it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"


def section(name: str) -> str:
    """What stands in a section. Raises `LookupError` if the document has no such marks."""
    found = _marks(name).search(DOCUMENT.read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"docs/reliability.md has no section '{name}'")
    return found["text"].strip()


def write_section(name: str, text: str) -> None:
    """Replace what stands in a section. Raises `LookupError` if the document has no such marks."""
    section(name)
    document = DOCUMENT.read_text(encoding="utf-8")
    written = _marks(name).sub(lambda found: f"{found['begin']}\n{text.strip()}\n{found['end']}", document)
    DOCUMENT.write_text(written, encoding="utf-8")


def _marks(name: str) -> re.Pattern[str]:
    mark = re.escape(name)
    return re.compile(rf"(?P<begin><!-- begin: {mark} -->)\n(?P<text>.*?)(?P<end><!-- end: {mark} -->)", re.DOTALL)
