"""What the Connect API, the flow and the desk do with chats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.happenings import AttributesChanged, ContactEnded, ContactQueued, ContactStarted, ItemAdded
from local.open_points import OpenPoints
from local.quotas import MAX_ACTIVE_CHATS
from local.transcript import INTERACTIVE, INTERACTIVE_RESPONSE
from local.wire import AwsError
from tests.local.chat_rooms import FLOW, TOPIC, Room


def refusal(error: pytest.ExceptionInfo[AwsError]) -> str:
    return error.value.code


# StartChatContact


def test_a_started_chat_is_told_with_its_flow_and_its_attributes() -> None:
    """So that the flow can begin and the live view can show."""
    room = Room()

    started = room.start(Attributes={"language": "es"})

    assert room.told(ContactStarted) == [ContactStarted(contact_id=started.contact_id, flow_id=FLOW)]
    assert [told.attributes for told in room.told(AttributesChanged)] == [{"language": "es"}]


def test_the_initial_message_is_the_customers_first_message() -> None:
    """It is in the transcript, and the flow sees it as `$.Media.InitialMessage`."""
    room = Room()

    started = room.start(InitialMessage={"ContentType": "text/plain", "Content": "Hola"})

    assert room.items() == ["CUSTOMER Hola"]
    assert room.chats.contact(started.contact_id).initial_message == "Hola"


def test_a_chat_started_with_streaming_streams_its_initial_message() -> None:
    """From the very start; StartContactStreaming is then not needed."""
    room = Room()

    started = room.start(
        InitialMessage={"ContentType": "text/plain", "Content": "Hola"},
        ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC},
    )

    assert room.told(ItemAdded)[0].streaming_topics == (TOPIC,)
    assert started.streaming_id == room.chats.start_streaming(started.contact_id, topic_arn=TOPIC)


def test_a_start_repeated_with_its_client_token_is_one_chat() -> None:
    """A retry of the SDK must not open a second chat."""
    room = Room()

    first, again, other = (room.start(ClientToken=token) for token in ("a", "a", "b"))

    assert first == again
    assert other.contact_id != first.contact_id
    assert len(room.told(ContactStarted)) == 2


def test_a_repeated_start_gives_connections_that_can_be_used() -> None:
    """A socket URL opens once, so the retry needs a new one; after the end there is none."""
    room = Room()
    wanted: dict[str, Any] = {"ClientToken": "a", "ConnectionTypes": ["WEBSOCKET"]}

    first, again = room.start(**wanted), room.start(**wanted)
    room.chats.stop_contact(first.contact_id)

    assert first.connection
    assert first.connection.socket
    assert again.connection
    assert again.connection.socket
    assert first.connection.socket.text != again.connection.socket.text
    assert room.start(**wanted).connection is None


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ContactFlowId": "other"}, "ResourceNotFoundException"),
        ({"SupportedMessagingContentTypes": ["text/markdown"]}, "InvalidParameterException"),
        ({"SupportedMessagingContentTypes": ["text/plain", "text/html"]}, "InvalidParameterException"),
        ({"InitialMessage": {"ContentType": "text/markdown", "Content": "Hola"}}, "InvalidParameterException"),
        ({"InitialMessage": {"ContentType": "text/plain", "Content": "ñ" * 8_193}}, "InvalidParameterException"),
        ({"Attributes": {"bad key": "1"}}, "InvalidRequestException"),
        ({"Attributes": {"a": "x" * 32_767, "b": "x"}}, "InvalidRequestException"),
        ({"PersistentChat": {"SourceContactId": "c"}}, "InvalidRequestException"),
        ({"SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Guide"}}}, "InvalidParameterException"),
        ({"ChatStreamingConfiguration": {"StreamingEndpointArn": "arn"}}, "InvalidParameterException"),
    ],
)
def test_a_wrong_start_is_refused_and_starts_nothing(members: dict[str, Any], code: str) -> None:
    """With a code StartChatContact documents."""
    room = Room()

    with pytest.raises(AwsError) as refused:
        room.start(**members)

    assert (refusal(refused), room.happened, room.chats.contacts()) == (code, [], [])


def test_a_guide_needs_both_interactive_types() -> None:
    """With them it starts."""
    room = Room()

    started = room.start(
        SegmentAttributes={"connect:Subtype": {"ValueString": "connect:Guide"}},
        SupportedMessagingContentTypes=["text/plain", INTERACTIVE, INTERACTIVE_RESPONSE],
    )

    assert room.chats.contact(started.contact_id).segment_attributes["connect:Subtype"]


def test_an_instance_has_500_chats_at_a_time_when_quotas_are_on() -> None:
    """Ended ones make room."""
    room = Room(quotas=True)
    chats = [room.start() for _ in range(MAX_ACTIVE_CHATS)]

    with pytest.raises(AwsError) as refused:
        room.start()
    room.chats.stop_contact(chats[0].contact_id)

    assert refusal(refused) == "LimitExceededException"
    assert room.start().contact_id


# CreateParticipant, streaming, attributes, StopContact


def test_a_chat_takes_one_custom_participant_at_a_time() -> None:
    """The one that has left makes room for the next stay."""
    room = Room()
    contact_id = room.start().contact_id
    bot = room.bot(contact_id)

    with pytest.raises(AwsError) as second:
        room.bot(contact_id)
    room.chats.disconnect(bot)

    assert refusal(second) == "ServiceQuotaExceededException"
    assert room.bot(contact_id)


def test_a_custom_participant_is_not_added_beside_an_agent() -> None:
    """The code is unconfirmed, so it can be set."""
    room = Room(open_points=OpenPoints(custom_participant_beside_agent="InvalidRequestException"))
    contact_id = room.start().contact_id
    room.agent(contact_id)

    with pytest.raises(AwsError) as refused:
        room.bot(contact_id)

    assert refusal(refused) == "InvalidRequestException"


def test_a_repeated_client_token_gives_the_same_participant() -> None:
    """StartBot's retry goes on with what its first try began."""
    room = Room()
    contact_id = room.start().contact_id

    first, again = (
        room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot", client_token="stay-1")
        for _ in range(2)
    )

    assert first == again


@pytest.mark.parametrize(("role", "name"), [("CUSTOMER", "Bot"), ("AGENT", "Bot"), (None, "Bot"), ("CUSTOM_BOT", None)])
def test_only_a_named_custom_bot_can_be_created_in_a_chat(role: str | None, name: str | None) -> None:
    """CUSTOMER is for voice, the others are for nobody."""
    room = Room()

    with pytest.raises(AwsError) as refused:
        room.chats.create_participant(room.start().contact_id, role=role, display_name=name)

    assert refusal(refused) == "InvalidRequestException"


def test_a_topic_streamed_to_already_keeps_its_streaming_id() -> None:
    """So a second stay reuses the first one's stream."""
    room = Room()
    contact_id = room.start().contact_id

    first = room.chats.start_streaming(contact_id, topic_arn=TOPIC, client_token="1")
    again = room.chats.start_streaming(contact_id, topic_arn=TOPIC, client_token="2")

    assert first == again


def test_a_contact_streams_to_two_topics_at_most() -> None:
    """A stopped one makes room."""
    room = Room()
    contact_id = room.start().contact_id
    first = room.chats.start_streaming(contact_id, topic_arn=TOPIC)
    room.chats.start_streaming(contact_id, topic_arn=f"{TOPIC}-2")

    with pytest.raises(AwsError) as refused:
        room.chats.start_streaming(contact_id, topic_arn=f"{TOPIC}-3")
    room.chats.stop_streaming(contact_id, streaming_id=first)

    assert refusal(refused) == "LimitExceededException"
    assert room.chats.start_streaming(contact_id, topic_arn=f"{TOPIC}-3")


@pytest.mark.parametrize("endpoint", ["topic", "arn:aws:kinesis:local:0:stream", f"{TOPIC}.fifo"])
def test_only_standard_topics_can_be_streamed_to(endpoint: str) -> None:
    """Connect publishes to no other."""
    room = Room()

    with pytest.raises(AwsError) as refused:
        room.chats.start_streaming(room.start().contact_id, topic_arn=endpoint)

    assert refusal(refused) == "InvalidParameterException"


def test_attributes_can_be_written_after_the_end_too() -> None:
    """Every change is told with all attributes."""
    room = Room()
    contact_id = room.start(Attributes={"a": "1"}).contact_id
    room.chats.stop_contact(contact_id)

    room.chats.update_attributes(contact_id, {"b": "2"})

    assert room.chats.get_attributes(contact_id) == {"a": "1", "b": "2"}
    assert room.told(AttributesChanged)[-1].attributes == {"a": "1", "b": "2"}


def test_an_ended_chat_takes_no_participant_stream_or_word() -> None:
    """It is over for everybody."""
    room = Room()
    contact_id = room.start().contact_id
    room.chats.stop_contact(contact_id)

    attempts: list[Callable[[], object]] = [
        lambda: room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot"),
        lambda: room.chats.start_streaming(contact_id, topic_arn=TOPIC),
        lambda: room.chats.say(contact_id, "Hello"),
        lambda: room.chats.set_target_queue(contact_id, room.chats.default_queue_arn),
        lambda: room.chats.stop_contact(contact_id),
    ]

    for attempt in attempts:
        with pytest.raises(AwsError) as refused:
            attempt()
        assert refusal(refused) == "InvalidRequestException"


def test_another_instance_is_unknown() -> None:
    """The id is the end of the ARN."""
    room = Room()

    room.chats.check_instance("11111111-2222-3333-4444-555555555555")

    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        room.chats.check_instance(room.chats.instance_arn)


# The flow


def test_the_flow_speaks_as_system() -> None:
    """Under the name Connect gives it."""
    room = Room()
    contact_id = room.start().contact_id

    room.chats.say(contact_id, "Welcome")

    item = room.told(ItemAdded)[-1].item
    assert (item["ParticipantRole"], item["DisplayName"], item["Content"]) == ("SYSTEM", "SYSTEM_MESSAGE", "Welcome")


def test_a_transfer_puts_the_contact_into_its_target_queue() -> None:
    """From then on a human may take it."""
    room = Room()
    contact_id = room.start().contact_id
    arn = room.chats.default_queue_arn

    room.chats.set_target_queue(contact_id, arn)
    transferred = room.chats.enqueue(contact_id)

    assert transferred
    assert room.told(ContactQueued) == [ContactQueued(contact_id=contact_id, queue_arn=arn)]
    assert room.chats.contact(contact_id).state == "waiting"
    assert room.chats.queues[arn].name == "BasicQueue"


def test_a_full_queue_takes_nobody_and_changes_nothing() -> None:
    """The flow's QueueAtCapacity branch; an accepted chat still counts until its agent is there."""
    room = Room()
    room.chats.queues[room.chats.default_queue_arn].capacity = 1
    first, second = room.start().contact_id, room.start().contact_id
    room.queue(first)
    token = room.chats.accept(first)
    room.chats.set_target_queue(second, room.chats.default_queue_arn)

    full = room.chats.enqueue(second)
    state = room.chats.contact(second).state
    room.connect(token)

    assert (full, state) == (False, "bot")
    assert room.chats.enqueue(second)


def test_a_transfer_needs_a_known_queue_and_happens_once() -> None:
    """Otherwise the flow's error branch."""
    room = Room()
    contact_id = room.start().contact_id

    with pytest.raises(AwsError) as unknown:
        room.chats.set_target_queue(contact_id, "arn")
    with pytest.raises(AwsError) as without:
        room.chats.enqueue(contact_id)
    room.queue(contact_id)
    with pytest.raises(AwsError) as again:
        room.chats.enqueue(contact_id)

    assert refusal(unknown) == "ResourceNotFoundException"
    assert refusal(without) == refusal(again) == "InvalidRequestException"


def test_the_flow_ends_a_chat_once() -> None:
    """A second end changes neither reason nor anything else."""
    room = Room()
    contact_id = room.start().contact_id

    room.chats.end(contact_id, "CONTACT_FLOW_DISCONNECT")
    room.chats.end(contact_id, "OTHER")

    assert room.told(ContactEnded) == [ContactEnded(contact_id=contact_id, reason="CONTACT_FLOW_DISCONNECT")]
    assert room.items() == ["- chat.ended"]


def test_a_custom_participant_counts_from_its_invitation() -> None:
    """The flow may wait for it as soon as StartBot has created it."""
    room = Room()
    contact_id = room.start().contact_id
    before = room.chats.has_custom_participant(contact_id)

    room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")
    invited = room.chats.has_custom_participant(contact_id)
    room.time.advance(16)

    assert (before, invited, room.chats.has_custom_participant(contact_id)) == (False, True, False)


# The desk


def test_the_desk_shows_who_waits_who_is_served_and_who_just_ended() -> None:
    """Not the chats that are still with the bot, nor those it finished alone."""
    room = Room()
    with_bot, waiting, served, ended, alone = (room.start().contact_id for _ in range(5))
    room.queue(waiting)
    room.agent(served)
    room.queue(ended)
    room.chats.stop_contact(ended)
    room.chats.stop_contact(alone)

    shown = {entry["id"]: entry["state"] for entry in room.chats.contacts()}
    room.time.advance(3_601)
    later = {entry["id"] for entry in room.chats.contacts()}

    assert shown == {waiting: "waiting", served: "connected", ended: "ended"}
    assert later == {waiting, served}
    assert room.chats.contact(with_bot).state == "bot"


def test_the_desk_lists_waiting_chats_oldest_first() -> None:
    """By when they were queued, not by when they began."""
    room = Room()
    first, second = room.start().contact_id, room.start().contact_id
    room.queue(second)
    room.time.advance(1)
    room.queue(first)

    assert [entry["id"] for entry in room.chats.waiting()] == [second, first]


def test_a_chat_is_accepted_by_one_human() -> None:
    """The second hears of it; so does who wants a chat that is not waiting."""
    room = Room()
    contact_id = room.start().contact_id

    with pytest.raises(AwsError) as early:
        room.chats.accept(contact_id)
    room.queue(contact_id)
    room.chats.accept(contact_id)
    with pytest.raises(AwsError) as late:
        room.chats.accept(contact_id)
    with pytest.raises(AwsError) as unknown:
        room.chats.accept("other")

    assert refusal(early) == refusal(late) == "ConflictException"
    assert refusal(unknown) == "ResourceNotFoundException"


def test_the_human_reads_the_whole_talk_from_the_start() -> None:
    """Customers must not have to tell it again."""
    room = Room()
    started = room.start(InitialMessage={"ContentType": "text/plain", "Content": "Hola"})
    bot = room.bot(started.contact_id)
    room.say(bot, "I can help")
    room.chats.disconnect(bot)

    agent = room.agent(started.contact_id)

    assert room.recorded(agent) == [
        "CUSTOMER Hola",
        "CUSTOM_BOT participant.joined",
        "CUSTOM_BOT I can help",
        "CUSTOM_BOT participant.left",
        "AGENT participant.joined",
    ]
