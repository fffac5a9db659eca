"""The participant API as boto3 sees it, its files, and what hostile clients get."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.chat_rooms import FLOW
from tests.local.serving import Served, serving

CALLS: dict[str, dict[str, Any]] = {
    "connection": {"Type": ["CONNECTION_CREDENTIALS"]},
    "message": {"ContentType": "text/plain", "Content": "Hola"},
    "event": {"ContentType": "application/vnd.amazonaws.connect.event.typing"},
    "transcript": {},
    "disconnect": {},
    "start-attachment-upload": {
        "ContentType": "text/plain",
        "AttachmentSizeInBytes": 1,
        "AttachmentName": "a.txt",
        "ClientToken": "c",
    },
    "complete-attachment-upload": {"AttachmentIds": ["a"], "ClientToken": "c"},
    "attachment": {"AttachmentId": "a"},
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


def start(served: Served) -> tuple[str, str]:
    """A new chat and its customer, connected; returns contact id and connection token."""
    started = served.connect.start_chat_contact(
        InstanceId=served.chats.instance_id, ContactFlowId=FLOW, ParticipantDetails={"DisplayName": "Ana"}
    )
    return started["ContactId"], connect(served, started["ParticipantToken"])


def connect(served: Served, participant_token: str) -> str:
    connection = served.participant.create_participant_connection(
        ParticipantToken=participant_token, Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
    )
    return connection["ConnectionCredentials"]["ConnectionToken"]


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_customer_and_human_talk_by_boto3_alone(served: Served) -> None:
    """The whole participant's side without a socket, from the first word to the end."""
    contact_id, ana = start(served)
    served.queue(contact_id)
    human = connect(served, served.call(served.chats.accept, contact_id, display_name="Marta"))

    served.participant.send_message(ConnectionToken=ana, ContentType="text/plain", Content="¿Hola?")
    served.participant.send_message(ConnectionToken=human, ContentType="text/plain", Content="Buenos días")
    transcript = served.participant.get_transcript(ConnectionToken=ana, SortOrder="ASCENDING", MaxResults=2)
    rest = served.participant.get_transcript(ConnectionToken=ana, MaxResults=2, NextToken=transcript["NextToken"])
    served.participant.disconnect_participant(ConnectionToken=human)

    assert [item["Content"] for item in transcript["Transcript"]] == ["¿Hola?", "Buenos días"]
    assert [item["DisplayName"] for item in rest["Transcript"]] == ["Marta", "Ana"]
    with pytest.raises(ClientError) as refused:
        served.participant.send_message(ConnectionToken=ana, ContentType="text/plain", Content="¿Sigues ahí?")
    assert refusal(refused) == ("AccessDeniedException", 403)


def test_an_expired_custom_participant_is_not_found(served: Served) -> None:
    """The one code the operation does not list but the administrator guide names; boto3 knows its shape."""
    contact_id, _ = start(served)
    created = served.connect.create_participant(
        InstanceId=served.chats.instance_id,
        ContactId=contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
    )

    served.time.advance(16)

    with pytest.raises(served.participant.exceptions.ResourceNotFoundException):
        connect(served, created["ParticipantCredentials"]["ParticipantToken"])


def test_receipts_and_typing_have_an_id_and_a_moment(served: Served) -> None:
    """As messages have."""
    _, ana = start(served)

    answer = served.participant.send_event(
        ConnectionToken=ana, ContentType="application/vnd.amazonaws.connect.event.typing"
    )

    assert answer["Id"]
    assert answer["AbsoluteTime"].endswith("Z")


# Files


def upload(
    served: Served, token: str, content: bytes = b"%PDF", content_type: str = "application/pdf"
) -> tuple[str, int]:
    """Announce a PDF of four bytes and send `content`; returns its id and the status of the upload."""
    announced = served.participant.start_attachment_upload(
        ConnectionToken=token,
        AttachmentName="factura nº 1.pdf",
        ContentType="application/pdf",
        AttachmentSizeInBytes=4,
        ClientToken=f"{content!r} {content_type}",
    )
    metadata = announced["UploadMetadata"]
    headers = {**metadata["HeadersToInclude"], "Content-Type": content_type}
    del headers["Content-Length"]  # The client sets it, as browsers do.
    return announced["AttachmentId"], served.http.put(metadata["Url"], content=content, headers=headers).status_code


def test_a_file_travels_from_customer_to_human(served: Served) -> None:
    """Upload, completion, download, all on the one origin."""
    contact_id, ana = start(served)
    attachment_id, status = upload(served, ana)
    served.participant.complete_attachment_upload(AttachmentIds=[attachment_id], ClientToken="1", ConnectionToken=ana)
    served.queue(contact_id)
    human = connect(served, served.call(served.chats.accept, contact_id))

    found = served.participant.get_attachment(AttachmentId=attachment_id, ConnectionToken=human)
    download = served.http.get(found["Url"])

    assert (status, found["AttachmentSizeInBytes"]) == (200, 4)
    assert (download.content, download.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert download.headers["Content-Disposition"] == "attachment; filename*=UTF-8''factura%20n%C2%BA%201.pdf"


def test_a_file_shown_inline_runs_no_script_of_its_own(served: Served) -> None:
    """Its type and content are a customer's choice and the origin is the desk's."""
    _, ana = start(served)
    attachment_id, _ = upload(served, ana)
    served.participant.complete_attachment_upload(AttachmentIds=[attachment_id], ClientToken="1", ConnectionToken=ana)

    inline: Any = {"UrlContentDisposition": "INLINE"}  # newer than the types of the client
    found = served.participant.get_attachment(AttachmentId=attachment_id, ConnectionToken=ana, **inline)
    headers = served.http.get(found["Url"]).headers

    assert headers["Content-Disposition"].startswith("inline")
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_an_upload_needs_the_headers_and_the_size_it_was_announced_with(served: Served) -> None:
    """As a signed URL would enforce; a refused upload cannot be completed."""
    _, ana = start(served)

    attachment_id, other_type = upload(served, ana, content_type="text/html")
    _, too_short = upload(served, ana, b"%PD")
    _, too_long = upload(served, ana, b"%PDF-")
    with pytest.raises(ClientError) as refused:
        served.participant.complete_attachment_upload(
            AttachmentIds=[attachment_id], ClientToken="1", ConnectionToken=ana
        )

    assert (other_type, too_short, too_long) == (403, 403, 403)
    assert refusal(refused) == ("ConflictException", 409)


def test_an_upload_that_is_cut_off_leaves_nothing_behind(served: Served) -> None:
    """The customer's connection may fail at any byte; the file can then be sent again."""
    _, ana = start(served)
    announced = served.participant.start_attachment_upload(
        ConnectionToken=ana,
        AttachmentName="a.pdf",
        ContentType="application/pdf",
        AttachmentSizeInBytes=4,
        ClientToken="1",
    )
    url, headers = announced["UploadMetadata"]["Url"], announced["UploadMetadata"]["HeadersToInclude"]
    asked: Any = {"AttachmentIds": [announced["AttachmentId"]], "ClientToken": "1", "ConnectionToken": ana}

    send_half(served, url, headers, b"%P")
    with pytest.raises(ClientError) as refused:
        served.participant.complete_attachment_upload(**asked)
    served.http.put(url, content=b"%PDF", headers=headers).raise_for_status()
    served.participant.complete_attachment_upload(**asked)

    assert refusal(refused) == ("ConflictException", 409)


def send_half(served: Served, url: str, headers: Mapping[str, str], content: bytes) -> None:
    """A PUT whose client goes away before it has sent what it announced."""
    host, port = served.origin.removeprefix("http://").split(":")
    lines = [f"PUT {url.removeprefix(served.origin)} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)


def test_a_completed_file_cannot_be_exchanged(served: Served) -> None:
    """What others have seen stays what it was."""
    _, ana = start(served)
    asked: Any = {
        "ConnectionToken": ana,
        "AttachmentName": "a.txt",
        "ContentType": "text/plain",
        "AttachmentSizeInBytes": 1,
        "ClientToken": "1",
    }
    announced = served.participant.start_attachment_upload(**asked)
    url, headers = announced["UploadMetadata"]["Url"], announced["UploadMetadata"]["HeadersToInclude"]

    statuses = [served.http.put(url, content=b"a", headers=headers).status_code]
    served.participant.complete_attachment_upload(
        AttachmentIds=[announced["AttachmentId"]], ClientToken="1", ConnectionToken=ana
    )
    statuses.append(served.http.put(url, content=b"b", headers=headers).status_code)

    assert statuses == [200, 403]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_invented_file_url_is_denied(served: Served, method: str) -> None:
    """In S3's way of speaking, because S3 would answer."""
    answer = served.http.request(method, "/local/attachments/guess")

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in answer.text


# Hostile clients


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("headers", [{}, {"X-Amz-Bearer": ""}, {"X-Amz-Bearer": "guess"}])
def test_without_a_known_bearer_access_is_denied(served: Served, call: str, headers: dict[str, str]) -> None:
    """Whatever signature comes along with it."""
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20261120/local/execute-api/aws4_request", **headers}

    answer = served.http.post(f"/participant/{call}", json=CALLS[call], headers=signed)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "body",
    [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b" " * 2_000_000, b'{"Content": "\\ud800", "ContactId": 1, "Type": 2}'],
)
def test_a_body_that_cannot_be_read_is_a_validation_error(served: Served, call: str, body: bytes) -> None:
    """Never a 500, never a stack trace, however large or deep; what an operation does not know it may ignore."""
    _, ana = start(served)

    answer = served.http.post(f"/participant/{call}", content=body, headers={"X-Amz-Bearer": ana})

    if answer.status_code == 200:
        assert (call, body[:1]) == ("disconnect", b"{")
    else:
        assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationException")
        assert answer.json()["Message"]


@pytest.mark.parametrize("call", CALLS)
def test_members_of_the_wrong_type_are_a_validation_error(served: Served, call: str) -> None:
    """Each member of each call, with each wrong type."""
    _, ana = start(served)

    for name, right in CALLS[call].items():
        for wrong in (None, 1, 1.5, True, "text", [], [1], {}, {"a": "b"}, "\N{PILE OF POO}" * 20_000):
            if type(wrong) is type(right) and wrong != []:
                continue
            body = {**CALLS[call], name: wrong}
            if call == "connection" and wrong is None:
                continue
            answer = served.http.post(f"/participant/{call}", json=body, headers={"X-Amz-Bearer": ana})

            assert answer.status_code in {400, 403}, (name, wrong)
            assert answer.headers["x-amzn-ErrorType"] in {"ValidationException", "AccessDeniedException"}
