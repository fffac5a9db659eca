"""Phrases over words: how the script says what a customer may write.

A phrase is groups joined by `&`, each a choice of wordings joined by `|`; all groups must occur, in any order. A
wording is one word or several in a row; `entreg*` is any word that begins so, `{name}` stands for a value that was
found in the text. A phrase that begins with `=` means the whole message: nothing but its words may occur. Case,
accents and apostrophes do not count. The rule: this module knows letters and words, no language and no meaning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

BOUNDARY = "."
"""Stands between clauses; no wording crosses it."""

FORGIVING_LENGTH = 5
"""Letters of a word that may be one slip away; shorter ones too often become another word."""

Words = tuple[str, ...]

_TOKEN = re.compile(r"\{\w+\}|\w+|[^\w\s{}]+|\n")
_APOSTROPHES = str.maketrans("", "", "'’‘`´")


@dataclass(frozen=True, slots=True)
class Phrase:
    """All groups must occur."""

    groups: tuple[tuple[Words, ...], ...]
    patterns: tuple[re.Pattern[str], ...]
    """A group each, over tokens joined by spaces."""
    alone: bool = False
    """No other word may occur."""

    def occurs_in(self, tokens: Sequence[str]) -> bool:
        if self.alone and not all(token == BOUNDARY or self.has_word(token) for token in tokens):
            return False
        text = " ".join(tokens)
        return all(pattern.search(text) for pattern in self.patterns)

    def words(self) -> Iterator[str]:
        yield from (word for group in self.groups for words in group for word in words)

    def has_word(self, token: str) -> bool:
        """Whether the token is a word of this phrase, wherever it stands."""
        return any(same(word, token) for word in self.words())


def parse_phrase(text: str) -> Phrase:
    """Read a phrase; raises `ValueError` for an empty group or wording."""
    groups = tuple(parse_wordings(group) for group in text.removeprefix("=").split("&"))
    return Phrase(groups, tuple(_pattern(group) for group in groups), alone=text.startswith("="))


def _pattern(group: Iterable[Words]) -> re.Pattern[str]:
    wordings = (" ".join(re.escape(word).replace(r"\*", r"\S*") for word in words) for words in group)
    return re.compile(rf"(?<!\S)(?:{'|'.join(wordings)})(?!\S)")


def parse_wordings(text: str) -> tuple[Words, ...]:
    """Read wordings parted by `|`; raises `ValueError` for an empty one."""
    return tuple(parse_words(wording) for wording in text.split("|"))


def parse_word_set(text: str) -> frozenset[str]:
    """Read words parted by spaces."""
    return frozenset(fold(text).split())


def parse_words(text: str) -> Words:
    """Read a wording; raises `ValueError` if it has no word."""
    words = tuple(word if word.startswith("{") else fold(word) for word in text.split())
    if not words:
        raise ValueError("a word is missing beside '|' or '&'")
    return words


def fold(text: str) -> str:
    """Small letters without accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_APOSTROPHES))
    return "".join(character for character in plain if not unicodedata.combining(character))


def tokenize(text: str) -> tuple[str, ...]:
    """Words, `{names}` and boundaries of a text."""
    return tuple(token if token[0] == "{" or token[0].isalnum() else BOUNDARY for token in _TOKEN.findall(fold(text)))


def occurs(words: Words, tokens: Sequence[str]) -> bool:
    """Whether the wording stands anywhere."""
    return any(stands_at(words, tokens, position) for position in range(len(tokens) - len(words) + 1))


def ends_with(words: Words, tokens: Sequence[str]) -> bool:
    return len(words) <= len(tokens) and stands_at(words, tokens, len(tokens) - len(words))


def stands_at(words: Words, tokens: Sequence[str], position: int) -> bool:
    if position + len(words) > len(tokens) or not same(words[0], tokens[position]):
        return False
    return all(same(word, token) for word, token in zip(words, tokens[position:], strict=False))


def longest_at(wordings: Iterable[Words], tokens: Sequence[str], position: int) -> int:
    """The length of the longest of `wordings` that stands there; 0 if none does."""
    return max((len(words) for words in wordings if stands_at(words, tokens, position)), default=0)


def same(word: str, token: str) -> bool:
    """Whether a word of a wording means the token."""
    return token.startswith(word[:-1]) if word.endswith("*") else word == token


def corrected(token: str, vocabulary: Collection[str]) -> str:
    """The token, or the known word it is one slip away from; of several, one as long as it, else the longest."""
    if token in vocabulary or not token.isalpha():
        return token
    # The first letter is nearly always right.
    like = (word for word in vocabulary if word[0] == token[0] and abs(len(word) - len(token)) <= 1)
    near = (word for word in like if _one_slip_apart(word, token))
    return max(near, key=lambda word: (len(word) == len(token), len(word), word), default=token)


def _one_slip_apart(one: str, other: str) -> bool:
    """One letter too many, too few, wrong, or two swapped."""
    longer = max(len(one), len(other))
    if longer < FORGIVING_LENGTH:
        return False
    at = next((i for i in range(longer) if one[i : i + 1] != other[i : i + 1]), longer)
    rest, other_rest = one[at:], other[at:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])
    )
