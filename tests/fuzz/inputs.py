"""Inputs that are almost right: a document of the true shape, broken in some places.

Every text that is planted begins with `CANARY`, so that one look at what a function wrote shows whether anything of a
customer, a token, an attribute or an agent got out.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

CANARY = "canary"
fewer = settings(max_examples=max(1, settings().max_examples * 2 // 5))
"""For examples that take long; a longer run is `pytest tests/fuzz --hypothesis-profile fuzz-long`."""
ODD = [
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "e\u0301" * 50,
    "👩‍👩‍👧",
    "ñ" * 20_000,
    '{"a": 1}',
    "null",
    "../..",
    "%s%s{0}",
]


def _planted(odd: int, text: str) -> str:
    return CANARY + (ODD[odd] if odd < len(ODD) else text)


texts = st.builds(_planted, st.integers(0, 2 * len(ODD)), st.text(max_size=20))
"""What must not be found again."""
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | texts
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
"""Any JSON."""


def _nested(levels: int) -> Any:
    value: Any = CANARY
    for _ in range(levels):
        value = [value]
    return value


deep = st.integers(100, 900).map(_nested)


@st.composite
def broken(draw: st.DrawFn, document: Any, *, keep: frozenset[str] = frozenset()) -> Any:
    """The document with up to three members taken away, replaced or added; members named in `keep` stay."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(0, 3))):
        changeable = places(changed, keep)
        if not changeable:
            break
        holder, name = draw(st.sampled_from(changeable))
        match draw(st.sampled_from(["replace", "replace", "remove", "add"])):
            case "remove":
                del holder[name]
            case "add" if isinstance(holder, dict):
                holder[draw(texts)] = draw(junk)
            case _:
                holder[name] = draw(junk)
    return changed


def places(document: Any, keep: frozenset[str]) -> list[tuple[Any, Any]]:
    """Every holder with a name or an index at which something may be changed."""
    found: list[tuple[Any, Any]] = []
    members: Any = ()
    if isinstance(document, dict):
        members = document.items()
    elif isinstance(document, list):
        members = enumerate(document)
    for name, value in members:
        if not _holds(value, keep) and name not in keep:
            found.append((document, name))
        found += places(value, keep)
    return found


def _holds(value: Any, keep: frozenset[str]) -> bool:
    """Something that must stay is inside."""
    if isinstance(value, Mapping):
        return any(name in keep or _holds(member, keep) for name, member in value.items())
    return isinstance(value, list) and any(_holds(member, keep) for member in value)
