"""Coming, leaving, ending, and what time does by itself."""

from __future__ import annotations

import pytest

from local.happenings import AgentConnected, ContactEnded, Happening, ItemAdded, ParticipantLeft
from local.open_points import OpenPoints
from local.wire import AwsError
from tests.local.chat_rooms import TOPIC, Room

DAY = 86_400


def test_who_connects_is_announced_once() -> None:
    """A new connection of someone who is there is no news."""
    room = Room()
    started = room.start()

    room.customer(started)
    room.customer(started)

    assert room.items() == ["CUSTOMER participant.joined"]


def test_a_custom_participant_who_leaves_is_announced_and_the_chat_goes_on() -> None:
    """The flow waits for exactly this."""
    room = Room()
    started = room.start()
    bot = room.bot(started.contact_id)

    room.chats.disconnect(bot)

    assert room.items()[-1] == "CUSTOM_BOT participant.left"
    assert [left.role for left in room.told(ParticipantLeft)] == ["CUSTOM_BOT"]
    assert room.told(ContactEnded) == []
    assert not room.chats.has_custom_participant(started.contact_id)


def test_an_agent_who_connects_removes_the_custom_participant() -> None:
    """Its token is dead at once, so it cannot speak into the human's talk."""
    room = Room()
    started = room.start()
    bot = room.bot(started.contact_id)

    room.agent(started.contact_id)

    assert room.items()[-2:] == ["AGENT participant.joined", "CUSTOM_BOT participant.left"]
    assert [left.role for left in room.told(ParticipantLeft)] == ["CUSTOM_BOT"]
    assert [agent.display_name for agent in room.told(AgentConnected)] == ["Agent"]
    with pytest.raises(AwsError, match="AccessDeniedException"):
        room.say(bot, "Still here")


def test_a_custom_participant_who_has_not_connected_is_removed_in_the_same_way() -> None:
    """Nor can its participant token be used afterwards."""
    room = Room()
    contact_id = room.start().contact_id
    room.chats.start_streaming(contact_id, topic_arn=TOPIC)
    invitation = room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")

    room.agent(contact_id)

    with pytest.raises(AwsError, match="AccessDeniedException"):
        room.connect(invitation.participant_token)


def test_a_customer_who_leaves_without_an_agent_ends_the_chat() -> None:
    """For the custom participant too."""
    room = Room()
    started = room.start()
    ana, bot = room.customer(started), room.bot(started.contact_id)

    room.chats.disconnect(ana)

    assert room.items()[-2:] == ["CUSTOMER participant.left", "- chat.ended"]
    assert [ended.reason for ended in room.told(ContactEnded)] == ["CUSTOMER_DISCONNECT"]
    with pytest.raises(AwsError, match="AccessDeniedException"):
        room.say(bot, "Hello?")


def test_listeners_hear_who_left_only_after_every_item_of_the_leaving() -> None:
    """Sockets close on it, and must have sent chat.ended by then; the flow must not take it for a bot's leaving."""
    room = Room()
    ana = room.customer(room.start())
    room.happened.clear()

    room.chats.disconnect(ana)

    assert [type(one) for one in room.happened] == [ItemAdded, ItemAdded, ParticipantLeft, ContactEnded]


def test_a_customer_who_leaves_an_agent_ends_only_the_own_side() -> None:
    """The agent stays until leaving; ChatJS needs chat.ended to close the customer's session."""
    room = Room()
    started = room.start()
    ana = room.customer(started)
    agent = room.agent(started.contact_id)

    room.chats.disconnect(ana)
    farewell = room.told(ItemAdded)[-1]
    room.say(agent, "A note for the record")

    assert (farewell.visibility, farewell.streaming_topics) == ("CUSTOMER", ())
    assert room.recorded(agent)[-2:] == ["CUSTOMER participant.left", "AGENT A note for the record"]
    assert room.told(ContactEnded) == []
    assert room.chats.contacts()[0]["customerLeft"]


def test_the_agent_then_ends_it_and_the_reason_is_still_the_customers() -> None:
    """Who left first decides."""
    room = Room()
    started = room.start()
    ana = room.customer(started)
    agent = room.agent(started.contact_id)
    room.chats.disconnect(ana)

    room.chats.disconnect(agent)

    assert room.items()[-2:] == ["AGENT participant.left", "- chat.ended"]
    assert [ended.reason for ended in room.told(ContactEnded)] == ["CUSTOMER_DISCONNECT"]


def test_disconnect_on_customer_exit_takes_the_agent_along() -> None:
    """As StartChatContact asked for."""
    room = Room()
    started = room.start(DisconnectOnCustomerExit=["AGENT"])
    ana = room.customer(started)
    agent = room.agent(started.contact_id)

    room.chats.disconnect(ana)

    assert [ended.reason for ended in room.told(ContactEnded)] == ["CUSTOMER_DISCONNECT"]
    with pytest.raises(AwsError, match="AccessDeniedException"):
        room.say(agent, "Hello?")


def test_an_agent_who_leaves_ends_the_chat() -> None:
    """There is no disconnect flow here."""
    room = Room()
    started = room.start()
    room.customer(started)
    agent = room.agent(started.contact_id)

    room.chats.disconnect(agent)

    assert room.items()[-2:] == ["AGENT participant.left", "- chat.ended"]
    assert [ended.reason for ended in room.told(ContactEnded)] == ["AGENT_DISCONNECT"]


def test_a_chat_ends_when_its_time_is_over() -> None:
    """25 hours unless the start said otherwise; noticed when somebody looks."""
    room = Room()
    usual, short = room.start(), room.start(ChatDurationInMinutes=60)

    room.time.advance(3_600)
    after_an_hour = [room.chats.contact(one.contact_id).state for one in (usual, short)]
    room.time.advance(DAY)

    assert after_an_hour == ["bot", "ended"]
    assert room.chats.contact(usual.contact_id).state == "ended"
    assert [ended.reason for ended in room.told(ContactEnded)] == ["EXPIRED", "EXPIRED"]


def test_a_custom_participant_expires_after_15_seconds_and_another_may_come() -> None:
    """The trap every author of a StartBot meets."""
    room = Room()
    contact_id = room.start().contact_id
    room.chats.start_streaming(contact_id, topic_arn=TOPIC)
    late = room.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")

    room.time.advance(15.1)
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        room.connect(late.participant_token)
    room.bot(contact_id)

    assert room.chats.has_custom_participant(contact_id)


def test_an_accepted_chat_whose_agent_does_not_come_waits_again() -> None:
    """A closed desk tab must not lose the customer."""
    room = Room()
    contact_id = room.start().contact_id
    room.queue(contact_id)
    token = room.chats.accept(contact_id)

    room.time.advance(20.1)

    assert [one["id"] for one in room.chats.waiting()] == [contact_id]
    with pytest.raises(AwsError, match="AccessDeniedException"):
        room.connect(token)


def test_everything_published_streams_to_each_topic_once() -> None:
    """While streaming is on, and with the topics of that moment."""
    room = Room()
    started = room.start()
    ana = room.customer(started)

    room.say(ana, "before")
    streaming_id = room.chats.start_streaming(started.contact_id, topic_arn=TOPIC)
    room.chats.start_streaming(started.contact_id, topic_arn=f"{TOPIC}-2")
    room.say(ana, "during")
    room.chats.stop_streaming(started.contact_id, streaming_id=streaming_id)
    room.say(ana, "after")

    streamed = {one.item["Content"]: one.streaming_topics for one in room.told(ItemAdded) if "Content" in one.item}
    assert streamed == {"before": (), "during": (TOPIC, f"{TOPIC}-2"), "after": (f"{TOPIC}-2",)}


@pytest.mark.parametrize(("goes_on", "topics"), [(True, (TOPIC,)), (False, ())])
def test_whether_streaming_goes_on_beside_an_agent_is_an_open_point(goes_on: bool, topics: tuple[str, ...]) -> None:
    """Both must be survived."""
    room = Room(open_points=OpenPoints(streams_beside_agent=goes_on))
    started = room.start()
    ana = room.customer(started)
    room.chats.start_streaming(started.contact_id, topic_arn=TOPIC)
    room.agent(started.contact_id)

    room.say(ana, "Hola")

    assert room.told(ItemAdded)[-1].streaming_topics == topics


def test_a_listener_that_calls_back_finds_the_new_state() -> None:
    """State changes before anybody is told."""
    room = Room()
    contact_id = room.start().contact_id
    states: list[str] = []

    def look(_: Happening) -> None:
        states.append(room.chats.contact(contact_id).state)

    room.chats.listeners.add(look)
    room.chats.end(contact_id, "CONTACT_FLOW_DISCONNECT")

    assert states == ["ended", "ended"]


def test_quotas_are_off_unless_switched_on() -> None:
    """Off for play, on for proof."""
    free, strict = Room(), Room(quotas=True)

    assert all(free.chats.admit("StopContactStreaming") for _ in range(100))
    assert sum(strict.chats.admit("StopContactStreaming") for _ in range(100)) == 8
