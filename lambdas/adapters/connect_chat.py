"""The chat in Amazon Connect: the calls a custom participant and its helpers make.

`connect` carries what needs IAM (participants, streaming, attributes), `connectparticipant` what needs only a bearer.
Errors of AWS become those of `conversation.errors` here and nowhere else. Limits and codes: botocore 1.44.5 service
models `connect` and `connectparticipant`, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from lambdas.conversation.errors import (
    AttributesRefused,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    FormatRefused,
    TranscriptRefused,
)
from lambdas.conversation.ports import Chat, Connection, ContentType, Said

if TYPE_CHECKING:
    from types_boto3_connect import ConnectClient
    from types_boto3_connectparticipant import ConnectParticipantClient
    from types_boto3_connectparticipant.type_defs import ItemTypeDef

TYPING = "application/vnd.amazonaws.connect.event.typing"
TRANSCRIPT_MESSAGES = 30
"""The last messages read after a crash or for a new session; one request."""

ATTRIBUTES_REFUSED = frozenset(
    {"InvalidRequestException", "InvalidParameterException", "AccessDeniedException", "ParamValidationError"}
)
"""Asking again with the same attributes gives the same answer; the hand-off goes on with fewer or without."""

BAD_REQUEST = 400
TOO_MANY_REQUESTS = 429
THROTTLES = frozenset({"ThrottlingException", "TooManyRequestsException"})
"""Whatever the status: no model names the one that a rate limit in front of a service answers with."""
SERVER_ERROR = 500

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ConnectChat:
    """Keeps the port `Room`."""

    connect_client: ConnectClient
    participant_client: ConnectParticipantClient

    def start_streaming(self, chat: Chat, *, topic_arn: str, client_token: str) -> str:
        answer = _call(
            "StartContactStreaming",
            lambda: self.connect_client.start_contact_streaming(
                InstanceId=chat.instance_id,
                ContactId=chat.contact_id,
                ChatStreamingConfiguration={"StreamingEndpointArn": topic_arn},
                ClientToken=client_token,
            ),
        )
        return answer["StreamingId"]

    def stop_streaming(self, chat: Chat, streaming_id: str) -> None:
        _call(
            "StopContactStreaming",
            lambda: self.connect_client.stop_contact_streaming(
                InstanceId=chat.instance_id, ContactId=chat.contact_id, StreamingId=streaming_id
            ),
        )

    def create_participant(self, chat: Chat, *, name: str, client_token: str) -> str:
        answer = _call(
            "CreateParticipant",
            lambda: self.connect_client.create_participant(
                InstanceId=chat.instance_id,
                ContactId=chat.contact_id,
                ClientToken=client_token,
                ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": name},
            ),
        )
        return answer["ParticipantCredentials"]["ParticipantToken"]

    def connect(self, participant_token: str) -> Connection:
        answer = _call_as_participant(
            "CreateParticipantConnection",
            lambda: self.participant_client.create_participant_connection(
                Type=["CONNECTION_CREDENTIALS"], ParticipantToken=participant_token, ConnectParticipant=True
            ),
        )
        credentials = answer["ConnectionCredentials"]
        return Connection(token=credentials["ConnectionToken"], expires_at=_seconds(credentials["Expiry"]))

    def send(self, token: str, text: str, *, client_token: str, content_type: ContentType = "text/plain") -> str:
        try:
            answer = _call_as_participant(
                "SendMessage",
                lambda: self.participant_client.send_message(
                    ContentType=content_type, Content=text, ClientToken=client_token, ConnectionToken=token
                ),
            )
        except (ChatThrottled, ConnectionRefused):
            raise
        except ChatError as error:
            if content_type == "text/markdown" and _is_bad_request(error.__cause__):
                raise FormatRefused(error.operation, error.code) from error
            raise
        return answer["Id"]

    def show_typing(self, token: str) -> None:
        _call_as_participant(
            "SendEvent", lambda: self.participant_client.send_event(ContentType=TYPING, ConnectionToken=token)
        )

    def disconnect(self, token: str) -> None:
        _call_as_participant(
            "DisconnectParticipant", lambda: self.participant_client.disconnect_participant(ConnectionToken=token)
        )

    def transcript(self, token: str, chat: Chat) -> tuple[Said, ...]:
        try:
            answer = _call_as_participant(
                "GetTranscript",
                lambda: self.participant_client.get_transcript(
                    ContactId=chat.contact_id,
                    MaxResults=TRANSCRIPT_MESSAGES,
                    ScanDirection="BACKWARD",
                    SortOrder="ASCENDING",
                    ConnectionToken=token,
                ),
            )
        except ConnectionRefused as refused:
            # Connect answers a dead bearer and a participant without this right alike.
            raise TranscriptRefused(refused.operation, refused.code) from refused
        return tuple(
            _said(item) for item in answer.get("Transcript", []) if item.get("Type") in {"MESSAGE", "ATTACHMENT"}
        )

    def set_attributes(self, chat: Chat, attributes: Mapping[str, str]) -> None:
        try:
            _call(
                "UpdateContactAttributes",
                lambda: self.connect_client.update_contact_attributes(
                    InstanceId=chat.instance_id, InitialContactId=chat.initial_contact_id, Attributes=dict(attributes)
                ),
            )
        except ChatError as error:
            if error.code in ATTRIBUTES_REFUSED:
                raise AttributesRefused(error.operation, error.code) from error
            raise


def _call(operation: str, call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except ClientError as error:
        raise _failed(operation, error) from error
    except (NoConnection, HTTPClientError) as error:
        # No answer at all: a time-out, a cut connection.
        raise ChatError(operation, type(error).__name__, retryable=True) from error
    except BotoCoreError as error:
        raise ChatError(operation, type(error).__name__) from error


def _failed(operation: str, error: ClientError) -> ChatError:
    """By the status: codes of one meaning differ from call to call."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status == TOO_MANY_REQUESTS or code in THROTTLES:
        return ChatThrottled(operation, code)
    return ChatError(operation, code, retryable=status >= SERVER_ERROR)


def _is_bad_request(error: BaseException | None) -> bool:
    """By the status alone: with which code Connect refuses a content type is documented nowhere."""
    return isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] == BAD_REQUEST


def _call_as_participant(operation: str, call: Callable[[], Answer]) -> Answer:
    """A call that the bearer allows; without IAM behind it, access denied can only mean that the bearer is dead."""
    try:
        return _call(operation, call)
    except ChatError as error:
        if error.code == "AccessDeniedException":
            raise ConnectionRefused(operation, error.code) from error
        raise


def _said(item: ItemTypeDef) -> Said:
    return Said(
        id=item.get("Id", ""),
        at=_seconds(item.get("AbsoluteTime", "")),
        role=item.get("ParticipantRole", "SYSTEM"),
        text=item.get("Content", ""),
        content_type=item.get("ContentType", ""),
        attachment=item.get("Type") == "ATTACHMENT",
    )


def _seconds(iso: str) -> float:
    """Seconds since the epoch of a time as the participant service writes it; 0 for none."""
    return datetime.fromisoformat(iso).timestamp() if iso else 0.0


def event_of(said: Said, chat: Chat) -> str:
    """A customer's message of the transcript as Connect would have published it (AG:sns-payload)."""
    return json.dumps(
        {
            "AbsoluteTime": _iso(said.at),
            "Content": said.text,
            "ContentType": said.content_type,
            "Id": said.id,
            "Type": "ATTACHMENT" if said.attachment else "MESSAGE",
            "ParticipantRole": "CUSTOMER",
            "InitialContactId": chat.initial_contact_id,
            "ContactId": chat.contact_id,
        },
        ensure_ascii=False,
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
