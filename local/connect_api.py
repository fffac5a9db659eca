"""The Amazon Connect API, as far as this stack has it: one route per operation.

Translates between wire and `Chats`; decides nothing. Rule: an operation is here or it is refused aloud
(`wire.refuse_unknown_operation`); none is answered without being done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import BaseRoute

from local.chat import Chats
from local.participant_api import connection_members
from local.wire import Handler, Operation, iso8601, served_at

SERVICE: Final = "connect"


def routes(chats: Chats) -> list[BaseRoute]:
    """Routes to be mounted at the root of the one origin."""
    api = ConnectApi(chats)
    return [
        _route("StartChatContact", api.start_chat_contact, chats),
        _route("CreateParticipant", api.create_participant, chats),
        _route("StartContactStreaming", api.start_contact_streaming, chats),
        _route("StopContactStreaming", api.stop_contact_streaming, chats),
        _route("UpdateContactAttributes", api.update_contact_attributes, chats),
        _route("GetContactAttributes", api.get_contact_attributes, chats),
        _route("DescribeContact", api.describe_contact, chats),
        _route("StopContact", api.stop_contact, chats),
    ]


def _route(name: str, handle: Handler, chats: Chats) -> BaseRoute:
    def in_this_instance(asked: dict[str, Any], request: Request) -> Mapping[str, Any]:
        chats.check_instance(asked["InstanceId"])
        return handle(asked, request)

    return Operation(SERVICE, name).route(in_this_instance, chats.admit)


class ConnectApi:
    """One method per operation; each takes the checked request and gives the answer's members."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def start_chat_contact(self, asked: dict[str, Any], request: Request) -> Mapping[str, Any]:
        started = self._chats.start_chat(asked)
        answer = {
            "ContactId": started.contact_id,
            "ParticipantId": started.participant_id,
            "ParticipantToken": started.participant_token,
        }
        if started.connection:
            answer |= connection_members(started.connection, served_at(request))
        if started.streaming_id:
            answer["StreamingId"] = started.streaming_id
        return answer

    def create_participant(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        details = asked["ParticipantDetails"]
        invited = self._chats.create_participant(
            asked["ContactId"],
            role=details.get("ParticipantRole"),
            display_name=details.get("DisplayName"),
            client_token=asked.get("ClientToken"),
        )
        credentials = {"ParticipantToken": invited.participant_token, "Expiry": iso8601(invited.expires_at)}
        return {"ParticipantId": invited.participant_id, "ParticipantCredentials": credentials}

    def start_contact_streaming(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        streaming_id = self._chats.start_streaming(
            asked["ContactId"],
            topic_arn=asked["ChatStreamingConfiguration"]["StreamingEndpointArn"],
            client_token=asked["ClientToken"],
        )
        return {"StreamingId": streaming_id}

    def stop_contact_streaming(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        self._chats.stop_streaming(asked["ContactId"], streaming_id=asked["StreamingId"])
        return {}

    def update_contact_attributes(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        self._chats.update_attributes(asked["InitialContactId"], asked["Attributes"])
        return {}

    def get_contact_attributes(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        return {"Attributes": self._chats.get_attributes(asked["InitialContactId"])}

    def describe_contact(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        return {"Contact": self._chats.describe(asked["ContactId"])}

    def stop_contact(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        self._chats.stop_contact(asked["ContactId"])
        return {}
