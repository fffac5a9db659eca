"""The demo's data is as fresh in a year as today."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents.demo import load_demo
from agents.script import load_script
from agents.yaml_source import InvalidTeam
from lambdas.tools import numbers
from tests.agents.demo_store import STORE


def test_days_are_counted_from_today() -> None:
    """An order scheduled for last year would spoil the demo."""
    demo = load_demo(STORE, today=date(2031, 1, 1))

    order = next(order for order in demo.orders if order["order_number"] == "10020030")

    assert (order["ordered_on"], order["dispatched_on"]) == ("2030-12-30", "2031-01-03")


def test_every_number_of_the_demo_is_one_the_tools_accept() -> None:
    """A visitor who copies a line from the page must get an answer."""
    demo = load_demo(STORE, today=date(2026, 11, 20))

    for row in (*demo.orders, *demo.tickets):
        assert numbers.identity_document_number(row) == row["identity_document_number"]
    assert [numbers.order_number(row) for row in demo.orders] == [row["order_number"] for row in demo.orders]
    assert [numbers.ticket_number(row) for row in demo.tickets] == [row["ticket_number"] for row in demo.tickets]


def test_every_status_of_the_demo_has_a_sentence_and_every_line_a_translation() -> None:
    """What the demo holds, the team must be able to say, in each language."""
    demo, script = load_demo(STORE, today=date(2026, 11, 20)), load_script(STORE)

    for language in script.languages.values():
        assert {order["status"] for order in demo.orders} <= language.results["get_order_status"].keys()
        assert {ticket["status"] for ticket in demo.tickets} <= language.results["get_ticket"].keys()
    assert all(line.keys() == set(script.plan.languages) for line in demo.try_this)


def test_a_mistake_in_the_demo_is_told_with_its_line(tmp_path: Path) -> None:
    """The demo's data is edited by visitors too."""
    (tmp_path / "demo.yaml").write_text("orders:\n  - order_number: 10020030\n")

    with pytest.raises(InvalidTeam, match=r"demo\.yaml, line 2: "):
        load_demo(tmp_path, today=date(2026, 11, 20))
