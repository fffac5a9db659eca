"""Facts as agents read and write them: one line each, `- name: value`.

Instructions, what is known about a chat, and what a supervisor tells a collaborator all use this form, because a prompt
is text and a model has nothing else. The rule: a value is one line, so nobody's words can add a fact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FACT = re.compile(r"^- (?P<name>[a-z][a-z0-9_]*): (?P<value>.+)$", re.MULTILINE)


def write_facts(facts: Mapping[str, str]) -> str:
    """A line for each fact that has a value."""
    lines = {name: " ".join(value.split()) for name, value in facts.items()}
    return "\n".join(f"- {name}: {value}" for name, value in lines.items() if value)


def read_facts(text: str) -> dict[str, str]:
    """The facts in a text that may hold other things too; the last of a name wins."""
    return {match["name"]: match["value"].strip() for match in FACT.finditer(text)}


KNOWN = "Known about this chat:"
WRITES = "The customer writes:"
"""A caller that cannot reach the prompt writes what is known at the head of the customer's message."""


def split_head(text: str) -> tuple[dict[str, str], str]:
    """The facts at the head of a customer's message, if it has one, and the customer's own words."""
    head, between, words = text.partition(f"\n\n{WRITES}\n\n")
    if between and head.startswith(f"{KNOWN}\n"):
        return read_facts(head), words
    return {}, text
