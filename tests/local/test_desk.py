"""The desk's own API over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.chat_rooms import FLOW
from tests.local.serving import Served, serving


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


def waiting(served: Served) -> str:
    contact_id = served.connect.start_chat_contact(
        InstanceId=served.chats.instance_id, ContactFlowId=FLOW, ParticipantDetails={"DisplayName": "Ana"}
    )["ContactId"]
    served.queue(contact_id)
    return contact_id


def test_the_desk_lists_chats_as_json(served: Served) -> None:
    """A plain list of contacts."""
    contact_id = waiting(served)

    contacts = served.http.get("/desk/contacts").json()

    assert contact_id in [one["id"] for one in contacts if one["state"] == "waiting"]


def test_accepting_gives_an_ordinary_participant_token(served: Served) -> None:
    """With it the human connects by the participant API."""
    contact_id = waiting(served)

    accepted = served.http.post(f"/desk/contacts/{contact_id}/accept", json={"displayName": "Marta"})
    connection = served.participant.create_participant_connection(
        ParticipantToken=accepted.json()["participantToken"], Type=["CONNECTION_CREDENTIALS"]
    )
    transcript = served.participant.get_transcript(
        ConnectionToken=connection["ConnectionCredentials"]["ConnectionToken"]
    )

    assert accepted.status_code == 200
    assert [(item["ParticipantRole"], item["DisplayName"]) for item in transcript["Transcript"]] == [("AGENT", "Marta")]


def test_the_human_is_called_agent_unless_named(served: Served) -> None:
    """The body is optional."""
    contact_id = waiting(served)

    served.http.post(f"/desk/contacts/{contact_id}/accept")

    assert [one.display_name for one in served.chats.contact(contact_id).participants] == ["Ana", "Agent"]


def test_an_unknown_chat_is_404_and_a_taken_one_409(served: Served) -> None:
    """With a sentence the desk can show."""
    contact_id = waiting(served)
    served.http.post(f"/desk/contacts/{contact_id}/accept")

    unknown = served.http.post("/desk/contacts/other/accept")
    taken = served.http.post(f"/desk/contacts/{contact_id}/accept")

    assert (unknown.status_code, unknown.json()["error"]) == (404, "ResourceNotFoundException")
    assert (taken.status_code, taken.json()["error"]) == (409, "ConflictException")
    assert taken.json()["message"] == "The contact is not waiting for a human: offered"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"displayName": 1}',
        b'{"displayName": ""}',
        b'{"displayName": "a\\nb"}',
        b"[" * 9_000,
        b" " * 20_000,
    ],
)
def test_a_bad_body_is_400_and_takes_nothing(served: Served, body: bytes) -> None:
    """The chat still waits afterwards."""
    contact_id = waiting(served)

    answer = served.http.post(f"/desk/contacts/{contact_id}/accept", content=body)

    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert served.chats.contact(contact_id).state == "waiting"
