"""What the Lambdas are told about a team's controls."""

from __future__ import annotations

import json
from pathlib import Path

from agents.policy import handoff_policy
from agents.team import RESERVED, load_team
from lambdas.conversation import handoff
from lambdas.conversation.handoff import Call, Outcome, Parameter, Reason, parse_policy
from tests.agents.demo_tools import STORE
from tests.agents.small_team import write_team


def test_a_policy_says_everything_about_a_control_that_the_bot_must_know(tmp_path: Path) -> None:
    """The Lambdas never see the team itself."""
    policy = handoff_policy(load_team(write_team(tmp_path)))

    assert policy == {
        "controls": {
            "fetch": {
                "outcome": "escalate",
                "reason": "team_decided",
                "action_group": "people",
                "queue": "Librarians",
                "summary": "wish",
                "parameters": {
                    "wish": {"type": "string", "required": True, "max_length": 200, "mask": False},
                    "card": {"type": "string", "required": False, "max_length": 1000, "mask": True},
                },
            }
        }
    }


def test_the_lambdas_understand_the_demo_teams_policy() -> None:
    """Both sides are written apart; here they meet."""
    policy = parse_policy(json.loads(json.dumps(handoff_policy(load_team(STORE)))))

    decision = policy.decide([Call(function="escalate", parameters={"description": "a broken lamp"})])

    assert (decision.outcome, decision.reason) == (Outcome.ESCALATE, Reason.CUSTOMER_ASKED)
    assert decision.attributes[handoff.ACTION_GROUP] == "escalation"


def test_the_person_gets_the_whole_document_number_in_the_demo() -> None:
    """It is how they find the customer; whoever thinks otherwise sets `mask` in team.yaml."""
    policy = parse_policy(handoff_policy(load_team(STORE)))

    assert policy.controls["escalate"].parameters["identity_document_number"] == Parameter(max_length=40, mask=False)


def test_no_parameter_takes_the_place_of_an_attribute_the_bot_writes() -> None:
    """Both sides keep the list for themselves, because they do not import each other."""
    written_by_the_bot = {
        handoff.OUTCOME,
        handoff.REASON,
        handoff.QUEUE,
        handoff.SUMMARY,
        handoff.LANGUAGE,
        handoff.ATTEMPTS,
    }

    assert {handoff.parameter_attribute(name) for name in RESERVED} == written_by_the_bot
