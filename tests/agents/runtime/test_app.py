"""The program in this process, with a Memory on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from strands.types.content import Message
from strands.types.session import SessionMessage

from agents.runtime.app import Program
from agents.runtime.memory import BATCH, MOST_WAITING, Memory
from agents.runtime.settings import read_settings
from tests.agents.runtime.process import MEMORY, TOOL, Aws, Events, aws, text_of
from tests.agents.small_team import write_team

MESSAGES_OF_A_TURN = 4
"""Of one in which a collaborator is asked."""


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


async def test_an_answer_that_fails_once_a_tool_was_used_is_not_to_be_asked_again(tmp_path: Path, cloud: Aws) -> None:
    """Asked again, the model might word it in another way, and the tool would do it twice."""
    program = started(write_team(tmp_path))
    cloud.function_error = "Unhandled"

    failed = (await invoke(program, text="renew C12"))[-1]["error"]
    cloud.failing["ListEvents"] = "ThrottledException"
    refused = (await invoke(started(tmp_path), text="hello"))[-1]["error"]

    assert (failed["code"], failed["retryable"]) == ("dependencyFailedException", False)
    assert (refused["code"], "retryable" in refused) == ("throttlingException", False)


async def test_a_long_outage_of_memory_is_got_over(tmp_path: Path, cloud: Aws) -> None:
    """Every answer is given, and all of them are kept once it is over: no event has more than one may have."""
    program = started(write_team(tmp_path))
    await invoke(program, text="hello")
    cloud.failing["CreateEvent"] = "ServiceQuotaExceededException"
    for _ in range(turns := BATCH // MESSAGES_OF_A_TURN + 1):
        assert text_of(await invoke(program, text="renew C12")) == "Renewed until Jan 2, 2027."
    await invoke(program, text="renew my loan")
    cloud.failing.clear()
    await invoke(program, text="hello")

    sizes = [len(event["payload"]) for event in cloud.events()]
    assert max(sizes) == BATCH
    assert sum(sizes) > turns * MESSAGES_OF_A_TURN
    assert text_of(await invoke(started(tmp_path), text="C12")) == "Renewed until Jan 2, 2027."


def test_what_waits_for_memory_has_an_end_and_begins_with_a_customers_words(cloud: Aws) -> None:
    """The oldest is lost: a model takes no answer without its question."""
    manager = Memory(MEMORY, boto3.Session(region_name="us-east-1")).manager("session-1", "contact-1")
    turn: list[Message] = [
        {"role": "user", "content": [{"text": "renew"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "renew", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "status": "success", "content": []}}]},
        {"role": "assistant", "content": [{"text": "Done."}]},
    ]
    for number in range(MOST_WAITING + 2):
        manager.create_message("session-1", "desk", SessionMessage(message=turn[number % len(turn)], message_id=number))

    manager.close()

    kept = manager.list_messages("session-1", "desk")
    assert [each.message_id for each in kept] == list(range(len(turn), MOST_WAITING + 2))
    assert [len(event["payload"]) for event in cloud.events()[1:]] == [BATCH] * (MOST_WAITING // BATCH - 1) + [
        BATCH - 2
    ]
