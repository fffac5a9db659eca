"""The demo's data is as fresh in a year as today, and fits the tables and the words of its team."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents.demo import Demo, load_demo
from agents.script import load_script
from agents.team import Function, load_team
from agents.yaml_source import InvalidTeam
from lambdas.tools import numbers
from lambdas.tools.appointment_calendar import parse_calendar
from lambdas.tools.appointments_table import SERVICES
from lambdas.tools.contact_points import contact_point
from lambdas.tools.moments import date_of_birth
from tests.agents.demo_tools import CLINIC, STORE

TODAY = date(2026, 11, 20)
LOANS = Function(
    name="LoansTool",
    handler="lambdas.tools.loans.handler",
    table="Loans",
    partition_key="card",
    operations=("GetItem",),
)


def load_store(today: date = TODAY) -> Demo:
    return load_demo(STORE, load_team(STORE).functions, today=today)


def load(folder: Path, text: str) -> Demo:
    (folder / "demo.yaml").write_text(text, encoding="utf-8")
    return load_demo(folder, [LOANS], today=TODAY)


def test_days_are_counted_from_today() -> None:
    """An order scheduled for last year would spoil the demo."""
    demo = load_store(today=date(2031, 1, 1))

    order = next(order for order in demo.tables["Orders"] if order["order_number"] == "10020030")

    assert (order["ordered_on"], order["dispatched_on"]) == ("2030-12-30", "2031-01-03")


def test_every_number_of_the_store_is_one_the_tools_accept() -> None:
    """A visitor who copies a line from the page must get an answer."""
    tables = load_store().tables
    orders, tickets, customers = tables["Orders"], tables["Tickets"], tables["Customers"]

    for row in (*orders, *tickets, *customers):
        assert numbers.identity_document_number(row) == row["identity_document_number"]
    assert [numbers.order_number(row) for row in orders] == [row["order_number"] for row in orders]
    assert [numbers.ticket_number(row) for row in tickets] == [row["ticket_number"] for row in tickets]
    for customer in customers:
        _, _, written = customer["contact_point"].partition(":")
        assert contact_point({"phone_or_email": written}) == customer["contact_point"]


def test_every_order_of_a_customer_of_the_store_is_that_customers() -> None:
    """Whoever learns an order number here asks about it next, with the same document."""
    tables = load_store().tables
    owners = {order["order_number"]: order["identity_document_number"] for order in tables["Orders"]}

    for customer in tables["Customers"]:
        assert {owners[number] for number in customer["order_numbers"]} <= {customer["identity_document_number"]}


def test_every_status_of_the_store_has_a_sentence() -> None:
    """What the demo holds, the team must be able to say, in each language."""
    tables, script = load_store().tables, load_script(STORE)

    for language in script.languages.values():
        assert {order["status"] for order in tables["Orders"]} <= language.results["get_order_status"].keys()
        assert {ticket["status"] for ticket in tables["Tickets"]} <= language.results["get_ticket"].keys()


def test_every_appointment_of_the_clinic_can_be_found_and_moved() -> None:
    """Patients are known, numbers are the calendar's own and none will be given again, times are in its hours."""
    rows = load_demo(CLINIC, load_team(CLINIC).functions, today=TODAY).tables["Appointments"]
    patients = {row["entry_key"]: row for row in rows if row["entry_key"].startswith("patient:")}
    calendars = [
        parse_calendar(service, row)
        for row in rows
        for kind, _, service in [row["entry_key"].partition(":")]
        if kind == "calendar"
    ]

    assert [calendar.service for calendar in calendars] == list(SERVICES)
    for key, patient in patients.items():
        assert key == f"patient:{numbers.identity_document_number({'identity_document_number': key[8:]})}"
        assert date_of_birth(patient, today=TODAY) == patient["date_of_birth"]
    for calendar in calendars:
        for each in calendar.appointments:
            letter, _, number = each["appointment_number"].partition("-")
            assert (letter, each["service"]) == (calendar.letter, calendar.service)
            assert int(number) < calendar.next_number
            assert f"patient:{each['identity_document_number']}" in patients
            assert each["starts_at"][11:] in calendar.hours


@pytest.mark.parametrize("folder", [STORE, CLINIC], ids=lambda folder: folder.name)
def test_every_line_and_every_conversation_has_a_translation(folder: Path) -> None:
    """A visitor is shown the demo in their own language."""
    demo = load_demo(folder, load_team(folder).functions, today=TODAY)
    languages = set(load_script(folder).plan.languages)

    assert all(line.keys() == languages for line in demo.try_this)
    assert demo.conversation.keys() == languages
    assert all(paper.label.keys() == languages for paper in demo.papers)
    assert len({len(lines) for lines in demo.conversation.values()}) == 1


@pytest.mark.parametrize("folder", [STORE, CLINIC], ids=lambda folder: folder.name)
def test_the_desk_names_what_a_control_brings(folder: Path) -> None:
    """A paper that no control has would never be seen."""
    team = load_team(folder)
    demo = load_demo(folder, team.functions, today=TODAY)

    brought = {name for control in team.controls for name in control.parameters}

    assert {paper.name for paper in demo.papers} <= brought


def test_a_value_is_text_a_number_a_truth_value_a_day_or_holds_such(tmp_path: Path) -> None:
    """Whatever a trade keeps in its tables, the demo can show."""
    demo = load(
        tmp_path,
        'tables: {Loans: [{card: C1, weeks: 3, late: true, due: {days: 2}, back: {days: -1, at: "09:30"},'
        " books: [{title: Emma, lent: {days: 0}}, other]}]}",
    )

    assert demo.tables["Loans"] == (
        {
            "card": "C1",
            "weeks": 3,
            "late": True,
            "due": "2026-11-22",
            "back": "2026-11-19T09:30",
            "books": [{"title": "Emma", "lent": "2026-11-20"}, "other"],
        },
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tables:\n  Books: []\n", "line 2: expected one of the tables of the team's functions (Loans), not 'Books'"),
        ("tables:\n  Loans:\n    - {weeks: 3}\n", "line 3: expected text for 'card'"),
        ("tables:\n  Loans:\n    - card: 10020030\n", "line 3: expected text for 'card'"),
        ("tables:\n  Loans:\n    - card: C1\n    - card: C1\n", "line 4: expected a 'card' of its own"),
        ("tables:\n  Loans:\n    - card: C1\n      due: {days: soon}\n", "line 4: expected {days: <whole number>}"),
        ("tables:\n  Loans:\n    - card: C1\n      due: {days: 1, at: late}\n", "line 4: expected {days: <whole"),
        ("tables:\n  Loans:\n    - card: C1\n      due: {days: 99999999}\n", "line 4: expected {days: <whole"),
        ("tables:\n  Loans:\n    - card: C1\n      due: [1.5]\n", "line 4: expected text, a whole number"),
        ("tables:\n  Loans:\n    - card: C1\n      due:\n", "line 4: expected text, a whole number"),
        ("orders: []\n", "line 1: expected no 'orders'"),
        ("papers:\n  - {name: card, label: {}, told: '('}\n", "line 2: expected something else for 'papers.0.told'"),
        ("demo:\n  en: []\n", "line 2: expected at least 1 of 'demo.en'"),
    ],
)
def test_a_mistake_in_the_demo_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """The demo's data is edited by visitors too."""
    with pytest.raises(InvalidTeam) as raised:
        load(tmp_path, text)

    assert f"demo.yaml, {told}" in str(raised.value)
