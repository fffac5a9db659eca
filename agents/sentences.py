"""Sentences of the script with their values put in.

`{name}` is a value; a part in square brackets is left out when one of its values is not known. Dates and lists come
from tools as codes and become words here, by the formats of the language. It chooses no sentence. The rule: a value
nobody knows leaves a gap, never an exception, because instructions may be edited at any time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agents.script import Formats

OPTIONAL_PART = re.compile(r"\[([^\[\]]*)\]")
VALUE = re.compile(r"\{(\w+)\}")


def fill(sentence: str, values: Mapping[str, Any], formats: Formats) -> str:
    """The sentence with its values."""
    words = {name: _in_words(value, formats) for name, value in values.items()}

    def optional(part: re.Match[str]) -> str:
        return part[1] if all(words.get(name) for name in VALUE.findall(part[1])) else ""

    return VALUE.sub(lambda value: words.get(value[1], ""), OPTIONAL_PART.sub(optional, sentence))


def _in_words(value: Any, formats: Formats) -> str:
    match value:
        case list():
            return _enumerate([_in_words(item, formats) for item in value], formats)
        case dict():
            return fill(formats.item, value, formats)
        case str():
            return formats.words.get(value) or _date(value, formats)
        case _:
            return str(value)


def _enumerate(things: list[str], formats: Formats) -> str:
    *most, last = things or [""]
    return f"{', '.join(most)}{formats.last}{last}" if most else last


def things_of(text: str, formats: Formats) -> tuple[str, ...]:
    """The things of a list that a sentence enumerated."""
    most, _, last = text.rpartition(formats.last)
    return (*most.split(", "), last) if most else (last,)


def _date(value: str, formats: Formats) -> str:
    """`2026-11-24`, or `2026-11-24T10:30`, as people say it; anything else as it is."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    parts = {
        "day": str(moment.day),
        "month": formats.months[moment.month - 1],
        "year": str(moment.year),
        "weekday": formats.weekdays[moment.weekday()] if formats.weekdays else "",
    }
    date = VALUE.sub(lambda part: parts[part[1]], formats.date)
    if len(value) <= len("2026-11-24"):
        return date
    told = {"date": date, "time": f"{moment:%H:%M}"}
    return VALUE.sub(lambda part: told[part[1]], formats.moment)
