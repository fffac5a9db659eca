"""A conversation is understood by reading it, whoever wrote the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.dialogue import Exchange, recognise, stand
from agents.script import Script, Slot, load_script
from tests.agents.small_team import write_team


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return load_script(write_team(tmp_path))


def test_a_number_told_once_is_known_ever_after(script: Script) -> None:
    """Nobody likes to be asked again."""
    exchanges = [
        Exchange(said="renew C 12 please", answered="Renewed until Jan 2, 2027."),
        Exchange(said="hello", answered="Welcome to the Old Library."),
        Exchange(said="renew it"),
    ]

    standing = stand(script, exchanges, language="en")

    assert (standing.tasks, dict(standing.slots)) == (("renew",), {"card": "C12"})


def test_a_task_is_over_when_its_result_was_told(script: Script) -> None:
    """What was answered is not answered again with the next message."""
    exchanges = [Exchange(said="renew C12", answered="Renewed until Jan 2, 2027."), Exchange(said="hello")]

    assert stand(script, exchanges, language="en").tasks == ()


def test_a_task_goes_on_when_its_result_asks_for_something(script: Script) -> None:
    """ "Not found" is a question, and the next number its answer."""
    exchanges = [Exchange(said="renew C12", answered="No such card. Which one?"), Exchange(said="C13")]

    standing = stand(script, exchanges, language="en")

    assert (standing.tasks, dict(standing.slots), standing.advanced) == (("renew",), {"card": "C13"}, True)


def test_yes_means_what_was_offered(script: Script) -> None:
    """A word that means nothing alone."""
    exchanges = [Exchange(said="mumble", answered="Shall I fetch the librarian?"), Exchange(said="yes")]

    assert stand(script, exchanges, language="en").tasks == ("fetch",)


def test_the_language_follows_the_customer(script: Script) -> None:
    """The last words that tell a language decide; a number tells none."""
    exchanges = [
        Exchange(said="hello", answered="Welcome to the Old Library."),
        Exchange(said="bitte meine Karte verlängern", answered="Welche Karte?"),
        Exchange(said="C12"),
    ]

    assert stand(script, exchanges, language="en").language == "de"


def test_values_are_read_back_from_the_answers(script: Script) -> None:
    """A number the team gave is as good as one the customer told."""
    recognised = recognise(script, "All done. Renewed until Jan 2, 2027 for 3 weeks.")

    assert recognised.keys == {"results.renew.renewed"}
    assert recognised.values == {"weeks": "3"}


def with_places(script: Script) -> Script:
    """The same, with places in a list: "No. 2" of what was found is a card."""
    place = Slot.model_validate(
        {
            "name": "place",
            "patterns": [{"match": r"no\. (-?\d)", "form": "{0}"}],
            "picks": {"found": ["card"]},
        }
    )
    english = script.languages["en"]
    results = {**english.results, "renew": {**english.results["renew"], "several": "There are {found}. Which one?"}}
    plan = script.plan.model_copy(
        update={
            "slots": (*script.plan.slots, place),
            "asks": {**script.plan.asks, "results.renew.several": ("card",)},
        }
    )
    languages = {**script.languages, "en": english.model_copy(update={"results": results})}
    return script.model_copy(update={"plan": plan, "languages": languages})


@pytest.mark.parametrize(
    ("said", "card"),
    [("No. 2", "C13"), ("No. -1", "C14"), ("No. 2, no, C99", "C99"), ("No. 7", "C11"), ("No. 0", "C11")],
)
def test_a_place_in_a_list_is_what_stands_there(script: Script, said: str, card: str) -> None:
    """What the message names itself counts more; a place that is not there changes nothing."""
    exchanges = [Exchange(said="renew C11", answered="There are C12, C13 and C14. Which one?"), Exchange(said=said)]

    assert stand(with_places(script), exchanges, language="en").slots == {"card": card}


def test_a_place_means_nothing_while_no_list_was_shown(script: Script) -> None:
    """ "No. 2" may be anything."""
    standing = stand(with_places(script), [Exchange(said="No. 2")], language="en")

    assert (dict(standing.slots), standing.advanced) == ({}, False)
