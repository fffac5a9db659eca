"""Where an answer is cut for a guardrail: nothing unjudged leaves, nothing is lost, nobody waits for long."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.adapters.apply_guardrail import MOST_PIECE_CHARACTERS, NO_GUARDRAIL, Release
from lambdas.conversation.pieces import Pieces
from lambdas.conversation.ports import AgentEvent, Refused, Text


@dataclass
class Judge:
    """Remembers what it judged; blocks what holds a word, and masks digits."""

    blocks: str = "\0"
    first_sentence: bool = False
    judged: list[str] = field(default_factory=list)

    def judge_input(self, text: str) -> str | None:
        raise AssertionError("only answers are judged here")

    def judge_output(self, text: str) -> str | None:
        self.judged.append(text)
        return None if self.blocks in text else text.replace("7", "#")

    def release(self) -> Release:
        return Release(self, Pieces(first_sentence=self.first_sentence))


def released(judge: Judge, *pieces: str) -> list[AgentEvent]:
    release = judge.release()
    return [*(event for piece in pieces for event in release.hear(piece)), *release.finish()]


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def test_a_paragraph_is_judged_without_the_space_around_it() -> None:
    """And released with it."""
    judge = Judge()

    events = released(judge, "One 7.\n\n", "  Two.\n \n\nThree")

    assert events == [Text("One #.\n\n"), Text("  Two.\n \n"), Text("\nThree")]
    assert judge.judged == ["One 7.", "Two.", "Three"]


def test_the_first_sentence_is_judged_as_soon_as_it_is_whole() -> None:
    """One call for it alone, then one for each paragraph; what follows it need not be waited for again."""
    judge = Judge(first_sentence=True)

    events = released(judge, "It left on", " Monday.", " It", " arrives on Friday. It is big.\n\n", "Bye. Bye.")

    assert events == [
        Text("It left on Monday. ", is_whole=True),
        Text("It arrives on Friday. It is big.\n\n"),
        Text("Bye. Bye."),
    ]
    assert judge.judged == ["It left on Monday.", "It arrives on Friday. It is big.", "Bye. Bye."]


def test_what_announces_a_list_is_judged_before_it() -> None:
    """It is said at once, so it is released as soon as the list has certainly begun, which then stays whole."""
    judge = Judge(first_sentence=True)

    events = released(judge, "These left", ":", "\n\n-", " a", " lamp\n\n- a bulb\n\n", "Bye.")

    assert events == [
        Text("These left:\n", is_whole=True),
        Text("\n- a lamp\n\n- a bulb\n\n"),
        Text("Bye."),
    ]


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_a_block_of_code_is_judged_as_one(fence: str) -> None:
    """Its empty lines end nothing."""
    judge = Judge()
    code = f"Like this:\n{fence}\na = 1\n\nb = 2\n{fence}\n\n"

    assert released(judge, *code, "Done.") == [Text(code), Text("Done.")]


def test_a_long_paragraph_is_cut_at_a_sentence() -> None:
    """The customer waits for a piece, not for all of it."""
    judge = Judge()
    sentence = "This goes on and on. "

    events = released(judge, sentence * 300)

    assert text_of(events) == sentence * 300
    assert len(events) > 3
    assert all(len(text) <= MOST_PIECE_CHARACTERS and text.endswith(".") for text in judge.judged)


def test_a_word_without_an_end_is_cut_anywhere() -> None:
    """There is no better place."""
    judge = Judge()

    assert text_of(released(judge, "x" * 5_000)) == "x" * 5_000
    assert max(len(text) for text in judge.judged) <= MOST_PIECE_CHARACTERS


def test_a_block_of_code_that_never_ends_is_cut_all_the_same() -> None:
    """Memory and patience are bounded."""
    judge = Judge()

    assert text_of(released(judge, "```\n" + "a = 1\n\n" * 1_000)) == "```\n" + "a = 1\n\n" * 1_000
    assert max(len(text) for text in judge.judged) <= MOST_PIECE_CHARACTERS


def test_a_blocked_piece_ends_the_text() -> None:
    """Once, and what follows is not even judged."""
    judge = Judge(blocks="secret")

    events = released(judge, "One.\n\nThe secret.\n\nTwo.\n\n", "Another secret.\n\n")

    assert events == [Text("One.\n\n"), Refused("guardrail")]
    assert judge.judged == ["One.", "The secret."]


def test_white_space_alone_is_not_judged_and_not_said_first() -> None:
    """There is nothing in it."""
    judge = Judge()

    assert released(judge, " \n\n", "\n\n") == []
    assert judge.judged == []


def test_without_a_guardrail_everything_comes_as_it_came() -> None:
    """In the pieces it came in; only white space before the first word is left out."""
    release = NO_GUARDRAIL.release()

    heard = [event for piece in (" ", "One", " ", "two") for event in release.hear(piece)]

    assert heard == [Text("One"), Text(" "), Text("two")]
    assert list(release.finish()) == []


@given(st.text(alphabet="ab7. \n`~", max_size=400), st.data())
def test_whatever_comes_leaves_judged_and_whole(text: str, data: st.DataObject) -> None:
    """However it is cut on its way in."""
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(text)), max_size=6)))
    edges = [0, *cuts, len(text)]
    judge = Judge()

    events = released(judge, *(text[start:end] for start, end in itertools.pairwise(edges)))

    assert text_of(events).strip() == text.replace("7", "#").strip()
    assert "7" not in text_of(events)
