"""The flow's sentences, read as data from the phrase files: one JSON file per language, flat, key to sentence.

The same files serve the Lambdas, which read them on their own. A language is a BCP 47 tag; where its exact file is
missing the file of its primary language serves (`es-UY` reads `es.json`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "lambdas" / "conversation" / "phrases"


class UnknownLanguage(Exception):
    """There is no phrase file for this language."""

    def __init__(self, language: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There are no sentences in '{language}'. The languages are: {', '.join(known) or 'none'}.")
        self.language = language
        self.known = known


class MissingPhrase(Exception):
    """A flow asks for a sentence that the phrase file does not have."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The sentence '{key}' is missing in the phrase file.")
        self.key = key


class UnreadablePhrases(Exception):
    """A phrase file is not a flat JSON object of texts."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(f"{file}: {what}")
        self.file = file


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """The languages that have a phrase file."""
    return tuple(sorted(file.stem for file in folder.glob("*.json")))


def load_phrases(language: str, folder: Path = FOLDER) -> Mapping[str, str]:
    """The sentences of a language by key; raises `UnknownLanguage` and `UnreadablePhrases`."""
    primary = language.split("-", maxsplit=1)[0].lower()
    known = languages(folder)
    found = next((name for name in (language, primary) if name in known), None)
    if found is None:
        raise UnknownLanguage(language, known)
    return _read(folder / f"{found}.json")


def _read(file: Path) -> Mapping[str, str]:
    try:
        sentences = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UnreadablePhrases(file, f"line {error.lineno}: not JSON ({error.msg})") from error
    if not isinstance(sentences, dict) or not all(isinstance(sentence, str) for sentence in sentences.values()):
        raise UnreadablePhrases(file, "should be one flat object of keys and sentences")
    return sentences
