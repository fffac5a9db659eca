"""Where the paragraphs of an answer end, as a reader takes them."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.paragraphs import Paragraphs
from lambdas.conversation.pieces import Pieces


def paragraphs_of(text: str) -> list[str]:
    paragraphs = Paragraphs()
    return [part.strip() for part in [*paragraphs.hear(text), paragraphs.rest] if part.strip()]


@pytest.mark.parametrize(
    "parts",
    [
        ["One.", "Two."],
        ["- One\n\n- Two\n\n- Three", "That is all."],
        ["1. One\n\n   More of it.\n\n2. Two", "That is all."],
        ["10) One\n\n11) Two", "12 of them left."],
        ["Intro.", "* One\n* Two"],
        ["You need:\n\n- One\n- Two", "Bye."],
        ["请看：\n\n- 一\n- 二", "再见。"],
        ["Run this:\n\n```\na = 1\n\nb = 2\n```", "Done."],
        ["~~~\na\n\n- b\n\nc\n~~~", "Done."],
        ["## Your order\n\nIt left.", "Bye."],
        ["**Your order**\n\nIt left.", "Bye."],
        ["| a | b |\n| - | - |\n| 1 | 2 |", "Bye."],
        ["- One", "3\nand no item."],
        ["> One.\n>\n> Two.", "Bye."],
    ],
)
def test_what_belongs_together_stays_together(parts: list[str]) -> None:
    """Neither a list nor code ends at an empty line, and no heading or announcement stands alone."""
    assert paragraphs_of("\n\n".join(parts)) == parts


def test_a_paragraph_ends_with_its_empty_line() -> None:
    """Nobody waits for the first word of the next."""
    assert Paragraphs().hear("It left.\n\n") == ["It left.\n\n"]


def test_a_list_may_go_on_after_an_empty_line() -> None:
    """Whether it does is known as soon as the next line has begun."""
    paragraphs = Paragraphs()

    assert paragraphs.hear("- One\n\n") == []
    assert paragraphs.hear("- ") == []
    assert paragraphs.hear("Two\n\nB") == ["- One\n\n- Two\n\n"]
    assert paragraphs.rest == "B"


PIECES = (
    *(
        "a",
        ". ",
        "It",
        " ",
        "\n",
        "\n\n",
        " \n",
        "\t",
        "- ",
        "-",
        "*",
        "1",
        ". ",
        "12) ",
        "```",
        "~~~\n",
        "# ",
        "**",
        ":",
    ),
    *("|", "。", "It left. It", "It left. **", "\n\n- ", "- a", "It is:\n", "\r"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.booleans(), st.data())
def test_nothing_is_lost_changed_or_moved(pieces: list[str], first_sentence: bool, data: st.DataObject) -> None:
    """The pieces together are the text, and where it is cut does not depend on how it came."""
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(text)), max_size=8)))
    at_once, in_parts = Pieces(first_sentence), Pieces(first_sentence)

    whole = [*at_once.hear(text), *at_once.take()]
    parted = [
        piece for start, end in itertools.pairwise([0, *cuts, len(text)]) for piece in in_parts.hear(text[start:end])
    ]

    assert "".join(whole) == text
    assert [*parted, *in_parts.take()] == whole


@pytest.mark.parametrize("cut", range(len("It left. **It** is. ")))
def test_a_sentence_may_have_ended_in_an_earlier_piece(cut: int) -> None:
    """Emphasis belongs to what it opens, though it is known to open only by the character behind it."""
    text, pieces = "It left. **It** is. ", Pieces(first_sentence=True)

    assert [*pieces.hear(text[:cut]), *pieces.hear(text[cut:]), *pieces.take()] == ["It left. ", "**It** is. "]


def test_a_list_is_not_parted_from_what_announces_it_later() -> None:
    """Only the first words are worth a message of their own."""
    announced = ["These are yours:\n", "\n- One\n\n"], ["It left. ", "These are yours:\n\n- One\n\n"]

    for parts in announced:
        pieces = Pieces(first_sentence=True)
        assert [*pieces.hear("".join(parts) + "Bye"), *pieces.take()] == [*parts, "Bye"]

    assert Pieces(first_sentence=False).hear("These are yours:\n\n- One\n\nBye") == ["These are yours:\n\n- One\n\n"]


@pytest.mark.parametrize("piece", ["lorem ipsum ", " ", "\n", "- a\n\n", "1", "```\n\n", "a:\n\n"])
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    """What was kept is not looked at again with every piece."""
    pieces = Pieces(first_sentence=True)

    started = time.process_time()
    for _ in range(50_000):
        pieces.hear(piece)

    assert time.process_time() - started < 5
