"""The inbound flow brings everybody to a person, whatever fails on the way."""

from __future__ import annotations

import pytest

from amazon_connect.builder import LAMBDA_SECONDS
from amazon_connect.checker import check_source
from amazon_connect.flows.inbound import RETRIES, ROUND_SECONDS, inbound
from amazon_connect.graph import Branch, branches, reachable
from amazon_connect.model import Action, Flow, Phrase

FLOW = inbound()
TRANSFER = "transfer"
WAYS_TO_THE_END = {("outcome", "end"), ("try again", "DoneLooping")}
"""The outcome `end`, and the end after ten tries."""


def is_way_to_the_end(branch: Branch) -> bool:
    return (branch.source, branch.label) in WAYS_TO_THE_END


def action(identifier: str) -> Action:
    return next(action for action in FLOW.actions if action.identifier == identifier)


def of_type(flow: Flow, kind: str) -> set[str]:
    return {action.identifier for action in flow.actions if action.type == kind}


def branches_that_go_on() -> list[Branch]:
    """All branches but the two ways to the end and what lies behind them."""
    alive = reachable(FLOW, start=FLOW.start, without=is_way_to_the_end)
    return [branch for branch in branches(FLOW) if branch.source in alive and not is_way_to_the_end(branch)]


def test_the_flow_has_no_problem() -> None:
    """Connect imports it, and its source names neither a sentence nor an ARN."""
    assert check_source(FLOW) == []


@pytest.mark.parametrize(
    "branch", branches_that_go_on(), ids=lambda branch: f"{branch.source} on {branch.label or 'success'}"
)
def test_every_branch_but_two_reaches_the_transfer(branch: Branch) -> None:
    """Also every error branch: nobody is hung up on because something failed."""
    reached = reachable(FLOW, start=branch.target, without=is_way_to_the_end)

    assert TRANSFER in reached


def test_nothing_but_the_transfer_ends_a_branch_that_goes_on() -> None:
    """Reaching the transfer is the only way to stop; there is no dead end beside it."""
    sources = {branch.source for branch in branches_that_go_on()}

    ends = reachable(FLOW, start=FLOW.start, without=is_way_to_the_end) - sources

    assert ends == set()


def test_a_chat_is_disconnected_by_the_two_ways_to_the_end_only() -> None:
    """Without them no Disconnect block can be reached."""
    everywhere = reachable(FLOW, start=FLOW.start)
    going_on = reachable(FLOW, start=FLOW.start, without=is_way_to_the_end)

    assert of_type(FLOW, "DisconnectParticipant") <= everywhere
    assert of_type(FLOW, "DisconnectParticipant") & going_on == set()


@pytest.mark.parametrize(("source", "label"), sorted(WAYS_TO_THE_END))
def test_each_way_to_the_end_exists_and_ends_the_chat(source: str, label: str) -> None:
    """The two names above are not just names."""
    way = next(branch for branch in branches(FLOW) if (branch.source, branch.label) == (source, label))

    assert reachable(FLOW, start=way.target) & of_type(FLOW, "DisconnectParticipant")
    assert TRANSFER not in reachable(FLOW, start=way.target)


def test_a_call_reaches_the_transfer_without_a_block_that_only_chats_know() -> None:
    """Wait is for chats; on a call it would take its error branch before anybody was looked for."""
    before_transfer = reachable(FLOW, start="voice", without=lambda branch: branch.source == TRANSFER)

    assert TRANSFER in before_transfer
    assert before_transfer & of_type(FLOW, "Wait") == set()
    assert before_transfer & of_type(FLOW, "InvokeLambdaFunction") == set()


def test_a_prompt_comes_before_the_first_lambda() -> None:
    """Connect asks for that where a custom participant joins (administrator guide, custom participants)."""
    silent = reachable(
        FLOW, start=FLOW.start, without=lambda branch: branch.source in of_type(FLOW, "MessageParticipant")
    )

    assert silent & of_type(FLOW, "InvokeLambdaFunction") == set()


def test_no_more_than_two_lambdas_come_in_a_row() -> None:
    """Connect stops a chain after 20 s; a prompt or a Wait parts it."""
    lambdas = of_type(FLOW, "InvokeLambdaFunction")
    parting = of_type(FLOW, "MessageParticipant") | of_type(FLOW, "Wait")

    def longest_chain(block: str, seen: frozenset[str]) -> int:
        onward = [branch.target for branch in branches(FLOW) if branch.source == block]
        chains = [longest_chain(target, seen | {block}) for target in onward if target not in seen | parting]
        return int(block in lambdas) + max(chains, default=0)

    assert max(longest_chain(block, frozenset()) for block in lambdas) * LAMBDA_SECONDS <= 20


def test_an_unanswered_customer_is_in_a_queue_within_five_minutes() -> None:
    """Unanswered for three minutes, noticed a round later, then watch and leave at their slowest."""
    slowest = 180 + ROUND_SECONDS + 2 * LAMBDA_SECONDS

    assert slowest < 300


def test_the_transfer_is_tried_again_ten_times() -> None:
    """After each try a sentence and a minute; the tenth retry is the last."""
    assert action("try again").parameters["LoopCount"] == str(RETRIES) == "10"
    assert action("pause").parameters["TimeLimitSeconds"] == "60"


def test_all_sentences_are_the_flows_own() -> None:
    """Keys of the Lambdas' sentences have no place in a flow."""
    phrases = [action.parameters["Text"] for action in FLOW.actions if "Text" in action.parameters]

    assert phrases
    assert all(isinstance(phrase, Phrase) and phrase.key.startswith("flow.") for phrase in phrases)
