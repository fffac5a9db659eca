"""What may be written into a chat: content types and sizes, by channel.

Judges one message, keeps nothing. Rule: sizes are counted as the channel counts them, UTF-8 bytes on the web and
characters on SMS, WhatsApp and Apple Messages. Source: SendMessage in botocore 1.44.5 and AG:feature-limits, 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from local.transcript import INTERACTIVE, MESSAGE_TYPES, PLAIN

MAX_BYTES: Final = 16_384
MAX_CHARACTERS: Final[Mapping[str, int]] = {
    "connect:SMS": 1_024,
    "connect:WhatsApp": 4_096,
    "connect:Apple": 4_096,
}
"""By channel subtype; these channels take plain text only."""


def fault_of_types(types: Collection[str]) -> str | None:
    """What is wrong with SupportedMessagingContentTypes, or None."""
    if PLAIN not in types:
        return f"SupportedMessagingContentTypes must contain {PLAIN}"
    unknown = sorted(set(types) - MESSAGE_TYPES)
    return f"SupportedMessagingContentTypes has unknown types: {', '.join(unknown)}" if unknown else None


def fault_of_message(
    *, content_type: str, content: str, supported: Collection[str], subtype: str, may_be_interactive: bool
) -> str | None:
    """What is wrong with a message, or None."""
    if content_type not in supported or (subtype in MAX_CHARACTERS and content_type != PLAIN):
        return f"This contact does not support the content type {content_type}"
    if content_type == INTERACTIVE and not may_be_interactive:
        return f"A participant cannot send {INTERACTIVE}"
    if subtype in MAX_CHARACTERS and len(content) > MAX_CHARACTERS[subtype]:
        return f"Content must be at most {MAX_CHARACTERS[subtype]} characters on this channel"
    if len(content.encode()) > MAX_BYTES:
        return f"Content must be at most {MAX_BYTES} bytes"
    return None
