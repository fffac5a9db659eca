"""The program in this process, with a Memory on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.runtime.app import Program
from agents.runtime.settings import read_settings
from tests.agents.runtime.process import MEMORY, TOOL, Aws, Events, aws, text_of
from tests.agents.small_team import write_team


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with aws() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "x")
        yield made


def started(team: Path) -> Program:
    variables = {"TEAM": str(team), "MEMORY_ID": MEMORY, "TOOL_FUNCTIONS": f'{{"LoansTool": "{TOOL}"}}'}
    return Program(read_settings(variables), variables)


async def invoke(program: Program, **payload: Any) -> Events:
    request = {"contactId": "contact-1", "turnId": "turn-1", "language": "en", "told": {}, **payload}
    return [event async for event in program.answer("session-1", request)]


def edit(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


async def test_a_control_that_the_team_no_longer_has_does_not_stop_the_chat(tmp_path: Path, cloud: Aws) -> None:
    """A new version was deployed while it waited; the bot brings the history."""
    asked = await invoke(started(write_team(tmp_path)), text="librarian please")
    assert "control" in asked[-1]
    edit(tmp_path / "team.yaml", "controls: [fetch]", "controls: [bring]")
    edit(tmp_path / "team.yaml", "name: fetch", "name: bring")
    edit(tmp_path / "script.yaml", "fetch", "bring")
    for name in ("script.en.yaml", "script.de.yaml"):
        edit(tmp_path / name, "fetch:", "bring:")

    history = [{"role": "user", "text": "renew my loan"}, {"role": "assistant", "text": "Which card?"}]
    events = await invoke(started(tmp_path), text="C12", history=history)

    assert text_of(events) == "Renewed until Jan 2, 2027."


async def test_two_questions_at_once_open_one_session(tmp_path: Path, cloud: Aws) -> None:
    """Two processes of the bot may ask in the same moment; one is told to come back."""
    program = started(write_team(tmp_path))

    both = await asyncio.gather(invoke(program, text="hello"), invoke(program, text="hello"))

    ends = [next(iter(events[-1])) for events in both]
    assert sorted(ends) == ["error", "finished"]
    assert [each[-1]["error"]["code"] for each in both if "error" in each[-1]] == ["conflictException"]
