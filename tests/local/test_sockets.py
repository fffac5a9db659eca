"""The WebSocket: its protocol without a server, then with a real client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.sockets import MAX_FRAME_CHARACTERS, Session
from tests.local.chat_rooms import FLOW
from tests.local.serving import Served, serving

SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
SUBSCRIBED = {"topic": "aws/subscribe", "content": {"status": "success", "topics": ["aws/chat"]}}


# The protocol


def test_a_session_answers_as_chatjs_expects() -> None:
    """Each under the topic it was asked with."""
    session = Session("s")

    assert session.answer(SUBSCRIBE) == SUBSCRIBED
    assert session.answer('{"topic":"aws/heartbeat"}') == {"topic": "aws/heartbeat"}
    assert session.answer('{"topic":"aws/ping"}') == {"topic": "aws/ping", "statusCode": 200, "statusContent": "OK"}


@pytest.mark.parametrize("content", [{"topics": ["aws/other"]}, {"topics": []}, {"topics": "aws/chat"}, {}, None, "x"])
def test_only_the_chat_can_be_subscribed_to(content: Any) -> None:
    """A failure, which ChatJS tries again."""
    session = Session("s")

    answer = session.answer(json.dumps({"topic": "aws/subscribe", "content": content}))

    assert (answer["topic"], answer["content"]["status"], session.is_subscribed) == ("aws/subscribe", "failure", False)


def test_a_subscription_stays() -> None:
    """A later failure does not take it away."""
    session = Session("s")

    session.answer(SUBSCRIBE)
    session.answer('{"topic":"aws/subscribe"}')

    assert session.is_subscribed


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "1",
        '{"topic":"aws/other"}',
        '{"topic":["aws/ping"]}',
        "[" * 50_000,
        " " * 200_000 + SUBSCRIBE,
    ],
)
def test_nonsense_is_answered_with_an_error_frame(text: str | None) -> None:
    """Without a topic, as ChatJS recognizes errors; the socket lives on."""
    session = Session("s")

    answers = [session.answer(text) for _ in range(2)]

    assert [one["message"] for one in answers] == ["Bad Request"] * 2
    assert [one["requestId"] for one in answers] == ["s-1", "s-2"]
    assert MAX_FRAME_CHARACTERS < 200_000
    assert not session.is_subscribed


# With a server


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


class Chat:
    """A started chat and its customer's connection."""

    def __init__(self, served: Served) -> None:
        self.served = served
        started = served.connect.start_chat_contact(
            InstanceId=served.chats.instance_id, ContactFlowId=FLOW, ParticipantDetails={"DisplayName": "Ana"}
        )
        self.contact_id = started["ContactId"]
        self.participant_token = started["ParticipantToken"]
        self.url, self.token = self.connection()

    def connection(self, participant_token: str = "") -> tuple[str, str]:
        """A fresh socket URL and connection token."""
        answer = self.served.participant.create_participant_connection(
            ParticipantToken=participant_token or self.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        return answer["Websocket"]["Url"], answer["ConnectionCredentials"]["ConnectionToken"]

    def send(self, text: str) -> str:
        sent = self.served.participant.send_message(ConnectionToken=self.token, ContentType="text/plain", Content=text)
        return sent["Id"]

    def human(self) -> tuple[str, str]:
        """Queue the chat; a human's socket URL and connection token."""
        self.served.queue(self.contact_id)
        return self.connection(self.served.call(self.served.chats.accept, self.contact_id))


async def subscribe(socket: ClientConnection) -> None:
    await socket.send(SUBSCRIBE)
    assert await frame(socket) == SUBSCRIBED


async def frame(socket: ClientConnection) -> dict[str, Any]:
    received: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), timeout=5))
    return received


async def item(socket: ClientConnection) -> dict[str, Any]:
    """The next chat item on a socket."""
    received = await frame(socket)
    assert (received["topic"], received["contentType"]) == ("aws/chat", "application/json")
    carried: dict[str, Any] = json.loads(received["content"])
    return carried


async def what(socket: ClientConnection) -> str:
    """The next item in short: who, and the text or event."""
    one = await item(socket)
    return f"{one.get('ParticipantRole', '-')} {one.get('Content') or one['ContentType'].rpartition('event.')[2]}"


async def is_closed(socket: ClientConnection) -> bool:
    try:
        await asyncio.wait_for(socket.recv(), timeout=5)
    except ConnectionClosed:
        return True
    return False


async def test_every_item_reaches_every_socket_of_the_chat_the_senders_own_included(served: Served) -> None:
    """With the keys of SNS and transcript; the client drops what it knows by Id."""
    chat = Chat(served)
    second, _ = chat.connection()

    async with open_websocket(chat.url) as one, open_websocket(second) as other:
        await subscribe(one)
        joined = await what(one)
        await subscribe(other)
        message_id = chat.send("¿Hola?")
        received = [await item(one), await item(other)]

    assert joined == "CUSTOMER participant.joined"
    assert received[0] == received[1]
    assert (received[0]["Id"], received[0]["Content"]) == (message_id, "¿Hola?")
    assert received[0]["ContactId"] == received[0]["InitialContactId"] == chat.contact_id


async def test_a_socket_hears_nothing_before_it_subscribes_nor_from_other_chats(served: Served) -> None:
    """What it missed is in the transcript."""
    chat, other = Chat(served), Chat(served)

    async with open_websocket(chat.url) as socket:
        chat.send("before")
        other.send("elsewhere")
        await subscribe(socket)
        chat.send("after")

        assert await what(socket) == "CUSTOMER after"


async def test_the_human_is_heard_and_the_end_closes_everybody(served: Served) -> None:
    """chat.ended is sent before the close, because ChatJS ends on it."""
    chat = Chat(served)
    human_url, human = chat.human()

    async with open_websocket(chat.url) as ana, open_websocket(human_url) as marta:
        await subscribe(ana)
        await what(ana)
        await subscribe(marta)
        served.participant.disconnect_participant(ConnectionToken=human)
        heard = [[await what(socket), await what(socket)] for socket in (ana, marta)]
        closed = [await is_closed(socket) for socket in (ana, marta)]

    assert heard == [["AGENT participant.left", "- chat.ended"]] * 2
    assert closed == [True, True]
    assert (ana.close_code, marta.close_code) == (1000, 1000)


async def test_a_customer_who_leaves_a_human_hears_the_end_alone(served: Served) -> None:
    """The human sees that the customer left, and stays."""
    chat = Chat(served)
    human_url, human = chat.human()

    async with open_websocket(chat.url) as ana, open_websocket(human_url) as marta:
        await subscribe(ana)
        await what(ana)
        await subscribe(marta)
        served.participant.disconnect_participant(ConnectionToken=chat.token)
        heard = [await what(ana), await what(ana), await is_closed(ana)]
        seen = [await what(marta)]
        served.participant.send_message(ConnectionToken=human, ContentType="text/plain", Content="Note")
        seen.append(await what(marta))

    assert heard == ["CUSTOMER participant.left", "- chat.ended", True]
    assert seen == ["CUSTOMER participant.left", "AGENT Note"]


async def test_a_lost_socket_is_not_a_lost_customer(served: Served) -> None:
    """Another one takes its place, without a second joining."""
    chat = Chat(served)

    async with open_websocket(chat.url) as socket:
        await subscribe(socket)
        await what(socket)
    again, _ = chat.connection()
    async with open_websocket(again) as socket:
        await subscribe(socket)
        chat.send("Still here")

        assert await what(socket) == "CUSTOMER Still here"


async def refused_with(url: str) -> int:
    try:
        async with open_websocket(url):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def test_a_socket_url_opens_once_in_time_and_while_the_chat_lives(served: Served) -> None:
    """ChatJS takes a 403 for the end of the chat."""
    chat = Chat(served)
    late, _ = chat.connection()

    statuses = [await refused_with(chat.url), await refused_with(chat.url)]
    served.time.advance(100)
    statuses.append(await refused_with(late))
    ended, _ = chat.connection()
    served.call(served.chats.stop_contact, chat.contact_id)
    statuses += [await refused_with(ended), await refused_with(chat.url.replace("ticket=", "other="))]

    assert statuses == [101, 403, 403, 403, 403]


async def test_a_participant_has_five_sockets_at_most(served: Served) -> None:
    """One that closes makes room."""
    chat = Chat(served)
    urls = [chat.connection()[0] for _ in range(7)]

    opened = [await open_websocket(url) for url in urls[:5]]
    sixth = await refused_with(urls[5])
    await opened[0].close()
    while await refused_with(chat.connection()[0]) != 101:
        await asyncio.sleep(0.01)
    for socket in opened:
        await socket.close()

    assert sixth == 403


async def test_a_socket_closes_when_its_hour_is_over(served: Served) -> None:
    """Noticed at the next heartbeat; ChatJS renews before."""
    chat = Chat(served)

    async with open_websocket(chat.url) as socket:
        await socket.send('{"topic":"aws/heartbeat"}')
        alive = await frame(socket)
        served.time.advance(3_600)
        await socket.send('{"topic":"aws/heartbeat"}')

        assert (alive, await is_closed(socket)) == ({"topic": "aws/heartbeat"}, True)


async def test_a_removed_bots_socket_is_closed(served: Served) -> None:
    """A custom participant rarely has one, but may."""
    chat = Chat(served)
    served.call(served.chats.start_streaming, chat.contact_id, topic_arn="arn:aws:sns:local:0:chat")
    invited = served.call(served.chats.create_participant, chat.contact_id, role="CUSTOM_BOT", display_name="Bot")
    url, _ = chat.connection(invited.participant_token)

    async with open_websocket(url) as bot:
        await subscribe(bot)
        await what(bot)
        chat.human()

        assert [await what(bot), await what(bot), await is_closed(bot)] == [
            "AGENT participant.joined",
            "CUSTOM_BOT participant.left",
            True,
        ]


async def test_hostile_frames_do_not_end_a_socket(served: Served) -> None:
    """Each is answered, and the chat goes on."""
    chat = Chat(served)

    async with open_websocket(chat.url) as socket:
        for text in ("{", "[" * 50_000, b"\x00\xff", '{"topic":"aws/subscribe","content":{"topics":["\\ud800"]}}'):
            await socket.send(text)
        answers = [await frame(socket) for _ in range(4)]
        await subscribe(socket)

    assert [one.get("message") for one in answers[:3]] == ["Bad Request"] * 3
    assert answers[3]["content"]["status"] == "failure"
