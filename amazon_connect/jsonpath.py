"""The paths by which a flow reads contact data: `$.Attributes.order`, `$.External['status']`, also inside a text.

Grammar and known roots only; whoever has the data looks it up with `keys_of`. A path is `$` followed by members as
`.name` or `['any key']`. A `$` followed by neither is ordinary text, so "costs $1000" holds no path.

Source: Connect administrator guide, list of contact attributes and their JSONPath references, and the flow language's
developer guide; read 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MEMBER = r"(?:\.[A-Za-z0-9_-]+|\['[^'\]]+'\]|\[\"[^\"\]]+\"\])"
_PATH = re.compile(rf"\$(?:{_MEMBER})+")
_KEY = re.compile(r"\.([A-Za-z0-9_-]+)|\['([^'\]]+)'\]|\[\"([^\"\]]+)\"\]")
_BEGINS = re.compile(r"\$(?=[.\[])")

ROOTS = frozenset({
    "Agent", "Attributes", "AwsRegion", "Case", "Channel", "ContactId", "Customer", "CustomerEndpoint", "CustomerId",
    "Description", "External", "FlowAttributes", "InitialContactId", "InitiationMethod", "InstanceARN",
    "LambdaInvocation", "LanguageCode", "Lex", "Media", "Metrics", "Name", "PreviousContactId", "Queue", "References",
    "SegmentAttributes", "StoredCustomerInput", "SystemEndpoint", "Tags", "Views", "Wisdom",
})  # fmt: skip


def is_path(text: str) -> bool:
    """Whether the whole text is one path."""
    return _PATH.fullmatch(text) is not None


def paths_in(text: str) -> Iterator[str]:
    """The paths inside a text, in order."""
    return (match[0] for match in _PATH.finditer(text))


def broken_paths_in(text: str) -> Iterator[str]:
    """What begins like a path but is none, or starts at a root that Connect does not have."""
    for begin in _BEGINS.finditer(text):
        path = _PATH.match(text, begin.start())
        if path is None:
            yield text[begin.start() :].split(maxsplit=1)[0]
        elif keys_of(path[0])[0] not in ROOTS:
            yield path[0]


def keys_of(path: str) -> tuple[str, ...]:
    """The members of one path: `$.Queue['Name']` gives `("Queue", "Name")`."""
    return tuple(next(key for key in match.groups() if key) for match in _KEY.finditer(path))


def replace_paths(text: str, look_up: Callable[[tuple[str, ...]], str]) -> str:
    """The text with every path replaced by what `look_up` finds for its members."""
    return _PATH.sub(lambda match: look_up(keys_of(match[0])), text)
