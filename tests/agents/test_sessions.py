"""Sessions remember, forget when nobody uses them, and recover from being cut off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.conversation import Answer, ControlCall, Controls, RunTool, Said, Text, ToolCall, Usage
from agents.script import load_script
from agents.sessions import Busy, Session, Sessions
from agents.team import load_team
from agents.team_source import Loaded
from tests.agents.small_team import write_team

PATIENCE_SECONDS = 30.0


@dataclass
class Parrot:
    """A conversation that says what it hears; "librarian" is a control."""

    loaded: Loaded
    said: list[Said] = field(default_factory=list)
    told: list[tuple[Mapping[str, str], Mapping[str, str]]] = field(default_factory=list)

    async def ask(
        self, text: str, *, shared: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Answer, None]:
        self.said.append(Said(role="user", text=text))
        self.told.append((shared or {}, own or {}))
        if text == "librarian":
            team = self.loaded.team
            call = ControlCall(id="i-1", control=team.control("fetch"), agent=team.supervisor, arguments={})
            yield Controls((call,))
            return
        for word in text.split():
            yield Text(word)
        self.said.append(Said(role="assistant", text=text))

    async def resume(self, results: Mapping[str, str]) -> AsyncGenerator[Answer, None]:
        yield Text(" ".join(results.values()))

    def transcript(self) -> tuple[Said, ...]:
        return tuple(self.said)

    def waiting(self) -> tuple[ControlCall, ...]:
        return ()

    def usage(self) -> Usage:
        return Usage(input_tokens=0, output_tokens=0)


class Library:
    """Sessions with parrots, at a time that tests set."""

    def __init__(self, folder: Path) -> None:
        write_team(folder)
        self.now = 1_000.0
        self.loaded = Loaded(team=load_team(folder), script=load_script(folder))
        self.parrots: list[Parrot] = []
        self.build_error: Exception | None = None
        self.building = threading.Event()
        self.may_build = threading.Event()
        """Set unless a test makes building a team take its time."""
        self.may_build.set()
        self.sessions = Sessions(source=lambda: self.loaded, build=self.build, run_tool=self.run, now=lambda: self.now)

    def build(self, session: Session, tools: Mapping[str, RunTool], history: Iterable[Said]) -> Parrot:
        assert tools.keys() == {"renew"}
        self.building.set()
        assert self.may_build.wait(PATIENCE_SECONDS)
        if self.build_error:
            raise self.build_error
        self.parrots.append(Parrot(session.loaded, list(history)))
        return self.parrots[-1]

    async def run(self, session: Session, call: ToolCall) -> str:
        return "{}"

    async def ask(self, session_id: str, text: str, **attributes: str) -> list[Answer]:
        session = self.sessions.open(session_id)
        session.attributes |= attributes
        return [answer async for answer in self.sessions.ask(session, text)]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


async def test_each_session_has_a_team_of_its_own(library: Library) -> None:
    """What one customer says is nobody else's business."""
    await library.ask("a", "my card is C12")
    await library.ask("b", "hello")
    await library.ask("a", "renew")

    assert [[said.text for said in parrot.said if said.role == "user"] for parrot in library.parrots] == [
        ["my card is C12", "renew"],
        ["hello"],
    ]


async def test_a_session_nobody_uses_is_forgotten(library: Library) -> None:
    """As Bedrock does after the agent's idle time."""
    await library.ask("a", "hello")
    library.now += library.loaded.team.idle_session_seconds + 1

    await library.ask("a", "hello again")

    assert len(library.parrots) == 2
    assert library.parrots[1].said[0].text == "hello again"


async def test_agents_are_told_about_the_customer_but_not_about_the_plumbing(library: Library) -> None:
    """Ids are for tools."""
    await library.ask("a", "hello", contact_id="c", turn_id="t", tier="gold")

    assert library.parrots[0].told == [({"tier": "gold"}, {})]


async def test_a_prompt_in_place_of_an_answer_begins_anew_with_what_was_said(library: Library) -> None:
    """The customer writes again while nobody has acted on the control; nothing may be lost."""
    await library.ask("a", "C12")
    (asked,) = await library.ask("a", "librarian")
    assert isinstance(asked, Controls)

    await library.ask("a", "hello?")

    assert [said.text for said in library.parrots[1].said if said.role == "user"] == ["C12", "librarian", "hello?"]


async def test_a_session_cut_off_in_mid_answer_begins_anew_with_what_was_said(library: Library) -> None:
    """A half-done answer leaves agents in a state they cannot go on from."""
    session = library.sessions.open("a")
    answers = library.sessions.ask(session, "one two three")
    await anext(answers)
    await answers.aclose()

    await library.ask("a", "go on")

    assert [said.text for said in library.parrots[1].said if said.role == "user"] == ["one two three", "go on"]


async def test_a_session_answers_one_prompt_at_a_time(library: Library) -> None:
    """Two at once would mix the talk."""
    session = library.sessions.open("a")
    answers = library.sessions.ask(session, "one two three")
    await anext(answers)

    with pytest.raises(Busy):
        library.sessions.open("a")
    with pytest.raises(Busy):
        await anext(library.sessions.ask(session, "me too"))

    await answers.aclose()
    assert library.sessions.open("a") is session


async def test_a_session_whose_team_is_built_anew_is_busy(library: Library) -> None:
    """Building takes its time; who asks meanwhile would have another team, and the answers would be mixed."""
    session = library.sessions.open("a")
    cut_off = library.sessions.ask(session, "one two three")
    await anext(cut_off)
    await cut_off.aclose()
    library.building.clear()
    library.may_build.clear()
    first = asyncio.create_task(library.ask("a", "go on"))
    assert await asyncio.to_thread(library.building.wait, PATIENCE_SECONDS)

    try:
        with pytest.raises(Busy):
            await library.ask("a", "me too")
    finally:
        library.may_build.set()

    assert await first == [Text("go"), Text("on")]
    assert [said.text for said in session.team.transcript() if said.role == "user"] == ["one two three", "go on"]


async def test_a_team_that_cannot_be_built_leaves_the_session_free(library: Library) -> None:
    """The next prompt tries again."""
    (asked,) = await library.ask("a", "librarian")
    assert isinstance(asked, Controls)
    library.build_error = ConnectionError()
    with pytest.raises(ConnectionError):
        await library.ask("a", "hello?")
    library.build_error = None

    await library.ask("a", "hello?")

    assert [said.text for said in library.parrots[-1].said if said.role == "user"] == ["librarian", "hello?"]
