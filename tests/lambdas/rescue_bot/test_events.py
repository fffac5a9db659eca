"""The event inside whatever a queue of failed events holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.errors import InvalidEvent
from lambdas.rescue_bot.events import event_of, kept
from tests.lambdas.rescue_bot.failed_events import given_up, published, undelivered

RECORD = published("contact")
EVENT = {"Records": [RECORD]}


@pytest.mark.parametrize(
    "body",
    [
        given_up(RECORD),
        json.dumps(EVENT),
        kept(EVENT, contacts=["contact"], done=["rescued"], at=0.0),
        kept(json.loads(given_up(RECORD))["requestPayload"], contacts=["contact"], done=["rescued"], at=0.0),
    ],
    ids=["given up", "an event alone", "put aside", "put aside from what was given up"],
)
def test_the_event_is_found_in_every_shape(body: str) -> None:
    """As ChatBot got it, so that a replay brings it the same."""
    assert event_of(body) == EVENT


def test_a_notification_becomes_the_event_that_sns_makes_of_it() -> None:
    """ChatBot reads `Sns.Message` and nothing else; the rest is kept for whoever looks at it."""
    (record,) = event_of(undelivered("contact"))["Records"]

    assert record["EventSource"] == "aws:sns"
    assert json.loads(record["Sns"]["Message"])["ContactId"] == "contact"
    assert record["Sns"]["TopicArn"] == "topic"


def test_several_records_stay_together() -> None:
    """Also with what cannot be read: it is told apart one by one."""
    other = published("other")

    assert event_of(given_up(RECORD, other, None)) == {"Records": [RECORD, other, None]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["requestPayload", "event", "Records", "Message", "Sns", "Type", "done", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_an_event_with_records_or_an_invalid_one(document: Any) -> None:
    """Nothing that a queue can hold ends in another error."""
    try:
        event = event_of(json.dumps(document))
    except InvalidEvent:
        return
    assert isinstance(event["Records"], list)
    assert event["Records"]


@given(st.text())
def test_any_text_is_an_event_with_records_or_an_invalid_one(body: str) -> None:
    try:
        event = event_of(body)
    except InvalidEvent:
        return
    assert event["Records"]


@given(st.text(alphabet=st.characters()), st.lists(st.text(), max_size=3))
def test_whatever_is_put_aside_is_read_again(text: str, contacts: list[str]) -> None:
    """In characters that SQS takes, also what UTF-8 cannot hold."""
    event = {"Records": [{"Sns": {"Message": text}}]}

    body = kept(event, contacts=contacts, done=["rescued"], at=1_790_000_000.0)

    assert body.isascii()
    assert all(character >= " " for character in body)
    assert event_of(body) == event
    assert json.loads(body)["kept_at"] == "2026-09-21T14:13:20.000+00:00"
