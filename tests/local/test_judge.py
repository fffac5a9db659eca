"""A conversation is judged by facts, tools, language and outcome; never by its wording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.conversation_tests import ConversationTest
from agents.team import Team, load_team
from local.judge import judge
from local.played import BOT, Line, Played, PlayedTurn, ToolUse, tool_use
from tests.agents.small_team import write_team

RESULT = {"status": "renewed", "until": "2027-01-02", "number": "T-300001"}


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return load_team(write_team(tmp_path))


def renewed(**arguments: Any) -> ToolUse:
    return ToolUse(tool="renew", arguments=arguments, result=json.dumps(RESULT))


def played(
    answer: str = "Your loan is renewed.",
    *uses: ToolUse,
    expect: dict[str, Any] | None = None,
    end: dict[str, Any] | None = None,
    outcome: str = "stays",
    customer: str = "renew C12",
    **attributes: str,
) -> Played:
    turn = {"customer": customer, "expect": expect or {}}
    test = ConversationTest.model_validate({"name": "n", "about": "a", "turns": [turn], "end": end or {}})
    done = PlayedTurn(customer=customer, heard=[Line(role=BOT, text=answer)], tools=list(uses))
    return Played(test=test, turns=[done], outcome=outcome, attributes=attributes)


CALL = {"tool": "renew", "arguments": {"card": "C12"}}


@pytest.mark.parametrize(
    "fine",
    [
        played("Your loan is renewed until 2 January 2027.", renewed(card="C12"), expect={"calls": [CALL]}),
        played("It is done.", renewed(card=" c.12 ", weeks="2"), expect={"calls": [CALL]}),
        played("It is done.", renewed(card="C12"), renewed(card="C12"), expect={"calls": [CALL]}),
        played("It is T-300001.", renewed(card="C12"), expect={"mentions": ["{renew.number}"]}),
        played("Done.", renewed(card="c-7"), expect={"calls": [{"tool": "renew", "arguments": {"card": "C-07"}}]}),
        played("Your card 12 345 678 is fine", expect={"mentions": [["nothing", "12345678"]]}, customer="12.345.678?"),
        played("Está renovado, gracias", expect={"language": "es"}),
        played("T-1", expect={"language": "es"}),
        played("Which card is it?", expect={"no_calls": True, "never_mentions": ["C13"]}),
        played(
            end={"outcome": "escalate", "reason": "team_decided", "attributes": {"handoff_card": "C12"}},
            outcome="escalate",
            handoff_reason="team_decided",
            handoff_card="C12",
        ),
        played(end={"outcome": "escalate", "attributes": {"handoff_card": "none"}}, outcome="escalate"),
    ],
)
def test_what_is_as_expected_passes_however_it_is_put(fine: Played, team: Team) -> None:
    """Models write numbers with dots, repeat a call, add an argument; none of it is a mistake."""
    assert judge(fine, team) == []


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        (played(expect={"calls": [CALL]}), "renew(card=C12) was expected, but none was used"),
        (
            played("Done.", renewed(card="C13"), expect={"calls": [CALL]}),
            "renew(card=C12) was expected, but renew(card=C13) was used",
        ),
        (
            played("Done.", renewed(card="C12"), renewed(card="C14"), expect={"calls": [CALL]}),
            "renew(card=C14) was used and not expected",
        ),
        (played("Done.", renewed(card="C12"), expect={"no_calls": True}), "no tool was expected"),
        (played("  "), "the bot said nothing"),
        (played(expect={"mentions": ["January"]}), "does not mention 'January'"),
        (played(expect={"mentions": ["{renew.number}"]}), "does not mention '?'"),
        (played(expect={"never_mentions": ["RENEWED"]}), "mentions 'RENEWED'"),
        (played("Está renovado, gracias por la espera"), "is in 'es' and should be in 'en'"),
        (played("Your ticket is 776655."), "the number 776655 is invented"),
        (played("It comes on 2028-02-03.", renewed(card="C12")), "is invented"),
        (played(outcome="escalate", handoff_reason="agent_unavailable"), "'escalate' (agent_unavailable)"),
        (played(end={"outcome": "end"}, outcome="escalate"), "should have ended as 'end'"),
        (
            played(end={"outcome": "escalate", "reason": "customer_asked"}, outcome="escalate", handoff_reason="other"),
            "reason should be 'customer_asked', but it is 'other'",
        ),
        (
            played(end={"outcome": "escalate", "attributes": {"handoff_card": "any"}}, outcome="escalate"),
            "handoff_card should be 'any', but it is ''",
        ),
    ],
)
def test_what_is_not_as_expected_is_told_in_a_sentence(wrong: Played, finding: str, team: Team) -> None:
    """Whoever reads the report knows what to look at."""
    (found,) = judge(wrong, team)

    assert finding in found


def test_a_name_of_the_team_s_parts_is_not_for_customers(tmp_path: Path) -> None:
    """`get_order_status` in an answer is a model that thinks aloud."""
    files = write_team(tmp_path, team_yaml=("name: loans\n", "name: loan_clerk\n"))

    (found,) = judge(played("I asked loan_clerk."), load_team(files))

    assert "names 'loan_clerk', which is internal" in found


def test_a_conversation_that_ended_too_early_or_broke_says_so(team: Team) -> None:
    """What came before is judged all the same; what could not be played is only told."""
    early = played(outcome="escalate", handoff_reason="customer_asked")
    early.test = early.test.model_copy(update={"turns": early.test.turns * 2})
    broken = played()
    broken.broken = "the bot did not greet within 60 s"

    assert judge(early, team) == ["the bot left after turn 1 of 2: it was 'escalate' (customer_asked)"]
    assert judge(broken, team) == ["the bot did not greet within 60 s"]


def test_a_tool_s_use_is_read_from_either_kind_of_event() -> None:
    """Bedrock sends action groups, a Gateway the bare arguments."""
    event = {"function": "renew", "actionGroup": "loans", "parameters": [{"name": "card", "value": "C12"}]}
    answer = {"response": {"functionResponse": {"responseBody": {"TEXT": {"body": "{}"}}}}}
    context = {"custom": {"bedrockAgentCoreToolName": "loans___renew"}}

    first = tool_use(event, None, answer)
    second = tool_use({"card": "C12"}, context, {"status": "renewed"})

    assert first == ToolUse(tool="renew", arguments={"card": "C12"}, result="{}")
    assert second == ToolUse(tool="renew", arguments={"card": "C12"}, result='{"status": "renewed"}')
    assert tool_use({"Details": {}}, None, {}) is None
