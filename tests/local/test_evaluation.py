"""`make evaluate` tells how well a team holds its conversations, and never blames a team for an absent model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agents.script import load_script
from local import evaluation
from local.evaluation_report import as_html, as_markdown, as_table
from local.settings import ROOT
from tests.local.evaluated import report, run
from tests.openai_wire import Answer, Refuse, Say, openai_wire, thinks_with

STORE = ROOT / "agents" / "store"
SECRET = "sk-secret"


def evaluate(tmp_path: Path, *options: str) -> int:
    return evaluation.main(["--output", str(tmp_path / "report"), *options])


def reports(tmp_path: Path) -> str:
    files = sorted((tmp_path / "report").iterdir())
    assert [file.suffix for file in files] == [".html", ".md"]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


# The whole way


def test_a_real_model_is_evaluated_over_its_wire_through_the_whole_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One conversation passes each time, another never; the pass rate and the reason are told, and no address."""
    clever = thinks_with(load_script(STORE))

    def think(asked: Mapping[str, Any]) -> Answer:
        shouted = any("UNBELIEVABLE" in str(message.get("content")) for message in asked["messages"])
        return Say("Order 99887766 is <b>lost</b>.") if shouted else clever(asked)

    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with openai_wire(think) as wire:
        only = ("--only", "order's status", "--only", "anger")
        result = evaluate(tmp_path, "--model", f"openai:clever@{wire.url}", *only, "--runs", "2")

    shown = capsys.readouterr()
    assert (result, shown.err) == (1, "")
    assert re.search(r"ok +2/2 .* An order's status is told", shown.out)
    assert re.search(r"FAIL 0/2 .* Anger alone is answered", shown.out)
    assert "the number 99887766 is invented" in shown.out
    written = reports(tmp_path)
    assert "openai:clever" in written
    assert "<b>lost" not in written
    assert all(secret not in written + shown.out for secret in (SECRET, wire.url))
    assert {key for key in wire.keys if key} == {f"Bearer {SECRET}"}


def test_a_model_that_goes_away_in_the_middle_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its silence says nothing about the team: nothing is judged, and no report is written."""
    asked: list[Mapping[str, Any]] = []

    def think(request: Mapping[str, Any]) -> Answer:
        asked.append(request)
        return Say("OK") if len(asked) == 1 else Refuse(503)

    with openai_wire(think) as wire:
        result = evaluate(tmp_path, "--model", f"openai:clever@{wire.url}", "--only", "anger")

    complaint = capsys.readouterr().err
    assert (result, complaint) == (
        2,
        "evaluate: openai:clever cannot be used: the model's endpoint failed (503)\n",
    )
    assert not (tmp_path / "report").exists()


# What cannot be evaluated


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model", "openai:gpt@http://127.0.0.1:1/v1"], "openai:gpt cannot be used: the model's endpoint cannot be"),
        (["--only", "nothing of this name"], "the team 'store' has no conversation with 'nothing of this name'"),
        (["--team", "docs"], "team.yaml, line 1: expected this file to exist"),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    """Not as a failure of each conversation."""
    result = evaluate(tmp_path, *options)

    complaint = capsys.readouterr().err
    assert result == 2
    assert told in complaint
    assert complaint.count("\n") == 1


# The report


def test_the_table_tells_failures_and_pass_rates_and_totals() -> None:
    """What went well once needs no line of its own."""
    shown = as_table(report(run(), run("turn 1: too slow", name="Other"), run(name="Other")))

    assert shown.splitlines()[:2] == ["  FAIL 1/2    1.5 s  Other", "           turn 1: too slow"]
    assert "A loan is renewed" not in shown
    assert "1 of 2 passed" in shown
    assert "2 of 3 passed (66\N{NO-BREAK SPACE}%)" in shown


def test_markdown_and_html_say_who_said_what_and_what_was_expected() -> None:
    """Whoever was not there can judge the judgement."""
    whole = report(run(), run("turn 1: too slow", name="Other"))
    for text in (as_markdown(whole), as_html(whole)):
        for part in ("customer", "bot", "renew", "C12", "uses no tool", "renewed or extended", "turn 1: too slow"):
            assert part in text
        assert "0.5 s" in text
        assert "openai:x" in text
        assert "2026-11-20 12:00 UTC" in text


def test_what_others_wrote_is_text_and_never_markup() -> None:
    """Customers, models and tools write what they like."""
    whole = report(run("<img src=x>"))

    assert "<script>" not in as_html(whole)
    assert "<img" not in as_html(whole)
    assert "renew &lt;C12&gt;" in as_html(whole)
    assert "<script>" not in as_markdown(whole).replace("\\<", "")
    assert "\\*Done\\*" in as_markdown(whole)


def test_the_page_needs_nothing_else() -> None:
    """It is sent by mail and opened years later."""
    page = as_html(report(run()))

    assert re.findall(r"(?:src|href)=|url\(|@import|http", page) == []
