"""The secrets the emulator hands out: bearer tokens, and tickets inside signed-looking URLs.

A grant says what a secret opens and until when by the stack's clock; this module judges neither participants nor
contacts. Rule: a secret is looked up by its text and its kind together, so a token of one kind never works as another.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a secret is for."""

    PARTICIPANT = "participant"
    CONNECTION = "connection"
    SOCKET = "socket"
    UPLOAD = "upload"
    DOWNLOAD = "download"


LIFE_SECONDS: Final[Mapping[Kind, float | None]] = {
    Kind.PARTICIPANT: None,
    Kind.CONNECTION: 86_400,
    Kind.SOCKET: 100,
    Kind.UPLOAD: 300,
    Kind.DOWNLOAD: 300,
}
"""How long a secret can be used; None is as long as its subject lives. Source: CreateParticipantConnection and
GetAttachment in botocore 1.44.5; the life of an upload URL is not stated anywhere, ours is a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a secret opens: a participant of a contact, or an attachment of it."""

    text: str
    kind: Kind
    contact_id: str
    subject_id: str
    issued_at: float
    expires_at: float | None


class Tokens:
    """Issues secrets and finds their grants again. `now` gives seconds since the epoch, `new_id` an unguessable id."""

    def __init__(self, now: Callable[[], float], new_id: Callable[[], str]) -> None:
        self._now = now
        self._new_id = new_id
        self._grants: dict[tuple[str, Kind], Grant] = {}

    def issue(self, kind: Kind, *, contact_id: str, subject_id: str, life_seconds: float | None = None) -> Grant:
        """A new secret; `life_seconds` replaces the usual life of its kind."""
        now = self._now()
        life = LIFE_SECONDS[kind] if life_seconds is None else life_seconds
        text = _opaque(f"{kind}:{contact_id}:{self._new_id()}")
        expires_at = None if life is None else now + life
        grant = Grant(
            text=text, kind=kind, contact_id=contact_id, subject_id=subject_id, issued_at=now, expires_at=expires_at
        )
        self._grants[text, kind] = grant
        return grant

    def find(self, text: str, kind: Kind) -> Grant | None:
        """The grant of a secret of this kind; None if there is none or its time is over."""
        grant = self._grants.get((text, kind))
        if grant is None or (grant.expires_at is not None and self._now() >= grant.expires_at):
            return None
        return grant

    def redeem(self, text: str, kind: Kind) -> Grant | None:
        """Like `find`, for a secret that can be used once."""
        grant = self.find(text, kind)
        self._grants.pop((text, kind), None)
        return grant


def _opaque(text: str) -> str:
    """Safe in a header and in a URL, and nothing a client would try to read."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
