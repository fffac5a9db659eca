"""What can be chosen when the laptop stack is started.

Checked where it is used, told by `CannotStart`. Rule: nothing here has a counterpart in AWS; what a
deployment can choose is the template's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.models import SCRIPTED
from local.agent_faces import DEFAULT_BACKEND
from local.open_points import OpenPoints
from local.workers import POOL_SIZE

ROOT = Path(__file__).resolve().parent.parent


class CannotStart(Exception):
    """The stack cannot start; the message has a line for each thing that whoever typed the command has to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """All of them with their defaults; each says what it changes."""

    port: int = 8080
    """Of 127.0.0.1; 0 takes a free one."""
    team: Path = ROOT / "agents" / "store"
    """The folder of the agent team that answers."""
    backend: str = DEFAULT_BACKEND
    """Where it runs: the face that ChatBot speaks to, and what the template is synthesized for."""
    model: str = SCRIPTED
    """What the team thinks with, as `agents.models` reads it."""
    quotas: bool = False
    """Whether Connect's quotas hold: off for play, on for proof."""
    open_points: OpenPoints = field(default_factory=OpenPoints)
    """What the emulator does where AWS's behaviour is not confirmed."""
    pool_size: int = POOL_SIZE
    """Execution environments per function."""
    context: Mapping[str, str] = field(default_factory=dict)
    """Synth settings, as `cdk deploy -c` takes them."""
    build: Path = ROOT / "build" / "local"
    """Where templates, policies and logs are kept."""
    pace: float = 1.0
    """How fast the stack's clock goes: a test that proves limits of time must not depend on the machine's speed."""
    watch: bool = True
    """Whether edits of the sources are noticed by themselves; before a chat starts they always are."""
