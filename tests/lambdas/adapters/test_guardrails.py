"""What may be a guardrail's own sentence is held back, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambdas.adapters.guardrails import HeldBack, blocked_sentences
from lambdas.conversation.phrases import languages, phrases

SENTENCES = ("No, not here.", "No puedo.")


def heard(held: HeldBack, *pieces: str) -> str:
    return "".join(held.hear(piece) for piece in pieces)


def test_the_sentences_are_those_the_bot_has_for_a_refusal() -> None:
    """One for each language the stack may speak."""
    assert set(blocked_sentences()) == {phrases(language).say("refused") for language in languages()}


def test_a_whole_sentence_is_held() -> None:
    """Until somebody says whose it is."""
    held = HeldBack(SENTENCES)

    assert heard(held, "It is here. ", "No, ", "not here.", " \n") == "It is here. "
    assert held.holds_sentence
    assert held.let_go() == "No, not here. \n"
    assert held.let_go() == ""


def test_a_beginning_is_let_go_once_it_goes_on_otherwise() -> None:
    """Most sentences that begin alike are the agent's."""
    held = HeldBack(SENTENCES)

    assert heard(held, "No, not") == ""
    assert not held.holds_sentence
    assert heard(held, " today.") == "No, not today."


def test_a_sentence_that_goes_on_is_the_agents() -> None:
    """A guardrail says nothing else."""
    held = HeldBack(SENTENCES)

    assert heard(held, "No puedo.", " Pero") == "No puedo. Pero"


def test_a_dropped_sentence_is_gone() -> None:
    """A guardrail said it."""
    held = HeldBack(SENTENCES)
    heard(held, "No puedo.")

    held.drop()

    assert held.let_go() == ""


def test_without_a_sentence_nothing_is_held() -> None:
    """A team without a guardrail is not slowed down."""
    assert heard(HeldBack(()), "No", " puedo.") == "No puedo."


@given(st.lists(st.sampled_from([*"No, thernpud.ú", *SENTENCES, " ", "\n"]), max_size=30))
def test_nothing_is_lost_or_turned_round(pieces: list[str]) -> None:
    """What is let go is what was held back."""
    held = HeldBack(SENTENCES)

    assert heard(held, *pieces) + held.let_go() == "".join(pieces)
