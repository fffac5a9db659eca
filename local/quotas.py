"""Connect's request rates as token buckets, and its limit of chats at a time.

Off for play, on for proof. Buckets are per operation here, because the stack is one account with one instance. Rule:
the figures are Connect's defaults of aws-facts 3.6 (administrator guide, read 2026-11), none of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

MAX_ACTIVE_CHATS: Final = 500
"""Concurrent chats of an instance; those that wait count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`sustained` calls per second in the long run, `burst` at once."""

    sustained: float
    burst: float


RATES: Final[Mapping[str, Rate]] = {
    "StartChatContact": Rate(sustained=5, burst=8),
    "CreateParticipant": Rate(sustained=5, burst=8),
    "StartContactStreaming": Rate(sustained=5, burst=8),
    "StopContactStreaming": Rate(sustained=5, burst=8),
    "GetContactAttributes": Rate(sustained=10, burst=15),
    "UpdateContactAttributes": Rate(sustained=10, burst=15),
    "DescribeContact": Rate(sustained=10, burst=15),
    "StopContact": Rate(sustained=10, burst=15),
    "CreateParticipantConnection": Rate(sustained=6, burst=9),
    "SendMessage": Rate(sustained=10, burst=15),
    "GetTranscript": Rate(sustained=8, burst=12),
    "DisconnectParticipant": Rate(sustained=3, burst=5),
    "StartAttachmentUpload": Rate(sustained=2, burst=5),
    "CompleteAttachmentUpload": Rate(sustained=2, burst=5),
    "GetAttachment": Rate(sustained=8, burst=12),
}
SHARES: Final[Mapping[str, str]] = {"SendEvent": "SendMessage"}
"""Operations without a bucket of their own, and whose they share."""


@dataclass(slots=True)
class Bucket:
    """Calls that may still be made at the moment `at`."""

    left: float
    at: float


class Quotas:
    """Counts calls against their rates. `now` gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._buckets: dict[str, Bucket] = {}

    def take(self, operation: str) -> bool:
        """Count one call of `operation`; False if its rate does not allow it now."""
        name = SHARES.get(operation, operation)
        rate, now = RATES[name], self._now()
        bucket = self._buckets.setdefault(name, Bucket(rate.burst, now))
        bucket.left = min(rate.burst, bucket.left + (now - bucket.at) * rate.sustained)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
