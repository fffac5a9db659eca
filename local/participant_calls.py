"""What a participant can do with its token: the operations of the Connect Participant Service.

No HTTP and no socket is here. Rule: the bearer is the only credential, so every method starts by asking who it is;
whoever left, expired or was removed hears AccessDeniedException and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.attachments import Attachment
from local.contact import Contact
from local.message_rules import fault_of_message
from local.participants import Participant, Presence, Role, Step
from local.register import Register
from local.tokens import Grant, Kind
from local.transcript import ACKNOWLEDGED, DELIVERED, METADATA, READ, TYPING, Author, Item, Page
from local.wire import AwsError

SOCKET_LIFE_SECONDS: Final = 3_600
"""From the URL's issue to its ConnectionExpiry (inferred from ChatJS, which renews after 3,540 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What CreateParticipantConnection gives; None for what was not asked for. Moments are seconds since the epoch."""

    token: Grant | None
    socket: Grant | None
    socket_expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketPass:
    """Who a socket belongs to, and until when it may be used."""

    contact_id: str
    participant_id: str
    role: Role
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTicket:
    """An attachment and the secret in the URL it is moved by."""

    attachment: Attachment
    grant: Grant


class ParticipantCalls(Register):
    """The participant's side of every chat."""

    def create_connection(self, bearer: str, *, types: Collection[str], connect: bool) -> Connection:
        """CreateParticipantConnection; `bearer` is a participant token.

        A customer or custom participant is connected by `connect` or by its socket, an agent by this call, because
        accepting a chat connects the agent. After `USE_TOKEN_WITHIN_SECONDS` the first call comes too late:
        ResourceNotFoundException for a custom participant, else AccessDeniedException.
        """
        contact, participant = self._invited(bearer)
        self._check_connection(contact, participant, types, connect=connect)
        participant.move(Step.ADMIT)
        connection = self._connection(contact, participant, types)
        if connect or participant.role is Role.AGENT:
            self._join(contact, participant)
        return connection

    def send_message(self, bearer: str, *, content_type: str, content: str, client_token: str | None = None) -> Item:
        """SendMessage. A customer who speaks without having connected counts as connected from then on."""
        contact, participant = self._speaker(bearer)
        self._check_message(contact, participant.role, content_type, content)

        def speak() -> Item:
            item = Item(
                **self._stamp(contact),
                type="MESSAGE",
                content_type=content_type,
                content=content,
                author=Author.of(participant),
            )
            return self._publish(contact, item)

        return self._once("SendMessage", participant.participant_id, client_token, speak)

    def send_event(
        self, bearer: str, *, content_type: str, content: str | None = None, client_token: str | None = None
    ) -> Item:
        """SendEvent: typing is shown and not recorded, receipts become metadata, an acknowledgement does nothing.

        Connect refuses receipts among more than two active participants; a chat here never has more.
        """
        contact, participant = self._speaker(bearer)

        def act() -> Item:
            event = Item(**self._stamp(contact), type="EVENT", content_type=content_type, author=Author.of(participant))
            match content_type:
                case _ if content_type == TYPING:
                    return self._publish(contact, event, is_recorded=False)
                case _ if content_type in {DELIVERED, READ}:
                    return self._acknowledge(contact, participant, event, content)
                case _ if content_type == ACKNOWLEDGED:
                    return event
                case _:
                    raise AwsError("ValidationException", f"{content_type} is no event a participant can send")

        return self._once("SendEvent", participant.participant_id, client_token, act)

    def get_transcript(self, bearer: str, request: Mapping[str, Any]) -> tuple[str, Page]:
        """GetTranscript: the initial contact id and the page asked for.

        Whoever was in the chat to its end may still read it then, as an agent does after the contact (inferred).
        """
        contact, participant = self._bearer(bearer)
        if participant.role is Role.CUSTOM_BOT and not self.open_points.custom_bot_reads_transcript:
            raise AwsError("AccessDeniedException", "A custom participant cannot read the transcript")
        if request.get("ContactId", contact.contact_id) != contact.contact_id:
            raise AwsError("ValidationException", "ContactId names no contact of this chat")
        return contact.initial_contact_id, contact.transcript.page(participant.role, request)

    def disconnect(self, bearer: str) -> None:
        """DisconnectParticipant; the token is dead afterwards."""
        contact, participant = self._live(bearer)
        self._leave(contact, participant)

    def start_attachment(
        self, bearer: str, *, name: str, content_type: str, size: int, client_token: str
    ) -> FileTicket:
        """StartAttachmentUpload."""
        contact, participant = self._speaker(bearer)

        def start() -> FileTicket:
            attachment = contact.attachments.start(
                self._new_id(), owner_id=participant.participant_id, name=name, content_type=content_type, size=size
            )
            return self._file_ticket(contact, attachment, Kind.UPLOAD)

        return self._once("StartAttachmentUpload", participant.participant_id, client_token, start)

    def complete_attachment(self, bearer: str, *, attachment_id: str, client_token: str) -> None:
        """CompleteAttachmentUpload: the file is shown to everybody."""
        contact, participant = self._speaker(bearer)

        def complete() -> Item:
            file = contact.attachments.complete(attachment_id, owner_id=participant.participant_id)
            files = (("Attachments", [file.as_members()]),)
            item = Item(**self._stamp(contact), type="ATTACHMENT", author=Author.of(participant), extra=files)
            return self._publish(contact, item)

        self._once("CompleteAttachmentUpload", participant.participant_id, client_token, complete)

    def get_attachment(self, bearer: str, *, attachment_id: str, url_seconds: float | None = None) -> FileTicket:
        """GetAttachment; refused to a custom participant."""
        contact, participant = self._live(bearer)
        if participant.role is Role.CUSTOM_BOT:
            raise AwsError("AccessDeniedException", "A custom participant has no access to attachments")
        attachment = contact.attachments.download(attachment_id)
        return self._file_ticket(contact, attachment, Kind.DOWNLOAD, url_seconds)

    def file_behind(self, ticket: str, kind: Kind) -> Attachment:
        """The attachment whose upload or download URL holds this ticket."""
        grant = self._tokens.find(ticket, kind)
        attachment = self._find(grant.contact_id).attachments.find(grant.subject_id) if grant else None
        if attachment is None:
            raise AwsError("AccessDeniedException", "The URL is unknown or has expired")
        return attachment

    def open_socket(self, ticket: str) -> SocketPass:
        """Use a socket URL, once and within 100 s of its issue."""
        grant = self._tokens.redeem(ticket, Kind.SOCKET)
        if grant is None:
            raise AwsError("AccessDeniedException", "The socket URL is unknown, used or has expired")
        contact, participant = self._holder(grant)
        self._refuse_unless_here(contact, participant)
        return SocketPass(
            contact_id=contact.contact_id,
            participant_id=participant.participant_id,
            role=participant.role,
            expires_at=grant.issued_at + SOCKET_LIFE_SECONDS,
        )

    def subscribe(self, holder: SocketPass) -> None:
        """The holder's socket listens to the chat now, which connects the participant. Nothing if it has left."""
        contact = self._find(holder.contact_id)
        participant = contact.participants[holder.participant_id]
        if participant.is_present and not contact.has_ended:
            self._join(contact, participant)

    def is_usable(self, holder: SocketPass) -> bool:
        """Whether a socket's time is not over yet."""
        return self._now() < holder.expires_at

    def _check_connection(
        self, contact: Contact, participant: Participant, types: Collection[str], *, connect: bool
    ) -> None:
        if not types and not connect:
            raise AwsError("ValidationException", "Type is required unless ConnectParticipant is true")
        if "WEBRTC_CONNECTION" in types:
            raise AwsError("ValidationException", "WEBRTC_CONNECTION is not for chats")
        if connect and participant.role is Role.CUSTOM_BOT and not contact.streams:
            raise AwsError("ValidationException", "ConnectParticipant needs message streaming to be started first")

    def _connection(self, contact: Contact, participant: Participant, types: Collection[str]) -> Connection:
        def grant(kind: Kind) -> Grant:
            return self._tokens.issue(kind, contact_id=contact.contact_id, subject_id=participant.participant_id)

        return Connection(
            token=grant(Kind.CONNECTION) if "CONNECTION_CREDENTIALS" in types else None,
            socket=grant(Kind.SOCKET) if "WEBSOCKET" in types else None,
            socket_expires_at=self._now() + SOCKET_LIFE_SECONDS,
        )

    def _file_ticket(
        self, contact: Contact, attachment: Attachment, kind: Kind, life_seconds: float | None = None
    ) -> FileTicket:
        grant = self._tokens.issue(
            kind, contact_id=contact.contact_id, subject_id=attachment.attachment_id, life_seconds=life_seconds
        )
        return FileTicket(attachment=attachment, grant=grant)

    def _check_message(self, contact: Contact, role: Role, content_type: str, content: str) -> None:
        fault = fault_of_message(
            content_type=content_type,
            content=content,
            supported=contact.supported_types,
            subtype=contact.subtype,
            may_be_interactive=role is Role.CUSTOM_BOT and self.open_points.custom_bot_sends_interactive,
        )
        if fault:
            raise AwsError("ValidationException", fault)

    def _acknowledge(self, contact: Contact, participant: Participant, event: Item, content: str | None) -> Item:
        metadata = contact.transcript.acknowledge(
            _message_id(content),
            participant.participant_id,
            at=event.absolute_time,
            read=event.content_type == READ,
        )
        item = Item(
            **self._stamp(contact),
            type="MESSAGEMETADATA",
            content_type=METADATA,
            extra=(("MessageMetadata", metadata),),
        )
        self._publish(contact, item, is_recorded=False)
        return event

    def _invited(self, bearer: str) -> tuple[Contact, Participant]:
        grant = self._tokens.find(bearer, Kind.PARTICIPANT)
        if grant is None:
            raise AwsError("AccessDeniedException", "Access denied")
        contact, participant = self._holder(grant)
        if participant.presence is Presence.EXPIRED and participant.role is Role.CUSTOM_BOT:
            raise AwsError("ResourceNotFoundException", "The participant has expired")
        self._refuse_unless_here(contact, participant)
        return contact, participant

    def _bearer(self, bearer: str) -> tuple[Contact, Participant]:
        """Who holds this connection token and has not been disconnected; the chat may have ended."""
        grant = self._tokens.find(bearer, Kind.CONNECTION)
        if grant is None:
            raise AwsError("AccessDeniedException", "Access denied")
        contact, participant = self._holder(grant)
        if not participant.is_present:
            raise AwsError("AccessDeniedException", "Access denied")
        return contact, participant

    def _live(self, bearer: str) -> tuple[Contact, Participant]:
        contact, participant = self._bearer(bearer)
        self._refuse_unless_here(contact, participant)
        return contact, participant

    def _speaker(self, bearer: str) -> tuple[Contact, Participant]:
        """Who holds this token and is connected; a customer is connected by speaking."""
        contact, participant = self._live(bearer)
        if participant.role is Role.CUSTOMER:
            self._join(contact, participant)
        if participant.presence is not Presence.CONNECTED:
            raise AwsError("AccessDeniedException", "The participant is not connected")
        return contact, participant

    def _holder(self, grant: Grant) -> tuple[Contact, Participant]:
        contact = self._find(grant.contact_id)
        return contact, contact.participants[grant.subject_id]

    def _refuse_unless_here(self, contact: Contact, participant: Participant) -> None:
        if contact.has_ended or not participant.is_present:
            raise AwsError("AccessDeniedException", "Access denied")


def _message_id(content: str | None) -> str:
    """The message a receipt is about."""
    try:
        message_id = json.loads(content or "")["messageId"]
    except (ValueError, KeyError, TypeError, RecursionError):
        message_id = None
    if not isinstance(message_id, str):
        raise AwsError("ValidationException", 'Content of a receipt must read {"messageId": "…"}')
    return message_id
