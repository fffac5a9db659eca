"""Every call of every story, and everything that can go wrong with it, comes to what was expected.

The rows are the calls that a story makes when nothing goes wrong, so a new call opens cells by itself. What does not
depend on where the agents run is told under one backend; the agents' own calls under each.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import document
from tests.faults.map import FaultMap, played
from tests.faults.stories import Story
from tests.reliability_document import section, write_section


@pytest.fixture(scope="module")
def fault_map(request: pytest.FixtureRequest) -> Iterator[FaultMap]:
    """Begins with the stories that this run asks for."""
    asked = (getattr(item, "callspec", None) for item in request.session.items if item.path == request.path)
    made = FaultMap((each.params["backend"], each.params["story"]) for each in asked if each)
    yield made
    made.close()


@pytest.mark.parametrize(("backend", "story"), list(played()), ids=lambda each: str(getattr(each, "name", each)))
def test_every_cell_comes_to_what_was_expected(fault_map: FaultMap, backend: str, story: Story) -> None:
    """A cell that came to something else, or of which nothing was expected, tells its story."""
    wrong = fault_map.wrong(backend, story)

    assert not wrong, "\n\n".join([f"{len(wrong)} cells", *wrong])


def test_a_story_makes_the_same_calls_each_time(fault_map: FaultMap) -> None:
    """Otherwise a row would be a matter of luck."""
    assert fault_map.unsteady() == []


def test_every_call_of_a_story_is_a_row_of_some_story(fault_map: FaultMap) -> None:
    """Nothing that the product calls is left out of the map."""
    assert fault_map.left_out() == set()


def test_every_expectation_is_about_a_cell(fault_map: FaultMap) -> None:
    """A call that is gone leaves no promise behind."""
    assert fault_map.unused_lines() == []


def test_no_log_holds_what_a_customer_wrote(fault_map: FaultMap) -> None:
    """Failures are told by their kind and place."""
    assert fault_map.log_lines_with_secrets() == []


def test_the_document_shows_the_map(fault_map: FaultMap, pytestconfig: pytest.Config) -> None:
    """As it is run here: `make faults` writes it."""
    cells = fault_map.tell_all()
    shown = {"fault-map": document.fault_map(cells), "deliveries": document.deliveries(cells)}
    if pytestconfig.getoption("--write-map", default=False):
        for name, text in shown.items():
            write_section(name, text)

    assert {name: section(name) for name in shown} == {name: text.strip() for name, text in shown.items()}
