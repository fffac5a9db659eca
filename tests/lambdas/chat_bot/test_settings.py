"""ChatBot's settings: exactly the names the stack writes, each checked at the start."""

from __future__ import annotations

import pytest

from lambdas.chat_bot.settings import NAMES, Settings
from lambdas.conversation.errors import InvalidSetting

GOOD = {
    "CONTACTS_TABLE": "contacts",
    "AGENT_ID": "AGENT12345",
    "AGENT_ALIAS_ID": "ALIAS12345",
    "AGENT_SESSION_IDLE_SECONDS": "600",
    "LANGUAGE": "es",
    "READ_TRANSCRIPT": "true",
    "MESSAGE_AGE_LIMIT_SECONDS": "300",
    "TURN_DEADLINE_SECONDS": "120",
    "SPEAK": "paragraph",
}


def test_settings_are_read_from_the_environment() -> None:
    """Once, at the start."""
    assert Settings.from_environment(GOOD) == Settings(
        contacts_table="contacts",
        agent_id="AGENT12345",
        agent_alias_id="ALIAS12345",
        agent_session_idle_seconds=600.0,
        language="es",
        may_read_transcript=True,
        message_age_limit_seconds=300.0,
        turn_deadline_seconds=120.0,
        manner="paragraph",
    )


def test_the_names_are_those_the_stack_writes() -> None:
    """The stack's test compares its template with the same list."""
    assert GOOD.keys() == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_setting_is_needed(name: str) -> None:
    """A missing one is a mistake of the stack, and stops the start."""
    with pytest.raises(InvalidSetting, match=name):
        Settings.from_environment({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AGENT_SESSION_IDLE_SECONDS", "59"),
        ("AGENT_SESSION_IDLE_SECONDS", "5401"),
        ("MESSAGE_AGE_LIMIT_SECONDS", "3601"),
        ("TURN_DEADLINE_SECONDS", "141"),
        ("TURN_DEADLINE_SECONDS", "9"),
        ("READ_TRANSCRIPT", "maybe"),
        ("SPEAK", "loudly"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_line_that_names_it(name: str, value: str) -> None:
    """Limits of the service (a session's idle time: 60 to 5,400 s) and of the function's own time."""
    with pytest.raises(InvalidSetting, match=f"^setting {name}: must be"):
        Settings.from_environment({**GOOD, name: value})


def test_an_answer_may_be_spoken_whole() -> None:
    """The other of two manners."""
    assert Settings.from_environment({**GOOD, "SPEAK": "whole"}).manner == "whole"


def test_a_language_the_bot_does_not_speak_becomes_english() -> None:
    """As for a contact."""
    assert Settings.from_environment({**GOOD, "LANGUAGE": "fr"}).language == "en"
