"""Days and times of day as agents pass them on, in one form: `2026-11-24`, `10:30`.

A day may be named as people name it (today, tomorrow, a weekday, a date without its year), because a model does not
know what day it is; that comes from the caller. The rule: what cannot be such a day or time is an `UnfitArgument`;
whether anything is free then is for the tables to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from lambdas.tools.tool_call import UnfitArgument

NAMED = {"today": 0, "tomorrow": 1, "day_after_tomorrow": 2}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NIGHT_ENDS = 7
"""Hours up to this one, without am or pm, are meant in the afternoon: nobody comes at three in the night."""
OLDEST_YEARS = 130
LATELY_DAYS = 183
"""A date without its year that was within these is over: nobody means next year's."""

_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{1,2})-([0-9]{1,2})")
_MONTH_AND_DAY = re.compile(r"[0-9]{1,2}-[0-9]{1,2}")
_DAY_OF_MONTH = re.compile(r"[0-9]{1,2}")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?(?::00)?\s*([ap]m)?")


def day(written: str, *, today: date) -> date:
    """A day that is not over: the next one that fits."""
    name = re.sub(r"[\s-]+", "_", written.lower()) if written[:1].isalpha() else written
    if name in NAMED:
        return today + timedelta(days=NAMED[name])
    if name in WEEKDAYS:
        return today + timedelta(days=(WEEKDAYS.index(name) - today.weekday() - 1) % 7 + 1)
    found = _next_of_month(written, today) if _DAY_OF_MONTH.fullmatch(written) else _next_date(written, today)
    if found is None:
        raise UnfitArgument(
            "invalid_day",
            "A day to come: today, tomorrow, day_after_tomorrow, a weekday in English, or a date: 2026-11-24 or 11-24.",
        )
    if found < today or (_MONTH_AND_DAY.fullmatch(written) and _was_lately(found, today)):
        raise UnfitArgument("past_day", "That day is over. Say so, and ask for a day to come.")
    return found


def time_of_day(written: str) -> str:
    """Hours and minutes."""
    found = _TIME.fullmatch(written.lower().replace(".m", "m").rstrip("."))
    if found:
        hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
        fits = 1 <= hour <= 12 if half else hour <= 23
        if fits and minute <= 59:
            return f"{_hour_of_day(hour, half):02}:{minute:02}"
    raise UnfitArgument("invalid_time", "A time of day has hours and minutes, for example 10:30 or 3:30 pm.")


def _hour_of_day(hour: int, half: str | None) -> int:
    if half:
        return hour % 12 + (12 if half == "pm" else 0)
    return hour + 12 if 1 <= hour <= NIGHT_ENDS else hour


def date_of_birth(arguments: Mapping[str, str], *, today: date) -> str:
    """Year, month and day of somebody who can be alive."""
    if "date_of_birth" not in arguments:
        raise UnfitArgument("missing_date_of_birth", "Ask the patient for the date of birth and call again.")
    found = _DATE.fullmatch(arguments["date_of_birth"])
    born = _date(int(found[1]), found[2], found[3]) if found and found[1] else None
    if born is None or not today.year - OLDEST_YEARS <= born.year or born > today:
        raise UnfitArgument("invalid_date_of_birth", "A date of birth has year, month and day, for example 1980-05-24.")
    return born.isoformat()


def _next_date(written: str, today: date) -> date | None:
    found = _DATE.fullmatch(written)
    if not found:
        return None
    years = [int(found[1])] if found[1] else range(today.year, today.year + 9)  # February 29 comes at last
    days = (_date(year, found[2], found[3]) for year in years)
    return next((each for each in days if each and (found[1] or each >= today)), None)


def _was_lately(found: date, today: date) -> bool:
    before = _date(found.year - 1, str(found.month), str(found.day))
    return before is not None and (today - before).days < LATELY_DAYS


def _next_of_month(written: str, today: date) -> date | None:
    ahead = (today + timedelta(days=days) for days in range(62))
    return next((each for each in ahead if each.day == int(written)), None)


def _date(year: int, month: str, day_of_month: str) -> date | None:
    try:
        return date(year, int(month), int(day_of_month))
    except ValueError:
        return None
