"""The numbers customers identify themselves and their things by, in the one form the tables hold.

Agents pass on what customers write, so dots, spaces and small letters are forgiven. The rule: what cannot be such a
number is an `UnfitArgument` with a code of its own and an explanation; whether it exists is for the tables to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambdas.tools.tool_call import UnfitArgument

_NOISE = re.compile(r"[\s.]")
# Only the longer one may lack its hyphen: eight digits could be either.
_DOCUMENT = re.compile(r"([0-9]{8}(?=[-–]?.)|[0-9]{7}(?=[-–]))[-–]?([0-9K])")
_ORDER = re.compile(r"[0-9]{8}")
_APPOINTMENT = re.compile(r"([A-Z])[-–]?([0-9]{4,9})")
_TICKET = re.compile(r"(?:T[-–]?)?([0-9]{6,9})")


def order_number(arguments: Mapping[str, str]) -> str:
    """Eight digits."""
    found = _ORDER.fullmatch(_bare(arguments, "order_number").replace("-", ""))
    if not found:
        raise UnfitArgument("invalid_order_number", "An order number has eight digits, for example 10020030.")
    return found[0]


def identity_document_number(arguments: Mapping[str, str]) -> str:
    """Seven or eight digits, a hyphen and a digit or K."""
    found = _DOCUMENT.fullmatch(_bare(arguments, "identity_document_number"))
    if not found:
        raise UnfitArgument(
            "invalid_identity_document_number",
            "An identity document number has seven or eight digits, a hyphen and one more digit or K: 12345678-9.",
        )
    return f"{found[1]}-{found[2]}"


def ticket_number(arguments: Mapping[str, str]) -> str:
    """T, a hyphen and six to nine digits."""
    found = _TICKET.fullmatch(_bare(arguments, "ticket_number"))
    if not found:
        raise UnfitArgument("invalid_ticket_number", "A ticket number is T and six digits, for example T-100001.")
    return f"T-{found[1]}"


def appointment_number(arguments: Mapping[str, str]) -> str:
    """A letter, a hyphen and four to nine digits."""
    found = _APPOINTMENT.fullmatch(_bare(arguments, "appointment_number"))
    if not found:
        raise UnfitArgument("invalid_appointment_number", "An appointment number is a letter and digits, like D-1001.")
    return f"{found[1]}-{found[2]}"


def _bare(arguments: Mapping[str, str], name: str) -> str:
    if name not in arguments:
        raise UnfitArgument(f"missing_{name}", f"Ask the customer for the {name.replace('_', ' ')} and call again.")
    return _NOISE.sub("", arguments[name]).upper()
