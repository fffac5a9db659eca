"""Whoever edits the team sees the edit in the next chat; a broken edit is told and changes nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import demo
from local.settings import ROOT, StackSettings
from local.stack import Stack
from tests.journeys.backstage import Backstage
from tests.journeys.people import BOT, FLOW, Customer, Place
from tests.running_stack import RunningStack, running_stack

QUESTION = "Where is my order 10020030? My ID is 12345678-9."
WISH = "I'd like to talk to a person, please."
CHAT_LIMIT_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class TeamFolder:
    """A team of our own to edit."""

    path: Path

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (self.path / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def restore(self) -> None:
        shutil.copytree(ROOT / "agents" / "store", self.path, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def own_team(tmp_path_factory: pytest.TempPathFactory) -> TeamFolder:
    folder = TeamFolder(tmp_path_factory.mktemp("team"))
    folder.restore()
    return folder


@pytest.fixture(scope="module")
def shared_stack(own_team: TeamFolder, backend: str) -> Iterator[RunningStack]:
    """In place of the one of all journeys."""
    with running_stack(StackSettings(port=0, team=own_team.path, watch=False, backend=backend)) as running:
        yield running


@pytest.fixture
def team(own_team: TeamFolder) -> Iterator[TeamFolder]:
    yield own_team
    own_team.restore()


@pytest.fixture
def deploy_policy(stack: RunningStack) -> Iterator[Callable[[Path], None]]:
    """Runs the Lambdas with another policy than the team's."""

    def deploy(policy: Path) -> None:
        def act(running: Stack) -> None:
            functions = running.workers.functions()
            running.workers.define(functions, origin=running.origin, environment={"HANDOFF_POLICY": str(policy)})

        stack.call(act)

    yield deploy
    deploy(stack.call(lambda running: running.team.policy_file()))


def greeted(place: Place) -> Customer:
    customer = Customer(place)
    customer.is_greeted()
    return customer


def test_an_edited_sentence_is_heard_in_the_next_chat(team: TeamFolder, place: Place) -> None:
    """The one that goes on keeps its words; the next one has the new ones."""
    before = greeted(place)
    before.says("hello")
    before.hears(BOT, "Would you like to know about an order")

    team.edit("script.en.yaml", "Your order {order_number} ({items}) is scheduled", "Hooray: {order_number} is planned")
    after = greeted(place)
    after.says(QUESTION)
    before.says(QUESTION)

    after.hears(BOT, "Hooray: 10020030 is planned")
    before.hears(BOT, "Your order 10020030", "is scheduled")


def test_an_edited_instruction_is_what_the_next_chat_s_team_is_told(team: TeamFolder, place: Place) -> None:
    """A real model obeys it; the scripted one only has to go on answering."""
    team.edit("instructions/front_desk.md", "\n", "\nAlways mention the weather.\n")

    customer = greeted(place)
    customer.says(QUESTION)

    customer.hears(BOT, "scheduled")
    loaded = place.stack.stack.team.source.current().team
    assert "Always mention the weather." in loaded.instructions["front_desk"]


def test_an_edited_policy_decides_the_next_hand_off(team: TeamFolder, place: Place) -> None:
    """The Lambdas read it anew; no restart, no deployment."""
    team.edit("team.yaml", "reason: customer_asked", "reason: team_decided")

    customer = greeted(place)
    customer.says(WISH)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "team_decided"


def test_a_broken_edit_leaves_the_last_good_team_and_is_told(
    team: TeamFolder, place: Place, backstage: Backstage
) -> None:
    """A typing mistake must not take the chat down; whoever made it reads file and line."""
    team.edit("team.yaml", "supervisor:", "supervisor: [")

    customer = greeted(place)
    customer.says(QUESTION)

    customer.hears(BOT, "scheduled")
    assert any("team.yaml" in notice and "line" in notice for notice in backstage.notices())


def test_a_hand_off_is_never_found_in_the_team_s_words(team: TeamFolder, place: Place, backstage: Backstage) -> None:
    """Text that looks like a command is text: it is spoken, and the bot stays."""
    team.edit(
        "script.en.yaml", "You're welcome! I'm here if there is anything else.", "Action: escalate. END. Goodbye."
    )

    customer = greeted(place)
    customer.says("Thanks!")
    customer.hears(BOT, "Action: escalate.")
    customer.hears(BOT, "END. Goodbye.")
    backstage.calm()

    assert backstage.record(customer.contact_id).state == "bot"
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")


def test_an_answer_longer_than_a_message_comes_in_parts(team: TeamFolder, place: Place, backstage: Backstage) -> None:
    """Nothing is cut off and no part is refused; the parts arrive in order."""
    words = " ".join(f"mañana-{number}" for number in range(4_000))
    assert len(words.encode()) > 3 * CHAT_LIMIT_BYTES
    team.edit("script.en.yaml", "You're welcome! I'm here if there is anything else.", words)

    customer = greeted(place)
    customer.says("Thanks!")
    customer.hears(BOT, "mañana-3999")
    backstage.calm()

    parts = customer.heard(BOT)[1:]
    assert len(parts) == 4
    assert all(len(part.encode()) <= CHAT_LIMIT_BYTES for part in parts)
    assert " ".join(parts) == words


def test_paragraphs_are_spoken_one_by_one(team: TeamFolder, place: Place) -> None:
    """A customer reads the first while the team still writes the second."""
    team.edit("script.en.yaml", "You're welcome! I'm here if there is anything else.", "Gladly.\\n\\nAnything else?")

    customer = greeted(place)
    customer.says("Thanks!")
    customer.hears(BOT, "Anything else?")

    assert customer.heard(BOT)[1:] == ["Gladly.", "Anything else?"]


def test_the_outcome_end_says_goodbye_and_ends_the_chat(team: TeamFolder, place: Place, backstage: Backstage) -> None:
    """A team may close a chat; it never does so by accident of the flow."""
    team.edit("team.yaml", "outcome: escalate", "outcome: end")
    team.edit("team.yaml", "reason: customer_asked", "reason: finished")

    customer = greeted(place)
    customer.says(WISH)
    customer.until_the_end()

    assert backstage.steps(customer.contact_id)[-2:] == ["outcome", "end"]
    assert customer.heard(BOT)[-1] == "Thank you for chatting with me. Goodbye!"
    assert customer.heard(FLOW) == ["Hello, and welcome!"]
    assert customer.attributes()["handoff_outcome"] == "end"


def test_the_outcome_stay_notes_what_the_team_found_and_the_talk_goes_on(
    team: TeamFolder, place: Place, backstage: Backstage
) -> None:
    """The control is answered, and the team says what comes next."""
    team.edit("team.yaml", "outcome: escalate", "outcome: stay")

    customer = greeted(place)
    customer.says(WISH)
    customer.hears(BOT, "I have noted that you would like to talk to a person.")
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")
    backstage.calm()

    assert WISH in customer.attributes()["handoff_description"]
    assert "handoff_outcome" not in customer.attributes()
    assert backstage.record(customer.contact_id).state == "bot"


@pytest.mark.parametrize(
    ("controls", "reason"),
    [
        ({}, "unknown_control"),
        ({"escalate": {"outcome": "end", "reason": "finished", "parameters": {}}}, "unfit_control"),
    ],
)
def test_a_team_newer_than_the_policy_still_finds_a_human(
    deploy_policy: Callable[[Path], None], place: Place, tmp_path: Path, controls: dict[str, object], reason: str
) -> None:
    """Agents are deployed apart from the Lambdas; what these do not know must never strand or end a chat."""
    older = tmp_path / "older.json"
    older.write_text(json.dumps({"controls": controls}), encoding="utf-8")
    customer = greeted(place)
    deploy_policy(older)

    customer.says(WISH)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == reason
    assert customer.heard(BOT)[-1] == "This needs a person. I'm handing our chat over. Thank you for chatting with me."


@pytest.mark.parametrize(
    ("old", "new", "complaint", "patience"),
    [
        ("outcome: escalate", "outcome: stay", "did not come", "6"),
        ("reason: customer_asked", "reason: team_decided", "handoff_reason is 'team_decided'", "40"),
    ],
    ids=["team", "policy"],
)
def test_a_broken_team_or_policy_makes_the_demo_fail_with_one_line(
    team: TeamFolder,
    stack: RunningStack,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    complaint: str,
    patience: str,
) -> None:
    """`make demo` is the proof that a checkout works, so it must notice when it does not."""
    team.edit("team.yaml", old, new)

    result = demo.main(["--port", stack.origin.rpartition(":")[2], "--patience", patience])

    [line] = capsys.readouterr().err.splitlines()
    assert result == 1
    assert line.startswith("demo: failed: ")
    assert complaint in line
