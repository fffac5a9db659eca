"""The chat in Connect: real botocore over HTTP against a server that answers as Connect does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from lambdas.adapters.connect_chat import ConnectChat, event_of
from lambdas.chat_bot.events import CustomerSpoke, parse
from lambdas.conversation.errors import (
    AttributesRefused,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    FormatRefused,
    TranscriptRefused,
)
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.ports import Chat, Connection, Said
from tests.lambdas.aws_server import AwsServer, Reply, Request, answer, refusal
from tests.local.chat_rooms import FLOW, TOPIC
from tests.local.serving import Served, serving

if TYPE_CHECKING:
    from types_boto3_connect import ConnectClient
    from types_boto3_connectparticipant import ConnectParticipantClient

CHAT = Chat(instance_id="instance-1", contact_id="contact-2", initial_contact_id="contact-1")
NOWHERE = "http://127.0.0.1:9"
"""A port where nobody listens; requests are sent on to the server of the test."""
PARTICIPANT = "/participant/.*"
CONNECT = "/contact/.*"
CONNECT_CALLS: dict[str, Callable[[ConnectChat], object]] = {
    "StartContactStreaming": lambda room: room.start_streaming(CHAT, topic_arn="arn:topic", client_token="token"),
    "StopContactStreaming": lambda room: room.stop_streaming(CHAT, "streaming-1"),
    "CreateParticipant": lambda room: room.create_participant(CHAT, name="Bot", client_token="token"),
    "UpdateContactAttributes": lambda room: room.set_attributes(CHAT, {"handoff_reason": "customer_asked"}),
}
PARTICIPANT_CALLS: dict[str, Callable[[ConnectChat], object]] = {
    "CreateParticipantConnection": lambda room: room.connect("participant-token"),
    "SendMessage": lambda room: room.send("bearer", "Hola", client_token="token"),
    "SendEvent": lambda room: room.show_typing("bearer"),
    "DisconnectParticipant": lambda room: room.disconnect("bearer"),
    "GetTranscript": lambda room: room.transcript("bearer", CHAT),
}
CALLS = CONNECT_CALLS | PARTICIPANT_CALLS


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[ConnectClient, ConnectParticipantClient]]:
    """Made once: a client costs more than all that a test asks of it."""
    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1})
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    connect = session.client("connect", endpoint_url=NOWHERE, config=config)
    participant = session.client("connectparticipant", endpoint_url=NOWHERE, config=config)
    yield connect, participant
    connect.close()
    participant.close()


@pytest.fixture
def room(clients: tuple[ConnectClient, ConnectParticipantClient]) -> ConnectChat:
    return ConnectChat(*clients)


@pytest.fixture
def aws(clients: tuple[ConnectClient, ConnectParticipantClient]) -> Iterator[AwsServer]:
    server = AwsServer()

    def go_there(request: Any, **_: object) -> None:
        request.url = request.url.replace(NOWHERE, server.url)

    for client in clients:
        client.meta.events.register("before-sign", go_there, unique_id="there")
    with server.running():
        yield server
    for client in clients:
        client.meta.events.unregister("before-sign", unique_id="there")


# ---- what is asked


def test_streaming_starts_once_per_client_token(aws: AwsServer, room: ConnectChat) -> None:
    """The flow tries StartBot up to three times: the token makes the tries one."""
    aws.answers("POST", "/contact/start-streaming", answer(StreamingId="streaming-1"))

    assert room.start_streaming(CHAT, topic_arn="arn:topic", client_token="contact-1-1-streaming") == "streaming-1"
    assert aws.requests[0].json == {
        "InstanceId": "instance-1",
        "ContactId": "contact-2",
        "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:topic"},
        "ClientToken": "contact-1-1-streaming",
    }


def test_streaming_stops_by_its_id(aws: AwsServer, room: ConnectChat) -> None:
    """Else customer messages would keep coming while a person has the chat."""
    aws.answers("POST", "/contact/stop-streaming", answer())

    room.stop_streaming(CHAT, "streaming-1")

    assert aws.requests[0].json == {
        "InstanceId": "instance-1",
        "ContactId": "contact-2",
        "StreamingId": "streaming-1",
    }


def test_the_bot_is_a_custom_participant(aws: AwsServer, room: ConnectChat) -> None:
    """Once per client token; the participant token lives as long as the participant."""
    credentials = {"ParticipantToken": "participant-token", "Expiry": "2026-11-21T10:15:00.000Z"}
    aws.answers("POST", "/contact/create-participant", answer(ParticipantId="p", ParticipantCredentials=credentials))

    token = room.create_participant(CHAT, name="Asistente", client_token="contact-1-1-participant")

    assert token == "participant-token"
    assert aws.requests[0].json == {
        "InstanceId": "instance-1",
        "ContactId": "contact-2",
        "ClientToken": "contact-1-1-participant",
        "ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Asistente"},
    }


def test_the_bot_connects_without_a_socket(aws: AwsServer, room: ConnectChat) -> None:
    """`ConnectParticipant` takes the socket's place; the connection token and its end come back."""
    credentials = {"ConnectionToken": "connection-token", "Expiry": "2026-11-21T10:15:02.113Z"}
    aws.answers("POST", "/participant/connection", answer(ConnectionCredentials=credentials))

    connection = room.connect("participant-token")

    assert connection == Connection(
        token="connection-token", expires_at=datetime(2026, 11, 21, 10, 15, 2, 113_000, UTC).timestamp()
    )
    assert aws.requests[0].headers["x-amz-bearer"] == "participant-token"
    assert aws.requests[0].json == {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}


def test_a_message_is_sent_once_per_client_token(aws: AwsServer, room: ConnectChat) -> None:
    """A repeated send is heard once; the id says where it stands in the transcript."""
    aws.answers("POST", "/participant/message", answer(Id="message-1", AbsoluteTime="2026-11-20T10:15:02.113Z"))

    assert room.send("bearer", "¡Hola! 👋", client_token="contact-1-1-m1-1-abc") == "message-1"
    assert aws.requests[0].headers["x-amz-bearer"] == "bearer"
    assert aws.requests[0].json == {
        "ContentType": "text/plain",
        "Content": "¡Hola! 👋",
        "ClientToken": "contact-1-1-m1-1-abc",
    }


def test_a_message_says_what_it_is_written_in(aws: AwsServer, room: ConnectChat) -> None:
    """Chat windows show marks as marks in plain text."""
    aws.answers("POST", "/participant/message", answer(Id="message-1", AbsoluteTime="2026-11-20T10:15:02.113Z"))

    room.send("bearer", "**Hola**", client_token="token", content_type="text/markdown")

    assert aws.requests[0].json["ContentType"] == "text/markdown"


@pytest.mark.parametrize("code", ["ValidationException", "InvalidParameterException"])
def test_markdown_that_is_not_taken_may_be_said_plainly(aws: AwsServer, room: ConnectChat, code: str) -> None:
    """The code for it is documented nowhere; that nothing was done is what the status says."""
    aws.answers("POST", "/participant/message", refusal(code, status=400))

    with pytest.raises(FormatRefused) as raised:
        room.send("bearer", "**Hola**", client_token="token", content_type="text/markdown")

    assert (raised.value.code, raised.value.retryable) == (code, False)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 403, ConnectionRefused),
        ("AccessDeniedException", 400, ConnectionRefused),
        ("ThrottlingException", 429, ChatThrottled),
        ("TooManyRequestsException", 400, ChatThrottled),
        ("InternalServerException", 500, ChatError),
        ("ConflictException", 409, ChatError),
    ],
)
def test_markdown_that_fails_otherwise_is_no_matter_of_its_format(
    aws: AwsServer, room: ConnectChat, code: str, status: int, kind: type[ChatError]
) -> None:
    """What may have been heard, or will be taken later, must not be said in another form beside."""
    aws.answers("POST", "/participant/message", refusal(code, status=status))

    with pytest.raises(ChatError) as raised:
        room.send("bearer", "**Hola**", client_token="token", content_type="text/markdown")

    assert type(raised.value) is kind


def test_typing_is_an_event(aws: AwsServer, room: ConnectChat) -> None:
    """Chat windows show dots for 12 seconds."""
    aws.answers("POST", "/participant/event", answer(Id="e", AbsoluteTime="2026-11-20T10:15:02.113Z"))

    room.show_typing("bearer")

    assert aws.requests[0].headers["x-amz-bearer"] == "bearer"
    assert aws.requests[0].json["ContentType"] == "application/vnd.amazonaws.connect.event.typing"


def test_the_bot_leaves_by_its_bearer(aws: AwsServer, room: ConnectChat) -> None:
    """That wakes the flow."""
    aws.answers("POST", "/participant/disconnect", answer())

    room.disconnect("bearer")

    assert aws.requests[0].headers["x-amz-bearer"] == "bearer"


def test_attributes_belong_to_the_initial_contact(aws: AwsServer, room: ConnectChat) -> None:
    """The contact id changes on transfer, the attributes do not."""
    aws.answers("POST", "/contact/attributes", answer())

    room.set_attributes(CHAT, {"handoff_reason": "customer_asked", "handoff_queue": ""})

    assert aws.requests[0].json == {
        "InstanceId": "instance-1",
        "InitialContactId": "contact-1",
        "Attributes": {"handoff_reason": "customer_asked", "handoff_queue": ""},
    }


# ---- the transcript


def test_the_last_messages_come_oldest_first(aws: AwsServer, room: ConnectChat) -> None:
    """One request for the end of the talk; joins, leaves and other events are no messages."""
    items = [
        item(Id="m1", Content="Hola", ParticipantRole="CUSTOMER", AbsoluteTime="2026-11-20T10:15:02.113Z"),
        {"Id": "e1", "Type": "EVENT", "ContentType": "application/vnd.amazonaws.connect.event.participant.joined"},
        item(Id="m2", Content="¡Hola!", ParticipantRole="CUSTOM_BOT", AbsoluteTime="2026-11-20T10:15:03.000Z"),
    ]
    aws.answers("POST", "/participant/transcript", answer(InitialContactId="contact-1", Transcript=items))

    transcript = room.transcript("bearer", CHAT)

    assert [(said.id, said.role, said.text) for said in transcript] == [
        ("m1", "CUSTOMER", "Hola"),
        ("m2", "CUSTOM_BOT", "¡Hola!"),
    ]
    assert transcript[0].at == datetime(2026, 11, 20, 10, 15, 2, 113_000, UTC).timestamp()
    assert aws.requests[0].headers["x-amz-bearer"] == "bearer"
    assert aws.requests[0].json == {
        "ContactId": "contact-2",
        "MaxResults": 30,
        "ScanDirection": "BACKWARD",
        "SortOrder": "ASCENDING",
    }


def item(**members: Any) -> dict[str, Any]:
    return {"Type": "MESSAGE", "ContentType": "text/plain", "ContactId": "contact-2", **members}


def test_an_attachment_is_something_the_customer_said(aws: AwsServer, room: ConnectChat) -> None:
    """It has no content; the bot must answer it all the same."""
    file = {"AttachmentId": "a1", "AttachmentName": "factura.pdf", "ContentType": "application/pdf"}
    items = [{"Id": "m1", "Type": "ATTACHMENT", "ParticipantRole": "CUSTOMER", "Attachments": [file]}]
    aws.answers("POST", "/participant/transcript", answer(Transcript=items))

    (said,) = room.transcript("bearer", CHAT)

    assert (said.attachment, said.text, said.role) == (True, "", "CUSTOMER")


@pytest.mark.parametrize("body", [{}, {"Transcript": []}, {"Transcript": [{"Type": "EVENT"}, {}]}])
def test_an_empty_transcript_is_one(aws: AwsServer, room: ConnectChat, body: dict[str, Any]) -> None:
    """Members may be missing; an item without a type is no message."""
    aws.answers("POST", "/participant/transcript", answer(**body))

    assert room.transcript("bearer", CHAT) == ()


def test_an_item_may_lack_everything_but_its_type(aws: AwsServer, room: ConnectChat) -> None:
    """What the flow or Lex sends may come without a role; it is nobody's answer."""
    aws.answers("POST", "/participant/transcript", answer(Transcript=[{"Type": "MESSAGE"}]))

    assert room.transcript("bearer", CHAT) == (Said(id="", at=0.0, role="SYSTEM", text="", content_type=""),)


# ---- early messages as events


@pytest.mark.parametrize(
    ("content_type", "text", "kind"),
    [
        ("text/plain", "Año 👋", Kind.TEXT),
        ("text/markdown", "**Hola**", Kind.TEXT),
        ("application/json", "{}", Kind.UNREADABLE),
        ("", "", Kind.ATTACHMENT),
    ],
)
def test_an_early_message_reaches_the_bot_as_if_sns_had_brought_it(content_type: str, text: str, kind: Kind) -> None:
    """The same key as the streamed item has: should SNS bring it after all, it is known."""
    said = Said(
        id="m1",
        at=1_763_633_702.999,
        role="CUSTOMER",
        text=text,
        content_type=content_type,
        attachment=kind is Kind.ATTACHMENT,
    )

    event = parse({"Sns": {"Message": event_of(said, CHAT)}})

    asked = text if kind is Kind.TEXT else ""
    assert event == CustomerSpoke("contact-1", Message(id="m1", at=1_763_633_702.999, kind=kind, text=asked))


def test_an_early_message_has_the_time_of_the_transcript(aws: AwsServer, room: ConnectChat) -> None:
    """To the millisecond, there and back: the time is part of the message's key."""
    for millisecond in range(0, 1000, 37):
        time = f"2026-11-20T10:15:02.{millisecond:03}Z"
        items = [item(Id="m1", Content="Hola", ParticipantRole="CUSTOMER", AbsoluteTime=time)]
        aws.answers("POST", "/participant/transcript", answer(Transcript=items))

        (said,) = room.transcript("bearer", CHAT)

        assert json.loads(event_of(said, CHAT))["AbsoluteTime"] == time


# ---- errors


@pytest.mark.parametrize("operation", PARTICIPANT_CALLS)
def test_a_bearer_that_is_refused_means_that_the_bot_is_out(aws: AwsServer, room: ConnectChat, operation: str) -> None:
    """A person joined, or the chat ended: the ordinary end of a stay."""
    aws.answers("POST", PARTICIPANT, refusal("AccessDeniedException", status=403))

    with pytest.raises(TranscriptRefused if operation == "GetTranscript" else ConnectionRefused) as raised:
        PARTICIPANT_CALLS[operation](room)

    assert (raised.value.operation, raised.value.code) == (operation, "AccessDeniedException")


@pytest.mark.parametrize("operation", [name for name in CONNECT_CALLS if name != "UpdateContactAttributes"])
def test_a_missing_permission_does_not_mean_that_the_bot_is_out(
    aws: AwsServer, room: ConnectChat, operation: str
) -> None:
    """These calls are allowed by IAM: taking a mistake there for the end of a stay would leave the bot in the chat."""
    aws.answers("POST", CONNECT, refusal("AccessDeniedException", status=403))

    with pytest.raises(ChatError) as raised:
        CONNECT_CALLS[operation](room)

    assert type(raised.value) is ChatError


@pytest.mark.parametrize("code", ["InvalidRequestException", "InvalidParameterException", "AccessDeniedException"])
def test_attributes_that_are_refused_for_good_say_so(aws: AwsServer, room: ConnectChat, code: str) -> None:
    """Too large, not allowed: the hand-off goes on with fewer, because the customer must reach a person."""
    aws.answers("POST", "/contact/attributes", refusal(code, "Value 'quiero mi pedido' is not allowed"))

    with pytest.raises(AttributesRefused) as raised:
        room.set_attributes(CHAT, {"handoff_summary": "quiero mi pedido"})

    assert raised.value.code == code
    assert "pedido" not in str(raised.value)


def test_attributes_that_botocore_refuses_are_refused(room: ConnectChat) -> None:
    """It checks types before anything is sent; its message quotes the value, ours does not."""
    wrong: Any = {"handoff_summary": ["quiero mi pedido"]}

    with pytest.raises(AttributesRefused) as raised:
        room.set_attributes(CHAT, wrong)

    assert "pedido" not in str(raised.value)


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequests", "InternalServiceException"])
def test_attributes_that_were_not_written_this_time_may_be_written_the_next(
    aws: AwsServer, room: ConnectChat, code: str
) -> None:
    """Shrinking them would lose the briefing for a hiccup."""
    aws.answers("POST", "/contact/attributes", refusal(code, status=429))

    with pytest.raises(ChatError) as raised:
        room.set_attributes(CHAT, {"handoff_reason": "customer_asked"})

    assert not isinstance(raised.value, AttributesRefused)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("code", ["ConflictException", "ResourceNotFoundException", "ValidationException"])
def test_every_other_error_keeps_its_code_and_nothing_else(
    aws: AwsServer, room: ConnectChat, operation: str, code: str
) -> None:
    """Messages of AWS quote what they refuse, and ours end in logs."""
    aws.answers("POST", ".*", refusal(code, "Value 'quiero mi pedido' at 'content' is not allowed", status=400))

    with pytest.raises(ChatError) as raised:
        CALLS[operation](room)

    assert type(raised.value) is ChatError
    assert not raised.value.retryable
    assert (raised.value.operation, raised.value.code) == (operation, code)
    assert "pedido" not in str(raised.value)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 429), ("LimitExceededException", 429), ("TooManyRequestsException", 400)],
)
def test_a_call_beyond_the_quota_is_told_apart(
    aws: AwsServer, room: ConnectChat, operation: str, code: str, status: int
) -> None:
    """Nothing was done, and later it will be."""
    aws.answers("POST", ".*", refusal(code, status=status))

    with pytest.raises(ChatThrottled) as raised:
        CALLS[operation](room)

    assert (raised.value.operation, raised.value.code, raised.value.retryable) == (operation, code, True)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_inside_connect_may_pass(aws: AwsServer, room: ConnectChat, operation: str, status: int) -> None:
    """Whether anything was done nobody knows."""
    aws.answers("POST", ".*", refusal("InternalServerException", status=status))

    with pytest.raises(ChatError) as raised:
        CALLS[operation](room)

    assert raised.value.retryable
    assert not isinstance(raised.value, ChatThrottled)


@pytest.mark.parametrize("operation", CALLS)
def test_connect_that_cannot_be_reached_is_an_error_of_the_chat(room: ConnectChat, operation: str) -> None:
    """No answer is an answer, too: the turn decides what it means."""
    with pytest.raises(ChatError) as raised:
        CALLS[operation](room)

    assert (raised.value.code, raised.value.retryable) == ("EndpointConnectionError", True)


def test_connect_that_does_not_answer_in_time_is_an_error_of_the_chat(aws: AwsServer, room: ConnectChat) -> None:
    """Limits of time are the clients': nobody waits for ever inside 8 seconds."""
    released = hang(aws, "/participant/message")

    with pytest.raises(ChatError) as raised:
        room.send("bearer", "Hola", client_token="token")
    released()

    assert (raised.value.code, raised.value.retryable) == ("ReadTimeoutError", True)


def hang(aws: AwsServer, path: str) -> Callable[[], None]:
    """Requests for `path` get no answer until the function that comes back is called."""
    over = threading.Event()

    def wait(_: Request) -> Reply:
        over.wait(5)
        return answer()

    aws.answers("POST", path, wait)
    return over.set


# ---- against the emulated Connect, which checks every request by AWS's own models


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


def in_a_chat(served: Served) -> Chat:
    """A chat in which the customer has said hello."""
    started = served.connect.start_chat_contact(
        InstanceId=served.chats.instance_id,
        ContactFlowId=FLOW,
        ParticipantDetails={"DisplayName": "Ana"},
        InitialMessage={"ContentType": "text/plain", "Content": "Hola"},
    )
    served.participant.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
    )
    return Chat(
        instance_id=served.chats.instance_id,
        contact_id=started["ContactId"],
        initial_contact_id=started["ContactId"],
    )


def test_a_stay_of_the_bot_from_joining_to_leaving(served: Served) -> None:
    """Every call of the port, in the order in which a stay makes them."""
    room, chat = ConnectChat(served.connect, served.participant), in_a_chat(served)

    streaming = room.start_streaming(chat, topic_arn=TOPIC, client_token="1-streaming")
    participant = room.create_participant(chat, name="Asistente", client_token="1-participant")
    bearer = room.connect(participant).token
    room.show_typing(bearer)
    sent = [room.send(bearer, "¡Hola! 👋", client_token="1-greeting") for _ in range(2)]
    transcript = room.transcript(bearer, chat)
    room.set_attributes(chat, {"handoff_reason": "customer_asked"})
    room.stop_streaming(chat, streaming)
    room.disconnect(bearer)

    assert sent[0] == sent[1] == transcript[-1].id
    assert [(said.role, said.text) for said in transcript] == [("CUSTOMER", "Hola"), ("CUSTOM_BOT", "¡Hola! 👋")]
    assert served.call(served.chats.get_attributes, chat.contact_id) == {"handoff_reason": "customer_asked"}
    with pytest.raises(ConnectionRefused):
        room.send(bearer, "¿Sigues ahí?", client_token="1-late")


def test_a_contact_without_markdown_refuses_it(served: Served) -> None:
    """And takes the same as plain text."""
    room, chat = ConnectChat(served.connect, served.participant), in_a_chat(served)
    room.start_streaming(chat, topic_arn=TOPIC, client_token="2-streaming")
    bearer = room.connect(room.create_participant(chat, name="Asistente", client_token="2-participant")).token

    with pytest.raises(FormatRefused):
        room.send(bearer, "**Hola**", client_token="marked", content_type="text/markdown")
    room.send(bearer, "Hola", client_token="plain")

    assert [said.text for said in room.transcript(bearer, chat)] == ["Hola", "Hola"]


def test_attributes_over_the_limit_are_refused(served: Served) -> None:
    """32,768 bytes for all of a contact; what is needed to route still goes through."""
    room, chat = ConnectChat(served.connect, served.participant), in_a_chat(served)

    with pytest.raises(AttributesRefused):
        room.set_attributes(chat, {"handoff_summary": "x" * 32_767, "handoff_reason": "customer_asked"})
    room.set_attributes(chat, {"handoff_reason": "customer_asked"})
