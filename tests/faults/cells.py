"""The cells of the fault map: a call of a story, and what goes wrong with it.

Rows are not written down: they are the calls recorded while a story runs undisturbed. Rule: a cell is known by its
names alone, so that an expectation can be stated before anything has run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from local.calls import Call, Fault
from local.delivery import Fate

THROTTLED: Final = "throttled"
FAILING: Final = "5xx"
REFUSED: Final = "refused"
TIME_OUT_BEFORE: Final = "time-out before"
TIME_OUT_AFTER: Final = "time-out after"
CUT: Final = "cut"
KILLED_BEFORE: Final = "killed before"
KILLED_AFTER: Final = "killed after"
FAULTS: Final = (
    THROTTLED,
    FAILING,
    REFUSED,
    TIME_OUT_BEFORE,
    TIME_OUT_AFTER,
    CUT,
    KILLED_BEFORE,
    KILLED_AFTER,
)
"""The columns. A throttle passes: one call is met. A 5xx and a refusal last: that call and every later one of its
function, operation and chat. A connection is cut when the call has had its effect, for then its caller knows least."""
MESSAGE: Final = "by a switch"
LASTING: Final = frozenset({FAILING, REFUSED})

TWICE: Final = "duplicate"
OVERTAKEN: Final = "reordered"
DELAYED: Final = "delayed"
TOO_LATE: Final = "past the age limit"
NEVER: Final = "never"
FATES: Final[Mapping[str, Fate]] = {
    TWICE: Fate(arrives_after=(0.0, 0.0, 120.0)),
    OVERTAKEN: Fate(arrives_after=(30.0,), after_the_next=True),
    DELAYED: Fate(arrives_after=(60.0,)),
    TOO_LATE: Fate(arrives_after=(330.0,)),
    NEVER: Fate(arrives_after=()),
}
"""A duplicate comes at once and once more two minutes later."""

READ: Final = "GetItem"
MOST_READS: Final = 2
AGENT_SERVICES: Final = frozenset({"bedrock-agent-runtime", "bedrock-agentcore", "bedrock-runtime"})


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A call of a story: the `ordinal`th of its function and operation from where the story's own part begins."""

    function: str
    operation: str
    ordinal: int = 1
    service: str = ""

    @property
    def is_of_the_agents(self) -> bool:
        """Whether the call depends on where the agents run: to them, or made for them."""
        return self.service in AGENT_SERVICES or self.function not in {"", "ChatBot", "StartBot", "RescueBot"}


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What goes wrong with which call, or with which event, of which story."""

    story: str
    row: Row
    column: str
    backend: str = ""
    """Where the agents run, if the cell is about that."""


class Outcome(StrEnum):
    """What a cell may come to, as the person in the chat lives it."""

    ANSWERED = "answered"
    """Once, by whoever was asked."""
    ANSWERED_LATER = "answered, later"
    """Once, after Lambda's next try: later always means a silent minute."""
    NOT_REPEATED = "not repeated, offers to go on"
    """What was heard is not said again."""
    OFFERED = "says so, offers a person"
    """By the team: what it wanted to look up or to note could not be done."""
    RESCUED = "rescued: one sentence, a person"
    """By RescueBot, when Lambda had given up."""
    TOLD = "one sentence, a person"
    TOLD_LATER = "one sentence, a person, later"
    PERSON = "a person"
    """The bot could say nothing any more."""
    PERSON_LATER = "a person, later"
    BY_THE_WATCH = "a person, by the watch"
    """The flow saw that nobody answers."""
    BY_THE_FLOW = "a person, by the flow"
    """The flow saw that StartBot fails."""
    ANSWERED_THEN_PERSON = "answered, then a person"
    """What followed the answer could not be done, so the flow takes the chat back."""
    CLOSED = "closed"
    CLOSED_LATER = "closed, later"
    LEFT_OPEN = "moot: over, record open"
    """The chat is over and nobody waits; the record lapses by its time to live."""
    UNSEEN = "unseen, as the README says"
    """Connect does not show the bot what was written before it came; it is there and has asked what it can do."""
    SILENT = "SILENCE"
    """Never expected."""


@dataclass(frozen=True, slots=True)
class _Errors:
    """How a service says these three, with the HTTP status."""

    throttled: tuple[str, int]
    failing: tuple[str, int]
    refused: tuple[str, int] = ("AccessDeniedException", 403)


_ERRORS: Final[Mapping[str, _Errors]] = {
    "dynamodb": _Errors(
        ("ProvisionedThroughputExceededException", 400), ("InternalServerError", 500), ("AccessDeniedException", 400)
    ),
    "connect": _Errors(("ThrottlingException", 429), ("InternalServiceException", 500)),
    "lambda": _Errors(("TooManyRequestsException", 429), ("ServiceException", 500)),
}
_OTHER_ERRORS: Final = _Errors(("ThrottlingException", 429), ("InternalServerException", 500))
"""Codes are those of botocore's models, or common to all services."""


def fault_of(column: str, service: str) -> Fault:
    """What a column means for a call to a service."""
    errors = _ERRORS.get(service, _OTHER_ERRORS)
    faults = {
        THROTTLED: Fault(error=(*errors.throttled, MESSAGE)),
        FAILING: Fault(error=(*errors.failing, MESSAGE)),
        REFUSED: Fault(error=(*errors.refused, MESSAGE)),
        TIME_OUT_BEFORE: Fault(silence="before"),
        TIME_OUT_AFTER: Fault(silence="after"),
        CUT: Fault(cut="after"),
        KILLED_BEFORE: Fault(kill="before"),
        KILLED_AFTER: Fault(kill="after"),
    }
    return faults[column]


def rows_of(calls: Iterable[Call]) -> list[Row]:
    """The rows that these calls open. A third read of the same is no other than the second."""
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for call in sorted(calls, key=lambda call: call.number):
        named = (call.function or "", call.operation)
        counts[named] = counts.get(named, 0) + 1
        if call.operation != READ or counts[named] <= MOST_READS:
            rows.append(Row(*named, counts[named], call.service))
    return sorted(rows)
