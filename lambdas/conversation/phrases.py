"""The sentences the bot itself says, one file per language.

`language_of` maps any BCP 47 tag to a language there is a file for; what is unknown becomes English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "phrases"
FALLBACK = "en"
FILLERS = ("greeting", "one_moment", "still_trying")
"""What the bot says without answering anything."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """All sentences of one language."""

    language: str
    sentences: Mapping[str, str]

    def say(self, key: str) -> str:
        """The sentence of `bot.<key>`; a key that is in no file is a mistake in the code and raises `KeyError`."""
        return self.sentences[f"bot.{key}"]


@cache
def languages() -> frozenset[str]:
    return frozenset(path.stem for path in FOLDER.glob("*.json"))


def language_of(*tags: str | None) -> str:
    """The language of the first tag that is given at all: `es-US` is Spanish, an unknown one is English."""
    tag = next((tag for tag in tags if tag), FALLBACK)
    primary = tag.replace("_", "-").partition("-")[0].lower()
    return primary if primary in languages() else FALLBACK


@cache
def phrases(language: str) -> Phrases:
    name = language_of(language)
    return Phrases(name, json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def refuses(text: str) -> bool:
    """Whether the bot said this because a guardrail had stepped in, in whatever language."""
    return any(text == phrases(language).say("refused") for language in languages())


def answers_nothing(text: str) -> bool:
    """Whether the bot said this without answering the customer, in whatever language."""
    return any(text == phrases(language).say(key) for language in languages() for key in FILLERS)
