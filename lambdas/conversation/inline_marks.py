"""The marks of Markdown within a paragraph: emphasis, code, links, escaped signs.

Read once from left to right. A mark that opens is only known for one when its partner comes, so it stays among the
pieces until then; what never finds a partner is text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"\\[!-/:-@\[-`{-~\n]"  # a sign that is none, or the end of a line
    r"|`+"
    r"|<(?:https?://|mailto:|tel:)[^\s<>]*>"
    r"|<[^\s<>@]+@[^\s<>@]+>"
    r"|<br[ \t]*/?>"
    r"|https?://(?:[^\s<>()\[\]*\"'`]|\([^\s<>()\[\]*]*\))*+"
    r"|!?\["
    r"|\]"
    r"|\*+|_+|~+",
    re.IGNORECASE,
)
TARGET = re.compile(
    r"\(\s*+"
    r"(?:<([^<>\n]*)>|((?:[^\s()<\\]|\\.|\((?:[^\s()\\]|\\.)*+\))*+))"
    r"(?:\s++(?:\"[^\"]*+\"|'[^']*+'|\([^()]*+\)))?"  # a title
    r"\s*+\)"
)
"""What stands behind the words of a link."""
TICKS = re.compile(r"`+")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
SCHEME = re.compile(r"(?:mailto|tel):", re.IGNORECASE)
PROTOCOL = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)

STRONG = 2
LONGEST = 3
"""A longer run of signs is a line to fill in."""
ENDS_OF_LABELS = frozenset(":.!?)%")
"""Behind these strong emphasis ends even if the next word follows without a gap."""
FOLLOW_A_SIGN = frozenset(").,;:!?]}-")
BRACKETS = frozenset("([{")
"""Between signs stand the mark of a footnote, `(*)`, the hidden part of a number, `12.***.***-9`, and a box, `[_]`."""
NO_GAPS_FROM = "\u2e80"
"""Scripts from here on part no words, or hang endings on them: Chinese, Japanese, Korean."""


def without_marks(text: str) -> str:
    return _Reading(text).pieces_without_marks()


@dataclass(slots=True)
class _Opener:
    """A run of signs that may be emphasis; `place` among the pieces."""

    place: int
    sign: str
    left: int


@dataclass(slots=True)
class _Reading:
    text: str
    _pieces: list[str] = field(default_factory=list)
    _openers: list[_Opener] = field(default_factory=list)
    _open: dict[str, int] = field(default_factory=lambda: dict.fromkeys("*_~", 0))
    """How many openers there are of each sign, so that none is looked for in vain."""
    _brackets: list[tuple[int, int]] = field(default_factory=list)
    """Where they stand among the pieces, and where in the text their words begin."""
    _last_ticks: dict[int, int] | None = None
    """Where the last run of so many ticks begins."""

    def pieces_without_marks(self) -> str:
        place = 0
        while token := TOKEN.search(self.text, place):
            self._pieces.append(self.text[place : token.start()])
            place = self._read(token)
        return "".join([*self._pieces, self.text[place:]])

    def _read(self, token: re.Match[str]) -> int:
        """Take in a token; returns where the text goes on."""
        match token[0][0]:
            case "\\":
                self._pieces.append(token[0][1:])
            case "`":
                return self._read_code(token)
            case "<":
                is_address = "@" in token[0] or ":" in token[0]
                self._pieces.append(_address(token[0][1:-1]) if is_address else "\n")
            case "[" | "!":
                self._brackets.append((len(self._pieces), token.end()))
                self._pieces.append(token[0])
            case "]":
                return self._read_link(token)
            case "*" | "_" | "~":
                self._read_run(token)
            case _:
                address = token[0].rstrip("_~")  # emphasis may end there
                self._pieces.append(address)
                return token.start() + len(address)
        return token.end()

    # ---- code

    def _read_code(self, token: re.Match[str]) -> int:
        end = self._closing_ticks(token)
        if end is None:
            self._pieces.append(token[0])
            return token.end()
        code = self.text[token.end() : end.start()]
        is_padded = code.startswith(" ") and code.endswith(" ") and code.strip()
        self._pieces.append(code[1:-1] if is_padded else code)
        return end.end()

    def _closing_ticks(self, token: re.Match[str]) -> re.Match[str] | None:
        if self._last_ticks is None:
            self._last_ticks = {len(run[0]): run.start() for run in TICKS.finditer(self.text)}
        if self._last_ticks.get(len(token[0]), 0) <= token.start():
            return None
        return next(run for run in TICKS.finditer(self.text, token.end()) if len(run[0]) == len(token[0]))

    # ---- links

    def _read_link(self, token: re.Match[str]) -> int:
        target = TARGET.match(self.text, token.end())
        if not self._brackets or target is None:
            self._brackets[-1:] = []
            self._pieces.append("]")
            return token.end()
        place, begin = self._brackets.pop()
        self._forget_openers(place)
        address = _address(ESCAPED.sub(r"\1", target[1] or target[2] or ""))
        words = self.text[begin : token.start()].strip(" *_`")
        if not words or _is_same(words, address):
            self._pieces[place:] = [address]
        else:
            self._pieces[place] = ""
            self._pieces.append(f" ({address})" if address else "")
        return target.end()

    def _forget_openers(self, place: int) -> None:
        """Emphasis that begins within a link ends there."""
        while self._openers and self._openers[-1].place >= place:
            self._open[self._openers.pop().sign] -= 1

    # ---- emphasis

    def _read_run(self, token: re.Match[str]) -> None:
        place, sign, left = len(self._pieces), token[0][0], len(token[0])
        self._pieces.append(token[0])
        opens, closes = self._sides(token)
        while closes and left and (opener := self._opener(sign)):
            paired = min(opener.left, left, STRONG)
            left, opener.left = left - paired, opener.left - paired
            self._pieces[opener.place], self._pieces[place] = sign * opener.left, sign * left
            if not opener.left:
                self._forget_openers(opener.place)
        if opens and left:
            self._openers.append(_Opener(place, sign, left))
            self._open[sign] += 1

    def _opener(self, sign: str) -> _Opener | None:
        """The nearest; others that began behind it have no partner."""
        if not self._open[sign]:
            return None
        while self._openers[-1].sign != sign:
            self._forget_openers(self._openers[-1].place)
        return self._openers[-1]

    def _sides(self, token: re.Match[str]) -> tuple[bool, bool]:
        """Whether a run may open and whether it may close emphasis, by what stands beside it."""
        sign, length = token[0][0], len(token[0])
        before = self.text[token.start() - 1] if token.start() else " "
        after = self.text[token.end()] if token.end() < len(self.text) else " "
        if length > LONGEST or (sign == "~" and length != STRONG) or (sign == "*" and _is_operator(before, after)):
            return False, False
        opens = not after.isspace() and (not _is_sign(after) or _parts_words(before))
        closes = not before.isspace() and (not _is_sign(before) or _parts_words(after))
        opens = opens and not (_is_sign(before) and after in FOLLOW_A_SIGN)
        closes = closes and not (before in BRACKETS and _is_sign(after))
        if sign == "_":
            return opens and (not closes or _is_sign(before)), closes and (not opens or _is_sign(after))
        return opens, closes or (length >= STRONG and before in ENDS_OF_LABELS)


def _is_operator(before: str, after: str) -> bool:
    """As in `2*3` and `x**2`."""
    is_sum = before.isalnum() and after.isalnum() and (before + after).isascii()
    return is_sum or (before.isdecimal() and after.isdecimal())


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _parts_words(character: str) -> bool:
    return character.isspace() or _is_sign(character) or character >= NO_GAPS_FROM


def _address(text: str) -> str:
    """As one would say it: a mail address, a telephone number."""
    scheme = SCHEME.match(text)
    return text[scheme.end() :] if scheme else text


def _is_same(words: str, address: str) -> bool:
    return PROTOCOL.sub("", words).rstrip("/") == PROTOCOL.sub("", address).rstrip("/")
