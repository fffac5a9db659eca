"""What a parameter of a block may hold: one small judge per kind of value.

A judge answers what is wrong with a value in a few words ("should be …"), or nothing. It sees flow sources (phrases and
placeholders) as well as finished flows. Limits come from Connect's developer and administrator guides, read 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from amazon_connect.jsonpath import broken_paths_in, is_path
from amazon_connect.model import Phrase, Placeholder, Value

Judge = Callable[[Value], str | None]

MAX_TEXT_CHARACTERS = 3_000
"""Billed characters of a prompt; in plain text every character is billed (administrator guide, Play prompt)."""
MAX_ATTRIBUTE_BYTES = 32 * 1024
_ARN = re.compile(r"arn:[a-z0-9-]+:([a-z0-9-]+):[a-z0-9-]*:[0-9]*:.+")
_WHOLE_NUMBER = re.compile(r"[0-9]+")
_ATTRIBUTE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def text(value: Value) -> str | None:
    """Words for the customer: a phrase, or plain text with paths inside."""
    if isinstance(value, Phrase):
        return None
    if not isinstance(value, str) or not value.strip():
        return "should be a sentence for the customer"
    if len(value) > MAX_TEXT_CHARACTERS:
        return f"has {len(value):,} characters; Connect takes {MAX_TEXT_CHARACTERS:,}"
    return _broken_path(value)


def path(value: Value) -> str | None:
    """Exactly one path."""
    if not isinstance(value, str) or not is_path(value):
        return "should be one path such as $.Attributes.name"
    return _broken_path(value)


def arn_of(service: str) -> Judge:
    """An ARN of that service, a path that leads to one, or a placeholder."""

    def judge(value: Value) -> str | None:
        if isinstance(value, Placeholder):
            return None
        if isinstance(value, str) and is_path(value):
            return _broken_path(value)
        found = _ARN.fullmatch(value) if isinstance(value, str) else None
        return None if found and found[1] == service else f"should be the ARN of a {service} resource"

    return judge


def whole_number(*, least: int, most: int, dynamic: bool) -> Judge:
    """A whole number written as text, as the console writes it; also a path if `dynamic`."""

    def judge(value: Value) -> str | None:
        if dynamic and isinstance(value, str) and is_path(value):
            return _broken_path(value)
        if isinstance(value, int | float):
            return f'should be a number in quotes ("{value}"), as the designer writes it'
        if not isinstance(value, str) or not _WHOLE_NUMBER.fullmatch(value) or not least <= int(value) <= most:
            return f'should be a whole number from "{least}" to "{most}", in quotes'
        return None

    return judge


def one_of(*allowed: str) -> Judge:
    """One of a few words."""

    def judge(value: Value) -> str | None:
        return None if value in allowed else f"should be {' or '.join(allowed)}"

    return judge


def list_of(*allowed: str) -> Judge:
    """A list of some of a few words, each once."""

    def judge(value: Value) -> str | None:
        if not isinstance(value, tuple) or any(member not in allowed for member in value):
            return f"should be a list of {' and '.join(allowed)}"
        return "names something twice" if len({*value}) < len(value) else None

    return judge


def text_map(value: Value) -> str | None:
    """Names with texts, each text with paths inside if wanted."""
    if not isinstance(value, Mapping):
        return "should be names with their texts"
    for key, member in value.items():
        if not isinstance(member, str):
            return f"should give '{key}' as text, in quotes"
        if broken := _broken_path(member):
            return f"at '{key}': {broken}"
    return None


def attributes(value: Value) -> str | None:
    """Contact attributes: letters, digits, - and _ in names; 32 KB in all."""
    complaint = text_map(value)
    if complaint or not isinstance(value, Mapping):
        return complaint
    for key in value:
        if not _ATTRIBUTE_KEY.fullmatch(key):
            return f"has the name '{key}'; names have letters, digits, - and _ only"
    size = sum(len(f"{key}{member}".encode()) for key, member in value.items())
    return None if size <= MAX_ATTRIBUTE_BYTES else f"holds {size:,} bytes; Connect takes {MAX_ATTRIBUTE_BYTES:,}"


def response_validation(value: Value) -> str | None:
    """How Connect checks a Lambda's answer."""
    if not isinstance(value, Mapping) or [*value] != ["ResponseType"] or value["ResponseType"] not in _RESPONSE_TYPES:
        return f"should hold ResponseType: {' or '.join(_RESPONSE_TYPES)}"
    return None


_RESPONSE_TYPES = ("STRING_MAP", "JSON")


def _broken_path(value: str) -> str | None:
    broken = next(broken_paths_in(value), None)
    return None if broken is None else f"holds '{broken}', which is no path that Connect knows"
