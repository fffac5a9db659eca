"""The team on Strands: collaborators as tools, tools as callables, controls as interrupts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.conversation import Answer, Controls, Conversation, Said, Text, ToolCall
from agents.script import load_script
from agents.scripted import ScriptedModel
from agents.strands_team import build_team
from agents.team import load_team
from tests.agents.small_team import write_team


class Loans:
    """Renews what it is asked to and remembers it."""

    def __init__(self) -> None:
        self.calls: list[ToolCall] = []

    async def renew(self, call: ToolCall) -> str:
        self.calls.append(call)
        return '{"status": "renewed", "until": "2027-01-02"}'


@pytest.fixture
def loans() -> Loans:
    return Loans()


def library(folder: Path, loans: Loans, *history: Said) -> Conversation:
    write_team(folder)
    model = ScriptedModel(load_script(folder))
    return build_team(load_team(folder), {"renew": loans.renew}, model, history=history)


async def everything(conversation: Conversation, text: str) -> list[Answer]:
    return [answer async for answer in conversation.ask(text, own={"language": "en"})]


def text_of(answers: list[Answer]) -> str:
    return "".join(answer.text for answer in answers if isinstance(answer, Text))


async def test_a_question_goes_through_the_collaborator_to_the_tool_and_back(tmp_path: Path, loans: Loans) -> None:
    """The whole way, with nothing replaced but the model."""
    answers = await everything(library(tmp_path, loans), "renew C12 please")

    assert text_of(answers) == "Renewed until Jan 2, 2027."
    assert [(call.tool.name, call.agent.name, call.arguments) for call in loans.calls] == [
        ("renew", "loans", {"card": "C12"})
    ]


async def test_a_control_stops_the_team_and_names_who_asked(tmp_path: Path, loans: Loans) -> None:
    """Whoever runs the team must act; the team waits."""
    (answer,) = await everything(library(tmp_path, loans), "librarian please, my card is C12")

    assert isinstance(answer, Controls)
    (call,) = answer.calls
    assert (call.control.name, call.agent.name) == ("fetch", "loans")
    assert call.arguments == {"wish": "Reader said: librarian please, my card is C12", "card": "C12"}


async def test_a_team_goes_on_once_its_control_is_answered(tmp_path: Path, loans: Loans) -> None:
    """A control whose outcome is to stay needs an answer."""
    conversation = library(tmp_path, loans)
    (asked,) = await everything(conversation, "librarian please")
    assert isinstance(asked, Controls)

    answers = [answer async for answer in conversation.resume({asked.calls[0].id: '{"status": "done"}'})]

    assert text_of(answers) == "Fetched."


async def test_a_prompt_in_place_of_an_answer_gives_the_control_up(tmp_path: Path, loans: Loans) -> None:
    """The customer writes on; the control is done with and what they write is answered."""
    conversation = library(tmp_path, loans)
    await everything(conversation, "librarian please")
    assert len(conversation.waiting()) == 1

    answers = await everything(conversation, "renew C12")

    assert text_of(answers) == "Renewed until Jan 2, 2027."
    assert conversation.waiting() == ()


async def test_history_is_as_good_as_having_been_there(tmp_path: Path, loans: Loans) -> None:
    """A returning bot gets the earlier talk."""
    history = (Said(role="user", text="renew my loan"), Said(role="assistant", text="Which card?"))

    answers = await everything(library(tmp_path, loans, *history), "C12")

    assert text_of(answers) == "Renewed until Jan 2, 2027."


async def test_the_transcript_holds_words_and_no_tools(tmp_path: Path, loans: Loans) -> None:
    """What a fresh team is told is what a person could have heard."""
    conversation = library(tmp_path, loans)
    await everything(conversation, "renew C12")

    assert conversation.transcript() == (
        Said(role="user", text="renew C12"),
        Said(role="assistant", text="Renewed until Jan 2, 2027."),
    )
