"""The Connect Participant API, and the URLs it hands out for files.

Translates between wire and `Chats`; decides nothing. The signature (SigV4) is not looked at: the bearer is the only
credential, as in AWS. Rule: a missing bearer is refused before the request is read any further.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from local.attachments import Attachment
from local.chat import Chats
from local.participant_calls import Connection, FileTicket
from local.tokens import Kind
from local.wire import NO_QUERY, AwsError, Handler, Operation, iso8601, read_body, served_at

SERVICE: Final = "connectparticipant"
SOCKET_PATH: Final = "/local/chat-socket"
FILE_PATH: Final = "/local/attachments"


def routes(chats: Chats) -> list[BaseRoute]:
    """Routes to be mounted at the root of the one origin."""
    api, files = ParticipantApi(chats), Files(chats)
    return [
        _route("CreateParticipantConnection", api.create_participant_connection, chats),
        _route("SendMessage", api.send_message, chats),
        _route("SendEvent", api.send_event, chats),
        _route("GetTranscript", api.get_transcript, chats),
        _route("DisconnectParticipant", api.disconnect_participant, chats),
        _route("StartAttachmentUpload", api.start_attachment_upload, chats),
        _route("CompleteAttachmentUpload", api.complete_attachment_upload, chats),
        _route("GetAttachment", api.get_attachment, chats),
        Route(f"{FILE_PATH}/{{ticket}}", files.upload, methods=["PUT"]),
        Route(f"{FILE_PATH}/{{ticket}}", files.download, methods=["GET"]),
    ]


def _route(name: str, handle: Handler, chats: Chats) -> BaseRoute:
    return ParticipantOperation(SERVICE, name).route(handle, chats.admit)


class ParticipantOperation(Operation):
    """An operation whose bearer, if it is missing, is no fault of the request but of the caller's access."""

    def read(
        self, labels: Mapping[str, str], headers: Mapping[str, str], body: bytes, *, query: Mapping[str, str] = NO_QUERY
    ) -> dict[str, Any]:
        if not headers.get("X-Amz-Bearer"):
            raise AwsError("AccessDeniedException", "Access denied")
        return super().read(labels, headers, body, query=query)


def connection_members(connection: Connection, address: str) -> dict[str, Any]:
    """A connection as CreateParticipantConnection and StartChatContact answer it; `address` is `host:port`."""
    members: dict[str, Any] = {}
    if connection.socket:
        members["Websocket"] = {
            "Url": f"ws://{address}{SOCKET_PATH}?ticket={connection.socket.text}",
            "ConnectionExpiry": iso8601(connection.socket_expires_at),
        }
    if connection.token:
        members["ConnectionCredentials"] = {
            "ConnectionToken": connection.token.text,
            "Expiry": iso8601(connection.token.expires_at or 0.0),
        }
    return members


class ParticipantApi:
    """One method per operation; each takes the checked request and gives the answer's members."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def create_participant_connection(self, asked: dict[str, Any], request: Request) -> Mapping[str, Any]:
        connection = self._chats.create_connection(
            asked["ParticipantToken"], types=asked.get("Type", ()), connect=asked.get("ConnectParticipant", False)
        )
        return connection_members(connection, served_at(request))

    def send_message(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        item = self._chats.send_message(
            asked["ConnectionToken"],
            content_type=asked["ContentType"],
            content=asked["Content"],
            client_token=asked.get("ClientToken"),
        )
        return {"Id": item.item_id, "AbsoluteTime": item.absolute_time}

    def send_event(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        item = self._chats.send_event(
            asked["ConnectionToken"],
            content_type=asked["ContentType"],
            content=asked.get("Content"),
            client_token=asked.get("ClientToken"),
        )
        return {"Id": item.item_id, "AbsoluteTime": item.absolute_time}

    def get_transcript(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        initial_contact_id, page = self._chats.get_transcript(asked["ConnectionToken"], asked)
        answer = {"InitialContactId": initial_contact_id, "Transcript": list(page.items)}
        return answer | ({"NextToken": page.next_token} if page.next_token else {})

    def disconnect_participant(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        self._chats.disconnect(asked["ConnectionToken"])
        return {}

    def start_attachment_upload(self, asked: dict[str, Any], request: Request) -> Mapping[str, Any]:
        file = self._chats.start_attachment(
            asked["ConnectionToken"],
            name=asked["AttachmentName"],
            content_type=asked["ContentType"],
            size=asked["AttachmentSizeInBytes"],
            client_token=asked["ClientToken"],
        )
        metadata = {**_url_members(file, request), "HeadersToInclude": dict(file.attachment.upload_headers)}
        return {"AttachmentId": file.attachment.attachment_id, "UploadMetadata": metadata}

    def complete_attachment_upload(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        self._chats.complete_attachment(
            asked["ConnectionToken"], attachment_id=asked["AttachmentIds"][0], client_token=asked["ClientToken"]
        )
        return {}

    def get_attachment(self, asked: dict[str, Any], request: Request) -> Mapping[str, Any]:
        file = self._chats.get_attachment(
            asked["ConnectionToken"],
            attachment_id=asked["AttachmentId"],
            url_seconds=asked.get("UrlExpiryInSeconds"),
        )
        members = _url_members(file, request)
        members["Url"] += f"?disposition={asked.get('UrlContentDisposition', 'ATTACHMENT').lower()}"
        return {**members, "AttachmentSizeInBytes": file.attachment.size}


def _url_members(file: FileTicket, request: Request) -> dict[str, str]:
    url = f"http://{served_at(request)}{FILE_PATH}/{file.grant.text}"
    return {"Url": url, "UrlExpiry": iso8601(file.grant.expires_at or 0.0)}


class Files:
    """What S3 does in AWS: takes uploads at signed URLs, gives downloads, and speaks its errors in XML."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    async def upload(self, request: Request) -> Response:
        """PUT of the bytes, with exactly the headers StartAttachmentUpload named and the announced size."""
        try:
            attachment = self._chats.file_behind(request.path_params["ticket"], Kind.UPLOAD)
        except AwsError as error:
            return _s3_error(403, "AccessDenied", error.message)
        if any(request.headers.get(name) != value for name, value in attachment.upload_headers.items()):
            return _s3_error(403, "SignatureDoesNotMatch", "The headers are not those of HeadersToInclude")
        content = await read_body(request, attachment.size)
        if content is None or len(content) != attachment.size:
            return _s3_error(400, "IncompleteBody", "The body does not have the announced size")
        if attachment.is_complete:
            return _s3_error(403, "AccessDenied", "The upload was completed before")
        attachment.content = content
        return Response()

    async def download(self, request: Request) -> Response:
        """GET of a completed file. The browser is told to trust neither type nor content, which a customer chose."""
        try:
            attachment = self._chats.file_behind(request.path_params["ticket"], Kind.DOWNLOAD)
        except AwsError as error:
            return _s3_error(403, "AccessDenied", error.message)
        disposition = "inline" if request.query_params.get("disposition") == "inline" else "attachment"
        return Response(
            attachment.content,
            media_type=attachment.content_type,
            headers={
                "Content-Disposition": f"{disposition}; filename*=UTF-8''{_encoded_name(attachment)}",
                "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _encoded_name(attachment: Attachment) -> str:
    return quote(attachment.name, safe="")


def _s3_error(status: int, code: str, message: str) -> Response:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    )
    return Response(body, status_code=status, media_type="application/xml")
