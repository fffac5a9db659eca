"""What StartBot is told by its environment; the stack writes exactly these names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.conversation.phrases import language_of
from lambdas.conversation.settings import Environment

NAMES = frozenset(
    {
        "CONTACTS_TABLE",
        "TOPIC_ARN",
        "CHAT_BOT_FUNCTION",
        "LANGUAGE",
        "BOT_NAME",
        "TOLD_ATTRIBUTES",
        "READ_TRANSCRIPT",
        "UNANSWERED_SECONDS",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    contacts_table: str
    topic_arn: str
    chat_bot_function: str
    language: str
    """Of a contact that brings none."""
    bot_name: str
    """Shown to the customer as the bot's name."""
    told_attributes: tuple[str, ...]
    """Contact attributes of the customer that the agent is told, most important first."""
    may_read_transcript: bool
    unanswered_seconds: float
    """After so long without an answer the flow takes the contact back; with the rounds of 90 s it stays under 5 min."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Settings:
        environment = Environment(variables)
        return cls(
            contacts_table=environment.text("CONTACTS_TABLE"),
            topic_arn=environment.text("TOPIC_ARN"),
            chat_bot_function=environment.text("CHAT_BOT_FUNCTION"),
            language=language_of(environment.text("LANGUAGE")),
            bot_name=environment.text("BOT_NAME"),
            told_attributes=environment.words("TOLD_ATTRIBUTES"),
            may_read_transcript=environment.flag("READ_TRANSCRIPT"),
            unanswered_seconds=environment.seconds("UNANSWERED_SECONDS", least=60, most=200),
        )
