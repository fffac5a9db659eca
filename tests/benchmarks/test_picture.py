"""The picture shows what the tables say, to those who see it and to those who hear it read."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import picture
from benchmarks.document import DOCUMENT
from benchmarks.figure import Figure, ratio
from benchmarks.picture import ANSWERS, BACKEND, FIRST, FIRST_OVER_FLOOR, WHOLE, Bar, bars, sources

SVG = "{http://www.w3.org/2000/svg}"


def measured(answer: str) -> list[Figure]:
    """Two rounds; the second was twice as slow in everything."""
    about = f"{answer} answer, {BACKEND}"
    first, plain = ("first words", (1.0, 2.0)), ("plain bot", (4.0, 8.0))
    return [
        ratio("words", f"{FIRST}, {about}", first, plain),
        ratio("words", f"{FIRST_OVER_FLOOR}, {about}", first, ("floor", (0.8, 1.6))),
        ratio("words", f"{WHOLE}, {about}", ("whole answer", (4.4, 8.8)), ("floor", (4.2, 8.4))),
    ]


def test_bars_are_shares_of_the_plain_bots_time() -> None:
    assert bars("long", measured("long")) == [
        Bar(name="Handoff", first=0.25, whole=1.1),
        Bar(name="floor", first=0.2, whole=1.05),
        Bar(name="plain bot", first=1.0, whole=1.0),
    ]


def test_what_was_not_measured_is_not_drawn() -> None:
    with pytest.raises(LookupError, match=f"first words / plain bot, short answer, {BACKEND}"):
        picture.picture(measured("long"))


def test_a_bar_ends_in_what_stands_beside_it() -> None:
    drawn = ElementTree.fromstring(picture.picture([*measured("long"), *measured("short")]))  # noqa: S314  (our own)
    rows = [bar.attrib for bar in drawn.iter(f"{SVG}rect") if bar.attrib["height"] == str(picture.BAR)]
    widths = [float(bar["width"]) for bar in rows if bar["class"] == "silence"]

    assert widths == [0.25 * picture.SCALE, 0.2 * picture.SCALE, picture.SCALE] * 2
    assert [text.text for text in drawn.iter(f"{SVG}text")].count("first words 25%, whole 110%") == len(ANSWERS)


def test_the_picture_in_the_repository_is_of_the_tables_beside_it() -> None:
    """One measured anew without the other would tell two stories."""
    drawn = ElementTree.fromstring(picture.FILE.read_text(encoding="utf-8"))  # noqa: S314  (our own)
    told = drawn.findtext(f"{SVG}desc") or ""
    shares = [int(share) for share in re.findall(r"Handoff: first words (\d+)%", told)]

    assert drawn.findtext(f"{SVG}title") == picture.TITLE
    assert all(name in told for name in sources())
    assert all(_median(name) for name in sources())
    assert shares == [
        pytest.approx(100 * _median(f"{FIRST}, {answer} answer, {BACKEND}"), abs=0.6) for answer in ANSWERS
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/performance.md"])
def test_the_picture_is_shown(page: str) -> None:
    root = DOCUMENT.parents[1]
    shown = [(root / page).parent / path for path in re.findall(r"!\[[^]]+\]\(([^)]+)\)", (root / page).read_text())]

    assert picture.FILE in map(Path.resolve, shown)


def _median(name: str) -> float:
    """Raises `StopIteration` if no table has such a figure."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {name} |"))
    return float(row.split("|")[2].strip(" *"))
