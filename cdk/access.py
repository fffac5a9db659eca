"""How ChatBot reaches the agents: what it is told of them and what it may call, the same for every backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Calls that are allowed on some resources."""

    actions: Sequence[str]
    on: Sequence[str]
    when: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAccess:
    """Whoever deploys a team, or is told of one, gives this."""

    environment: Mapping[str, str]
    """The part of ChatBot's environment that its adapter of this backend reads."""
    calls: tuple[Call, ...]
    told: Mapping[str, str] = field(default_factory=dict)
    """What the deployer is told of the agents: value by output's name."""
