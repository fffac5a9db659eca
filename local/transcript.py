"""What was said and done in one chat, in order, and the pages GetTranscript cuts from it.

Items are immutable; receipts are kept beside them. Who may publish is not decided here. Rule: an item is shown only to
the roles its visibility names, in live traffic as in the transcript.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from local.happenings import Visibility
from local.participants import Participant, Role
from local.wire import AwsError, iso8601

CONNECT: Final = "application/vnd.amazonaws.connect."
PLAIN: Final = "text/plain"
INTERACTIVE: Final = f"{CONNECT}message.interactive"
INTERACTIVE_RESPONSE: Final = f"{CONNECT}message.interactive.response"
MESSAGE_TYPES: Final = frozenset({PLAIN, "text/markdown", "application/json", INTERACTIVE, INTERACTIVE_RESPONSE})

TYPING: Final = f"{CONNECT}event.typing"
ACKNOWLEDGED: Final = f"{CONNECT}event.connection.acknowledged"
DELIVERED: Final = f"{CONNECT}event.message.delivered"
READ: Final = f"{CONNECT}event.message.read"
METADATA: Final = f"{CONNECT}event.message.metadata"
JOINED: Final = f"{CONNECT}event.participant.joined"
LEFT: Final = f"{CONNECT}event.participant.left"
CHAT_ENDED: Final = f"{CONNECT}event.chat.ended"

ItemType = Literal["MESSAGE", "EVENT", "ATTACHMENT", "MESSAGEMETADATA"]
DEFAULT_PAGE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who an item is from."""

    participant_id: str
    role: Role
    display_name: str

    @classmethod
    def of(cls, participant: Participant) -> Author:
        return cls(
            participant_id=participant.participant_id, role=participant.role, display_name=participant.display_name
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message, event or attachment. `absolute_time` is ISO 8601 with milliseconds, `extra` its further members."""

    item_id: str
    absolute_time: str
    type: ItemType
    contact_id: str
    initial_contact_id: str
    content_type: str | None = None
    content: str | None = None
    author: Author | None = None
    visibility: Visibility = "ALL"
    extra: tuple[tuple[str, Any], ...] = ()

    def published(self) -> dict[str, Any]:
        """The keys an item has on sockets and in SNS."""
        author = self.author
        members = {
            "AbsoluteTime": self.absolute_time,
            "Content": self.content,
            "ContentType": self.content_type,
            "Id": self.item_id,
            "Type": self.type,
            "ParticipantId": author and author.participant_id,
            "DisplayName": author and author.display_name,
            "ParticipantRole": author and str(author.role),
            **dict(self.extra),
            "InitialContactId": self.initial_contact_id,
            "ContactId": self.contact_id,
        }
        return {name: value for name, value in members.items() if value is not None}

    def recorded(self) -> dict[str, Any]:
        """The keys an item has in the answer of GetTranscript."""
        members = self.published()
        del members["InitialContactId"]
        return members

    def is_visible_to(self, role: Role) -> bool:
        return self.visibility in {"ALL", role.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """When one recipient got and read one message; each moment is the first one reported."""

    recipient_id: str
    delivered: str | None = None
    read: str | None = None

    def as_members(self) -> dict[str, str]:
        members = {
            "DeliveredTimestamp": self.delivered,
            "ReadTimestamp": self.read,
            "RecipientParticipantId": self.recipient_id,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a transcript, in the order it was asked for."""

    items: Sequence[dict[str, Any]]
    next_token: str | None


class Transcript:
    """The items of one chat, oldest first."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._receipts: dict[str, dict[str, Receipt]] = {}

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(self._items)

    def add(self, item: Item) -> None:
        self._items.append(item)

    def acknowledge(self, message_id: str, recipient_id: str, *, at: str, read: bool) -> dict[str, Any]:
        """Note that a message was delivered or read; returns the message's MessageMetadata. Raises for no message."""
        if not any(item.item_id == message_id and item.type != "EVENT" for item in self._items):
            raise AwsError("ValidationException", "Content.messageId names no message of this chat")
        receipts = self._receipts.setdefault(message_id, {})
        receipt = receipts.get(recipient_id, Receipt(recipient_id=recipient_id))
        receipt = replace(receipt, delivered=receipt.delivered or at, read=receipt.read or (at if read else None))
        receipts[recipient_id] = receipt
        return self._metadata(message_id)

    def page(self, role: Role, request: Mapping[str, Any]) -> Page:
        """Cut the page a GetTranscript request asks for, as `role` may see it.

        The start position itself belongs to the page (inferred; AWS does not say). A token goes on in the direction of
        the scan it came from. Raises ValidationException for a position or token that this chat does not have.
        """
        position, backward = self._start(request)
        shown = [number for number, item in enumerate(self._items) if item.is_visible_to(role)]
        ahead = [n for n in reversed(shown) if n <= position] if backward else [n for n in shown if n >= position]
        size = request.get("MaxResults") or DEFAULT_PAGE
        cut, rest = ahead[:size], ahead[size:]
        ordered = sorted(cut, reverse=request.get("SortOrder", "DESCENDING") == "DESCENDING")
        token = _token(rest[0], backward=backward) if rest else None
        return Page(items=[self._recorded(self._items[number]) for number in ordered], next_token=token)

    def _start(self, request: Mapping[str, Any]) -> tuple[int, bool]:
        """The number of the first item to look at, and whether the scan goes back in time."""
        if "NextToken" in request:
            return _read_token(request["NextToken"])
        start = request.get("StartPosition") or {}
        backward = request.get("ScanDirection", "FORWARD" if start else "BACKWARD") == "BACKWARD"
        if len(start) > 1:
            raise AwsError("ValidationException", "StartPosition takes one of Id, AbsoluteTime, MostRecent")
        if "Id" in start:
            return self._position_of(start["Id"]), backward
        if "AbsoluteTime" in start:
            return self._position_at(_moment(start["AbsoluteTime"]), backward=backward), backward
        if "MostRecent" in start:
            return max(0, len(self._items) - start["MostRecent"]), backward
        return (len(self._items) if backward else 0), backward

    def _position_of(self, item_id: str) -> int:
        for number, item in enumerate(self._items):
            if item.item_id == item_id:
                return number
        raise AwsError("ValidationException", "StartPosition.Id names no item of this chat")

    def _position_at(self, moment: str, *, backward: bool) -> int:
        if backward:
            return sum(item.absolute_time <= moment for item in self._items) - 1
        return sum(item.absolute_time < moment for item in self._items)

    def _recorded(self, item: Item) -> dict[str, Any]:
        members = item.recorded()
        if item.item_id in self._receipts:
            members["MessageMetadata"] = self._metadata(item.item_id)
        return members

    def _metadata(self, message_id: str) -> dict[str, Any]:
        receipts = self._receipts[message_id].values()
        return {"MessageId": message_id, "Receipts": [receipt.as_members() for receipt in receipts]}


def _token(position: int, *, backward: bool) -> str:
    return base64.urlsafe_b64encode(json.dumps([position, backward]).encode()).decode()


def _read_token(token: str) -> tuple[int, bool]:
    try:
        position, backward = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise AwsError("ValidationException", "NextToken is none this operation gave") from None
    if type(position) is not int or type(backward) is not bool:
        raise AwsError("ValidationException", "NextToken is none this operation gave")
    return position, backward


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return iso8601((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        message = "StartPosition.AbsoluteTime must be a moment such as 2026-11-20T10:15:02.113Z"
        raise AwsError("ValidationException", message) from None
