"""When a contact leaves the bot, why, and what the person who takes it gets.

The policy is data: for each control of the team an outcome, a reason, a queue, and which parameters become attributes.
A control the policy does not know, or a parameter that does not fit, goes to a person: a mistake in the team must never
strand a customer.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from lambdas.conversation.speech import clean

ParameterType = Literal["string", "integer", "number", "boolean"]

SUMMARY_CHARACTERS = 1_000
NAME_CHARACTERS = 100
"""Of a control the policy does not know; a known one is as long as the policy says."""
UNMASKED_CHARACTERS = 4
SEPARATORS = 3
"""Between two letters or digits of one value, however it is written: `12.345.678 - 9`."""

FUNCTION_NAME = "functionName"
ACTION_GROUP = "actionGroup"
OUTCOME = "handoff_outcome"
REASON = "handoff_reason"
QUEUE = "handoff_queue"
SUMMARY = "handoff_summary"
LANGUAGE = "handoff_language"
ATTEMPTS = "handoff_attempts"


def parameter_attribute(name: str) -> str:
    """The contact attribute of a control's parameter."""
    return f"handoff_{name}"


class Outcome(StrEnum):
    ESCALATE = "escalate"
    END = "end"
    STAY = "stay"
    """The bot goes on: attributes are written and the agent gets an answer to its control."""


class Reason(StrEnum):
    """Why a contact left the bot; the closed list that queues and reports may rely on."""

    CUSTOMER_ASKED = "customer_asked"
    TEAM_DECIDED = "team_decided"
    FINISHED = "finished"
    AGENT_UNAVAILABLE = "agent_unavailable"
    NOTHING_TO_SAY = "nothing_to_say"
    REFUSED = "refused"
    """A guardrail stepped in at one answer after the other."""
    DEADLINE = "deadline"
    CRASHED = "crashed"
    RESCUED = "rescued"
    """Lambda had given up on a message."""
    TOO_MANY_MESSAGES = "too_many_messages"
    MESSAGE_TOO_LATE = "message_too_late"
    UNKNOWN_CONTROL = "unknown_control"
    UNFIT_CONTROL = "unfit_control"
    UNANSWERED = "unanswered"
    FLOW_ERROR = "flow_error"


CLOSING_SENTENCE: Mapping[Reason, str | None] = {
    Reason.CUSTOMER_ASKED: "escalate",
    Reason.TEAM_DECIDED: "escalate",
    Reason.FINISHED: "end",
    Reason.AGENT_UNAVAILABLE: "agent_unavailable",
    Reason.NOTHING_TO_SAY: "not_understood",
    Reason.REFUSED: "not_understood",
    Reason.DEADLINE: "deadline",
    Reason.CRASHED: "crashed",
    Reason.RESCUED: "rescued",
    Reason.TOO_MANY_MESSAGES: "too_many_messages",
    Reason.MESSAGE_TOO_LATE: "too_late",
    Reason.UNKNOWN_CONTROL: "not_understood",
    Reason.UNFIT_CONTROL: "not_understood",
    # The flow took the contact back and speaks itself.
    Reason.UNANSWERED: None,
    Reason.FLOW_ERROR: None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One control as the agent returned it; values are always strings on the wire."""

    function: str
    action_group: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What the policy allows a parameter to be."""

    type: ParameterType = "string"
    required: bool = False
    max_length: int = 1_000
    """Characters; a longer value does not fit."""
    mask: bool = False
    """Only the last four characters become an attribute; nor does any other attribute of the hand-off tell more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What happens when the team returns this control."""

    outcome: Outcome
    reason: Reason
    action_group: str = ""
    """For a backend whose wire has none, so that a flow sees the same attributes under each."""
    queue: str = ""
    summary: str = ""
    """The parameter that tells the person what this is about."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """A decided hand-off: everything a retry needs to carry it out again."""

    outcome: Outcome
    reason: Reason
    attributes: Mapping[str, str]
    sentence: str | None
    """The closing sentence in the contact's language; `None` if the flow speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy makes of the agent's controls."""

    outcome: Outcome
    reason: Reason
    attributes: Mapping[str, str]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The values of masked parameters: what is said beside the attributes must not tell them either."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The controls of the team that is deployed."""

    controls: Mapping[str, Control]

    def decide(self, calls: Iterable[Call]) -> Decision:
        """The decision on the first control that leaves the chat; if all stay, what they bring together."""
        cleaned = [_clean(call) for call in calls]
        secrets = frozenset(secret for call in cleaned for secret in self._secrets(call))
        decisions = [self._judge(call, secrets) for call in cleaned] or [_unknown("")]
        for decision in decisions:
            if decision.outcome is not Outcome.STAY:
                return replace(decision, secrets=secrets)
        together = {name: value for decision in decisions for name, value in decision.attributes.items()}
        return replace(decisions[0], attributes=together, secrets=secrets)

    def parameter_attributes(self) -> frozenset[str]:
        """Every attribute that some control's parameter may become."""
        return frozenset(parameter_attribute(name) for control in self.controls.values() for name in control.parameters)

    def _secrets(self, call: Call) -> Iterator[str]:
        """Also of a value that does not fit. A yes or no tells nobody apart, and would hide every other one."""
        control = self.controls.get(call.function)
        for name, parameter in control.parameters.items() if control else ():
            if parameter.mask and parameter.type != "boolean" and call.parameters.get(name):
                yield call.parameters[name]

    def _judge(self, call: Call, secrets: frozenset[str]) -> Decision:
        control = self.controls.get(call.function)
        if control is None:
            return _unknown(call.function)
        fitting = {
            name: call.parameters[name]
            for name, parameter in control.parameters.items()
            if call.parameters.get(name) and fits(call.parameters[name], parameter)
        }
        whole = fitting.keys() == {n for n, v in call.parameters.items() if v} and all(
            name in fitting for name, parameter in control.parameters.items() if parameter.required
        )
        return Decision(
            outcome=control.outcome if whole else Outcome.ESCALATE,
            reason=control.reason if whole else Reason.UNFIT_CONTROL,
            attributes=_attributes(call, control, fitting, secrets),
        )


def _clean(call: Call) -> Call:
    """Attributes are shown to people and read by flows: the same characters are left out as in what is spoken."""
    parameters = {name: clean(value) for name, value in call.parameters.items()}
    return replace(call, action_group=clean(call.action_group), parameters=parameters)


def _unknown(function: str) -> Decision:
    return Decision(
        outcome=Outcome.ESCALATE,
        reason=Reason.UNKNOWN_CONTROL,
        attributes={FUNCTION_NAME: clean(function)[:NAME_CHARACTERS]},
    )


def _attributes(call: Call, control: Control, fitting: Mapping[str, str], secrets: frozenset[str]) -> dict[str, str]:
    shown = {
        name: without_secrets(masked(value) if control.parameters[name].mask else value, secrets)
        for name, value in fitting.items()
    }
    summary = shown.get(control.summary, "")[:SUMMARY_CHARACTERS]
    return {
        **{parameter_attribute(name): value for name, value in shown.items()},
        FUNCTION_NAME: call.function,
        ACTION_GROUP: call.action_group or control.action_group,
        QUEUE: control.queue,
        **({SUMMARY: summary} if summary else {}),
    }


def fits(value: str, parameter: Parameter) -> bool:
    """Whether a value from the wire is what the policy expects."""
    if len(value) > parameter.max_length:
        return False
    match parameter.type:
        case "integer":
            return _reads_as(int, value)
        case "number":
            return _reads_as(float, value)
        case "boolean":
            return value.lower() in {"true", "false"}
        case "string":
            return True


def _reads_as(kind: type[int | float], value: str) -> bool:
    try:
        kind(value)
    except ValueError:
        return False
    return True


def masked(value: str) -> str:
    """All but the last four characters hidden; nothing is shown of a value that short."""
    shown = _unmasked(value)
    return "•" * (len(value) - len(shown)) + shown


def _unmasked(value: str) -> str:
    return value[-UNMASKED_CHARACTERS:] if len(_letters_and_digits(value)) > UNMASKED_CHARACTERS else ""


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text as it was, but wherever it tells a secret no more of that is shown than of the masked parameter.

    A secret is its letters and digits: case, accents, spaces, dots and dashes make no other value. The cost is that of
    reading the text once, and of one search for each secret.
    """
    secrets = frozenset(secrets)
    wanted = {wish for secret in secrets for wish in _needles(secret)}
    if not wanted:
        return text
    essence, places = _essence(text, max(SEPARATORS, *map(_widest_gap, secrets)))
    hidden: set[int] = set()
    for needle, shown in wanted:
        told = 0
        for start in _occurrences(needle, essence):
            end = start + len(needle)
            if len(needle) > UNMASKED_CHARACTERS or _stands_alone(text, places[start], places[end - 1]):
                hidden.update(places[max(start, told) : end - shown])
                told = end - shown
    return "".join("•" if place in hidden else character for place, character in enumerate(text))


def _needles(secret: str) -> Iterator[tuple[str, int]]:
    """What to look for, and how much of its end may be shown; of `DNI 12345678-9` also the number without its name."""
    essence, tail = _letters_and_digits(secret), _letters_and_digits(_unmasked(secret))
    if essence:
        yield essence, len(tail)
    digits = "".join(filter(str.isdecimal, essence))
    if UNMASKED_CHARACTERS < len(digits) < len(essence):
        yield digits, sum(map(str.isdecimal, tail))


def _occurrences(needle: str, essence: str) -> Iterator[int]:
    """Also those that overlap: of `12121` in `1212121` the second would else be shown."""
    start = essence.find(needle)
    while start >= 0:
        yield start
        start = essence.find(needle, start + 1)


def _stands_alone(text: str, first: int, last: int) -> bool:
    """A short value is part of many words and numbers that tell nothing of it."""
    return not text[max(first - 1, 0) : first].isalnum() and not text[last + 1 : last + 2].isalnum()


def _widest_gap(secret: str) -> int:
    """Between two of its letters and digits: as it is written itself it must be found again."""
    _, places = _essence(secret, len(secret))
    return max((later - earlier - 1 for earlier, later in pairwise(places)), default=0)


def _essence(text: str, separators: int) -> tuple[str, list[int]]:
    """The letters and digits of a text with the place of each; a blank where more than separators are between."""
    essence: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for sign in _letters_and_digits(character):
            if places and place - places[-1] > separators + 1:
                essence.append(" ")
                places.append(place)
            essence.append(sign)
            places.append(place)
    return "".join(essence), places


def _letters_and_digits(text: str) -> str:
    """In one form for all ways to write them."""
    signs = filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold())
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in signs)


def complete(
    decision: Decision, *, language: str, attempts: int, summary: str, stale: Iterable[str], sentence: str | None
) -> Handoff:
    """The hand-off of a decision.

    `attempts` counts this hand-off, to a person or not: a flow reads it as how often it got the contact back. `summary`
    is used when the control brought none. `stale` names the parameters an earlier hand-off of this contact may have
    set: Connect merges attributes, so what is not overwritten is still shown.
    """
    attributes = {
        **dict.fromkeys((*stale, FUNCTION_NAME, ACTION_GROUP, QUEUE), ""),
        SUMMARY: without_secrets(clean(summary), decision.secrets)[:SUMMARY_CHARACTERS],
        **decision.attributes,
        OUTCOME: decision.outcome.value,
        REASON: decision.reason.value,
        LANGUAGE: language,
        ATTEMPTS: str(attempts),
    }
    return Handoff(outcome=decision.outcome, reason=decision.reason, attributes=attributes, sentence=sentence)


def to_a_person(handoff: Handoff, reason: Reason) -> Handoff:
    """The same hand-off, but never the end of the chat."""
    if handoff.outcome is not Outcome.END:
        return handoff
    attributes = {**handoff.attributes, OUTCOME: Outcome.ESCALATE.value, REASON: reason.value}
    return replace(handoff, outcome=Outcome.ESCALATE, reason=reason, attributes=attributes)


def shrunk(handoff: Handoff) -> Handoff:
    """What still goes through when Connect refuses the attributes: enough to route."""
    kept = {OUTCOME, REASON, QUEUE}
    return replace(handoff, attributes={k: v for k, v in handoff.attributes.items() if k in kept})


def read_policy(path: Path) -> Policy:
    """The policy that the build wrote beside the code."""
    return parse_policy(json.loads(path.read_text(encoding="utf-8")))


def parse_policy(document: Mapping[str, Any]) -> Policy:
    return Policy({name: _parse_control(control) for name, control in document["controls"].items()})


def _parse_control(control: Mapping[str, Any]) -> Control:
    return Control(
        outcome=Outcome(control["outcome"]),
        reason=Reason(control["reason"]),
        action_group=control.get("action_group", ""),
        queue=control.get("queue", ""),
        summary=control.get("summary", ""),
        parameters={name: Parameter(**parameter) for name, parameter in control.get("parameters", {}).items()},
    )
