"""What a running flow asks of the world, and what the world answers: the words between interpreter and driver.

Every effect names in its docstring the replies it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from amazon_connect.blocks import NO_MATCHING_ERROR

SUBTYPE: Final = "connect:Subtype"
CHAT: Final = "connect:Chat"
"""The subtype of a chat that was started as no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactData:
    """A contact as a flow sees it at one moment. What it does not have is empty text."""

    contact_id: str = ""
    initial_contact_id: str = ""
    previous_contact_id: str = ""
    channel: str = ""
    instance_arn: str = ""
    initiation_method: str = "API"
    language_code: str = ""
    customer_id: str = ""
    name: str = ""
    description: str = ""
    initial_message: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    segment_attributes: Mapping[str, str] = field(default_factory=lambda: {SUBTYPE: CHAT})
    queue_arn: str = ""
    queue_name: str = ""

    def by_path(self) -> Mapping[str, Any]:
        """The data under the names that flow paths use: `$.Queue.Name` is `["Queue"]["Name"]`."""
        return {
            "Attributes": self.attributes,
            "Channel": self.channel,
            "ContactId": self.contact_id,
            "CustomerId": self.customer_id,
            "Description": self.description,
            "InitialContactId": self.initial_contact_id,
            "InitiationMethod": self.initiation_method,
            "InstanceARN": self.instance_arn,
            "LanguageCode": self.language_code,
            "Media": {"InitialMessage": self.initial_message},
            "Name": self.name,
            "PreviousContactId": self.previous_contact_id,
            "SegmentAttributes": self.segment_attributes,
            "Queue": {"ARN": self.queue_arn, "Name": self.queue_name},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The flow stands at a block now. Answer: `ContactData`. `by` is the result or error that led here."""

    block: str
    type: str
    detail: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLogging:
    """Switch the flow's log. Answer: `Done`."""

    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say this to the customer. Answer: `Done` or `Failed`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeLambda:
    """Ask a function; retries and the limit in seconds are the driver's. Answer: `Returned` or `Failed`."""

    function_arn: str
    parameters: Mapping[str, str]
    time_limit_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor:
    """Wait for the first of these events. Answer: `Happened` (an event or WaitCompleted) or `Failed`."""

    seconds: int
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAttributes:
    """Write contact attributes, all or none. Answer: `Done` or `Failed`."""

    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQueue:
    """Choose the target queue. Answer: `Done` or `Failed`."""

    queue_arn: str


@dataclass(frozen=True, slots=True)
class TransferToQueue:
    """Put the contact in its target queue. Answer: `Done`, which ends the flow, or `Failed` (QueueAtCapacity)."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End the chat; the flow ends too. Answer: `Done`."""


Effect: TypeAlias = (
    Entered | SetLogging | Say | InvokeLambda | WaitFor | SetAttributes | SetQueue | TransferToQueue | Disconnect
)


@dataclass(frozen=True, slots=True)
class Done:
    """It worked and there is nothing to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The function answered with this JSON value."""

    payload: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """The wait is over because of this event."""

    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It did not work. `error_type` chooses the error branch, `reason` is for people."""

    error_type: str = NO_MATCHING_ERROR
    reason: str = ""


Reply: TypeAlias = ContactData | Done | Returned | Happened | Failed
