"""A text as the messages that say it: in Markdown where the contact shows that, readable without it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lambdas.conversation.contact import ContactRecord
from lambdas.conversation.plain_text import plain
from lambdas.conversation.ports import ContentType
from lambdas.conversation.speech import channel_of, split

SHOWS_MARKDOWN = "connect:Chat"
"""The subtype of web chats. SMS, WhatsApp and Apple Messages take plain text only (SendMessage, read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message."""

    text: str
    content_type: ContentType = "text/plain"


def parts_of(text: str, contact: ContactRecord, *, markdown: bool) -> list[Part]:
    """Markdown only if the text has marks: most messages can be shown by any client. `markdown` is the setting."""
    unmarked, channel = plain(text), channel_of(contact.subtype)
    if markdown and contact.shows_markdown and contact.subtype == SHOWS_MARKDOWN and unmarked != text:
        return [Part(part, "text/markdown") for part in split(text, channel)]
    return [Part(part) for part in split(unmarked, channel)]


def together(parts: Iterable[Part]) -> str:
    """What they say, as one text."""
    return "\n\n".join(part.text for part in parts)
