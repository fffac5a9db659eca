"""The picture in `docs/performance.md`: how long a customer is left in silence, and when the answer is whole.

Drawn from the figures of the words as they were measured last, by `make bench ARGS="--only words --write"`. Bars are
shares of the time after which the plain bot says everything at once.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.figure import Figure

FILE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "performance.svg"
BACKEND = "agentcore-runtime"
"""The one that a deployment has unless it says otherwise; the others look the same."""
TITLE = "Silence before the first words, and the whole answer"
LEGEND = "words; 100% is the time the plain bot needs"
ANSWERS = {"long": "A long answer, 120 tokens", "short": "A short answer, 22 tokens"}
FIRST, FIRST_OVER_FLOOR, WHOLE = "first words / plain bot", "first words / floor", "whole answer / floor"

WIDTH, LEFT, SCALE = 760, 110, 400
ROW, BAR, TOP = 32, 20, 84
MOMENT = 4
"""As wide as a bar of words is that come all at once."""
STYLE = """
.ground { fill: #ffffff; stroke: #d0d7de } text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 } .answer { font-weight: 600 }
.silence { fill: #d0d7de } .words { fill: #0969da }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; stroke: #30363d } text { fill: #e6edf3 } .silence { fill: #3d444d } .words { fill: #4493f8 }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Silence, then words; shares of the plain bot's time."""

    name: str
    first: float
    whole: float

    @property
    def told(self) -> str:
        return (
            "all at once, 100%" if self.first == self.whole else f"first words {self.first:.0%}, whole {self.whole:.0%}"
        )


def draw(figures: Sequence[Figure]) -> None:
    """Raises `LookupError` if a figure that is shown was not measured."""
    FILE.write_text(picture(figures), encoding="utf-8")


def picture(figures: Sequence[Figure]) -> str:
    shown = {answer: bars(answer, figures) for answer in ANSWERS}
    described = "; ".join(
        f"{ANSWERS[answer]}: {', '.join(f'{bar.name}: {bar.told}' for bar in row)}" for answer, row in shown.items()
    )
    drawn = "\n".join(_drawn(shown))
    height = TOP + ROW * sum(1 + len(row) for row in shown.values()) + 10
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"
role="img" aria-labelledby="title told">
<title id="title">{TITLE}</title>
<desc id="told">Shares of the time of a plain bot. {escape(described)}. From: {"; ".join(sources())}.</desc>
<style>{STYLE}</style>
<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>
<text class="title" x="20" y="32">{TITLE}</text>
<rect class="silence" x="20" y="48" width="14" height="14"/><text x="40" y="60">silence</text>
<rect class="words" x="110" y="48" width="14" height="14"/><text x="130" y="60">{LEGEND}</text>
{drawn}
</svg>
"""


def bars(answer: str, figures: Sequence[Figure]) -> list[Bar]:
    """Medians of ratios that were taken pair by pair: each round asked all three."""
    first, over_floor, whole = (_the(name, figures) for name in sources(answer))
    plain = first.parts["plain bot"]
    return [
        Bar(name="Handoff", first=first.median, whole=_share(whole.parts["whole answer"], plain)),
        Bar(name="floor", first=_share(over_floor.parts["floor"], plain), whole=_share(whole.parts["floor"], plain)),
        Bar(name="plain bot", first=1.0, whole=1.0),
    ]


def sources(*answers: str) -> list[str]:
    """The names of the figures that are shown."""
    return [
        f"{name}, {answer} answer, {BACKEND}"
        for answer in answers or ANSWERS
        for name in (FIRST, FIRST_OVER_FLOOR, WHOLE)
    ]


def _the(name: str, figures: Sequence[Figure]) -> Figure:
    found = [figure for figure in figures if figure.name == name]
    if not found:
        raise LookupError(f"'{name}' was not measured")
    return found[0]


def _share(taken: Sequence[float], plain: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(taken, plain, strict=True))


def _drawn(shown: Mapping[str, Sequence[Bar]]) -> Iterator[str]:
    y = TOP
    for answer, row in shown.items():
        yield f'<text class="answer" x="20" y="{y + 15}">{ANSWERS[answer]}</text>'
        for bar in row:
            y += ROW
            silent, whole = bar.first * SCALE, max(bar.whole * SCALE, bar.first * SCALE + MOMENT)
            yield f'<text x="20" y="{y + 15}">{bar.name}</text>'
            yield f'<rect class="silence" x="{LEFT}" y="{y}" width="{silent:.1f}" height="{BAR}"/>'
            yield f'<rect class="words" x="{LEFT + silent:.1f}" y="{y}" width="{whole - silent:.1f}" height="{BAR}"/>'
            yield f'<text x="{LEFT + whole + 10:.1f}" y="{y + 15}">{bar.told}</text>'
        y += ROW
