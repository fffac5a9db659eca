"""What RescueBot is told by its environment; the stack writes exactly these names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.conversation.settings import Environment

NAMES = frozenset({"CONTACTS_TABLE", "CHAT_BOT_FUNCTION", "KEPT_QUEUE_URL", "UNRESCUED_QUEUE_URL", "READ_TRANSCRIPT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    contacts_table: str
    chat_bot_function: str
    kept_queue_url: str
    """Where events are put aside."""
    unrescued_queue_url: str
    """Where SQS moves what RescueBot failed at; only a replay reads it."""
    may_read_transcript: bool

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Settings:
        environment = Environment(variables)
        return cls(
            contacts_table=environment.text("CONTACTS_TABLE"),
            chat_bot_function=environment.text("CHAT_BOT_FUNCTION"),
            kept_queue_url=environment.text("KEPT_QUEUE_URL"),
            unrescued_queue_url=environment.text("UNRESCUED_QUEUE_URL"),
            may_read_transcript=environment.flag("READ_TRANSCRIPT"),
        )
