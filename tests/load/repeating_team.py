"""A team that answers every question with its own number, in two parts: nothing else can be mistaken for the answer.

    asked    "Question 017-03, please."
    answer   "Answer 017-03, first part." and, as a paragraph of its own, "Answer 017-03, second part."

It stands where the team on Strands stands, behind the true face of Bedrock Agents, which refuses a session that is
asked twice at once. It takes next to no time by itself.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Final

from agents.conversation import Answer, ControlCall, Conversation, RunTool, Said, Text, Usage
from agents.team_source import Loaded
from local.model import LocalModel

QUESTION: Final = re.compile(r"Question (\d{3}-\d{2}), please\.")
ANSWER: Final = re.compile(r"Answer (\d{3}-\d{2}), (first|second) part\.")
PARTS: Final = ("first", "second")


def question(chat: int, number: int) -> str:
    return f"Question {chat:03}-{number:02}, please."


class RepeatingTeam:
    """A `Conversation` without a memory."""

    async def ask(
        self, text: str, *, shared: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Answer, None]:
        for asked in QUESTION.findall(text):
            for part in PARTS:
                yield Text(f"Answer {asked}, {part} part.\n\n")

    async def resume(self, results: Mapping[str, str]) -> AsyncGenerator[Answer, None]:
        answers: tuple[Answer, ...] = ()
        for answer in answers:
            yield answer
        raise AssertionError(f"there was no control to answer: {sorted(results)}")

    def waiting(self) -> tuple[ControlCall, ...]:
        return ()

    def usage(self) -> Usage:
        return Usage(input_tokens=0, output_tokens=0)

    def transcript(self) -> tuple[Said, ...]:
        return ()


class RepeatingModel(LocalModel):
    """Builds this team, whatever the team's files say."""

    def build_team(self, loaded: Loaded, tools: Mapping[str, RunTool], history: Iterable[Said]) -> Conversation:
        return RepeatingTeam()
