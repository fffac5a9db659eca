"""The agent team fails: the customer is told in plain words, and a human takes over with the reason."""

from __future__ import annotations

import pytest

from local.agent_faces import AGENTCORE_HARNESS, AGENTCORE_RUNTIME, BEDROCK_AGENTS
from local.event_stream import StreamFailure
from tests.journeys.backstage import Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, Customer

QUESTION = "Where is my order 10020030? My ID is 12345678-9."
ONE_MOMENT = "One moment, please."
HANDING_OVER = "can't reach the system"
IN_MID_STREAM = {
    BEDROCK_AGENTS: ("internalServerException", "accessDeniedException", "throttlingException"),
    AGENTCORE_RUNTIME: ("internalServerException", "accessDeniedException", "throttlingException"),
    AGENTCORE_HARNESS: ("internalServerException", "validationException", "runtimeClientError"),
}
"""What each backend can say in the middle of a stream: a Harness's model has no others."""


def test_a_failure_before_any_answer_gets_one_more_try(customer: Customer, backstage: Backstage) -> None:
    """Throttling is over in a moment; the customer is told that it takes longer, and then answered."""
    backstage.switches.fail(
        backstage.asking, "ThrottlingException", status=429, times=1, contact_id=customer.contact_id
    )

    customer.says(QUESTION)

    customer.hears(BOT, "10020030", "scheduled")
    backstage.calm()
    assert [said.startswith(ONE_MOMENT) for said in customer.heard(BOT)[1:]] == [True, False]
    assert backstage.record(customer.contact_id).state == "bot"


def test_two_failures_bring_a_human(customer: Customer, backstage: Backstage) -> None:
    """Asking for ever helps nobody."""
    backstage.switches.fail(backstage.asking, "ThrottlingException", status=429, contact_id=customer.contact_id)

    customer.says(QUESTION)

    attributes = customer.is_waiting()["attributes"]
    said = customer.heard(BOT)[1:]
    assert attributes["handoff_reason"] == "agent_unavailable"
    assert attributes["handoff_summary"] == QUESTION
    assert [ONE_MOMENT in said[0], HANDING_OVER in said[1], len(said)] == [True, True, 2]


def test_a_failure_that_will_not_pass_brings_a_human_at_once(customer: Customer, backstage: Backstage) -> None:
    """A missing permission is the same in a second's time."""
    backstage.switches.fail(backstage.asking, "AccessDeniedException", status=403, contact_id=customer.contact_id)

    customer.says(QUESTION)

    attributes = customer.is_waiting()["attributes"]
    said = customer.heard(BOT)[1:]
    assert attributes["handoff_reason"] == "agent_unavailable"
    assert [HANDING_OVER in one for one in said] == [True]


def test_the_sentence_about_a_failure_is_in_the_customer_s_language(
    start_chat: StartChat, backstage: Backstage
) -> None:
    """And the human is told which language that is."""
    customer = start_chat(language="es")
    customer.is_greeted()
    backstage.switches.fail(backstage.asking, "AccessDeniedException", status=403, contact_id=customer.contact_id)

    customer.says("¿Dónde está mi pedido 10020030?")

    assert customer.is_waiting()["attributes"]["handoff_language"] == "es"
    customer.hears(BOT, "no puedo acceder al sistema")


@pytest.mark.parametrize("which", range(3))
def test_a_failure_in_mid_answer_brings_a_human(customer: Customer, backstage: Backstage, which: int) -> None:
    """The team may have acted already, so what was begun to be heard is not asked again.

    A Harness's guardrail lets nothing pass before a paragraph is whole: a failure in the first one that will pass is
    asked again once, because nothing of the answer was heard, and tools do nothing twice.
    """
    code = IN_MID_STREAM[backstage.backend][which]
    backstage.stack.stack.agents.fail_next = lambda _: StreamFailure(code=code, after_events=1)
    asked_again = backstage.backend == AGENTCORE_HARNESS and code != "validationException"

    customer.says(QUESTION)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "agent_unavailable"
    backstage.calm()
    said = [one for one in customer.heard(BOT)[1:] if not one.startswith(ONE_MOMENT)]
    assert [HANDING_OVER in one for one in said] == [True]
    assert backstage.questions(customer.contact_id) == (2 if asked_again else 1)


def test_a_connection_that_breaks_in_mid_answer_brings_an_answer_or_a_human(
    customer: Customer, backstage: Backstage
) -> None:
    """What arrived before the break decides which; silence is neither."""
    backstage.switches.cut(backstage.asking, stage="midway", times=1, contact_id=customer.contact_id)

    customer.says(QUESTION)

    backstage.calm()
    [answer] = [said for said in customer.heard(BOT)[1:] if not said.startswith(ONE_MOMENT)]
    state = backstage.record(customer.contact_id).state
    assert ("scheduled" in answer, HANDING_OVER in answer) == (state == "bot", state == "human")


def test_a_tool_that_fails_brings_a_human(customer: Customer, backstage: Backstage) -> None:
    """The team cannot look anything up; the customer is not told an invented status.

    A Harness tells its model that the tool failed; so there the agent itself says so and offers the human.
    """
    backstage.switches.fail("GetItem", "InternalServerError", function="OrdersTool")

    customer.says(QUESTION)
    if backstage.backend == AGENTCORE_HARNESS:
        customer.hears(BOT, "can't look that up")
        customer.hears(BOT, "Shall I bring a person into the chat?")
        customer.says("Yes, please")

    reason = "customer_asked" if backstage.backend == AGENTCORE_HARNESS else "agent_unavailable"
    assert customer.is_waiting()["attributes"]["handoff_reason"] == reason
    assert not any("scheduled" in said for said in customer.heard(BOT))


def test_a_team_that_never_answers_is_given_up_at_the_deadline(customer: Customer, backstage: Backstage) -> None:
    """Two minutes are the longest anybody waits for an answer."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        backstage.jump(121)

        assert customer.is_waiting()["attributes"]["handoff_reason"] == "deadline"
    customer.hears(BOT, "taking too long")
