"""The short form of the benchmark: how many calls a turn makes. A new one is seen here before anybody measures it."""

from __future__ import annotations

from collections import Counter

from benchmarks.stage import CHAT_BOT, stage


def test_a_turn_makes_these_calls_and_no_other() -> None:
    """Two writes; the contact, dots and the agent beside one another; then what is said."""
    with stage() as there:
        there.turn(CHAT_BOT, "bedrock-agents", "short")
        calls = there.calls()

    counted = Counter(call.operation for call in calls)
    assert counted.pop("SendMessage") <= 2
    assert counted == {"UpdateItem": 2, "GetItem": 1, "SendEvent": 1, "InvokeAgent": 1}
    assert sum(call.write_units for call in calls) <= 2
    asked = next(call.arrived for call in calls if call.operation == "InvokeAgent")
    written = [call for call in calls if call.answered < asked]
    assert [call.operation for call in written] == ["UpdateItem"], "the agent waits for the inbox write alone"


def test_joining_makes_these_calls_and_no_other() -> None:
    with stage() as there:
        there.join()
        there.calls()
        there.join()
        counted = Counter(call.operation for call in there.calls())

    assert sum(counted.values()) <= 9
    assert counted["StartContactStreaming"] == counted["CreateParticipant"] == counted["SendMessage"] == 1
