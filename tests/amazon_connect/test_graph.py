"""A flow's ways, each counted once."""

from __future__ import annotations

from amazon_connect.builder import FlowBuilder
from amazon_connect.graph import Branch, branches, condition_label, reachable
from amazon_connect.model import Flow, Phrase


def a_flow() -> Flow:
    flow = FlowBuilder(name="Small", description="")
    flow.say("hello", Phrase("flow.welcome"), then="again")
    flow.repeat("again", times=2, again="hello", done="end")
    flow.disconnect("end")
    return flow.build()


def test_success_conditions_and_errors_are_ways() -> None:
    """The Loop's NextAction only repeats DoneLooping, so it is no way of its own."""
    assert [*branches(a_flow())] == [
        Branch(source="hello", target="again"),
        Branch(source="hello", target="again", label="NoMatchingError", kind="error"),
        Branch(source="again", target="hello", label="ContinueLooping", kind="condition"),
        Branch(source="again", target="end", label="DoneLooping", kind="condition"),
    ]


def test_reachable_follows_all_ways_but_the_excluded() -> None:
    """This is how the promises of a flow are tested."""
    flow = a_flow()

    assert reachable(flow, start="hello") == {"hello", "again", "end"}
    assert reachable(flow, start="hello", without=lambda way: way.label == "DoneLooping") == {"hello", "again"}


def test_a_condition_is_told_by_its_value() -> None:
    """The operator is named when it is not plain equality."""
    assert condition_label("Equals", ["end"]) == "end"
    assert condition_label("NumberLessThan", ["3"]) == "NumberLessThan 3"
