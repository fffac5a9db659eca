"""Content is what Connect imports; reading and writing it lose nothing a flow says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amazon_connect.content import UnfilledPhrase, UnreadableFlow, from_content, to_content
from amazon_connect.export import inbound_in
from amazon_connect.flows.inbound import inbound
from amazon_connect.model import Action, Flow, Placeholder, Position


def a_flow_file(**changes: Any) -> dict[str, Any]:
    """The smallest flow, as the console exports it."""
    return {
        "Version": "2019-10-30",
        "StartAction": "bye",
        "Metadata": {
            "entryPointPosition": {"x": 20, "y": 20},
            "ActionMetadata": {"bye": {"position": {"x": 5, "y": 6}}},
        },
        "Actions": [{"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}],
        **changes,
    }


def test_a_flow_survives_being_written_and_read() -> None:
    """Every block, branch, parameter, position and placeholder comes back equal."""
    flow = inbound_in("es")

    again = from_content(json.dumps(to_content(flow)))

    assert again == flow


def test_a_placeholder_reads_as_its_name_in_braces() -> None:
    """An admin finds and replaces it; CloudFormation's Sub knows the form too."""
    flow = Flow(
        start="q",
        actions=(
            Action(identifier="q", type="UpdateContactTargetQueue", parameters={"QueueId": Placeholder("QUEUE_ARN")}),
        ),
    )

    assert to_content(flow)["Actions"][0]["Parameters"] == {"QueueId": "${QUEUE_ARN}"}


def test_a_flow_with_phrase_keys_cannot_be_written() -> None:
    """A key must never be spoken to a customer."""
    with pytest.raises(UnfilledPhrase, match=r"flow\.welcome"):
        to_content(inbound())


def test_a_block_that_ends_the_flow_has_empty_transitions() -> None:
    """So the console writes it."""
    flow = Flow(start="bye", actions=(Action(identifier="bye", type="DisconnectParticipant"),))

    assert to_content(flow)["Actions"][0]["Transitions"] == {}


def test_metadata_has_the_names_of_console_exports() -> None:
    """Documentation spells them otherwise; the designer reads these."""
    flow = Flow(
        start="bye",
        actions=(Action(identifier="bye", type="DisconnectParticipant"),),
        name="N",
        positions={"bye": Position(1, 2)},
    )

    metadata = to_content(flow)["Metadata"]

    assert metadata["entryPointPosition"] == {"x": 40, "y": 40}
    assert metadata["ActionMetadata"]["bye"]["position"] == {"x": 1, "y": 2}
    assert metadata["name"] == "N"
    assert metadata["type"] == "contactFlow"


def test_missing_errors_and_conditions_are_none() -> None:
    """Exports leave empty keys out."""
    actions = [{"Identifier": "a", "Type": "UpdateFlowLoggingBehavior", "Transitions": {"NextAction": "a"}}]

    flow = from_content(a_flow_file(StartAction="a", Actions=actions))

    assert flow.actions[0].transitions.next_action == "a"
    assert flow.actions[0].transitions.errors == ()
    assert flow.actions[0].parameters == {}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("{ not json", "line 1, character 3"),
        ("[]", "the file"),
        ("{}", "the file"),
        (json.dumps(a_flow_file(Version="2018-01-01")), "the file, 'Version'"),
        (json.dumps(a_flow_file(Actions={})), "the file, 'Actions'"),
        (json.dumps(a_flow_file(Actions=[{}])), "the file, 'Actions' number 1"),
        (json.dumps(a_flow_file(Actions=[{"Identifier": "a"}])), "the block 'a'"),
        (json.dumps(a_flow_file(Actions=[{"Identifier": "a", "Type": 3}])), "the block 'a', 'Type'"),
        (json.dumps(a_flow_file(Metadata={"entryPointPosition": []})), "the file, 'Metadata', 'entryPointPosition'"),
    ],
)  # fmt: skip
def test_what_is_no_flow_is_refused_with_the_place(content: str, where: str) -> None:
    """Somebody who never saw JSON must be able to find it."""
    with pytest.raises(UnreadableFlow) as refusal:
        from_content(content)

    assert refusal.value.where == where
