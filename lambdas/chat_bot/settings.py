"""What ChatBot is told by its environment; the stack writes exactly these names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.chat_bot import backends
from lambdas.chat_bot.backends import Backend, backend_of
from lambdas.conversation.phrases import language_of
from lambdas.conversation.settings import Environment
from lambdas.conversation.speech import MANNERS, Manner

NAMES = frozenset(
    {
        "CONTACTS_TABLE",
        "BACKEND",
        "AGENT_REGION",
        "AGENT_SESSION_IDLE_SECONDS",
        "LANGUAGE",
        "READ_TRANSCRIPT",
        "MESSAGE_AGE_LIMIT_SECONDS",
        "TURN_DEADLINE_SECONDS",
        "SPEAK",
        "MARKDOWN",
        "ONE_MOMENT_SECONDS",
    }
)
"""What every backend needs."""


def names_of(backend: str) -> frozenset[str]:
    """The whole environment of a ChatBot whose team runs in this backend."""
    return NAMES | backends.NAMES[backend]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    contacts_table: str
    backend: Backend
    agent_region: str
    """Where the team runs; empty for the function's own Region."""
    agent_session_idle_seconds: float
    """Not more than the backend keeps an idle session, or a lapsed one is taken for a live one."""
    language: str
    may_read_transcript: bool
    message_age_limit_seconds: float
    turn_deadline_seconds: float
    manner: Manner
    markdown: bool
    """Whether web chats are sent Markdown as such."""
    one_moment_seconds: float
    """0: never."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Settings:
        environment = Environment(variables)
        return cls(
            contacts_table=environment.text("CONTACTS_TABLE"),
            backend=backend_of(environment),
            agent_region=environment.text_or_empty("AGENT_REGION"),
            agent_session_idle_seconds=environment.seconds("AGENT_SESSION_IDLE_SECONDS", least=60, most=5400),
            language=language_of(environment.text("LANGUAGE")),
            may_read_transcript=environment.flag("READ_TRANSCRIPT"),
            message_age_limit_seconds=environment.seconds("MESSAGE_AGE_LIMIT_SECONDS", least=60, most=3600),
            turn_deadline_seconds=environment.seconds("TURN_DEADLINE_SECONDS", least=10, most=140),
            manner=environment.choice("SPEAK", MANNERS),
            markdown=environment.flag("MARKDOWN"),
            one_moment_seconds=environment.seconds("ONE_MOMENT_SECONDS", least=0, most=140),
        )
