"""The documents lead where they say they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
TARGETS = re.compile(r"\]\(<?([^)>\s]+)|^\[[^\]]+\]:\s*<?([^>\s]+)|(?:src|srcset|href)=[\"']([^\"'\s]+)", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def relative_targets(text: str) -> Iterator[str]:
    """What a document's links and pictures name in this repository, without the place inside it."""
    for groups in TARGETS.findall(CODE.sub("", text)):
        target = next(filter(None, groups))
        if not ELSEWHERE.match(target):
            yield unquote(target.partition("#")[0])


def test_links_and_pictures_are_found_in_every_form() -> None:
    """A form that is overlooked is never checked."""
    text = (
        "![a](a.png) [b](b.md#there 'title') [c]: c.md\n[d]: d.md\n<img src=\"e.png\"> <source srcset='f.png'>\n"
        "[x](https://x.example/y) [here](#here) `[code](g.md)`\n```\n[code](h.md)\n```\n[i](<i.md>)"
    )

    assert [*relative_targets(text)] == ["a.png", "b.md", "d.md", "e.png", "f.png", "i.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_every_relative_link_and_picture_is_there(document: Path) -> None:
    """A picture that is missing is the first thing a reader sees."""
    named = {*relative_targets(document.read_text(encoding="utf-8"))}

    assert sorted(target for target in named if not (document.parent / target).exists()) == []
