"""The bot's own sentences: complete in every language, and found for any language tag."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.handoff import CLOSING_SENTENCE, Reason
from lambdas.conversation.phrases import FALLBACK, FILLERS, answers_nothing, language_of, languages, phrases
from lambdas.conversation.speech import CHANNELS, WEB

EVERY_LANGUAGE = sorted(languages())


def test_english_and_spanish_are_there() -> None:
    """English is also what an unknown language becomes."""
    assert {"en", "es", FALLBACK} <= languages()


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
def test_every_language_has_every_sentence(language: str) -> None:
    """A missing key would be found by the customer who needs it."""
    assert phrases(language).sentences.keys() == phrases(FALLBACK).sentences.keys()
    assert all(sentence.strip() == sentence != "" for sentence in phrases(language).sentences.values())


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_to_leave_has_its_sentence_or_leaves_speaking_to_the_flow(language: str, reason: Reason) -> None:
    """The closed list of reasons and the files of sentences must not drift apart."""
    key = CLOSING_SENTENCE[reason]

    assert key is None or phrases(language).say(key)


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
@pytest.mark.parametrize("key", sorted({key for key in CLOSING_SENTENCE.values() if key} - {"end"}))
def test_a_sentence_that_hands_over_promises_nothing(language: str, key: str) -> None:
    """How long it takes, and whether somebody is there at all, is the flow's to say."""
    promise = re.compile(
        r"\b(soon|shortly|minutes?|immediately|in a moment|enseguida|pronto|minutos?|ya mismo)\b", re.I
    )

    assert not promise.search(phrases(language).say(key))


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
def test_every_sentence_is_one_message_on_every_channel(language: str) -> None:
    """What a takeover looks for in the transcript is the whole sentence."""
    for sentence in phrases(language).sentences.values():
        assert all(channel.measure(sentence) <= channel.limit for channel in (WEB, *CHANNELS.values()))


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (("es",), "es"),
        (("es-US",), "es"),
        (("es_MX",), "es"),
        (("ES",), "es"),
        (("en-GB",), "en"),
        (("fr-CA",), "en"),
        ((None, "", "es-419"), "es"),
        (("de", "es"), "en"),
        ((), "en"),
        (("../../es",), "en"),
    ],
)
def test_the_first_tag_that_is_given_decides(tags: tuple[str | None, ...], language: str) -> None:
    """Attribute, else the flow's language, else the setting; what is given but unknown means English."""
    assert language_of(*tags) == language


@given(st.text())
def test_any_tag_leads_to_a_language_there_is(tag: str) -> None:
    """The attribute is written by others."""
    assert phrases(tag).language in languages()


def test_a_sentence_that_is_in_no_file_is_a_mistake_in_the_code() -> None:
    """Not something to answer a customer with."""
    with pytest.raises(KeyError):
        phrases("en").say("nonsense")


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
def test_only_greeting_and_waiting_answer_nothing(language: str) -> None:
    """Watching and takeovers ask whether a customer has had an answer; a greeting is none."""
    sentences = {
        key.removeprefix("bot."): text for key, text in phrases(language).sentences.items() if key.startswith("bot.")
    }

    assert {key for key, text in sentences.items() if answers_nothing(text)} == set(FILLERS)
