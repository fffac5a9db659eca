"""What may be written, by channel."""

from __future__ import annotations

import pytest

from local.message_rules import fault_of_message, fault_of_types
from local.transcript import INTERACTIVE, MESSAGE_TYPES, PLAIN


def fault(
    content: str = "Hola", content_type: str = PLAIN, subtype: str = "connect:Chat", *, may_be_interactive: bool = False
) -> str | None:
    return fault_of_message(
        content_type=content_type,
        content=content,
        supported=MESSAGE_TYPES - {"application/json"},
        subtype=subtype,
        may_be_interactive=may_be_interactive,
    )


@pytest.mark.parametrize(
    ("subtype", "unit", "limit"),
    [
        ("connect:Chat", "bytes", 16_384),
        ("connect:SMS", "characters", 1_024),
        ("connect:WhatsApp", "characters", 4_096),
        ("connect:Apple", "characters", 4_096),
    ],
)
def test_each_channel_has_its_limit_in_its_own_unit(subtype: str, unit: str, limit: int) -> None:
    """A letter of two bytes counts twice on the web and once on the phone."""
    most = limit // 2 if unit == "bytes" else limit

    assert fault("ñ" * most, subtype=subtype) is None
    assert fault("ñ" * (most + 1), subtype=subtype) == f"Content must be at most {limit} {unit}" + (
        "" if unit == "bytes" else " on this channel"
    )


def test_only_types_the_contact_supports_can_be_sent() -> None:
    """They are agreed at the chat's start."""
    assert fault(content_type="text/markdown") is None
    assert fault(content_type="application/json") == "This contact does not support the content type application/json"
    assert fault(content_type="text/html") == "This contact does not support the content type text/html"


def test_a_phone_takes_plain_text_only() -> None:
    """Whatever the chat was started with."""
    assert fault(content_type="text/markdown", subtype="connect:SMS")


def test_interactive_messages_need_a_permission() -> None:
    """Whether a custom bot has it is an open point."""
    assert fault(content_type=INTERACTIVE) == f"A participant cannot send {INTERACTIVE}"
    assert fault(content_type=INTERACTIVE, may_be_interactive=True) is None


def test_a_chat_always_supports_plain_text() -> None:
    """And no type that Connect does not know."""
    assert fault_of_types([PLAIN, "text/markdown"]) is None
    assert fault_of_types(["text/markdown"]) == "SupportedMessagingContentTypes must contain text/plain"
    assert fault_of_types([PLAIN, "text/html"]) == "SupportedMessagingContentTypes has unknown types: text/html"
