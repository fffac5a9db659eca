"""StartBot with anything in a flow's invocation: a flat answer or an error of ours, and nothing planted in a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import START_BOT, Fuzzed, Running
from tests.fuzz.inputs import broken, junk, texts

ACTIONS = ["join", "watch", "leave", "give_up"]
ESSENTIAL = frozenset({"action", "ContactId", "InitialContactId", "InstanceARN"})


@pytest.fixture(scope="module")
def start_bot(start: Running) -> Iterator[Fuzzed]:
    with start("start_bot", START_BOT, 8.0) as fuzzed:
        yield fuzzed


@st.composite
def invocations(draw: st.DrawFn, contact_id: str, action: str | None = None) -> dict[str, Any]:
    """As the flow sends it, every documented member with a value or the null that chats bring."""
    parameters = {"action": action or draw(st.sampled_from(ACTIONS))}
    for name in ("subtype", "initialMessage", "reason"):
        if draw(st.booleans()):
            parameters[name] = draw(texts | st.sampled_from(["connect:SMS", "unanswered"]))
    endpoint = {"Address": "canary-address", "Type": "TELEPHONE_NUMBER"}
    contact = {
        "Attributes": draw(st.dictionaries(st.sampled_from(["name", "customer_number", "language", "other"]), texts)),
        "Channel": "CHAT",
        "ContactId": contact_id,
        "CustomerEndpoint": draw(st.none() | st.just(endpoint)),
        "CustomerId": draw(st.none() | texts),
        "Description": draw(st.none() | texts),
        "InitialContactId": contact_id,
        "InitiationMethod": "API",
        "InstanceARN": "arn:aws:connect:eu-west-1:000000000000:instance/11111111-2222-4333-8444-555555555555",
        "LanguageCode": draw(st.sampled_from(["en-US", "es-US", "", None])),
        "MediaStreams": {"Customer": {"Audio": None}},
        "Name": draw(st.none() | texts),
        "PreviousContactId": contact_id,
        "Queue": draw(st.none() | st.just({"ARN": "arn", "Name": "canary-queue", "OutboundCallerId": None})),
        "References": {"canary": {"Type": "URL", "Value": "https://canary.example"}},
        "RelatedContactId": None,
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}},
        "SystemEndpoint": None,
        "Tags": {"aws:connect:instanceId": "11111111"},
    }
    return {"Name": "ContactFlowEvent", "Details": {"ContactData": contact, "Parameters": parameters}}


def require_flat(answer: object) -> None:
    """What STRING_MAP takes."""
    assert isinstance(answer, dict)
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in answer.items())


@given(data=st.data())
def test_every_invocation_gets_a_flat_answer_or_a_named_error(start_bot: Fuzzed, data: st.DataObject) -> None:
    """In every state of the contact."""
    contact_id = start_bot.new_contact()
    start_bot.aws.kindly()
    if data.draw(st.booleans(), label="the bot is in the chat"):
        start_bot.aws.joined(contact_id)
    event = data.draw(invocations(contact_id).flatmap(broken) | junk, label="event")

    answered = start_bot.invoke(event)

    if answered.error is None:
        require_flat(answered.result)


@given(data=st.data())
def test_the_bot_joins_by_the_ids_alone(start_bot: Fuzzed, data: st.DataObject) -> None:
    """Whatever else of the contact is missing, null, new or of another type."""
    contact_id = start_bot.new_contact()
    whole = data.draw(invocations(contact_id, "join"))
    event = data.draw(broken(whole, keep=ESSENTIAL), label="event")
    start_bot.aws.kindly()

    answered = start_bot.invoke(event)

    assert (answered.error, answered.result) == (None, {"status": "joined"})
