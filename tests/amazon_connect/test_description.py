"""A block in a few words."""

from __future__ import annotations

import pytest

from amazon_connect.description import LONGEST, describe
from amazon_connect.flows.inbound import inbound
from amazon_connect.model import Action


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("log", "Enabled"),
        ("welcome", "flow.welcome"),
        ("channel", "$.Channel"),
        ("join", "action=join"),
        ("leave unanswered", "action=leave, reason=unanswered"),
        ("wait for bot", "90 s, or BotParticipantDisconnected"),
        ("pause", "60 s"),
        ("queue", "${QUEUE_ARN}"),
        ("transfer", ""),
        ("try again", "10 times"),
        ("end", ""),
    ],
)
def test_a_block_is_told_by_its_most_important_setting(block: str, told: str) -> None:
    """What the customer writes is a path here and not shown."""
    action = next(action for action in inbound().actions if action.identifier == block)

    assert describe(action) == told


def test_a_long_sentence_is_cut() -> None:
    """A picture has little room."""
    told = describe(Action(identifier="a", type="MessageParticipant", parameters={"Text": "word " * 100}))

    assert len(told) <= LONGEST
    assert told.endswith("…")
