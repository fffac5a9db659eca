"""From the agent's pieces of text to messages of the channel."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.conversation.speech import CHANNELS, WEB, Channel, Speech, channel_of, clean, split, utf8_bytes

SMS = CHANNELS["connect:SMS"]

CHARACTERS = (
    *"aZ9.!?, \n",
    "ñ",
    "漢",
    "。",
    "e\u0301",  # a letter and its accent
    "o\u0302\u0323",  # two accents
    "👍🏽",  # with a skin tone
    "👩‍👩‍👧‍👦",  # joined by zero-width joiners
    "❤️",  # with a variation selector
    "1️⃣",  # a keycap
    "🇪🇸",  # a pair of regional indicators
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",  # a flag spelled with tags
    "नि",  # a letter and a vowel sign
    "क्ष",  # two letters tied by a virama
    "ำ".join(("ก", "")),  # a letter and a spacing vowel
    "\u1112\u1161\u11ab",  # a Korean syllable in its parts
)
"""What a reader takes for one character, however many code points it has."""

LONGEST = max(len(character) for character in CHARACTERS)
BIGGEST = max(utf8_bytes(character) for character in CHARACTERS)

texts = st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=120)
channels = st.one_of(
    st.integers(min_value=2 * LONGEST, max_value=60).map(lambda limit: Channel(limit, len)),
    st.integers(min_value=2 * BIGGEST, max_value=120).map(lambda limit: Channel(limit, utf8_bytes)),
)


def without_space(text: str) -> str:
    return "".join(text.split())


@given(texts, channels)
def test_the_parts_together_say_the_text(characters: list[str], channel: Channel) -> None:
    """Nothing is lost but the white space at the cuts, which nobody sees at the edge of a message."""
    text = "".join(characters)

    assert without_space("".join(split(text, channel))) == without_space(text)


@given(texts, channels)
def test_every_part_fits_the_channel_and_says_something(characters: list[str], channel: Channel) -> None:
    """Connect refuses a message that is too long, and one without content."""
    for part in split("".join(characters), channel):
        assert 0 < channel.measure(part) <= channel.limit
        assert part.strip() == part


@given(texts, channels)
@example(["a", "👩‍👩‍👧‍👦"] * 3, Channel(50, utf8_bytes))
def test_no_part_ends_inside_a_character(characters: list[str], channel: Channel) -> None:
    """A letter without its accent, or half a family, is not what the agent said."""
    visible = iter([character for character in characters if character.strip()])

    for part in split("".join(characters), channel):
        rest = without_space(part)
        while rest:
            character = next(visible)
            assert rest.startswith(character), f"{character!r} was cut: a part ends in {rest!r}"
            rest = rest.removeprefix(character)


@given(st.text(), st.integers(min_value=8, max_value=64))
def test_any_text_at_all_can_be_split(text: str, limit: int) -> None:
    """Also one that is all accents: a character longer than a message has to be cut somewhere."""
    parts = list(split(text, Channel(limit, utf8_bytes)))

    assert without_space("".join(parts)) == without_space(text)
    assert all(0 < utf8_bytes(part) <= limit for part in parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two.\n\nThree. Four", ["One. Two.", "Three. Four"]),
        ("One two three\nfour. five six", ["One two three", "four. five six"]),
        ("One two three. four five", ["One two three.", "four five"]),
        ("One two three four fives", ["One two three four", "fives"]),
        ("Onetwothreefourfivesixseven", ["Onetwothreefourfives", "ixseven"]),
    ],
    ids=["a paragraph", "a line", "a sentence", "a word", "a character"],
)
def test_a_message_ends_where_a_reader_would_pause(text: str, parts: list[str]) -> None:
    """After a paragraph, else a line, else a sentence, else a word, else between two characters."""
    assert list(split(text, Channel(20, len))) == parts


@pytest.mark.parametrize("limit", [6, 7])
def test_flags_are_cut_between_pairs_of_their_letters(limit: int) -> None:
    """In a row of them only counting tells where one ends."""
    assert list(split("🇪🇸🇲🇽🇨🇴🇦🇷", Channel(limit, len))) == ["🇪🇸🇲🇽🇨🇴", "🇦🇷"]


def test_a_pause_in_the_first_half_is_not_used() -> None:
    """It would make many small messages of one text."""
    assert list(split("One.\n\nTwothree fourfive six", Channel(20, len))) == ["One.\n\nTwothree", "fourfive six"]


def test_a_text_within_the_limit_is_one_message() -> None:
    """As nearly all are."""
    assert list(split("Your order leaves tomorrow.", WEB)) == ["Your order leaves tomorrow."]


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_no_text_is_no_message(text: str) -> None:
    """Connect refuses a message without content."""
    assert list(split(text, WEB)) == []


def test_the_web_counts_bytes_and_sms_counts_characters() -> None:
    """16,384 UTF-8 bytes in a chat window, 1,024 characters on SMS."""
    assert len(list(split("é" * 8_192, WEB))) == 1
    assert len(list(split("é" * 8_193, WEB))) == 2
    assert len(list(split("é" * 1_024, SMS))) == 1
    assert len(list(split("é" * 1_025, SMS))) == 2


@pytest.mark.parametrize(
    ("subtype", "limit"),
    [("connect:SMS", 1_024), ("connect:WhatsApp", 4_096), ("connect:Apple", 4_096), ("connect:Chat", 16_384)],
)
def test_a_channel_is_known_by_connects_subtype(subtype: str, limit: int) -> None:
    """Everything not listed is a web or mobile chat."""
    assert channel_of(subtype).limit == limit
    assert channel_of("connect:SomethingNew") == WEB


# ---- speaking while the agent still talks


@given(st.lists(st.sampled_from(["Hello.", " ", "\n", "\n\n", "\r\n", " It is here.", "\t"]), max_size=20), st.data())
def test_paragraphs_do_not_depend_on_how_the_text_arrives(pieces: list[str], data: st.DataObject) -> None:
    """A stream may be cut anywhere, also between the two line breaks that end a paragraph."""
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(text)), max_size=5)))
    at_once, in_pieces = Speech("paragraph"), Speech("paragraph")

    whole = [*at_once.hear(text), *at_once.finish()]
    edges = [0, *cuts, len(text)]
    parted = [part for start, end in itertools.pairwise(edges) for part in in_pieces.hear(text[start:end])]

    assert [*parted, *in_pieces.finish()] == whole


def test_a_paragraph_is_spoken_as_soon_as_it_ends() -> None:
    """The customer reads the first while the agent thinks about the second."""
    speech = Speech("paragraph")

    assert speech.hear("It is in the ware") == []
    assert speech.hear("house.\n\nIt leaves") == ["It is in the warehouse."]
    assert speech.hear(" tomorrow.") == []
    assert speech.finish() == ["It leaves tomorrow."]


def test_a_whole_answer_waits_for_its_end() -> None:
    """One message per answer, paragraphs and all."""
    speech = Speech("whole")

    assert speech.hear("One.\n\n") == []
    assert speech.hear("Two.\n") == []
    assert speech.finish() == ["One.\n\nTwo."]


def test_an_agent_that_sends_only_white_space_has_not_spoken() -> None:
    """An empty answer must be noticed, not sent."""
    speech = Speech("paragraph")

    assert [*speech.hear(" \n\n \n\n"), *speech.finish()] == []
    assert not speech.spoken


@pytest.mark.parametrize("rule", ["---", "***", "___", "- - -", "==="])
def test_a_rule_between_paragraphs_is_no_message(rule: str) -> None:
    """Each message has a frame of its own; and an agent that draws nothing but a rule has said nothing."""
    speech, silent = Speech("paragraph"), Speech("paragraph")

    assert [*speech.hear(f"One.\n\n{rule}\n\nTwo.\n\n"), *speech.finish()] == ["One.", "Two."]
    assert [*silent.hear(f"{rule}\n\n"), *silent.finish()] == []
    assert not silent.spoken


def test_an_agent_that_has_said_something_has_spoken() -> None:
    """From the first message on."""
    speech = Speech("paragraph")
    speech.hear("Hello.\n\n")

    assert speech.spoken


def test_what_no_chat_window_shows_is_left_out() -> None:
    """Control characters come from broken tools; line breaks and tabs are meant."""
    assert clean("a\x00b\x1b[0m\x7f\x85\r\nc\td") == "ab[0m\nc\td"


def test_half_a_character_is_left_out() -> None:
    """A lone surrogate cannot be sent at all; a whole emoji can."""
    speech = Speech("paragraph")

    assert [*speech.hear("One \ud83d two 👋"), *speech.finish()] == ["One  two 👋"]


@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_text_looks_like_what_it_says(character: str) -> None:
    """Characters that turn the direction of what follows can show another amount than was written."""
    assert clean(f"Refund: {character}€ 001") == "Refund: € 001"


def test_what_languages_need_is_kept() -> None:
    """Arabic and Hebrew run right to left by themselves; joiners make Persian words and family emojis."""
    needed = "שלום مرحبا می\u200cخواهم 👨\u200d👩\u200d👧"

    assert clean(needed) == needed


def test_a_refused_answer_forgets_the_sentence_it_was_in() -> None:
    """What was complete is with the customer; what comes later is spoken."""
    speech = Speech("paragraph")
    speech.hear("It is here.\n\nIts secret")

    assert speech.refuse() == []

    assert speech.refused
    assert [*speech.hear("Anything else?"), *speech.finish()] == ["Anything else?"]


@pytest.mark.parametrize(
    ("held", "whole"),
    [
        ("It left on Monday. It arrives on Fri", "It left on Monday."),
        ("It left on Monday. I promise a refund.", "It left on Monday."),
        ("Look:\n\n- It left on Monday.\n- It arr", "Look:\n\n- It left on Monday."),
        ("Its price is 3.5", ""),
        ("Salió el lunes.» Llega", "Salió el lunes.»"),
        ("星期一寄出。星期五", "星期一寄出。"),
        ("星期一寄出。", ""),
        ("I promise a refund.", ""),
        ("", ""),
    ],
)
def test_the_whole_sentences_before_a_refusal_are_spoken(held: str, whole: str) -> None:
    """They were let through; the last one, whole or not, may be what the guardrail stepped in at."""
    speech = Speech("whole")
    speech.hear(held)

    assert speech.refuse() == ([whole] if whole else [])
    assert speech.spoken is bool(whole)
    assert speech.finish() == []


def test_a_refusal_in_mid_paragraph_leaves_its_whole_sentences() -> None:
    """What ended before it is with the customer already."""
    speech = Speech("paragraph")
    spoken = speech.hear("It left on Monday.\n\nIt arrives on Friday. It is with the")

    assert [*spoken, *speech.refuse()] == ["It left on Monday.", "It arrives on Friday."]


@given(st.text(alphabet="a. \t\n", max_size=60), st.data())
def test_paragraphs_end_where_they_end_however_the_text_comes(text: str, data: st.DataObject) -> None:
    """What is kept between two pieces loses nothing."""
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(text)), max_size=8)))
    speech = Speech("paragraph")

    heard = [each for start, end in itertools.pairwise([0, *cuts, len(text)]) for each in speech.hear(text[start:end])]

    assert [*heard, *speech.finish()] == [each.strip() for each in re.split(r"\n[ \t]*\n\s*", text) if each.strip()]


def test_a_long_paragraph_costs_no_more_than_its_length() -> None:
    """What was kept is not looked at again with every piece: a megabyte of words would take a minute."""
    speech, words = Speech("paragraph"), 60_000

    started = time.process_time()
    for _ in range(words):
        speech.hear("lorem ipsum dolor ")
    (spoken,) = speech.finish()

    assert time.process_time() - started < 5
    assert len(spoken) == words * len("lorem ipsum dolor ") - 1
