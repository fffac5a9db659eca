"""Values become words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.script import load_script
from agents.sentences import fill, things_of
from tests.agents.small_team import write_team


@pytest.mark.parametrize(
    ("sentence", "values", "said"),
    [
        ("Until {day}.", {"day": "2027-01-02"}, "Until 2. Jan 2027."),
        ("At {day}.", {"day": "2027-01-02T10:00:00+00:00"}, "At 2. Jan 2027."),
        (
            "Für {things}.",
            {"things": [{"name": "Faust"}, {"name": "Emma"}, {"name": "Ida"}]},
            "Für Faust, Emma und Ida.",
        ),
        ("Für {things}.", {"things": [{"name": "Faust"}]}, "Für Faust."),
        ("Gut[ bis {day}].", {}, "Gut."),
        ("Gut[ bis {day}].", {"day": "morgen"}, "Gut bis morgen."),
        ("Willkommen in {house}!", {}, "Willkommen in !"),
        ("{wish}", {"wish": "[{card}] {0}"}, "[{card}] {0}"),
        ("{count} Bücher", {"count": 3}, "3 Bücher"),
    ],
)
def test_values_are_put_into_sentences(tmp_path: Path, sentence: str, values: dict[str, Any], said: str) -> None:
    """Codes come from tools; words, dates and lists belong to the language."""
    german = load_script(write_team(tmp_path)).languages["de"]

    assert fill(sentence, values, german.formats) == said


def test_weekdays_times_and_words_for_codes_are_the_languages_own(tmp_path: Path) -> None:
    """A language that does not say how a moment is told tells its day."""
    formats = load_script(write_team(tmp_path)).languages["de"].formats
    week = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
    richer = formats.model_copy(
        update={"date": "{weekday}, {day}.", "moment": "{date} um {time}", "weekdays": week, "words": {"a": "Roman"}}
    )

    assert fill("{what}: {at}", {"what": "a", "at": "2026-11-24T10:30"}, richer) == "Roman: Di, 24. um 10:30"


@pytest.mark.parametrize(
    ("told", "things"),
    [("Faust, Emma und Ida", ("Faust", "Emma", "Ida")), ("Faust und Emma", ("Faust", "Emma")), ("Faust", ("Faust",))],
)
def test_a_list_that_was_told_is_read_back(tmp_path: Path, told: str, things: tuple[str, ...]) -> None:
    """Customers pick from it."""
    assert things_of(told, load_script(write_team(tmp_path)).languages["de"].formats) == things
