"""Settings: read once, and a wrong one stops the start with one line that names it."""

from __future__ import annotations

import pytest

from lambdas.conversation.errors import InvalidSetting
from lambdas.conversation.settings import Environment


def given(**variables: str) -> Environment:
    return Environment(variables)


def test_a_text_is_taken_without_the_space_around_it() -> None:
    """A line break at the end of a value is easily typed and never meant."""
    assert given(TABLE=" contacts\n").text("TABLE") == "contacts"


@pytest.mark.parametrize("variables", [{}, {"TABLE": ""}, {"TABLE": "  "}])
def test_a_missing_text_is_named(variables: dict[str, str]) -> None:
    """There are no defaults: the stack writes every setting."""
    with pytest.raises(InvalidSetting, match=r"^setting TABLE: is missing or empty$"):
        Environment(variables).text("TABLE")


@pytest.mark.parametrize(
    ("value", "words"), [("", ()), (",", ()), ("name", ("name",)), (" name , tier,", ("name", "tier"))]
)
def test_words_are_separated_by_commas_and_may_be_none(value: str, words: tuple[str, ...]) -> None:
    """An empty list is a wish; a missing one is a mistake."""
    assert given(TOLD=value).words("TOLD") == words


def test_missing_words_are_named() -> None:
    """The line is for whoever deploys."""
    with pytest.raises(InvalidSetting, match=r"^setting TOLD: is missing$"):
        given().words("TOLD")


@pytest.mark.parametrize("value", ["60", "61", "3600"])
def test_seconds_are_a_whole_number_within_limits(value: str) -> None:
    """Both limits belong to what is allowed."""
    assert given(LIMIT=value).seconds("LIMIT", least=60, most=3600) == float(value)


@pytest.mark.parametrize("value", ["59", "3601", "-60", "60.5", "1e3", "a minute", "60 s"])
def test_seconds_outside_or_unreadable_are_refused(value: str) -> None:
    """The line says what would be right, and what was there."""
    with pytest.raises(InvalidSetting, match=rf"^setting LIMIT: must be .* from 60 to 3600, not '{value}'$"):
        given(LIMIT=value).seconds("LIMIT", least=60, most=3600)


def test_a_flag_is_true_or_false() -> None:
    """Written as CloudFormation writes it."""
    assert given(READ="true").flag("READ")
    assert not given(READ="false").flag("READ")


@pytest.mark.parametrize("value", ["True", "yes", "1"])
def test_any_other_flag_is_refused(value: str) -> None:
    """Guessing what somebody meant by 'yes' hides that they read no guide."""
    with pytest.raises(InvalidSetting, match=rf"^setting READ: must be one of true, false, not '{value}'$"):
        given(READ=value).flag("READ")


def test_a_choice_is_one_of_those_allowed() -> None:
    """And the line names them all."""
    assert given(SPEAK="whole").choice("SPEAK", ("paragraph", "whole")) == "whole"
    with pytest.raises(InvalidSetting, match="must be one of paragraph, whole, not 'loud'"):
        given(SPEAK="loud").choice("SPEAK", ("paragraph", "whole"))
