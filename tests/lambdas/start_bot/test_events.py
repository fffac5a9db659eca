"""What the flow asks: an action, and the contact it is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.errors import InvalidEvent
from lambdas.conversation.ports import Chat
from lambdas.start_bot.events import ACTIONS, FlowEvent, parse

CONTACT: dict[str, Any] = {
    "Attributes": {"language": "es", "name": "Ana"},
    "Channel": "CHAT",
    "ContactId": "second-contact",
    "CustomerEndpoint": None,
    "InitialContactId": "first-contact",
    "InstanceARN": "arn:aws:connect:somewhere:account:instance/11111111-2222-4333-8444-555555555555",
    "LanguageCode": "es-US",
    "Queue": None,
    "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:SMS"}},
    "SystemEndpoint": None,
}
"""A chat contact as the flow sends it: much of it null."""


def event(contact: object = None, **parameters: object) -> dict[str, Any]:
    contact = CONTACT if contact is None else contact
    return {"Name": "ContactFlowEvent", "Details": {"ContactData": contact, "Parameters": parameters}}


def changed(**changes: object) -> dict[str, Any]:
    return event({**CONTACT, **changes}, action="watch")


def test_a_call_of_the_flow_is_understood() -> None:
    """The instance is known by the last part of its ARN."""
    asked = parse(event(action="join", initialMessage=" Hello ", reason=""))

    assert asked == FlowEvent(
        action="join",
        chat=Chat(
            instance_id="11111111-2222-4333-8444-555555555555",
            contact_id="second-contact",
            initial_contact_id="first-contact",
        ),
        attributes={"language": "es", "name": "Ana"},
        language_code="es-US",
        subtype="connect:SMS",
        initial_message="Hello",
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_of_the_flow_is_known(action: str) -> None:
    """Join, watch, leave, and give up after ten tries."""
    assert parse(event(action=action)).action == action


def test_a_contact_without_a_chain_is_its_own_first() -> None:
    """As in the first segment."""
    assert parse(changed(InitialContactId=None)).chat.initial_contact_id == "second-contact"


@pytest.mark.parametrize("segment", [None, {}, {"connect:Subtype": None}, {"connect:Subtype": {"ValueString": ""}}])
def test_a_contact_of_no_known_subtype_is_a_web_chat(segment: object) -> None:
    """The larger messages are right for nearly all chats."""
    assert parse(changed(SegmentAttributes=segment)).subtype == "connect:Chat"


def test_a_subtype_may_come_as_plain_text() -> None:
    """The shape of segment attributes in the event of a flow is not documented."""
    assert parse(changed(SegmentAttributes={"connect:Subtype": "connect:SMS"})).subtype == "connect:SMS"


def test_what_is_null_or_no_text_is_left_out() -> None:
    """Attributes are strings; anything else is not ours to guess."""
    asked = parse(changed(Attributes={"name": None, "tier": "gold", "age": 42}, LanguageCode=None))

    assert (asked.attributes, asked.language_code) == ({"tier": "gold"}, "")


@pytest.mark.parametrize("action", [None, "", "jump", 7])
def test_an_unknown_action_is_a_mistake_of_the_flows_author(action: object) -> None:
    """Who is told which actions there are."""
    with pytest.raises(InvalidEvent, match="one of join, watch, leave, give_up"):
        parse(event(action=action))


@pytest.mark.parametrize("name", ["ContactId", "InstanceARN"])
def test_a_contact_without_its_ids_is_refused(name: str) -> None:
    """Nothing can be done for nobody."""
    with pytest.raises(InvalidEvent, match="no ContactId or no InstanceARN"):
        parse(changed(**{name: None}))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(ACTIONS),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["Details", "ContactData", "Parameters", "action", *CONTACT]), inner)
    ),
    max_leaves=12,
)


@given(values)
def test_any_event_is_parsed_or_refused(anything: object) -> None:
    """Nothing else may come out: the flow's error branch says nothing about why."""
    for candidate in (anything, event(anything, action="join")):
        try:
            assert isinstance(parse(candidate), FlowEvent)
        except InvalidEvent:
            continue
