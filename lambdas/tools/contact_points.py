"""Phone numbers and e-mail addresses in the one form the tables hold: `phone:+56912345678`, `email:ana@example.com`.

Of a phone number spaces, hyphens, dots, slashes and brackets are forgiven, and `00` in place of `+`; of an address,
capital letters. The rule: nothing is guessed. A number without its country could be anybody's: it is `UnfitArgument`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambdas.tools.tool_call import UnfitArgument

ARGUMENT = "phone_or_email"
LONGEST_ADDRESS = 254
"""Characters; mail servers take no more."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:{_LABEL}\.)+[a-z]{{2,24}}")
_TRUNK_ZERO = re.compile(r"\(0\)")
_NOISE = re.compile(r"[\s./()\-‐‑‒–]")
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
"""E.164: a country's code and the number in it, 15 digits together at most."""


def contact_point(arguments: Mapping[str, str]) -> str:
    """The e-mail address or phone number among the arguments."""
    if ARGUMENT not in arguments:
        raise UnfitArgument(f"missing_{ARGUMENT}", "Ask the customer for a phone number or e-mail and call again.")
    written = arguments[ARGUMENT].strip()
    return _email(written) if "@" in written else _phone(written)


def _email(written: str) -> str:
    address = written.lower()
    user = address.partition("@")[0]
    if len(address) > LONGEST_ADDRESS or len(user) > 64 or not _ADDRESS.fullmatch(address):
        raise _unfit()
    return f"email:{address}"


def _phone(written: str) -> str:
    number = _NOISE.sub("", _TRUNK_ZERO.sub("", written))
    number = f"+{number[2:]}" if number.startswith("00") else number
    if not _NUMBER.fullmatch(number):
        raise _unfit()
    return f"phone:{number}"


def _unfit() -> UnfitArgument:
    return UnfitArgument(
        f"invalid_{ARGUMENT}",
        "It must be an e-mail address, or a phone number with its country's code, for example +56 9 1234 5678.",
    )
