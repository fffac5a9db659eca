"""A contact as flow, DescribeContact and desk see it."""

from __future__ import annotations

import dataclasses

import pytest

from local.wire import Operation
from tests.local.chat_rooms import Room


def test_a_view_stays_as_it_was_taken() -> None:
    """Who holds it cannot change the contact, nor is surprised by its changes."""
    room = Room()
    contact_id = room.start(Attributes={"a": "1"}, CustomerId="c-1").contact_id

    view = room.chats.contact(contact_id)
    room.chats.update_attributes(contact_id, {"a": "2"})

    assert view.attributes == {"a": "1"}
    with pytest.raises(TypeError):
        view.attributes["a"] = "3"  # type: ignore[index]  # that it cannot be set is what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        view.state = "ended"  # type: ignore[misc, assignment]  # that it cannot be set is what is tested


def test_the_first_segment_is_its_own_initial_contact() -> None:
    """There is no previous one, and the channel is chat."""
    room = Room()
    contact_id = room.start().contact_id

    view = room.chats.contact(contact_id)

    assert (view.id, view.initial_contact_id, view.previous_contact_id) == (contact_id, contact_id, None)
    assert (view.channel, view.state, view.target_queue_arn) == ("CHAT", "bot", None)


def test_a_view_names_everybody_who_ever_took_part() -> None:
    """With where they stand."""
    room = Room()
    started = room.start()
    room.customer(started)
    room.bot(started.contact_id)
    room.agent(started.contact_id)

    participants = room.chats.contact(started.contact_id).participants

    assert [(one.role, one.display_name, one.presence) for one in participants] == [
        ("CUSTOMER", "Ana", "connected"),
        ("CUSTOM_BOT", "Bot", "left"),
        ("AGENT", "Agent", "connected"),
    ]


def test_a_description_has_only_what_happened_and_fits_the_model() -> None:
    """At the start as at the end."""
    room = Room()
    describe_contact = Operation("connect", "DescribeContact")
    contact_id = room.start(RelatedContactId="r", SegmentAttributes={"k": {"ValueString": "v"}}).contact_id

    fresh = room.chats.describe(contact_id)
    agent = room.agent(contact_id)
    room.chats.disconnect(agent)
    ended = room.chats.describe(contact_id)

    assert describe_contact.render({"Contact": fresh}).status_code == 200
    assert describe_contact.render({"Contact": ended}).status_code == 200
    assert ended.keys() - fresh.keys() == {"QueueInfo", "AgentInfo", "DisconnectTimestamp", "DisconnectReason"}
    assert ended["QueueInfo"]["Id"] == room.chats.default_queue_arn.rpartition("/")[2]


def test_the_desk_sees_names_and_moments_and_the_whole_briefing() -> None:
    """In the shape the desk page reads."""
    room = Room()
    started = room.start(Attributes={"language": "es", "handoff_reason": "customer_asked"})
    ana = room.customer(started)
    room.queue(started.contact_id)
    room.time.advance(1)
    room.say(ana, "Hola")

    (entry,) = room.chats.contacts()

    assert entry == {
        "id": started.contact_id,
        "state": "waiting",
        "customerName": "Ana",
        "customerLeft": False,
        "language": "es",
        "queueName": "BasicQueue",
        "startedAt": "2026-11-20T10:20:00.000Z",
        "queuedAt": "2026-11-20T10:20:00.000Z",
        "connectedAt": None,
        "endedAt": None,
        "endReason": None,
        "lastMessageAt": "2026-11-20T10:20:01.000Z",
        "attributes": {"language": "es", "handoff_reason": "customer_asked"},
    }


def test_an_accepted_chat_is_nobody_elses_any_more() -> None:
    """The desk shows it as connected, though its human is still on the way."""
    room = Room()
    contact_id = room.start(Attributes={"language": "en-US"}).contact_id
    room.queue(contact_id)

    room.chats.accept(contact_id)

    (entry,) = room.chats.contacts()
    assert (entry["state"], entry["connectedAt"], entry["language"]) == ("connected", None, "en-US")
