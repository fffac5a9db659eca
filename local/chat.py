"""Amazon Connect chat as the laptop stack emulates it: state and rules, without I/O.

`Chats` is what the API modules, the flow driver and the desk talk to; the participants' operations are inherited from
`local/participant_calls.py`. Every refusal is an `AwsError` with a code the operation documents. Rule: nothing here
sleeps, reads a clock of its own or invents an id; both are handed in, so a test owns time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.contact import Contact, Move, State, merged_attributes
from local.contact_views import ContactView, describe, desk_entry, view
from local.happenings import AttributesChanged, ContactQueued, ContactStarted
from local.message_rules import fault_of_message, fault_of_types
from local.participant_calls import Connection, ParticipantCalls
from local.participants import Participant, Role, Step
from local.quotas import MAX_ACTIVE_CHATS
from local.tokens import Kind
from local.transcript import INTERACTIVE, INTERACTIVE_RESPONSE, PLAIN, Author, Item
from local.wire import AwsError

DEFAULT_CHAT_MINUTES: Final = 25 * 60
MAX_TOPICS: Final = 2
"""Topics a contact can stream to. Source: AG:chat-message-streaming, read 2026-11."""
DESK_KEEPS_ENDED_SECONDS: Final = 3_600
SYSTEM_NAME: Final = "SYSTEM_MESSAGE"
"""Connect's display name for what a flow says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedChat:
    """The answer to StartChatContact; `connection` and `streaming_id` are None unless asked for."""

    contact_id: str
    participant_id: str
    participant_token: str
    connection: Connection | None
    streaming_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """The answer to CreateParticipant. `expires_at` is in seconds since the epoch."""

    participant_id: str
    participant_token: str
    expires_at: float


class Chats(ParticipantCalls):
    """All chats of one Connect instance."""

    # What the Connect API asks

    def check_instance(self, instance_id: str) -> None:
        """Raise ResourceNotFoundException for another instance; the id is the end of the instance's ARN."""
        if instance_id != self.instance_id:
            raise AwsError("ResourceNotFoundException", "The instance is unknown to this stack")

    def start_chat(self, request: Mapping[str, Any]) -> StartedChat:
        """StartChatContact, with the request as the API has it.

        A repeated ClientToken gets the contact of the first call, and new connections if it still lives.
        """
        contact = self._once("StartChatContact", "", request.get("ClientToken"), lambda: self._start(request))
        self._settle(contact)
        customer = contact.customer
        wanted = set(request.get("ConnectionTypes", ())) & {"WEBSOCKET", "CONNECTION_CREDENTIALS"}
        connection = None
        if wanted and customer.is_present and not contact.has_ended:
            customer.move(Step.ADMIT)
            connection = self._connection(contact, customer, wanted)
        return StartedChat(
            contact_id=contact.contact_id,
            participant_id=customer.participant_id,
            participant_token=self._participant_token(contact, customer),
            connection=connection,
            streaming_id=next(iter(contact.streams), None) if "ChatStreamingConfiguration" in request else None,
        )

    def create_participant(
        self, contact_id: str, *, role: str | None, display_name: str | None, client_token: str | None = None
    ) -> Invitation:
        """CreateParticipant: a custom participant, one at a time and never beside an agent."""
        contact = self._find_live(contact_id)
        if role != Role.CUSTOM_BOT or display_name is None:
            raise AwsError(
                "InvalidRequestException", "A chat takes a participant of role CUSTOM_BOT with a DisplayName"
            )

        def invite() -> Participant:
            if contact.present(Role.AGENT):
                raise AwsError(self.open_points.custom_participant_beside_agent, "An agent is in the chat")
            if contact.present(Role.CUSTOM_BOT):
                raise AwsError(self.open_points.second_custom_participant, "The chat has a custom participant")
            return self._invite(contact, Role.CUSTOM_BOT, display_name)

        participant = self._once("CreateParticipant", contact_id, client_token, invite)
        return Invitation(
            participant_id=participant.participant_id,
            participant_token=self._participant_token(contact, participant),
            expires_at=contact.expires_at,
        )

    def start_streaming(self, contact_id: str, *, topic_arn: str, client_token: str | None = None) -> str:
        """StartContactStreaming: the streaming id; a topic that is streamed to already keeps its id."""
        contact = self._find_live(contact_id)
        return self._once("StartContactStreaming", contact_id, client_token, lambda: self._stream(contact, topic_arn))

    def stop_streaming(self, contact_id: str, *, streaming_id: str) -> None:
        """StopContactStreaming; ResourceNotFoundException for a stream that is not running."""
        contact = self._find(contact_id)
        if contact.streams.pop(streaming_id, None) is None:
            raise AwsError("ResourceNotFoundException", "The contact has no such stream")

    def update_attributes(self, initial_contact_id: str, attributes: Mapping[str, str]) -> None:
        """UpdateContactAttributes, also of a contact that has ended; attributes not named stay."""
        contact = self._find(initial_contact_id)
        contact.merge(attributes)
        self._tell_attributes(contact)

    def get_attributes(self, initial_contact_id: str) -> dict[str, str]:
        """GetContactAttributes."""
        return dict(self._find(initial_contact_id).attributes)

    def describe(self, contact_id: str) -> dict[str, Any]:
        """DescribeContact: the `Contact` of the answer."""
        return describe(self._find(contact_id), self.instance_arn)

    def stop_contact(self, contact_id: str) -> None:
        """StopContact: the end for everybody."""
        self._end(self._find_live(contact_id), "API")

    # What the flow does

    def contact(self, contact_id: str) -> ContactView:
        """The contact as it is now; raises ResourceNotFoundException."""
        return view(self._find(contact_id))

    def say(self, contact_id: str, text: str) -> Item:
        """Write a message of the flow into the chat, as role SYSTEM."""
        contact = self._find_live(contact_id)
        author = Author(participant_id=self._new_id(), role=Role.SYSTEM, display_name=SYSTEM_NAME)
        item = Item(**self._stamp(contact), type="MESSAGE", content_type=PLAIN, content=text, author=author)
        return self._publish(contact, item)

    def set_target_queue(self, contact_id: str, queue_arn: str) -> None:
        """Name the queue the next transfer goes to."""
        contact = self._find_live(contact_id)
        if queue_arn not in self.queues:
            raise AwsError("ResourceNotFoundException", "The queue is unknown to this instance")
        contact.target_queue_arn = queue_arn

    def enqueue(self, contact_id: str) -> bool:
        """Put the contact into its target queue; False, and no change, if the queue is at capacity."""
        contact = self._find_live(contact_id)
        arn = contact.target_queue_arn
        if arn is None:
            raise AwsError("InvalidRequestException", "The contact has no target queue")
        if contact.state is not State.IN_FLOW:
            raise AwsError("InvalidRequestException", "The contact was transferred before")
        capacity = self.queues[arn].capacity
        if capacity is not None and self._waiting_in(arn) >= capacity:
            return False
        contact.move(Move.QUEUE)
        contact.queued_at = contact.updated_at = self._now()
        self._tell(ContactQueued(contact_id=contact_id, queue_arn=arn))
        return True

    def end(self, contact_id: str, reason: str) -> None:
        """End the chat for everybody with Connect's DisconnectReason; nothing happens if it has ended."""
        contact = self._find(contact_id)
        if not contact.has_ended:
            self._end(contact, reason)

    def has_custom_participant(self, contact_id: str) -> bool:
        """Whether a custom participant is in the chat, or may still come in time."""
        return self._find(contact_id).present(Role.CUSTOM_BOT) is not None

    # What the desk does

    def contacts(self) -> list[dict[str, Any]]:
        """Chats that wait for a human or have one, and those that ended within the last hour after waiting."""
        since = self._now() - DESK_KEEPS_ENDED_SECONDS
        shown = [one for one in self._settled() if one.queued_at is not None]
        return [self._desk_entry(one) for one in shown if one.ended_at is None or one.ended_at >= since]

    def waiting(self) -> list[dict[str, Any]]:
        """Chats that wait for a human, oldest first."""
        queued = [one for one in self._settled() if one.state is State.QUEUED]
        return [self._desk_entry(one) for one in sorted(queued, key=lambda one: one.queued_at or 0.0)]

    def accept(self, contact_id: str, *, display_name: str = "Agent") -> str:
        """A human takes a waiting chat: the participant token of a new AGENT, to be used within 20 s.

        ConflictException if the chat does not wait; an agent who does not connect in time lets it wait again.
        """
        contact = self._find(contact_id)
        if contact.state is not State.QUEUED:
            raise AwsError("ConflictException", f"The contact is not waiting for a human: {contact.state}")
        contact.move(Move.OFFER)
        return self._participant_token(contact, self._invite(contact, Role.AGENT, display_name))

    # Within

    def _start(self, request: Mapping[str, Any]) -> Contact:
        self._check_start(request)
        contact = self._contact_from(request)
        streaming = request.get("ChatStreamingConfiguration")
        if streaming:
            self._stream(contact, streaming["StreamingEndpointArn"])
        customer = self._invite(contact, Role.CUSTOMER, request["ParticipantDetails"]["DisplayName"])
        self._contacts[contact.contact_id] = contact
        self._tell(ContactStarted(contact_id=contact.contact_id, flow_id=contact.flow_id))
        if contact.attributes:
            self._tell_attributes(contact)
        message = request.get("InitialMessage")
        if message:
            self._publish(
                contact,
                Item(
                    **self._stamp(contact),
                    type="MESSAGE",
                    content_type=message["ContentType"],
                    content=message["Content"],
                    author=Author.of(customer),
                ),
            )
        return contact

    def _check_start(self, request: Mapping[str, Any]) -> None:
        if not self._knows_flow(request["ContactFlowId"]):
            raise AwsError("ResourceNotFoundException", "The flow is unknown to this instance")
        if "PersistentChat" in request:
            raise AwsError("InvalidRequestException", "PersistentChat is not emulated")
        active = sum(not one.has_ended for one in self._settled()) if self._quotas else 0
        if active >= MAX_ACTIVE_CHATS:
            raise AwsError("LimitExceededException", f"The instance has {MAX_ACTIVE_CHATS} active chats")
        fault = fault_of_types(request.get("SupportedMessagingContentTypes", (PLAIN,))) or _fault_of_guide(request)
        if fault:
            raise AwsError("InvalidParameterException", fault)

    def _contact_from(self, request: Mapping[str, Any]) -> Contact:
        now = self._now()
        message = request.get("InitialMessage")
        contact = Contact(
            contact_id=self._new_id(),
            flow_id=request["ContactFlowId"],
            started_at=now,
            expires_at=now + 60 * request.get("ChatDurationInMinutes", DEFAULT_CHAT_MINUTES),
            supported_types=frozenset(request.get("SupportedMessagingContentTypes", (PLAIN,))),
            attributes=merged_attributes({}, request.get("Attributes", {})),
            segment_attributes=request.get("SegmentAttributes", {}),
            initial_message=message and message["Content"],
            customer_id=request.get("CustomerId"),
            related_contact_id=request.get("RelatedContactId"),
            disconnects_agent="AGENT" in request.get("DisconnectOnCustomerExit", ()),
        )
        if message:
            self._check_initial_message(contact, message)
        return contact

    def _check_initial_message(self, contact: Contact, message: Mapping[str, str]) -> None:
        fault = fault_of_message(
            content_type=message["ContentType"],
            content=message["Content"],
            supported=contact.supported_types,
            subtype=contact.subtype,
            may_be_interactive=False,
        )
        if fault:
            raise AwsError("InvalidParameterException", f"InitialMessage: {fault}")

    def _stream(self, contact: Contact, topic_arn: str) -> str:
        for streaming_id, streamed in contact.streams.items():
            if streamed == topic_arn:
                return streaming_id
        if topic_arn.split(":")[2:3] != ["sns"] or topic_arn.endswith(".fifo"):
            raise AwsError("InvalidParameterException", "StreamingEndpointArn must name a standard SNS topic")
        if len(contact.streams) >= MAX_TOPICS:
            raise AwsError("LimitExceededException", f"A contact streams to at most {MAX_TOPICS} topics")
        streaming_id = self._new_id()
        contact.streams[streaming_id] = topic_arn
        return streaming_id

    def _participant_token(self, contact: Contact, participant: Participant) -> str:
        """The participant's token, the same one each time it is asked for."""
        return self._once(
            "ParticipantToken",
            contact.contact_id,
            participant.participant_id,
            lambda: self._tokens.issue(
                Kind.PARTICIPANT, contact_id=contact.contact_id, subject_id=participant.participant_id
            ),
        ).text

    def _tell_attributes(self, contact: Contact) -> None:
        contact.updated_at = self._now()
        self._tell(AttributesChanged(contact_id=contact.contact_id, attributes=dict(contact.attributes)))

    def _settled(self) -> list[Contact]:
        """All contacts, with what time has done to them."""
        for contact in list(self._contacts.values()):
            self._settle(contact)
        return list(self._contacts.values())

    def _waiting_in(self, queue_arn: str) -> int:
        return sum(
            one.state in {State.QUEUED, State.OFFERED} and one.target_queue_arn == queue_arn for one in self._settled()
        )

    def _desk_entry(self, contact: Contact) -> dict[str, Any]:
        queue = self.queues.get(contact.target_queue_arn or "")
        return desk_entry(contact, queue.name if queue else None)


def _fault_of_guide(request: Mapping[str, Any]) -> str | None:
    """A guide (subtype connect:Guide) needs both interactive content types."""
    subtype = request.get("SegmentAttributes", {}).get("connect:Subtype", {}).get("ValueString")
    types = set(request.get("SupportedMessagingContentTypes", ()))
    if subtype == "connect:Guide" and not {INTERACTIVE, INTERACTIVE_RESPONSE} <= types:
        return "The subtype connect:Guide needs both interactive types in SupportedMessagingContentTypes"
    return None
