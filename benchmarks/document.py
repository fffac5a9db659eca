"""The tables in `docs/performance.md`: each stands between two marks and is written by `make bench ARGS=--write`."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def write_section(name: str, text: str) -> None:
    """Replace what stands in a section. Raises `LookupError` if the document has no such marks."""
    document = DOCUMENT.read_text(encoding="utf-8")
    written, found = _marks(name).subn(lambda marks: f"{marks['begin']}\n{text.strip()}\n{marks['end']}", document)
    if not found:
        raise LookupError(f"docs/performance.md has no section '{name}'")
    DOCUMENT.write_text(written, encoding="utf-8")


def _marks(name: str) -> re.Pattern[str]:
    mark = re.escape(name)
    return re.compile(rf"(?P<begin><!-- begin: {mark} -->)\n.*?(?P<end><!-- end: {mark} -->)", re.DOTALL)
