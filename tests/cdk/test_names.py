"""Names that AWS asks for: within each service's pattern, and never those of another stack."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk.names import name_of

STACKS = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,99}", fullmatch=True)


@pytest.mark.parametrize(
    ("stack", "parts", "name"),
    [("Handoff", (), "Handoff"), ("My-Trial", (), "My_Trial"), ("Handoff", ("front_desk",), "Handoff_front_desk")],
)
def test_a_plain_name_stays_readable(stack: str, parts: tuple[str, ...], name: str) -> None:
    assert name_of(stack, *parts) == name


@given(STACKS)
def test_every_stack_s_name_fits_every_service(stack: str) -> None:
    """The patterns of CloudFormation's resource schemas."""
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]{0,47}", name_of(stack))  # Runtime, Memory
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]{0,39}", name_of(stack, longest=40))  # Harness
    assert re.fullmatch(r"([0-9a-zA-Z][-]?){1,48}", name_of(stack, joined_by="-"))  # Gateway
    assert re.fullmatch(r"([0-9a-zA-Z][_-]?){1,100}", name_of(stack, "front_desk", longest=100))  # Bedrock agent
    assert re.fullmatch(r"[0-9a-zA-Z-_]{1,50}", name_of(stack, longest=50))  # guardrail


@given(STACKS, STACKS)
def test_two_stacks_never_share_a_name(one: str, other: str) -> None:
    assert one == other or name_of(one) != name_of(other)


def test_names_that_would_become_the_same_are_told_apart() -> None:
    names = {name_of(stack) for stack in ("a-b", "a--b", "a-b-", "a" * 60, "a" * 61)}

    assert len(names) == 5
