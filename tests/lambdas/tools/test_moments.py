"""Days and times as agents pass them on."""

from __future__ import annotations

from datetime import date

import pytest

from lambdas.tools.moments import date_of_birth, day, time_of_day
from lambdas.tools.tool_call import UnfitArgument

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("today", "2026-11-20"),
        ("Tomorrow", "2026-11-21"),
        ("day after tomorrow", "2026-11-22"),
        ("day_after_tomorrow", "2026-11-22"),
        ("saturday", "2026-11-21"),
        ("Thursday", "2026-11-26"),
        ("friday", "2026-11-27"),  # on a Friday, people say today
        ("2026-11-20", "2026-11-20"),
        ("11-24", "2026-11-24"),
        ("1-3", "2027-01-03"),
        ("2-29", "2028-02-29"),
        ("5-1", "2027-05-01"),
        ("2027-10-01", "2027-10-01"),
        ("24", "2026-11-24"),
        ("3", "2026-12-03"),
        ("31", "2026-12-31"),
    ],
)
def test_a_day_is_the_next_one_that_fits(written: str, meant: str) -> None:
    """A model does not know what day it is."""
    assert day(written, today=FRIDAY).isoformat() == meant


@pytest.mark.parametrize("written", ["2026-02-30", "13-01", "0", "32", "soon", "mañana", "2026", "٢٤", "-1", "24-"])
def test_what_is_no_day_to_come_is_told(written: str) -> None:
    """The agent asks again."""
    with pytest.raises(UnfitArgument) as raised:
        day(written, today=FRIDAY)

    assert raised.value.code == "invalid_day"


@pytest.mark.parametrize("written", ["2026-11-19", "11-19", "6-1", "2025-12-24"])
def test_a_day_that_is_over_is_told_as_one(written: str) -> None:
    """Without a year too: nobody books a year ahead."""
    with pytest.raises(UnfitArgument) as raised:
        day(written, today=FRIDAY)

    assert raised.value.code == "past_day"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10:30", "10:30"),
        ("10:30:00", "10:30"),
        ("9", "09:00"),
        ("09.15", "09:15"),
        ("15h30", "15:30"),
        ("3 pm", "15:00"),
        ("3:30PM", "15:30"),
        ("12 pm", "12:00"),
        ("12 am", "00:00"),
        ("8 a.m.", "08:00"),
        ("3", "15:00"),  # in the night nobody comes
    ],
)
def test_a_time_has_one_form(written: str, meant: str) -> None:
    """However it is written."""
    assert time_of_day(written) == meant


@pytest.mark.parametrize("written", ["25", "10:60", "13 pm", "0 am", "noon", "10:3", "ten", "-1", "1e1"])
def test_what_is_no_time_is_told(written: str) -> None:
    """The agent asks again."""
    with pytest.raises(UnfitArgument) as raised:
        time_of_day(written)

    assert raised.value.code == "invalid_time"


def test_a_date_of_birth_may_lack_its_zeros() -> None:
    """Agents pass on what they are told."""
    assert date_of_birth({"date_of_birth": "1980-5-4"}, today=FRIDAY) == "1980-05-04"


@pytest.mark.parametrize(
    "written", ["5-24", "1980-13-01", "2026-11-21", "1880-01-01", "0000-01-01", "24/05/1980", "me"]
)
def test_nobody_was_born_then(written: str) -> None:
    """Whoever is asked again knows that it was no good date, and nothing about the patient."""
    with pytest.raises(UnfitArgument) as raised:
        date_of_birth({"date_of_birth": written}, today=FRIDAY)

    assert raised.value.code == "invalid_date_of_birth"
