"""An evaluation that has been, small enough to be read in a test."""

from __future__ import annotations

from datetime import UTC, datetime

from agents.conversation_tests import ConversationTest
from local.evaluation_report import Report, Run
from local.played import BOT, Line, Played, PlayedTurn, ToolUse


def run(*findings: str, name: str = "A loan is renewed", seconds: float = 1.5) -> Run:
    turn = {"customer": "renew <C12>", "expect": {"no_calls": True, "mentions": [["renewed", "extended"]]}}
    end = {"outcome": "escalate", "reason": "team_decided", "attributes": {"handoff_card": "C12"}}
    test = ConversationTest.model_validate({"name": name, "about": "readers <3 it", "turns": [turn], "end": end})
    use = ToolUse(tool="renew", arguments={"card": "C12"}, result='{"status": "<script>"}')
    done = PlayedTurn(customer="renew <C12>", heard=[Line(role=BOT, text="*Done* & dusted")], tools=[use], seconds=0.5)
    played = Played(test=test, turns=[done], outcome="escalate", attributes={"handoff_card": "C12"}, seconds=seconds)
    return Run(played=played, findings=findings)


def report(*runs: Run) -> Report:
    started = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Report(team="library", model="openai:x", backend="default", started=started, seconds=7, runs=list(runs))
