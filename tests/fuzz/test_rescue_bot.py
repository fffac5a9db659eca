"""RescueBot with anything in its queue: each message is settled or named, and a customer beside it is rescued."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.contact import State
from tests.fuzz.conftest import RESCUE_BOT, Fuzzed, Running
from tests.fuzz.inputs import broken, deep, fewer, junk, texts
from tests.lambdas.rescue_bot.failed_events import given_up, published, undelivered


@pytest.fixture(scope="module")
def rescue_bot(start: Running) -> Iterator[Fuzzed]:
    with start("rescue_bot", RESCUE_BOT, 15.0) as fuzzed:
        yield fuzzed


@st.composite
def bodies(draw: st.DrawFn, contact_id: str) -> str:
    """What Lambda or SNS put into the queue, broken, or something else altogether."""
    item = draw(broken(json.loads(published(contact_id)["Sns"]["Message"])))
    odd = {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": json.dumps(item)}}
    letter = st.sampled_from([given_up(odd), given_up(odd, odd), undelivered(contact_id), given_up()])
    return draw(
        st.one_of(
            letter,
            letter.map(json.loads).flatmap(broken).map(json.dumps),
            junk.map(json.dumps),
            deep.map(json.dumps),
            texts,
        )
    )


def letter(name: str, body: str) -> dict[str, Any]:
    return {"messageId": name, "receiptHandle": "r", "body": body, "eventSource": "aws:sqs", "attributes": {}}


@fewer
@given(data=st.data())
def test_a_customer_is_rescued_whatever_stands_beside_the_event(rescue_bot: Fuzzed, data: st.DataObject) -> None:
    """And the answer names none but the events that came."""
    good, odd = rescue_bot.new_contact(), rescue_bot.new_contact()
    beside = data.draw(st.lists(bodies(odd), max_size=2), label="beside")
    rescue_bot.aws.kindly()
    rescue_bot.aws.joined(good)
    if data.draw(st.booleans(), label="the other is known, too"):
        rescue_bot.aws.joined(odd)
    letters = [letter(f"odd-{number}", body) for number, body in enumerate(beside)]

    answered = rescue_bot.invoke({"Records": [letter("good", given_up(published(good))), *letters]})

    assert answered.error is None
    failed = {each["itemIdentifier"] for each in answered.result["batchItemFailures"]}
    assert failed <= {each["messageId"] for each in letters}
    assert rescue_bot.aws.state(good) is State.HUMAN


@given(event=broken({"Records": [letter("one", given_up(published("nobody")))]}) | junk)
def test_no_event_is_a_surprise(rescue_bot: Fuzzed, event: Any) -> None:
    """Whatever Lambda hands over, it succeeds or fails by a name of ours."""
    rescue_bot.aws.kindly()

    rescue_bot.invoke(event)
