"""Where the paragraphs of an answer end, as a reader of a chat takes them.

A paragraph ends at an empty line, unless what follows belongs to it: nothing ends inside a block of code, a list with
empty lines is one, and neither a heading nor a line that ends with a colon stands alone (the very first words of an
answer may: `sentences`). Every line is looked at once, whatever pieces it comes in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FENCE = re.compile(r"```|~~~")
"""Begins and ends a block of code, which may hold empty lines."""
ITEM = re.compile(r"(?:[-*+•‣◦]|\d{1,3}[.)])\s")
"""Begins a line of a list."""
MAY_BECOME_ITEM = re.compile(r"(?:[-*+•‣◦]|\d{1,3}[.)]?)$")
ITEM_BEGINNING = 5
"""So many characters tell whether it is one."""
TITLE = re.compile(r"#{1,6}\s|(\*\*|__)[^*_]+\1:?$")
COLONS = (":", "：", "﹕", ":-", "៖", "፦")
"""The wide ones are written in Chinese and Japanese, the one with a dash in India; then Khmer and Amharic."""


@dataclass(slots=True)
class Paragraphs:
    """Text on its way into paragraphs, which together are the text, white space and all."""

    _kept: list[str] = field(default_factory=list)
    """Whole lines of the paragraph under way."""
    _line: list[str] = field(default_factory=list)
    """Pieces of the line under way."""
    _begins: str = ""
    """How that line begins, without its indent."""
    _indented: bool = False
    _fence: str = ""
    _waits_for_more: bool = False
    """The last line that was not empty is a heading or ends with a colon."""
    _is_list: bool = False
    _has_begun: bool = False
    """Something was said in it: empty lines before that belong to it."""
    _at_gap: bool = False
    """Empty lines were read, and what follows decides."""

    def hear(self, text: str) -> list[str]:
        """The paragraphs that are complete now."""
        first, *others = text.split("\n")
        complete = self._add(first)
        for other in others:
            complete += self._end_line()
            complete += self._add(other)
        return complete

    @property
    def rest(self) -> str:
        """The paragraph under way."""
        return "".join([*self._kept, *self._line])

    def _add(self, piece: str) -> list[str]:
        self._line.append(piece)
        if not self._begins:
            visible = piece.lstrip()
            self._indented = self._indented or len(visible) < len(piece)
            piece = visible
        if len(self._begins) < ITEM_BEGINNING:
            self._begins += piece[: ITEM_BEGINNING - len(self._begins)]
        return self._decide() if self._at_gap and self._begins else []

    def _decide(self) -> list[str]:
        """Whether the line under way belongs to the list before the gap."""
        if not self._indented and MAY_BECOME_ITEM.match(self._begins):
            return []
        self._at_gap = False
        return [] if self._indented or ITEM.match(self._begins) else self._cut()

    def _cut(self) -> list[str]:
        paragraph, self._kept = "".join(self._kept), []
        self._is_list = self._has_begun = False
        return [paragraph]

    def _end_line(self) -> list[str]:
        line = "".join(self._line)
        is_empty = not line.strip()
        complete = self._decide_at_end() if not is_empty else []
        self._kept += [line, "\n"]
        if not is_empty:
            self._look_at(line)
        self._line, self._begins, self._indented = [], "", False
        if is_empty and self._has_begun and not self._fence and not self._waits_for_more:
            complete += self._end_paragraph()
        return complete

    def _decide_at_end(self) -> list[str]:
        """A line of one number is no item."""
        if not self._at_gap:
            return []
        self._at_gap = False
        return self._cut()

    def _end_paragraph(self) -> list[str]:
        if self._is_list:
            self._at_gap = True
            return []
        return self._cut()

    def _look_at(self, line: str) -> None:
        text, self._has_begun = line.strip(), True
        if self._fence:
            self._fence = "" if text.startswith(self._fence) else self._fence
        elif fence := FENCE.match(text):
            self._fence = fence[0]
        self._is_list = self._is_list or (not self._fence and ITEM.match(text) is not None)
        self._waits_for_more = not self._fence and (text.endswith(COLONS) or TITLE.match(text) is not None)
