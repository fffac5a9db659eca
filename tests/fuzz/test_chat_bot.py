"""ChatBot with anything in an SNS event: no surprise, no word of the customer in a log, and no neighbour lost."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.chat_bot.events import CHAT_ENDED, PARTICIPANT_JOINED
from tests.fuzz.conftest import CHAT_BOT, OURS, Fuzzed, Running
from tests.fuzz.inputs import broken, deep, fewer, junk, texts
from tests.lambdas.aws_for_functions import AGENT


@pytest.fixture(scope="module")
def chat_bot(start: Running) -> Iterator[Fuzzed]:
    with start("chat_bot", CHAT_BOT, 180.0) as fuzzed:
        yield fuzzed


def now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")


def item(contact_id: str, content: str) -> dict[str, Any]:
    """A message as Connect publishes it."""
    return {
        "AbsoluteTime": now(),
        "Content": content,
        "ContentType": "text/plain",
        "Id": f"message-of-{contact_id}",
        "Type": "MESSAGE",
        "ParticipantId": "participant",
        "DisplayName": "canary-name",
        "ParticipantRole": "CUSTOMER",
        "InitialContactId": contact_id,
        "ContactId": contact_id,
        "MessageMetadata": None,
    }


def record(body: object) -> dict[str, Any]:
    message = body if isinstance(body, str) else json.dumps(body)
    return {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": message, "MessageId": "sns"}}


@st.composite
def odd_items(draw: st.DrawFn, contact_id: str) -> Any:
    """A message, an attachment or an event, with something wrong about it."""
    whole = item(contact_id, draw(texts))
    kinds: list[dict[str, Any]] = [
        {},
        {"Type": "ATTACHMENT", "Attachments": [{"AttachmentName": "canary.pdf", "Status": "APPROVED"}]},
        {"Type": "EVENT", "ContentType": CHAT_ENDED, "ParticipantRole": None},
        {"Type": "EVENT", "ContentType": PARTICIPANT_JOINED, "ParticipantRole": "AGENT"},
        {"ContentType": "application/json"},
        {"ParticipantRole": "AGENT"},
        {"AbsoluteTime": draw(st.sampled_from(["0001-01-01", "9999-12-31T23:59:59Z", "2026-11-27", "canary"]))},
    ]
    return draw(broken(whole | draw(st.sampled_from(kinds))))


@st.composite
def odd_records(draw: st.DrawFn, contact_id: str) -> Any:
    """Broken in the item, around it, or no record at all."""
    return draw(
        st.one_of(
            odd_items(contact_id).map(record),
            odd_items(contact_id).map(record).flatmap(broken),
            texts.map(record),
            deep.map(record),
            deep.map(lambda nested: record({**item(contact_id, "canary"), "Content": nested})),
            junk,
        )
    )


@fewer
@given(data=st.data())
def test_a_neighbour_is_answered_whatever_stands_beside_it(chat_bot: Fuzzed, data: st.DataObject) -> None:
    """Once, and what fails beside it fails by a name of ours."""
    good, odd = chat_bot.new_contact(), chat_bot.new_contact()
    before = data.draw(st.lists(odd_records(odd), max_size=2), label="before")
    after = data.draw(st.lists(odd_records(odd), max_size=2), label="after")
    chat_bot.aws.kindly()
    chat_bot.aws.joined(good)
    if data.draw(st.booleans(), label="the other is known, too"):
        chat_bot.aws.joined(odd)
    text = f"canary question of {good}"

    answered = chat_bot.invoke({"Records": [*before, record(item(good, text)), *after]})

    asked = [request.json.get("inputText") for request in chat_bot.aws.server.asked(AGENT)]
    said = [request.json for request in chat_bot.aws.server.asked("/participant/message")]
    assert asked.count(text) == 1
    assert [each["Content"] for each in said if each["ClientToken"].startswith(f"{good}-")] == [
        "Hello! It is on its way."
    ]
    assert (chat_bot.aws.record(good).inbox, chat_bot.aws.record(good).lease) == ((), None)
    if answered.error is not None:
        assert answered.error["errorType"] == "TurnFailed"
        kinds = re.fullmatch(r"\d+ record\(s\) failed: (.+)", answered.error["errorMessage"])
        assert kinds is not None
        assert set(kinds[1].split(", ")) <= OURS


@given(event=broken({"Records": [record(item("nobody", "canary"))]}) | junk)
def test_no_event_is_a_surprise(chat_bot: Fuzzed, event: Any) -> None:
    """Whatever Lambda hands over, it succeeds or fails by a name of ours."""
    chat_bot.aws.kindly()

    chat_bot.invoke(event)
