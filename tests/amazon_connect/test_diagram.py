"""The picture shows every block and every way."""

from __future__ import annotations

import re

from amazon_connect.builder import FlowBuilder
from amazon_connect.diagram import mermaid
from amazon_connect.flows.inbound import inbound
from amazon_connect.graph import branches
from amazon_connect.model import Phrase


def test_every_block_and_every_way_is_drawn() -> None:
    """A way that is missing in the picture would be believed to be missing in the flow."""
    flow = inbound()
    names = {action.identifier: f"b{number}" for number, action in enumerate(flow.actions)}

    text = mermaid(flow)

    arrows = set(re.findall(r"^    (b\d+) -\.?-+>(?:\|[^|]*\|)? (b\d+)$", text, flags=re.MULTILINE))
    assert all(f"<b>{identifier}</b>" in text for identifier in names)
    assert arrows == {(names[branch.source], names[branch.target]) for branch in branches(flow)}


def test_errors_are_dotted_and_a_shared_way_is_one_arrow() -> None:
    """The usual ways stand out."""
    flow = FlowBuilder(name="Small", description="")
    flow.say("hello", Phrase("flow.welcome"), then="transfer")
    flow.transfer_to_queue("transfer", queue_full="end", on_error="end")
    flow.disconnect("end")

    arrows = [
        line.strip()
        for line in mermaid(flow.build()).splitlines()
        if ">" in line and "[" not in line and "(" not in line
    ]

    assert arrows == ["b0 --> b1", 'b1 -.->|"QueueAtCapacity, NoMatchingError"| b2']


def test_signs_that_mermaid_reads_as_its_own_are_escaped() -> None:
    """A quotation in a sentence must not break the picture."""
    flow = FlowBuilder(name="Quoting", description="")
    flow.compare("which", "$.Attributes.said", cases={'"yes" <b>': "end"}, otherwise="end")
    flow.disconnect("end")

    assert '"#34;yes#34; #60;b#62;, otherwise"' in mermaid(flow.build())
