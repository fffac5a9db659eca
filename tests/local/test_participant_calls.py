"""What a participant can do with its token, and when the token is worth nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.happenings import ItemAdded
from local.open_points import OpenPoints
from local.tokens import Kind
from local.transcript import ACKNOWLEDGED, DELIVERED, INTERACTIVE, READ, TYPING
from local.wire import AwsError
from tests.local.chat_rooms import TOPIC, Room

DAY = 86_400


def refusal(error: pytest.ExceptionInfo[AwsError]) -> str:
    return error.value.code


# Connecting


def test_a_connection_has_what_was_asked_for() -> None:
    """The socket must be opened within 100 s and lasts an hour; the token a day."""
    room = Room()
    started = room.start()

    both = room.chats.create_connection(
        started.participant_token, types=["WEBSOCKET", "CONNECTION_CREDENTIALS"], connect=False
    )
    neither = room.chats.create_connection(started.participant_token, types=[], connect=True)

    assert both.token
    assert both.token.expires_at == room.time.seconds + DAY
    assert both.socket
    assert both.socket.expires_at == room.time.seconds + 100
    assert both.socket_expires_at == room.time.seconds + 3_600
    assert (neither.token, neither.socket) == (None, None)


@pytest.mark.parametrize("types", [[], ["WEBRTC_CONNECTION"]])
def test_a_connection_of_no_use_to_a_chat_is_refused(types: list[str]) -> None:
    """Nothing asked for, or a voice connection."""
    room = Room()

    with pytest.raises(AwsError) as refused:
        room.chats.create_connection(room.start().participant_token, types=types, connect=False)

    assert refusal(refused) == "ValidationException"


def test_a_custom_participant_cannot_connect_before_streaming_has_started() -> None:
    """ConnectParticipant depends on it, so StartBot must start streaming first."""
    room = Room()
    contact_id = room.start().contact_id
    invitation = room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")

    with pytest.raises(AwsError) as early:
        room.connect(invitation.participant_token)
    room.chats.start_streaming(contact_id, topic_arn=TOPIC)

    assert refusal(early) == "ValidationException"
    assert room.connect(invitation.participant_token)


def test_the_15_seconds_end_with_the_first_connection() -> None:
    """A later one may come whenever the participant is alive."""
    room = Room()
    contact_id = room.start().contact_id
    room.chats.start_streaming(contact_id, topic_arn=TOPIC)
    invitation = room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")

    room.time.advance(15)
    first = room.connect(invitation.participant_token)
    room.time.advance(3_600)
    second = room.connect(invitation.participant_token)

    assert first != second


def test_a_customer_who_does_not_connect_within_five_minutes_comes_too_late() -> None:
    """As StartChatContact says."""
    room = Room()
    started = room.start()

    room.time.advance(301)

    with pytest.raises(AwsError) as refused:
        room.customer(started)
    assert refusal(refused) == "AccessDeniedException"


def test_tokens_are_not_interchangeable() -> None:
    """A participant token opens connections only, a connection token everything else only."""
    room = Room()
    started = room.start()
    ana = room.customer(started)

    with pytest.raises(AwsError) as speaking:
        room.say(started.participant_token, "Hola")
    with pytest.raises(AwsError) as connecting:
        room.connect(ana)

    assert refusal(speaking) == refusal(connecting) == "AccessDeniedException"


def test_a_connection_token_dies_after_a_day_and_the_participant_token_gives_a_new_one() -> None:
    """Chats live longer than tokens."""
    room = Room()
    started = room.start(ChatDurationInMinutes=10_080)
    ana = room.customer(started)
    room.time.advance(DAY)

    with pytest.raises(AwsError) as refused:
        room.say(ana, "Hola")

    assert refusal(refused) == "AccessDeniedException"
    assert room.say(room.customer(started), "Hola")


def every_call(room: Room) -> list[Callable[[str], Any]]:
    chats = room.chats
    return [
        lambda bearer: chats.send_message(bearer, content_type="text/plain", content="Hola"),
        lambda bearer: chats.send_event(bearer, content_type=TYPING),
        lambda bearer: chats.get_transcript(bearer, {}),
        chats.disconnect,
        lambda bearer: chats.start_attachment(
            bearer, name="a.txt", content_type="text/plain", size=1, client_token="c"
        ),
        lambda bearer: chats.complete_attachment(bearer, attachment_id="a", client_token="c"),
        lambda bearer: chats.get_attachment(bearer, attachment_id="a"),
    ]


@pytest.mark.parametrize("number", range(7))
def test_every_call_of_who_has_left_is_denied(number: int) -> None:
    """The token is dead, whatever it is used for."""
    room = Room()
    bot = room.bot(room.start().contact_id)
    room.chats.disconnect(bot)
    room.happened.clear()

    with pytest.raises(AwsError) as refused:
        every_call(room)[number](bot)

    assert (refusal(refused), room.happened) == ("AccessDeniedException", [])


@pytest.mark.parametrize("number", range(7))
def test_every_call_with_an_unknown_token_is_denied(number: int) -> None:
    """Nobody is there to answer to."""
    room = Room()

    with pytest.raises(AwsError) as refused:
        every_call(room)[number]("guess")

    assert refusal(refused) == "AccessDeniedException"


# Speaking


def test_a_message_sent_twice_with_one_client_token_is_said_once() -> None:
    """And the answer is the same, so a retry learns the id."""
    room = Room()
    ana = room.customer(room.start())

    first, again = (room.say(ana, "Hola", client_token="1") for _ in range(2))

    assert first == again
    assert room.recorded(ana) == ["CUSTOMER participant.joined", "CUSTOMER Hola"]


def test_client_tokens_belong_to_their_participant() -> None:
    """Two people may use the same one."""
    room = Room()
    started = room.start()
    ana, bot = room.customer(started), room.bot(started.contact_id)

    ids = {room.say(bearer, "Hola", client_token="1") for bearer in (ana, bot)}

    assert len(ids) == 2


def test_a_customer_who_speaks_is_connected() -> None:
    """Without a socket too; a custom participant must have connected."""
    room = Room()
    contact_id = room.start().contact_id
    started = room.start()
    credentials: dict[str, Any] = {"types": ["CONNECTION_CREDENTIALS"], "connect": False}
    ana = room.chats.create_connection(started.participant_token, **credentials)
    invitation = room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")
    bot = room.chats.create_connection(invitation.participant_token, **credentials)
    assert ana.token
    assert bot.token

    room.say(ana.token.text, "Hola")
    with pytest.raises(AwsError) as refused:
        room.say(bot.token.text, "Hello")

    assert room.items() == ["CUSTOMER participant.joined", "CUSTOMER Hola"]
    assert refusal(refused) == "AccessDeniedException"


def test_a_message_the_contact_cannot_take_is_refused() -> None:
    """Sizes are bytes; types are those of the chat's start."""
    room = Room()
    ana = room.customer(room.start())

    with pytest.raises(AwsError) as large:
        room.say(ana, "ñ" * 8_193)
    with pytest.raises(AwsError) as markdown:
        room.chats.send_message(ana, content_type="text/markdown", content="*Hola*")

    assert refusal(large) == refusal(markdown) == "ValidationException"
    assert room.say(ana, "ñ" * 8_192)


@pytest.mark.parametrize("allowed", [True, False])
def test_whether_a_custom_bot_sends_interactive_messages_is_an_open_point(allowed: bool) -> None:
    """Both must be survived."""
    room = Room(open_points=OpenPoints(custom_bot_sends_interactive=allowed))
    started = room.start(SupportedMessagingContentTypes=["text/plain", INTERACTIVE])
    bot = room.bot(started.contact_id)

    try:
        room.chats.send_message(bot, content_type=INTERACTIVE, content="{}")
        code = None
    except AwsError as error:
        code = error.code

    assert code == (None if allowed else "ValidationException")


# Events


def test_typing_is_seen_and_not_recorded() -> None:
    """By sockets and topics alike."""
    room = Room()
    started = room.start(ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC})
    ana = room.customer(started)

    room.chats.send_event(ana, content_type=TYPING)

    assert room.items()[-1] == "CUSTOMER typing"
    assert room.told(ItemAdded)[-1].streaming_topics == (TOPIC,)
    assert room.recorded(ana) == ["CUSTOMER participant.joined"]


def test_an_acknowledgement_has_no_effect() -> None:
    """Retired at the end of 2024, still accepted."""
    room = Room()
    ana = room.customer(room.start())
    room.happened.clear()

    event = room.chats.send_event(ana, content_type=ACKNOWLEDGED)

    assert event.item_id
    assert room.happened == []


def test_a_receipt_travels_as_metadata_of_its_message() -> None:
    """The sender learns who read it and when."""
    room = Room()
    started = room.start()
    ana, agent = room.customer(started), room.agent(started.contact_id)
    message_id = room.say(ana, "Hola")

    room.time.advance(1)
    room.chats.send_event(agent, content_type=DELIVERED, content=json.dumps({"messageId": message_id}))
    room.time.advance(1)
    room.chats.send_event(agent, content_type=READ, content=json.dumps({"messageId": message_id}))

    item = room.told(ItemAdded)[-1].item
    receipt = item["MessageMetadata"]["Receipts"][0]
    assert (item["Type"], item["MessageMetadata"]["MessageId"]) == ("MESSAGEMETADATA", message_id)
    assert receipt["DeliveredTimestamp"] < receipt["ReadTimestamp"]
    assert room.recorded(ana)[-1] == "CUSTOMER Hola"


@pytest.mark.parametrize(
    "content", [None, "", "text", "[]", "{}", '{"messageId": 1}', '{"messageId": "other"}', "[" * 9_999]
)
def test_a_receipt_must_name_a_message(content: str | None) -> None:
    """As a JSON string, of this chat."""
    room = Room()
    ana = room.customer(room.start())

    with pytest.raises(AwsError) as refused:
        room.chats.send_event(ana, content_type=READ, content=content)

    assert refusal(refused) == "ValidationException"


def test_an_event_participants_cannot_send_is_refused() -> None:
    """Only Connect says who joined."""
    room = Room()
    ana = room.customer(room.start())

    with pytest.raises(AwsError) as refused:
        room.chats.send_event(ana, content_type="application/vnd.amazonaws.connect.event.participant.joined")

    assert refusal(refused) == "ValidationException"


# Reading


def test_the_transcript_can_be_read_after_the_end_by_who_was_there() -> None:
    """An agent finishes the contact's paperwork; a bot that had left does not."""
    room = Room()
    started = room.start()
    ana, bot = room.customer(started), room.bot(started.contact_id)
    room.chats.disconnect(bot)

    room.chats.stop_contact(started.contact_id)

    assert room.recorded(ana)[-1] == "- chat.ended"
    with pytest.raises(AwsError) as refused:
        room.recorded(bot)
    assert refusal(refused) == "AccessDeniedException"


@pytest.mark.parametrize("allowed", [True, False])
def test_whether_a_custom_bot_reads_the_transcript_is_an_open_point(allowed: bool) -> None:
    """Both must be survived."""
    room = Room(open_points=OpenPoints(custom_bot_reads_transcript=allowed))
    bot = room.bot(room.start().contact_id)

    try:
        room.recorded(bot)
        code = None
    except AwsError as error:
        code = error.code

    assert code == (None if allowed else "AccessDeniedException")


def test_only_the_own_chat_can_be_read() -> None:
    """ContactId chooses within the chain, and there is one contact in it."""
    room = Room()
    started, other = room.start(), room.start()
    ana = room.customer(started)

    initial_contact_id, _ = room.chats.get_transcript(ana, {"ContactId": started.contact_id})
    with pytest.raises(AwsError) as refused:
        room.chats.get_transcript(ana, {"ContactId": other.contact_id})

    assert (initial_contact_id, refusal(refused)) == (started.contact_id, "ValidationException")


# Files


def upload(room: Room, bearer: str) -> str:
    file = room.chats.start_attachment(bearer, name="a.pdf", content_type="application/pdf", size=4, client_token="1")
    room.chats.file_behind(file.grant.text, Kind.UPLOAD).content = b"%PDF"
    return file.attachment.attachment_id


def test_a_completed_file_is_shown_to_everybody() -> None:
    """As an item of type ATTACHMENT, once."""
    room = Room()
    ana = room.customer(room.start(ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC}))
    attachment_id = upload(room, ana)

    for _ in range(2):
        room.chats.complete_attachment(ana, attachment_id=attachment_id, client_token="2")

    told = room.told(ItemAdded)[-1]
    assert (told.item["Type"], told.streaming_topics) == ("ATTACHMENT", (TOPIC,))
    assert told.item["Attachments"] == [
        {
            "AttachmentId": attachment_id,
            "AttachmentName": "a.pdf",
            "ContentType": "application/pdf",
            "Status": "APPROVED",
        }
    ]
    assert room.recorded(ana) == ["CUSTOMER participant.joined", "CUSTOMER ATTACHMENT"]


def test_a_custom_bot_has_no_access_to_attachments() -> None:
    """The human has."""
    room = Room()
    started = room.start()
    ana, bot = room.customer(started), room.bot(started.contact_id)
    attachment_id = upload(room, ana)
    room.chats.complete_attachment(ana, attachment_id=attachment_id, client_token="2")

    with pytest.raises(AwsError) as refused:
        room.chats.get_attachment(bot, attachment_id=attachment_id)
    agent = room.agent(started.contact_id)
    ticket = room.chats.get_attachment(agent, attachment_id=attachment_id, url_seconds=5)

    assert refusal(refused) == "AccessDeniedException"
    assert room.chats.file_behind(ticket.grant.text, Kind.DOWNLOAD).content == b"%PDF"
    room.time.advance(5)
    with pytest.raises(AwsError, match="AccessDeniedException"):
        room.chats.file_behind(ticket.grant.text, Kind.DOWNLOAD)


# Sockets


def socket_ticket(room: Room) -> str:
    connection = room.chats.create_connection(room.start().participant_token, types=["WEBSOCKET"], connect=False)
    assert connection.socket
    return connection.socket.text


def test_a_socket_connects_its_holder_when_it_subscribes() -> None:
    """An open socket that does not listen is nobody's presence."""
    room = Room()

    holder = room.chats.open_socket(socket_ticket(room))
    before = room.items()
    room.chats.subscribe(holder)

    assert (before, room.items()) == ([], ["CUSTOMER participant.joined"])


def test_a_socket_url_opens_once_and_within_100_seconds() -> None:
    """Afterwards it is worth nothing."""
    room = Room()
    used, late = socket_ticket(room), socket_ticket(room)
    room.chats.open_socket(used)
    room.time.advance(100)

    for ticket in (used, late, "guess"):
        with pytest.raises(AwsError) as refused:
            room.chats.open_socket(ticket)
        assert refusal(refused) == "AccessDeniedException"


def test_a_socket_is_usable_for_an_hour() -> None:
    """Until the ConnectionExpiry it was given with."""
    room = Room()
    holder = room.chats.open_socket(socket_ticket(room))

    room.time.advance(3_599)
    before = room.chats.is_usable(holder)
    room.time.advance(1)

    assert (before, room.chats.is_usable(holder)) == (True, False)


def test_a_socket_of_an_ended_chat_is_refused_and_one_that_subscribes_late_changes_nothing() -> None:
    """The end may come between any two steps."""
    room = Room()
    started = room.start()
    opened, unopened = (
        room.chats.create_connection(started.participant_token, types=["WEBSOCKET"], connect=False) for _ in range(2)
    )
    assert opened.socket
    assert unopened.socket
    holder = room.chats.open_socket(opened.socket.text)
    room.chats.stop_contact(started.contact_id)

    room.chats.subscribe(holder)
    with pytest.raises(AwsError) as refused:
        room.chats.open_socket(unopened.socket.text)

    assert refusal(refused) == "AccessDeniedException"
    assert room.items() == ["- chat.ended"]
