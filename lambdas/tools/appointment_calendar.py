"""The calendar of one service of a clinic: when it is open, what is booked and what is free.

Pure data; who may see it and where it is kept is said elsewhere. Times are texts such as `2026-11-24T10:30`, which sort
as time does; they are the clinic's own, and the clock of this sample's clinic shows UTC. The rule: nothing here is
changed, every change is another calendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

OPTIONS = 3
"""So many free times are named at once: what somebody can keep in mind."""
KEPT_DAYS = 30
"""An appointment that has passed is forgotten after these."""
REPEATED_HOURS = 1
"""So long a call that has cancelled an appointment may be repeated."""
FIRST_NUMBER = 1_001

Appointment = Mapping[str, str]
"""`appointment_number`, `service`, `starts_at`, and the patient's `identity_document_number`."""
Cancellation = Mapping[str, str]
"""`appointment_number`, `service` and `starts_at`; `cancelled_by`, a call's `repeat_key`, and `cancelled_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One service."""

    service: str
    letter: str = ""
    """Before the numbers of its appointments, so that no two services give the same number."""
    hours: tuple[str, ...] = ()
    """When an appointment may begin: `10:30`."""
    weekdays: tuple[int, ...] = ()
    """1 is Monday."""
    days_ahead: int = 0
    next_number: int = FIRST_NUMBER
    change_number: int = 0
    """How often it has been written."""
    appointments: tuple[Appointment, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()

    def free(self, *, now: datetime, first: date | None = None) -> Iterator[str]:
        """The times that can be booked, from a day on."""
        taken = {each["starts_at"] for each in self.appointments}
        begin, end = first or now.date(), now.date() + timedelta(days=self.days_ahead)
        for ahead in range((end - begin).days + 1):
            day = begin + timedelta(days=ahead)
            starts = (f"{day}T{hour}" for hour in self.hours if day.isoweekday() in self.weekdays)
            yield from (start for start in starts if start > written(now) and start not in taken)

    def of(self, document: str, *, now: datetime) -> list[Appointment]:
        """What a patient has before them."""
        mine = (each for each in self.appointments if each["identity_document_number"] == document)
        return [each for each in mine if each["starts_at"] > written(now)]

    def without(self, number: str) -> Calendar:
        left = tuple(each for each in self.appointments if each["appointment_number"] != number)
        return replace(self, appointments=left)

    def with_cancelled(self, there: Appointment, *, by: str, now: datetime) -> Calendar:
        """Without an appointment, and with a note of the call that did it."""
        told = {name: there[name] for name in ("appointment_number", "service", "starts_at")}
        note = {**told, "cancelled_by": by, "cancelled_at": written(now)}
        without = self.without(there["appointment_number"])
        return replace(without, cancellations=(*self.cancellations, note))

    def cancelled_by(self, call: str, *, now: datetime) -> Cancellation | None:
        """What a call has cancelled before."""
        return next((each for each in self._repeatable(now) if each["cancelled_by"] == call), None)

    def _repeatable(self, now: datetime) -> list[Cancellation]:
        oldest = written(now - timedelta(hours=REPEATED_HOURS))
        return [each for each in self.cancellations if each["cancelled_at"] >= oldest]

    def with_appointment(self, document: str, start: str, number: str = "") -> Calendar:
        """Booked, under a number of its own if none is given."""
        appointment = {
            "appointment_number": number or f"{self.letter}-{self.next_number}",
            "service": self.service,
            "starts_at": start,
            "identity_document_number": document,
        }
        following = self.next_number if number else self.next_number + 1
        return replace(self, appointments=(*self.appointments, appointment), next_number=following)

    def options(self, *, now: datetime, day: date | None = None) -> list[str]:
        """Some free times, of that day if it has any, else the next ones."""
        after = list(self.free(now=now, first=day))
        on_day = [start for start in after if day and start.startswith(day.isoformat())]
        # Of a day, from morning to evening.
        return on_day[:: max(1, len(on_day) // OPTIONS)][:OPTIONS] if on_day else after[:OPTIONS]

    def numbered(self, number: str) -> Appointment | None:
        return next((each for each in self.appointments if each["appointment_number"] == number), None)

    def as_item(self, *, now: datetime) -> dict[str, Any]:
        """As it is kept after one more change, without what is long past."""
        oldest = written(now - timedelta(days=KEPT_DAYS))
        return {
            "letter": self.letter,
            "hours": list(self.hours),
            "weekdays": list(self.weekdays),
            "days_ahead": self.days_ahead,
            "next_number": self.next_number,
            "change_number": self.change_number + 1,
            "appointments": [dict(each) for each in self.appointments if each["starts_at"] > oldest],
            "cancellations": [dict(each) for each in self._repeatable(now)],
        }


def parse_calendar(service: str, item: Mapping[str, Any]) -> Calendar:
    """The calendar as it is kept; without hours, and so never free, if nobody has opened it."""
    return Calendar(
        service=service,
        letter=item.get("letter", ""),
        hours=tuple(item.get("hours", ())),
        weekdays=tuple(item.get("weekdays", ())),
        days_ahead=item.get("days_ahead", 0),
        next_number=item.get("next_number", FIRST_NUMBER),
        change_number=item.get("change_number", 0),
        appointments=tuple(item.get("appointments", ())),
        cancellations=tuple(item.get("cancellations", ())),
    )


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"
