"""Values become words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.script import load_script
from agents.sentences import fill
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
