"""What a turn is given: the settings it obeys, the policy, time and ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lambdas.conversation.handoff import Policy
from lambdas.conversation.speech import Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings a turn obeys."""

    age_limit_seconds: float = 300.0
    """An older message is not put to the agent."""
    deadline_seconds: float = 120.0
    session_idle_seconds: float = 600.0
    """After this pause the agent has forgotten; a new session gets the talk as history."""
    manner: Manner = "first-sentence"
    markdown: bool = True
    """A web chat is sent Markdown as such; without, and everywhere else, as plain text."""
    one_moment_seconds: float = 15.0
    """After so long without a word of the answer the customer is asked for a moment; 0 for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a turn is given instead of reaching for it."""

    rules: Rules
    policy: Policy
    now: Callable[[], float]
    """Seconds since the epoch."""
    new_id: Callable[[], str]
    random: Callable[[], float]
    """From 0 up to, but not, 1."""
    ends_at: float
    """Seconds since the epoch when this execution will be stopped."""
