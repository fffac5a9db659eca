"""Names that AWS asks for where it gives none itself: all begin with the stack's, so that two stacks never meet."""

from __future__ import annotations

import hashlib
import re


def name_of(stack: str, *parts: str, joined_by: str = "_", longest: int = 48) -> str:
    """The stack's name and `parts`, of letters, digits and `joined_by` only.

    A name that is too long, or would be another stack's too, ends in a piece of a hash.
    """
    words = [word for text in (stack, *parts) for word in re.findall("[0-9A-Za-z]+", text)]
    name = joined_by.join(words)
    if len(name) <= longest and "-".join(re.findall("[0-9A-Za-z]+", stack)) == stack:
        return name
    mark = hashlib.sha256("\0".join((stack, *parts)).encode()).hexdigest()[:8]
    return f"{name[: longest - len(mark) - 1].rstrip(joined_by)}{joined_by}{mark}"
