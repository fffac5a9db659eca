"""Appointments of a clinic: who has one when, told to nobody but the patient, and no time given twice.

The table has two kinds of items, keyed by `entry_key`: `patient:<document>` says who somebody is, `calendar:<service>`
holds one service's appointments and counts its own changes. Whoever changes a calendar writes it back only if nobody
else has in the meantime, and else begins again: two patients never get the same time. An appointment is known by
patient, service and time, so a repeated booking finds the one that is there; a cancellation is noted with its call, so
that a repeated one is answered as the first. The rule: without document and date of
birth the answer is that of a patient who does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.attribute_values import attributes, plain
from lambdas.tools import moments, numbers
from lambdas.tools.appointment_calendar import Calendar, parse_calendar
from lambdas.tools.tool_call import Function, Result, ToolCall, UnfitArgument, repeat_key

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SERVICES = ("general", "dentistry", "pediatrics")
TRIES = 10
"""Each lost try means that somebody else's change went through."""

NOT_FOUND: Result = {"status": "not_found"}
SHOWN = ("appointment_number", "service", "starts_at")


class CalendarBusy(Exception):
    """Others changed the calendar each time this call was about to: nothing was booked."""


Change = Callable[[Calendar], tuple[Calendar | None, Result]]
"""What becomes of a calendar, `None` if nothing does, and the answer."""


@dataclass(frozen=True, slots=True)
class Appointments:
    """The table of patients and calendars."""

    table: str
    client: DynamoDBClient

    def functions(self, *, now: float) -> Mapping[str, Function]:
        """`now` is in seconds since the epoch."""
        moment = datetime.fromtimestamp(now, UTC)
        functions = (
            self.find_free_times,
            self.find_appointments,
            self.book_appointment,
            self.move_appointment,
            self.cancel_appointment,
        )
        return {function.__name__: partial(function, now=moment) for function in functions}

    def find_free_times(self, call: ToolCall, *, now: datetime) -> Result:
        """The next free times of a service, from a day on if one is named."""
        calendar = self._calendar(_service(call.arguments))
        return _options(calendar, _day(call.arguments, now), now, "free")

    def find_appointments(self, call: ToolCall, *, now: datetime) -> Result:
        """What the patient has before them."""
        patient = self._patient(call.arguments, now)
        return NOT_FOUND if patient is None else _listed(patient, self._of(patient, now), "found")

    def book_appointment(self, call: ToolCall, *, now: datetime) -> Result:
        """A new appointment, or the one the patient already has then."""
        service, start = _service(call.arguments), _start(call.arguments, now)
        patient = self._patient(call.arguments, now)
        if patient is None:
            return NOT_FOUND

        def book(calendar: Calendar) -> tuple[Calendar | None, Result]:
            document = patient["identity_document_number"]
            there = next((each for each in calendar.of(document, now=now) if each["starts_at"] == start), None)
            if there:
                return None, _shown(there, "booked")
            if start not in calendar.free(now=now):
                return None, _options(calendar, date.fromisoformat(start[:10]), now, "taken")
            booked = calendar.with_appointment(document, start)
            return booked, _shown(booked.appointments[-1], "booked")

        return self._change(service, book, now)

    def move_appointment(self, call: ToolCall, *, now: datetime) -> Result:
        """The same appointment at another time."""
        start = _start(call.arguments, now)
        found = self._one(call.arguments, now)
        if not isinstance(found, str):
            return found

        def move(calendar: Calendar) -> tuple[Calendar | None, Result]:
            there = calendar.numbered(found)
            if there is None:
                return None, {"status": "none"}
            if there["starts_at"] == start:
                return None, _shown(there, "moved")
            if start not in calendar.free(now=now):
                return None, _options(calendar, date.fromisoformat(start[:10]), now, "taken")
            document = there["identity_document_number"]
            moved = calendar.without(found).with_appointment(document, start, found)
            return moved, _shown(moved.appointments[-1], "moved")

        return self._change(_service_of(found, self._calendars()), move, now)

    def cancel_appointment(self, call: ToolCall, *, now: datetime) -> Result:
        """The appointment is given up, and its time is free; repeated, the call has the same answer."""
        key = repeat_key(call, _meant(call.arguments, now))
        # Only a turn tells for sure that a call is repeated: without one, the same words may mean a new appointment.
        before = self._cancelled_before(key, now) if call.turn_id else None
        if before:
            return before
        found = self._one(call.arguments, now)
        if not isinstance(found, str):
            return self._cancelled_before(key, now) or found

        def cancel(calendar: Calendar) -> tuple[Calendar | None, Result]:
            there, before = calendar.numbered(found), calendar.cancelled_by(key, now=now)
            if there:
                return calendar.with_cancelled(there, by=key, now=now), _shown(there, "cancelled")
            return None, _shown(before, "cancelled") if before else {"status": "none"}

        return self._change(_service_of(found, self._calendars()), cancel, now)

    def _cancelled_before(self, key: str, now: datetime) -> Result | None:
        notes = (calendar.cancelled_by(key, now=now) for calendar in self._calendars())
        return next((_shown(note, "cancelled") for note in notes if note), None)

    def _one(self, arguments: Mapping[str, str], now: datetime) -> str | Result:
        """The number of the appointment that is meant, or what to answer if it cannot be told."""
        number = _number(arguments)
        patient = self._patient(arguments, now)
        if patient is None:
            return NOT_FOUND
        mine = self._of(patient, now)
        # A number says more than a service.
        service = _service(arguments) if "service" in arguments and number is None else None
        wanted = [each for each in mine if service in (None, each["service"])]
        meant = [each for each in wanted if number in (None, each["appointment_number"])]
        if len(meant) == 1:
            return str(meant[0]["appointment_number"])
        if service and not wanted:
            return {**_listed(patient, mine, "none_with_service"), "service": service}
        return _listed(patient, wanted, "no_such_appointment" if number else "which_one")

    def _patient(self, arguments: Mapping[str, str], now: datetime) -> Mapping[str, Any] | None:
        document = numbers.identity_document_number(arguments)
        born = moments.date_of_birth(arguments, today=now.date())
        patient = self._item(f"patient:{document}")
        known = patient.get("date_of_birth") == born
        return {"identity_document_number": document, "first_name": patient.get("first_name", "")} if known else None

    def _of(self, patient: Mapping[str, Any], now: datetime) -> list[Mapping[str, Any]]:
        """The patient's appointments, the next one first."""
        mine = (
            each for calendar in self._calendars() for each in calendar.of(patient["identity_document_number"], now=now)
        )
        return sorted(mine, key=lambda each: str(each["starts_at"]))

    def _calendars(self) -> Iterator[Calendar]:
        return (self._calendar(service) for service in SERVICES)

    def _calendar(self, service: str) -> Calendar:
        return parse_calendar(service, self._item(f"calendar:{service}"))

    def _item(self, key: str) -> dict[str, Any]:
        found = self.client.get_item(TableName=self.table, Key={"entry_key": {"S": key}}, ConsistentRead=True)
        return plain(found.get("Item", {}))

    def _change(self, service: str, change: Change, now: datetime) -> Result:
        for _ in range(TRIES):
            calendar = self._calendar(service)
            changed, result = change(calendar)
            if changed is None or self._put(changed, of=calendar, now=now):
                return result
        raise CalendarBusy

    def _put(self, changed: Calendar, *, of: Calendar, now: datetime) -> bool:
        """Write a calendar back; `False` if it is no longer the one that was read."""
        item = {"entry_key": f"calendar:{changed.service}", **changed.as_item(now=now)}
        try:
            self.client.put_item(
                TableName=self.table,
                Item=attributes(item),
                ConditionExpression="attribute_not_exists(change_number) OR change_number = :read",
                ExpressionAttributeValues={":read": {"N": str(of.change_number)}},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _service(arguments: Mapping[str, str]) -> str:
    if "service" not in arguments:
        raise UnfitArgument("missing_service", "Ask the patient whom to see and call again.")
    service = arguments["service"].lower()
    if service not in SERVICES:
        raise UnfitArgument("invalid_service", f"There is {', '.join(SERVICES)}; ask the patient which it is.")
    return service


def _day(arguments: Mapping[str, str], now: datetime) -> date | None:
    return moments.day(arguments["day"], today=now.date()) if "day" in arguments else None


def _start(arguments: Mapping[str, str], now: datetime) -> str:
    for name in ("day", "time"):
        if name not in arguments:
            raise UnfitArgument(f"missing_{name}", f"Ask the patient for the {name} and call again.")
    return f"{moments.day(arguments['day'], today=now.date())}T{moments.time_of_day(arguments['time'])}"


def _number(arguments: Mapping[str, str]) -> str | None:
    return numbers.appointment_number(arguments) if "appointment_number" in arguments else None


def _meant(arguments: Mapping[str, str], now: datetime) -> dict[str, str | None]:
    """What names an appointment and its patient, however it was written."""
    return {
        "appointment_number": _number(arguments),
        "identity_document_number": numbers.identity_document_number(arguments),
        "date_of_birth": moments.date_of_birth(arguments, today=now.date()),
        "service": _service(arguments) if "service" in arguments else None,
    }


def _options(calendar: Calendar, day: date | None, now: datetime, status: str) -> Result:
    options = calendar.options(now=now, day=day)
    if not options:
        return {"status": "none_free", "service": calendar.service}
    return {"status": status, "service": calendar.service, "options": options}


def _service_of(number: str, calendars: Iterator[Calendar]) -> str:
    return next(each.service for each in calendars if number.startswith(f"{each.letter}-"))


def _shown(appointment: Mapping[str, Any], status: str) -> Result:
    return {"status": status, **{name: appointment[name] for name in SHOWN}}


def _listed(patient: Mapping[str, Any], appointments: list[Mapping[str, Any]], status: str) -> Result:
    told = {"first_name": patient["first_name"]}
    if not appointments:
        return {"status": "none", **told}
    return {"status": status, **told, "appointments": [{n: each[n] for n in SHOWN} for each in appointments]}
