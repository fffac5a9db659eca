"""Conversation tests are data that is checked: file, line and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.conversation_tests import load_conversations
from agents.team import load_team
from agents.yaml_source import InvalidTeam
from tests.agents.small_team import write_team

GOOD = """\
language: en
conversations:
  - name: A loan is renewed
    about: It is what readers come for.
    turns:
      - customer: renew C12
        expect:
          calls: [{tool: renew, arguments: {card: C12}}]
          mentions: ["{renew.until}", [renewed, extended]]
      - customer: gracias
        expect: {no_calls: true, language: es}
    end: {outcome: escalate, reason: team_decided, attributes: {handoff_card: C12}}
"""


def write(folder: Path, text: str, name: str = "en.yaml") -> Path:
    write_team(folder)
    (folder / "conversations").mkdir(exist_ok=True)
    (folder / "conversations" / name).write_text(text, encoding="utf-8")
    return folder


def test_a_conversation_is_read_with_its_language(tmp_path: Path) -> None:
    """The file says it once; a turn may expect another."""
    folder = write(tmp_path, GOOD)

    (test,) = load_conversations(folder, load_team(folder))

    assert test.spoken == "en"
    assert [test.language_of(turn) for turn in test.turns] == ["en", "es"]
    assert test.turns[0].expect.mentions == ("{renew.until}", ("renewed", "extended"))
    assert (test.end.outcome, test.end.attributes) == ("escalate", {"handoff_card": "C12"})


def test_a_team_without_conversations_has_none(tmp_path: Path) -> None:
    """They are no duty of a team that is only tried."""
    assert load_conversations(write_team(tmp_path), load_team(tmp_path)) == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("tool: renew,", "tool: extend,", 8, "one of the team's tools (renew), not 'extend'"),
        ("{card: C12}}]", "{cart: C12}}]", 8, "one of the parameters of 'renew' (card, weeks), not 'cart'"),
        ("{renew.until}", "{extend.until}", 7, "not 'extend'"),
        ("handoff_card", "handoff_cart", 12, "an attribute that a hand-off has"),
        ("outcome: escalate", "outcome: stays", 12, "no reason and no attributes while the bot stays"),
        ("outcome: escalate", "outcome: leave", 12, "'stays', 'escalate' or 'end'"),
        ("no_calls: true", "no_call: true", 11, "expected no 'conversations.0.turns.1.expect.no_call'"),
        ("no_calls: true", "no_calls: true, calls: [{tool: renew}]", 11, "either 'calls' or 'no_calls'"),
        ("language: es", "language: fr", 11, "'en' or 'es'"),
        ("    about: It is what readers come for.\n", "", 3, "which is missing"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, expected: str) -> None:
    """A test that names what is not there would never fail, or always."""
    assert old in GOOD
    folder = write(tmp_path, GOOD.replace(old, new))

    with pytest.raises(InvalidTeam) as invalid:
        load_conversations(folder, load_team(folder))

    assert f"en.yaml, line {line}: " in str(invalid.value)
    assert expected in str(invalid.value)


def test_a_name_stands_for_one_conversation_in_all_files(tmp_path: Path) -> None:
    """Reports and options call conversations by name."""
    write(tmp_path, GOOD)
    folder = write(tmp_path, GOOD, name="more.yaml")

    with pytest.raises(InvalidTeam, match=r"more\.yaml, line 3: .*another conversation has it"):
        load_conversations(folder, load_team(folder))
