"""The Connect API as real boto3 sees it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.chat_rooms import FLOW, TOPIC
from tests.local.serving import Served, serving


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


def start(served: Served, **members: Any) -> Any:
    return served.connect.start_chat_contact(
        InstanceId=served.chats.instance_id,
        ContactFlowId=FLOW,
        ParticipantDetails={"DisplayName": "Ana"},
        **members,
    )


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_started_chat_has_the_three_ids_a_client_needs(served: Served) -> None:
    """Nothing else is in the answer unless it was asked for."""
    started = start(served)

    assert started.keys() - {"ResponseMetadata"} == {"ContactId", "ParticipantId", "ParticipantToken"}


def test_a_chat_can_be_started_with_connections_and_streaming_at_once(served: Served) -> None:
    """ConnectionTypes and ChatStreamingConfiguration save two round trips."""
    started = start(
        served,
        ConnectionTypes=["WEBSOCKET", "CONNECTION_CREDENTIALS"],
        ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC},
    )

    assert started["Websocket"]["Url"].startswith("ws://127.0.0.1:")
    assert started["ConnectionCredentials"]["Expiry"].endswith("Z")
    assert started["StreamingId"]
    sent = served.participant.send_message(
        ConnectionToken=started["ConnectionCredentials"]["ConnectionToken"], ContentType="text/plain", Content="Hola"
    )
    assert sent["Id"]


def test_an_unknown_flow_instance_or_contact_is_not_found(served: Served) -> None:
    """All three are 404 with Connect's own code."""
    instance = served.chats.instance_id

    with pytest.raises(ClientError) as flow:
        served.connect.start_chat_contact(
            InstanceId=instance, ContactFlowId="other", ParticipantDetails={"DisplayName": "Ana"}
        )
    with pytest.raises(ClientError) as other_instance:
        served.connect.get_contact_attributes(InstanceId="other", InitialContactId=start(served)["ContactId"])
    with pytest.raises(ClientError) as contact:
        served.connect.describe_contact(InstanceId=instance, ContactId="other")

    assert refusal(flow) == refusal(other_instance) == refusal(contact) == ("ResourceNotFoundException", 404)


def test_a_custom_participant_is_created_with_its_credentials(served: Served) -> None:
    """The error for a second one has no name in the documentation; the likelier candidate is 402."""
    contact_id = start(served)["ContactId"]
    asked: Any = {
        "InstanceId": served.chats.instance_id,
        "ContactId": contact_id,
        "ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
    }

    created = served.connect.create_participant(**asked, ClientToken="stay-1")
    again = served.connect.create_participant(**asked, ClientToken="stay-1")
    with pytest.raises(ClientError) as second:
        served.connect.create_participant(**asked)

    assert created["ParticipantCredentials"] == again["ParticipantCredentials"]
    assert refusal(second) == ("ServiceQuotaExceededException", 402)


def test_streaming_starts_and_stops(served: Served) -> None:
    """A stream that is not running cannot be stopped."""
    contact_id = start(served)["ContactId"]
    asked: Any = {"InstanceId": served.chats.instance_id, "ContactId": contact_id}

    started = served.connect.start_contact_streaming(
        **asked, ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC}, ClientToken="1"
    )
    served.connect.stop_contact_streaming(**asked, StreamingId=started["StreamingId"])
    with pytest.raises(ClientError) as again:
        served.connect.stop_contact_streaming(**asked, StreamingId=started["StreamingId"])

    assert refusal(again) == ("ResourceNotFoundException", 404)


def test_attributes_are_written_and_read(served: Served) -> None:
    """An empty text is a legal value."""
    instance = served.chats.instance_id
    contact_id = start(served, Attributes={"language": "es", "kept": "yes"})["ContactId"]

    served.connect.update_contact_attributes(
        InstanceId=instance, InitialContactId=contact_id, Attributes={"language": ""}
    )
    read = served.connect.get_contact_attributes(InstanceId=instance, InitialContactId=contact_id)

    assert read["Attributes"] == {"language": "", "kept": "yes"}


def test_attributes_beyond_32768_bytes_are_refused_whole(served: Served) -> None:
    """Bytes of keys and values of all attributes count, not only of the new ones."""
    instance = served.chats.instance_id
    contact_id = start(served, Attributes={"old": "x" * 20_000})["ContactId"]

    with pytest.raises(ClientError) as refused:
        served.connect.update_contact_attributes(
            InstanceId=instance, InitialContactId=contact_id, Attributes={"small": "1", "large": "ñ" * 6_400}
        )

    assert refusal(refused) == ("InvalidRequestException", 400)
    assert served.chats.get_attributes(contact_id).keys() == {"old"}


def test_a_contact_is_described_from_its_start_to_its_end(served: Served) -> None:
    """boto3 parses the moments, so their wire format is Connect's."""
    asked: Any = {"InstanceId": served.chats.instance_id, "ContactId": start(served, CustomerId="c-1")["ContactId"]}

    served.queue(asked["ContactId"])
    served.connect.stop_contact(**asked)
    contact = served.connect.describe_contact(**asked)["Contact"]

    assert (contact["Channel"], contact["InitiationMethod"], contact["CustomerId"]) == ("CHAT", "API", "c-1")
    assert contact["QueueInfo"]["EnqueueTimestamp"].timestamp() == served.time.seconds
    assert contact["DisconnectReason"] == "API"


def test_a_contact_stops_once(served: Served) -> None:
    """Stopping what has ended is an invalid request, not a silent success."""
    asked: Any = {"InstanceId": served.chats.instance_id, "ContactId": start(served)["ContactId"]}

    served.connect.stop_contact(**asked)
    with pytest.raises(ClientError) as again:
        served.connect.stop_contact(**asked)

    assert refusal(again) == ("InvalidRequestException", 400)


def test_an_operation_that_is_not_emulated_is_refused_by_name(served: Served) -> None:
    """Whoever calls it must learn that it is the emulator that lacks it."""
    with pytest.raises(ClientError) as refused:
        served.connect.list_queues(InstanceId=served.chats.instance_id)

    assert refusal(refused) == ("UnknownOperationException", 404)
    assert "ListQueues is not emulated" in str(refused.value)


def test_calls_beyond_the_rate_are_throttled_when_quotas_are_on() -> None:
    """Each operation is throttled with the code it documents, or with the front door's."""
    with serving(quotas=True) as served:
        contact_id = start(served)["ContactId"]
        asked: Any = {"InstanceId": served.chats.instance_id, "InitialContactId": contact_id}

        for _ in range(15):
            served.connect.get_contact_attributes(**asked)
        with pytest.raises(ClientError) as throttled:
            served.connect.get_contact_attributes(**asked)
        served.time.advance(0.2)
        served.connect.get_contact_attributes(**asked)

    assert refusal(throttled) == ("TooManyRequestsException", 429)
