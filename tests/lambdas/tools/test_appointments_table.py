"""Appointments: told to the patient only, booked once, and no time given twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from lambdas.attribute_values import attributes, plain
from lambdas.tools.appointment_calendar import Calendar, parse_calendar
from lambdas.tools.appointments_table import Appointments
from lambdas.tools.tool_call import Result, run
from tests.lambdas.tools.calls import OneCallAtATime, call, table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANA = {"identity_document_number": "12345678-9", "date_of_birth": "1980-05-24"}
TOM = {"identity_document_number": "44444444-4", "date_of_birth": "1992-02-29"}
TUESDAY_TEN = {"service": "dentistry", "day": "2026-11-24", "time": "10:00"}
DENTIST: dict[str, Any] = {
    "entry_key": "calendar:dentistry",
    "letter": "D",
    "hours": ["09:00", "10:00", "15:00"],
    "weekdays": [1, 2, 3, 4, 5],
    "days_ahead": 10,
    "appointments": [],
}


@pytest.fixture
def appointments() -> Iterator[Appointments]:
    with table("entry_key") as (name, client):
        general = {**DENTIST, "entry_key": "calendar:general", "letter": "G"}
        patients = [
            {"entry_key": f"patient:{who['identity_document_number']}", "first_name": name, **who}
            for name, who in (("Ana", ANA), ("Tom", TOM))
        ]
        for item in (DENTIST, general, *patients):
            client.put_item(TableName=name, Item=attributes(item))
        yield Appointments(name, cast("DynamoDBClient", OneCallAtATime(client)))


def ask(appointments: Appointments, tool: str, now: datetime = FRIDAY_NOON, /, **arguments: str) -> Result:
    return run(call(tool, **arguments), appointments.functions(now=now.timestamp()))


def calendar(appointments: Appointments) -> Calendar:
    item = appointments.client.get_item(TableName=appointments.table, Key={"entry_key": {"S": "calendar:dentistry"}})
    return parse_calendar("dentistry", plain(item["Item"]))


def booked(appointments: Appointments) -> list[Any]:
    return list(calendar(appointments).appointments)


def test_free_times_are_told_to_everybody(appointments: Appointments) -> None:
    """The next ones, after now and on days that are open."""
    assert ask(appointments, "find_free_times", service="Dentistry") == {
        "status": "free",
        "service": "dentistry",
        "options": ["2026-11-20T15:00", "2026-11-23T09:00", "2026-11-23T10:00"],
    }


def test_free_times_of_a_day_or_the_next_after_it(appointments: Appointments) -> None:
    """A day without any is not the end of the talk; the end of the calendar is."""
    on_tuesday = ask(appointments, "find_free_times", service="dentistry", day="tuesday")
    on_sunday = ask(appointments, "find_free_times", service="dentistry", day="sunday")
    too_late = ask(appointments, "find_free_times", service="dentistry", day="2027-03-01")
    of_nobody = ask(appointments, "find_free_times", service="pediatrics")

    assert on_tuesday["options"] == ["2026-11-24T09:00", "2026-11-24T10:00", "2026-11-24T15:00"]
    assert on_sunday["options"][0] == "2026-11-23T09:00"
    assert too_late["status"] == of_nobody["status"] == "none_free"


def test_a_patient_books_and_sees_it(appointments: Appointments) -> None:
    """What was booked is what is found."""
    answered = ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    found = ask(appointments, "find_appointments", **ANA)

    appointment = {"appointment_number": "D-1001", "service": "dentistry", "starts_at": "2026-11-24T10:00"}
    assert answered == {"status": "booked", **appointment}
    assert found == {"status": "found", "first_name": "Ana", "appointments": [appointment]}
    assert ask(appointments, "find_appointments", **TOM) == {"status": "none", "first_name": "Tom"}


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("find_appointments", {}),
        ("book_appointment", TUESDAY_TEN),
        ("move_appointment", {"day": "monday", "time": "9"}),
        ("cancel_appointment", {}),
    ],
)
def test_a_wrong_date_of_birth_looks_like_an_unknown_patient(
    appointments: Appointments, tool: str, more: dict[str, str]
) -> None:
    """Otherwise anybody could learn who is a patient here."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    foreign = ask(appointments, tool, **{**ANA, "date_of_birth": "1980-05-25"}, **more)
    unknown = ask(appointments, tool, **{**ANA, "identity_document_number": "99999999-9"}, **more)

    assert foreign == unknown == {"status": "not_found"}
    assert [each["starts_at"] for each in booked(appointments)] == ["2026-11-24T10:00"]


def test_a_repeated_booking_makes_no_second_appointment(appointments: Appointments) -> None:
    """Agents and networks repeat; the patient comes once."""
    first = ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    again = ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    assert again == first
    assert len(booked(appointments)) == 1


def test_a_time_that_is_taken_closed_or_past_is_answered_with_others(appointments: Appointments) -> None:
    """The patient goes on without being asked anew."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    taken = ask(appointments, "book_appointment", **TOM, **TUESDAY_TEN)
    closed = ask(appointments, "book_appointment", **TOM, **{**TUESDAY_TEN, "time": "10:07"})
    past = ask(appointments, "book_appointment", **TOM, **{**TUESDAY_TEN, "day": "today", "time": "9:00"})

    assert taken == closed
    assert (taken["status"], taken["options"]) == ("taken", ["2026-11-24T09:00", "2026-11-24T15:00"])
    assert past["options"] == ["2026-11-20T15:00"]


def test_two_patients_at_the_same_moment_never_get_the_same_time(appointments: Appointments) -> None:
    """The table decides who was first; the other one is told what else is free."""
    with ThreadPoolExecutor(8) as agents:
        wishes = [ANA, TOM] * 4
        answers = list(agents.map(lambda who: ask(appointments, "book_appointment", **who, **TUESDAY_TEN), wishes))

    assert {answer["status"] for answer in answers} == {"booked", "taken"}
    assert len({answer["appointment_number"] for answer in answers if answer["status"] == "booked"}) == 1
    assert len(booked(appointments)) == 1


def test_bookings_at_the_same_moment_all_go_through_under_numbers_of_their_own(appointments: Appointments) -> None:
    """Whoever loses a race for the calendar, not for the time, begins again."""
    times = [("monday", "9"), ("monday", "10"), ("monday", "15"), ("tuesday", "9"), ("tuesday", "10")]
    with ThreadPoolExecutor(5) as agents:
        answers = list(
            agents.map(
                lambda when: ask(
                    appointments, "book_appointment", **ANA, service="dentistry", day=when[0], time=when[1]
                ),
                times,
            )
        )

    assert [answer["status"] for answer in answers] == ["booked"] * len(times)
    assert len({answer["appointment_number"] for answer in answers}) == len(booked(appointments)) == len(times)


def test_an_appointment_is_moved_and_its_old_time_is_free(appointments: Appointments) -> None:
    """It keeps its number; moving it again to where it is changes nothing."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    moved = ask(appointments, "move_appointment", **ANA, day="wednesday", time="3 pm")
    again = ask(appointments, "move_appointment", **ANA, day="wednesday", time="3 pm")
    others = ask(appointments, "book_appointment", **TOM, **TUESDAY_TEN)
    refused = ask(appointments, "move_appointment", **ANA, day="tuesday", time="10:00")

    assert moved == again
    assert (moved["appointment_number"], moved["starts_at"]) == ("D-1001", "2026-11-25T15:00")
    assert (others["status"], refused["status"]) == ("booked", "taken")


def test_of_several_appointments_one_has_to_be_named(appointments: Appointments) -> None:
    """By its number, or by its service if that is enough."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    ask(appointments, "book_appointment", **ANA, **{**TUESDAY_TEN, "service": "general"})

    which = ask(appointments, "cancel_appointment", **ANA)
    unknown = ask(appointments, "cancel_appointment", **ANA, appointment_number="D-9999")
    by_service = ask(appointments, "cancel_appointment", **ANA, service="general")
    by_number = ask(appointments, "cancel_appointment", **ANA, appointment_number="d 1001")

    assert (which["status"], len(which["appointments"])) == ("which_one", 2)
    assert unknown["status"] == "no_such_appointment"
    assert (by_service["status"], by_service["appointment_number"]) == ("cancelled", "G-1001")
    assert (by_number["status"], by_number["appointment_number"]) == ("cancelled", "D-1001")
    assert ask(appointments, "cancel_appointment", **ANA)["status"] == "none"


def test_a_service_that_a_patient_has_no_appointment_with_is_told(appointments: Appointments) -> None:
    """With the appointments there are; a number says more than a service."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    none = ask(appointments, "cancel_appointment", **ANA, service="general")
    moved = ask(appointments, "move_appointment", **ANA, day="tuesday", time="15:00", service="general")
    by_number = ask(appointments, "cancel_appointment", **ANA, service="general", appointment_number="D-1001")
    nothing_left = ask(appointments, "cancel_appointment", **ANA, service="general")

    assert (none["status"], none["service"]) == (moved["status"], moved["service"]) == ("none_with_service", "general")
    assert [each["appointment_number"] for each in none["appointments"]] == ["D-1001"]
    assert by_number["status"] == "cancelled"
    assert nothing_left["status"] == "none"


def test_a_repeated_cancellation_has_the_answer_of_the_first(appointments: Appointments) -> None:
    """Agents, turns and networks repeat; told that there is none, a patient would think it was never cancelled."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    ask(appointments, "book_appointment", **ANA, **{**TUESDAY_TEN, "service": "general"})
    first = ask(appointments, "cancel_appointment", **ANA, appointment_number="D-1001")

    again = ask(appointments, "cancel_appointment", **ANA, appointment_number="d 1001")

    assert again == first
    assert first == {
        "status": "cancelled",
        "appointment_number": "D-1001",
        "service": "dentistry",
        "starts_at": "2026-11-24T10:00",
    }
    assert ask(appointments, "cancel_appointment", **TOM, appointment_number="D-1001")["status"] == "none"


def test_a_turn_that_is_repeated_does_not_cancel_what_it_has_booked_since(appointments: Appointments) -> None:
    """Another turn does: the same words mean the new appointment then."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    first = ask(appointments, "cancel_appointment", **ANA)
    ask(appointments, "book_appointment", **ANA, **{**TUESDAY_TEN, "time": "15:00"})

    again = ask(appointments, "cancel_appointment", **ANA)
    in_another_turn = run(
        call("cancel_appointment", {"contact_id": "c-1", "turn_id": "t-2"}, **ANA),
        appointments.functions(now=FRIDAY_NOON.timestamp()),
    )

    assert again == first
    assert (in_another_turn["status"], in_another_turn["appointment_number"]) == ("cancelled", "D-1002")


def test_without_a_turn_a_cancellation_is_repeated_only_if_nothing_else_is_meant(appointments: Appointments) -> None:
    """A Gateway tells neither contact nor turn; after an hour nobody repeats."""

    def cancel(now: datetime = FRIDAY_NOON) -> Result:
        return run(call("cancel_appointment", {}, **ANA), appointments.functions(now=now.timestamp()))

    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    first, again = cancel(), cancel()
    ask(appointments, "book_appointment", **ANA, **{**TUESDAY_TEN, "time": "15:00"})
    another = cancel()

    assert first == again
    assert (another["status"], another["appointment_number"]) == ("cancelled", "D-1002")
    assert cancel(FRIDAY_NOON.replace(hour=13, minute=1))["status"] == "none"


def test_a_cancellation_at_the_same_moment_as_itself_is_one(appointments: Appointments) -> None:
    """DynamoDB's client may write again what it has written already."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    with ThreadPoolExecutor(4) as agents:
        answers = list(agents.map(lambda _: ask(appointments, "cancel_appointment", **ANA), range(4)))

    assert answers == [answers[0]] * 4
    assert answers[0]["status"] == "cancelled"


def test_cancellations_are_forgotten_in_time(appointments: Appointments) -> None:
    """They are remembered for repeated calls only; the calendar stays small."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    ask(appointments, "cancel_appointment", **ANA)
    assert len(calendar(appointments).cancellations) == 1

    ask(appointments, "book_appointment", FRIDAY_NOON.replace(hour=14), **TOM, **TUESDAY_TEN)

    assert calendar(appointments).cancellations == ()


def test_nobody_touches_anothers_appointment(appointments: Appointments) -> None:
    """Its number is no key."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)

    answered = ask(appointments, "cancel_appointment", **TOM, appointment_number="D-1001")

    assert answered == {"status": "none", "first_name": "Tom"}
    assert len(booked(appointments)) == 1


def test_what_is_past_cannot_be_moved_and_is_forgotten_in_time(appointments: Appointments) -> None:
    """The calendar stays small."""
    ask(appointments, "book_appointment", **ANA, **TUESDAY_TEN)
    december, january = datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2027, 1, 8, 12, tzinfo=UTC)

    assert ask(appointments, "find_appointments", december, **ANA)["status"] == "none"
    ask(appointments, "book_appointment", january, **TOM, service="dentistry", day="monday", time="9")

    assert [each["starts_at"] for each in booked(appointments)] == ["2027-01-11T09:00"]


@pytest.mark.parametrize(
    ("tool", "arguments", "error"),
    [
        ("find_free_times", {}, "missing_service"),
        ("find_free_times", {"service": "magic"}, "invalid_service"),
        ("find_free_times", {"service": "general", "day": "once"}, "invalid_day"),
        ("book_appointment", {**ANA, "service": "general", "day": "monday"}, "missing_time"),
        ("book_appointment", {**ANA, **TUESDAY_TEN, "time": "late"}, "invalid_time"),
        ("book_appointment", {**TUESDAY_TEN, "date_of_birth": "1980-05-24"}, "missing_identity_document_number"),
        ("book_appointment", {**TUESDAY_TEN, "identity_document_number": "12345678-9"}, "missing_date_of_birth"),
        ("cancel_appointment", {**ANA, "appointment_number": "mine"}, "invalid_appointment_number"),
    ],
)
def test_a_wrong_argument_is_told(appointments: Appointments, tool: str, arguments: dict[str, str], error: str) -> None:
    """The agent knows what to ask for."""
    assert ask(appointments, tool, **arguments)["error"] == error
