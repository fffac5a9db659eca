"""ChatBot as Lambda runs it, under each backend: one setting more, and everything else stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lambdas.conversation.contact import State
from lambdas.conversation.handoff import Call
from lambdas.conversation.phrases import phrases
from tests.lambdas.adapters.agent_benches import (
    AgentCoreHarnessBench,
    AgentCoreRuntimeBench,
    BedrockAgentsBench,
    Controls,
    GuardedHarnessBench,
    Refuses,
    Says,
    WireBench,
)
from tests.lambdas.aws_for_functions import Aws, aws_running
from tests.lambdas.aws_server import AwsServer
from tests.lambdas.chat_bot.test_handler import HANDLER, invoke, published
from tests.lambdas.chat_bot.test_settings import COMMON
from tests.lambdas.functions import Function, running

BACKENDS: dict[str, tuple[dict[str, str], Callable[[AwsServer], WireBench]]] = {
    "bedrock-agents": ({"AGENT_ID": "AGENT0001", "AGENT_ALIAS_ID": "ALIAS00001"}, BedrockAgentsBench),
    "agentcore-runtime": (
        {"AGENT_RUNTIME_ARN": AgentCoreRuntimeBench.arn, "AGENT_RUNTIME_QUALIFIER": "DEFAULT"},
        AgentCoreRuntimeBench,
    ),
    "agentcore-harness": (
        {
            "HARNESS_ARN": AgentCoreHarnessBench.arn,
            "HARNESS_QUALIFIER": "live",
            "GUARDRAIL_ID": "guardrail1",
            "GUARDRAIL_VERSION": "3",
        },
        GuardedHarnessBench,
    ),
}


@dataclass(frozen=True)
class Deployed:
    """A ChatBot with its team behind one backend."""

    backend: str
    chat_bot: Function
    aws: Aws
    team: WireBench

    def joined(self, name: str) -> str:
        contact_id = f"{name}-with-{self.backend}"
        self.aws.server.requests.clear()
        self.aws.joined(contact_id)
        return contact_id


@pytest.fixture(scope="module", params=BACKENDS)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    settings, bench = BACKENDS[request.param]
    with aws_running() as aws:
        variables = {**COMMON, **settings, "BACKEND": request.param, "AWS_ENDPOINT_URL": aws.server.url}
        folder: Path = tmp_path_factory.mktemp(request.param)
        with running(HANDLER, folder, variables, timeout_seconds=180) as function:
            aws.kindly()
            yield Deployed(request.param, function, aws, bench(aws.server))


def test_a_message_is_answered(deployed: Deployed) -> None:
    """From the SNS event to SendMessage."""
    contact_id = deployed.joined("answered")
    deployed.team.answers(Says("It is on "), Says("its way."))

    answered = invoke(deployed.chat_bot, published(contact_id))

    assert answered.error is None
    assert deployed.aws.sent() == ["It is on its way."]


def test_a_control_hands_over(deployed: Deployed) -> None:
    """With its briefing."""
    contact_id = deployed.joined("escalated")
    call = Call(function="escalate", action_group="escalation", parameters={"description": "canary-description"})
    deployed.team.answers(Says("Of course."), Controls((call,)))

    answered = invoke(deployed.chat_bot, published(contact_id))

    assert answered.error is None
    assert deployed.aws.sent() == ["Of course.", phrases("es").say("escalate")]
    (attributes,) = deployed.aws.server.asked("/contact/attributes")
    assert attributes.json["Attributes"]["handoff_summary"] == "canary-description"
    assert deployed.aws.state(contact_id) is State.HUMAN


def test_a_guardrails_refusal_is_said_in_the_contacts_language_and_counted(deployed: Deployed) -> None:
    """Whatever the guardrail itself says, in whatever language the stack speaks."""
    contact_id = deployed.joined("refused")
    deployed.team.answers(Says("It is here.\n\n"), Refuses())

    answered = invoke(deployed.chat_bot, published(contact_id))

    assert answered.error is None
    assert deployed.aws.sent() == ["It is here.", phrases("es").say("refused")]
    assert answered.metrics["GuardrailIntervened"] == [1]
    assert deployed.aws.state(contact_id) is State.BOT


def test_a_team_that_cannot_answer_is_replaced_by_a_person(deployed: Deployed) -> None:
    """The log knows the contact and no word of the customer."""
    contact_id = deployed.joined("unavailable")
    deployed.team.refuses("AccessDeniedException", 403, "canary: not allowed")

    answered = invoke(deployed.chat_bot, published(contact_id))

    assert answered.error is None
    assert deployed.aws.sent() == [phrases("es").say("agent_unavailable")]
    assert answered.metrics["Handoff.agent_unavailable"] == [1]
