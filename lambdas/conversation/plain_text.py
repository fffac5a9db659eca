"""Markdown as text that reads well where no formatting is shown.

Marks go, what they mark stays: no letter and no digit is lost or moved, but for what only a program reads (the title of
a link, the language of a block of code). When in doubt a sign is no mark. Most messages have none, so what reads them
is imported with the first that may.
"""

from __future__ import annotations

import re

MAY_BE_MARK = re.compile(r"[*_`~\\\[<|]|^[ \t]*[#>+=-]", re.MULTILINE)


def plain(text: str) -> str:
    """The text without its marks; one that has none is left as it is, and so is one of marks alone."""
    if MAY_BE_MARK.search(text) is None:
        return text
    from lambdas.conversation.block_marks import unmarked  # noqa: PLC0415  (see above)

    read = unmarked(text)
    return text if not read or read.split() == text.split() else read
