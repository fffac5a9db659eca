"""The marks of Markdown that make blocks of lines: headings, lists, quotations, code, tables, rules.

Every line is looked at a fixed number of times, so that no text takes longer than its length. After CommonMark and
GitHub's tables, less what nobody writes in a chat; `inline_marks` reads what stands within the lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import reduce

from lambdas.conversation.inline_marks import without_marks
from lambdas.conversation.paragraphs import COLONS

FENCE = re.compile(r"[ \t]*(`{3,}+|~{3,}+)[^`]*$")
QUOTE = re.compile(r"(?:[ \t]*+>)++(?:[ \t](?![ \t]*[\d$€£¥])|$)")
"""Before a number the sign says that something is greater."""
HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+(.*)")
RULE = re.compile(r"[ \t]*(?:([-*_])(?:[ \t]*+\1){2,}+|={3,}+)[ \t]*$")
ITEM = re.compile(r"([ \t]*)(?:[-*]|\+(?![ \t]+[\d$€£¥]))[ \t]+(?:(\[[ xX]\])[ \t]+)?(?=\S)")
NUMBERED = re.compile(r"[ \t]*\d{1,9}[.)][ \t]")
COLUMN_RULE = re.compile(r":?-++:?")
BAR = re.compile(r"(?<!\\)\|")
"""Parts the cells of a table."""

BULLET = "• "
BOXES = {"[ ]": "☐ ", "[x]": "☑ ", "[X]": "☑ "}
PAIR = 2
"""A table of so many columns needs no heads: the first cell names what the second tells."""


def unmarked(text: str) -> str:
    """Of blocks and within them; nothing may be left."""
    return "\n".join(_with_single_gaps(_blocks(text.split("\n"))))


def _with_single_gaps(lines: Iterable[str]) -> Iterator[str]:
    begun = gap = False
    for line in lines:
        if line and begun and gap:
            yield ""
        if line:
            yield line
        begun, gap = begun or bool(line), not line


def _blocks(lines: list[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if fence := FENCE.match(line):
            end = _after(lines, place + 1, lambda line: not _closes(line, fence[1]))
            yield "\n".join(lines[place + 1 : end])
            end += 1
        elif QUOTE.match(line):
            end = _after(lines, place, lambda line: QUOTE.match(line) is not None)
            yield from _blocks([QUOTE.sub("", line, count=1) for line in lines[place:end]])
        elif _begins_table(lines, place):
            end = _after(lines, place, lambda line: "|" in line)
            yield from _table([lines[place], *lines[place + 2 : end]])
        elif RULE.match(line) and not _fills_in(lines, place):
            end = place + 1
            yield ""
        else:
            end = _after_paragraph(lines, place)
            yield _paragraph(lines[place:end])
        place = end


def _fills_in(lines: list[str], place: int) -> bool:
    """A hidden word, or a line to write on: `Your PIN:`, and below it `****`."""
    return place > 0 and lines[place - 1].rstrip().endswith(COLONS) and lines[place].lstrip().startswith(("*", "_"))


def _after(lines: list[str], place: int, belongs: Callable[[str], bool]) -> int:
    while place < len(lines) and belongs(lines[place]):
        place += 1
    return place


def _closes(line: str, fence: str) -> bool:
    line = line.strip()
    return line.startswith(fence) and not line.strip(fence[0])


# ---- paragraphs, items of lists, headings


def _after_paragraph(lines: list[str], place: int) -> int:
    """A heading is one line; emphasis may reach over the lines of anything else."""
    if HEADING.match(lines[place]) or not lines[place].strip():
        return place + 1
    place += 1
    while place < len(lines) and not _begins_block(lines, place):
        place += 1
    return place


def _begins_block(lines: list[str], place: int) -> bool:
    line = lines[place]
    begins = any(block.match(line) for block in (FENCE, QUOTE, HEADING, RULE, ITEM, NUMBERED))
    return begins or not line.strip() or _begins_table(lines, place)


def _paragraph(lines: list[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    if heading := HEADING.match(text):
        return without_marks(_without_closing(heading[1]))
    if item := ITEM.match(text):
        return item[1] + BOXES.get(item[2], BULLET) + without_marks(text[item.end() :])
    return without_marks(text)


def _without_closing(heading: str) -> str:
    """A heading may end with as many signs as it likes."""
    bare = heading.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) or not bare else heading


# ---- tables


def _begins_table(lines: list[str], place: int) -> bool:
    if "|" not in lines[place] or place + 1 == len(lines) or "|" not in lines[place + 1]:
        return False
    rules = _cells(lines[place + 1])
    return all(COLUMN_RULE.fullmatch(cell) for cell in rules) and len(rules) == len(_cells(lines[place]))


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in BAR.split(line.strip())]
    return cells[not cells[0] : len(cells) - (not cells[-1])]


def _table(lines: list[str]) -> Iterator[str]:
    """A line for each row."""
    heads, *rows = ([without_marks(cell).replace("\n", ", ") for cell in _cells(line)] for line in lines)
    if len(heads) <= PAIR or not rows:
        return (reduce(_labelled, filter(None, cells), "") for cells in (heads, *rows))
    return (", ".join(_named(cells, heads)) for cells in rows)


def _named(cells: list[str], heads: list[str]) -> Iterator[str]:
    for place, cell in enumerate(cells):
        head = heads[place] if place < len(heads) else ""
        if cell:
            yield _labelled(head, cell)


def _labelled(label: str, cell: str) -> str:
    if not label:
        return cell
    return f"{label} {cell}" if label.endswith(COLONS) else f"{label}: {cell}"
