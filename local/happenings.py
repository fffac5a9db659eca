"""What happens in the emulated chats, told to whoever listens.

The chat core changes its state and then tells; sockets, delivery, the flow driver and the live view listen. A listener
is called synchronously and must not block: one that has work to do starts a task of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Visibility = Literal["ALL", "CUSTOMER", "AGENT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStarted:
    """StartChatContact succeeded; the flow may begin."""

    contact_id: str
    flow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAdded:
    """A message, event or attachment was published; `item` has the keys of a transcript item (AG:sns-payload)."""

    contact_id: str
    item: Mapping[str, Any]
    visibility: Visibility = "ALL"
    streaming_topics: tuple[str, ...] = ()
    """Topics the contact streamed to at that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft:
    """A participant was disconnected, by itself or by Connect."""

    contact_id: str
    participant_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesChanged:
    """`attributes` are all attributes of the contact after the change."""

    contact_id: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQueued:
    """The flow transferred the contact to a queue; a human may accept it."""

    contact_id: str
    queue_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConnected:
    """A human accepted the contact and is connected."""

    contact_id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEnded:
    """The chat is over for everybody. `reason` is Connect's DisconnectReason."""

    contact_id: str
    reason: str


Happening = (
    ContactStarted | ItemAdded | ParticipantLeft | AttributesChanged | ContactQueued | AgentConnected | ContactEnded
)
Listener = Callable[[Happening], None]


@dataclass(slots=True)
class Listeners:
    """Calls every listener, in the order they were added."""

    _listeners: list[Listener] = field(default_factory=list)

    def add(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def tell(self, happening: Happening) -> None:
        for listener in self._listeners:
            listener(happening)
