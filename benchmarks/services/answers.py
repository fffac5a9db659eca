"""What the stub's agent says. A token is a word with the white space before it.

`asking_for` is what a customer writes to hear one of the answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FIRST_TOKEN_SECONDS = 0.8
TOKEN_SECONDS = 0.025
CONTROL = "escalate"
"""A control that can be asked for like a text; it comes with the token of the number `CONTROL_TOKENS`."""
CONTROL_TOKENS = 10

FIRST = "Your order left our warehouse on Monday morning and will be with you by Thursday evening. "
_MORE = """The driver carries two parcels with the lamps and one flat box with the shade you chose.

If nobody is at home, the parcels go to the shop at the corner, where they wait for seven days. Please bring a document
with your name on it when you collect them.

Should a lamp arrive broken, keep the box and tell me here in this chat. I will send another one the same day and have
the broken one fetched from your door. You need not pay anything for that, and need not pack it again.

Is there anything else you would like to know?"""
_LIST = """These lamps of your last order are still on their way:

- a brass floor lamp with a linen shade
- two reading lamps with a long arm
- a small night light for the nursery
- six warm bulbs with a screw base

All of them come with the same driver, by Thursday."""

ANSWERS: Mapping[str, str] = {
    "short": FIRST + "The driver will call you first.",
    "long": FIRST + _MORE,
    "list": _LIST,
}


FIRST_TOKENS: Mapping[str, int] = {"short": 16, "long": 16, "list": 11}
"""Of the first sentence; of the list, its announcement."""


def tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def token_seconds(number: int) -> float:
    """From a question's arrival to its token of this number, counted from 1."""
    return FIRST_TOKEN_SECONDS + TOKEN_SECONDS * number


def asking_for(name: str) -> str:
    """What a customer writes."""
    return f"Please answer:{name} now"


def answer_to(asked: str) -> list[str] | None:
    """The tokens for what a customer wrote, whatever stands around it; `None` is the control."""
    named = re.search(r"answer:(\w+)", asked)
    name = named[1] if named else "short"
    return None if name == CONTROL else tokens(ANSWERS[name])
