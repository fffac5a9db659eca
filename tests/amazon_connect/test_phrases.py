"""Sentences are data, one file per language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amazon_connect.phrases import UnknownLanguage, UnreadablePhrases, languages, load_phrases


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en.json").write_text(json.dumps({"flow.welcome": "Hello"}), encoding="utf-8")
    (tmp_path / "es.json").write_text(json.dumps({"flow.welcome": "¡Hola!"}), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("language", ["es", "es-UY", "ES"])
def test_a_language_is_read_from_its_own_file_or_its_primary_languages(language: str, folder: Path) -> None:
    """`es-UY` needs no file of its own."""
    assert load_phrases(language, folder)["flow.welcome"] == "¡Hola!"


def test_an_unknown_language_is_refused_with_those_there_are(folder: Path) -> None:
    """A flow must not speak another language than was asked for."""
    with pytest.raises(UnknownLanguage, match="en, es"):
        load_phrases("fr", folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"flow.welcome": {"en": "Hello"}}'])
def test_a_file_that_is_no_flat_object_is_refused_by_its_name(text: str, folder: Path) -> None:
    """Whoever edited a sentence learns which file broke."""
    (folder / "en.json").write_text(text, encoding="utf-8")

    with pytest.raises(UnreadablePhrases, match=r"en\.json"):
        load_phrases("en", folder)


def test_english_and_spanish_are_there() -> None:
    """The two languages that Handoff speaks."""
    assert {"en", "es"} <= {*languages()}
