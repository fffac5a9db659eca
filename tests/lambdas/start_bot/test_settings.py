"""StartBot's settings: exactly the names the stack writes, each checked at the start."""

from __future__ import annotations

import pytest

from lambdas.conversation.errors import InvalidSetting
from lambdas.start_bot.settings import NAMES, Settings

GOOD = {
    "CONTACTS_TABLE": "contacts",
    "TOPIC_ARN": "topic",
    "CHAT_BOT_FUNCTION": "chat-bot",
    "LANGUAGE": "es-MX",
    "BOT_NAME": "Ayuda",
    "TOLD_ATTRIBUTES": "name, tier",
    "READ_TRANSCRIPT": "false",
    "UNANSWERED_SECONDS": "180",
}


def test_settings_are_read_from_the_environment() -> None:
    """Once, at the start."""
    assert Settings.from_environment(GOOD) == Settings(
        contacts_table="contacts",
        topic_arn="topic",
        chat_bot_function="chat-bot",
        language="es",
        bot_name="Ayuda",
        told_attributes=("name", "tier"),
        may_read_transcript=False,
        unanswered_seconds=180.0,
    )


def test_the_names_are_those_the_stack_writes() -> None:
    """The stack's test compares its template with the same list."""
    assert GOOD.keys() == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_setting_is_needed(name: str) -> None:
    """A missing one is a mistake of the stack, and stops the start."""
    with pytest.raises(InvalidSetting, match=name):
        Settings.from_environment({key: value for key, value in GOOD.items() if key != name})


def test_the_agent_may_be_told_nothing() -> None:
    """An empty list is a wish."""
    assert Settings.from_environment({**GOOD, "TOLD_ATTRIBUTES": ""}).told_attributes == ()


@pytest.mark.parametrize(("name", "value"), [("UNANSWERED_SECONDS", "201"), ("READ_TRANSCRIPT", "no")])
def test_a_wrong_setting_stops_the_start_with_a_line_that_names_it(name: str, value: str) -> None:
    """With rounds of 90 s an unanswered customer is in a queue within five minutes, so 200 s are the most."""
    with pytest.raises(InvalidSetting, match=f"^setting {name}: must be"):
        Settings.from_environment({**GOOD, name: value})
