"""The report of an evaluation, for people: a short table, a Markdown file, and one HTML page that needs nothing else.

It renders what was played and judged. The rule: everything that customers, models or tools wrote is text, never markup,
and nothing of the machine (addresses, keys, ids) is in it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from agents.conversation_tests import ConversationTest
from local.judge import expected, expected_end
from local.played import BOT, Line, Played, PlayedTurn, ToolUse

STYLE: Final = Path(__file__).resolve().parent / "page" / "styles" / "evaluation.css"
SPEAKERS: Final = {"CUSTOMER": "customer", BOT: "bot", "AGENT": "human", "SYSTEM": "flow"}
SHOWN_RESULT: Final = 400
"""Characters of a tool's result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one conversation, judged."""

    played: Played
    findings: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An evaluation as it ended."""

    team: str
    model: str
    """Its name; nothing of where it is."""
    backend: str
    started: datetime
    seconds: float
    runs: list[Run]

    @property
    def passed(self) -> bool:
        return all(run.passed for run in self.runs)

    def by_test(self) -> Iterator[tuple[ConversationTest, list[Run]]]:
        """The runs of each conversation, in the order of the files."""
        for _, group in itertools.groupby(self.runs, key=lambda run: run.played.test.name):
            runs = list(group)
            yield runs[0].played.test, runs

    def totals(self) -> dict[str, str]:
        good = sum(run.passed for run in self.runs)
        whole = [runs for _, runs in self.by_test()]
        sound = sum(all(run.passed for run in runs) for runs in whole)
        turns = [turn.seconds for run in self.runs for turn in run.played.turns]
        middle = sorted(turns)[len(turns) // 2] if turns else 0.0
        return {
            "conversations": f"{sound} of {len(whole)} passed",
            "runs": f"{good} of {len(self.runs)} passed ({_percent(good, len(self.runs))})",
            "answers": f"{len(turns)}, median {middle:.1f} s, longest {max(turns, default=0.0):.1f} s",
            "time": f"{self.seconds:.0f} s",
        }


def as_table(report: Report) -> str:
    """For a terminal: the conversations that failed and why; of several runs, how many passed; the totals."""
    lines = []
    for test, runs in report.by_test():
        good = sum(run.passed for run in runs)
        if good == len(runs) == 1:
            continue
        rate = f" {good}/{len(runs)}" if len(runs) > 1 else ""
        lines.append(f"  {'ok  ' if good == len(runs) else 'FAIL'}{rate} {_average(runs):6.1f} s  {test.name}")
        lines += [f"           {finding}" for finding in _all_findings(runs)]
    totals = [f"  {name:<14} {value}" for name, value in report.totals().items()]
    return "\n".join([*lines, *([""] if lines else []), *totals])


# Markdown


def as_markdown(report: Report) -> str:
    lines = [f"# Evaluation of the team “{report.team}”", ""]
    lines += [f"- **{name}**: {value}" for name, value in [*_facts(report), *report.totals().items()]]
    lines += ["", "| | Conversation | Passed | Average |", "| --- | --- | --- | --- |"]
    for test, runs in report.by_test():
        good = sum(run.passed for run in runs)
        verdict = "pass" if good == len(runs) else "**fail**"
        lines.append(f"| {verdict} | {_cell(test.name)} | {good}/{len(runs)} | {_average(runs):.1f} s |")
    for test, runs in report.by_test():
        lines += ["", f"## {test.name}", "", f"{test.about} Must end: {expected_end(test)}."]
        for number, run in enumerate(runs, start=1):
            lines += _markdown_run(run, number if len(runs) > 1 else 0)
    return "\n".join(lines) + "\n"


def _markdown_run(run: Run, number: int) -> Iterator[str]:
    played = run.played
    which = f"Run {number}: " if number else ""
    yield from ["", f"**{which}{'pass' if run.passed else 'fail'}**, {played.seconds:.1f} s", ""]
    yield from (f"- ✗ {_inline(finding)}" for finding in run.findings)
    yield from ([""] if run.findings else [])
    yield from _markdown_lines(played.heard_first)
    for turn, done in zip(played.test.turns, played.turns, strict=False):
        yield f"> **customer**: {_inline(done.customer)}  "
        yield from (f"> *{_inline(_use(use))}*  " for use in done.tools)
        yield from _markdown_lines(done.heard)
        yield f"> (expected: {_inline('; '.join(expected(played.test, turn)))}; {done.seconds:.1f} s)  "
    yield from ["", f"Ended: {_inline(_ending(played))}"]


def _markdown_lines(lines: Iterable[Line]) -> Iterator[str]:
    return (f"> **{SPEAKERS[line.role]}**: {_inline(line.text)}  " for line in lines)


def _inline(text: str) -> str:
    """As text on one line, with nothing that Markdown or HTML would act on."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _inline(text)


# HTML


def as_html(report: Report) -> str:
    good = sum(run.passed for run in report.runs)
    verdict = "passed" if report.passed else "failed"
    facts = "".join(f"<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>" for n, v in _facts(report))
    totals = "".join(f"<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>" for n, v in report.totals().items())
    tests = "\n".join(_html_test(test, runs) for test, runs in report.by_test())
    title = f"Evaluation of the team “{escape(report.team)}”"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<header class="{verdict}">
<p class="rate" aria-hidden="true">{_percent(good, len(report.runs))}</p>
<div>
<h1>{title}</h1>
<p class="verdict">{_verdict(report)}</p>
</div>
</header>
<dl class="facts">{facts}{totals}</dl>
<section aria-label="Conversations">
{tests}
</section>
</main>
</body>
</html>
"""


def _html_test(test: ConversationTest, runs: list[Run]) -> str:
    good = sum(run.passed for run in runs)
    verdict = "passed" if good == len(runs) else "failed"
    rate = f'<span class="times">{good} of {len(runs)}</span>' if len(runs) > 1 else ""
    body = "".join(_html_run(run, number if len(runs) > 1 else 0) for number, run in enumerate(runs, start=1))
    return (
        f'<details class="test {verdict}"{"" if good == len(runs) else " open"}>'
        f'<summary><span class="mark">{"pass" if verdict == "passed" else "fail"}</span>'
        f'<span class="name">{escape(test.name)}</span>{rate}'
        f'<span class="seconds">{_average(runs):.1f} s</span></summary>'
        f'<p class="about">{escape(test.about)} <span>Must end: {escape(expected_end(test))}.</span></p>'
        f"{body}</details>"
    )


def _html_run(run: Run, number: int) -> str:
    played = run.played
    findings = "".join(f"<li>{escape(finding)}</li>" for finding in run.findings)
    which = f"<h3>Run {number}: {'pass' if run.passed else 'fail'}, {played.seconds:.1f} s</h3>" if number else ""
    turns = "".join(_html_turn(played, index, done) for index, done in enumerate(played.turns))
    return (
        f'<article class="run">{which}'
        + (f'<ul class="findings">{findings}</ul>' if findings else "")
        + f'<ol class="talk">{_html_lines(played.heard_first)}{turns}</ol>'
        + f'<p class="ending"><b>Ended:</b> {escape(_ending(played))}</p></article>'
    )


def _html_turn(played: Played, index: int, done: PlayedTurn) -> str:
    wanted = "".join(f"<li>{escape(each)}</li>" for each in expected(played.test, played.test.turns[index]))
    uses = "".join(f'<li class="tool"><code>{escape(_use(use))}</code></li>' for use in done.tools)
    return (
        f"{_html_lines([Line(role='CUSTOMER', text=done.customer)])}{uses}{_html_lines(done.heard)}"
        f'<li class="expected"><span>expected</span><ul>{wanted}</ul><span class="seconds">{done.seconds:.1f} s</span>'
        "</li>"
    )


def _html_lines(lines: Iterable[Line]) -> str:
    shown = ((SPEAKERS[line.role], escape(line.text)) for line in lines)
    return "".join(f'<li class="said {who}"><span class="who">{who}</span><p>{text}</p></li>' for who, text in shown)


# Both


def _facts(report: Report) -> list[tuple[str, str]]:
    return [
        ("model", report.model),
        ("backend", report.backend),
        ("started", f"{report.started:%Y-%m-%d %H:%M} UTC"),
    ]


def _verdict(report: Report) -> str:
    failed = [runs for _, runs in report.by_test() if not all(run.passed for run in runs)]
    of = sum(1 for _ in report.by_test())
    return f"{len(failed)} of {of} conversations did not always go as expected." if failed else "All went as expected."


def _all_findings(runs: Iterable[Run]) -> list[str]:
    return list(dict.fromkeys(finding for run in runs for finding in run.findings))


def _average(runs: list[Run]) -> float:
    return sum(run.played.seconds for run in runs) / len(runs)


def _percent(good: int, of: int) -> str:
    return f"{100 * good // of if of else 0}\N{NO-BREAK SPACE}%"


def _use(use: ToolUse) -> str:
    arguments = json.dumps(dict(use.arguments), ensure_ascii=False)
    result = use.result if len(use.result) <= SHOWN_RESULT else f"{use.result[:SHOWN_RESULT]}…"
    return f"{use.tool} {arguments} → {result}"


def _ending(played: Played) -> str:
    if played.broken:
        return "it broke off"
    attributes = ", ".join(f"{name}={value}" for name, value in sorted(played.attributes.items()))
    return f"{played.outcome or 'unknown'}; attributes: {attributes or 'none'}"
