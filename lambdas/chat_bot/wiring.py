"""ChatBot's real parts, made once per container."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Mapping

from botocore.config import Config

from lambdas.adapters.connect_chat import ConnectChat
from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.adapters.policy_file import policy_of
from lambdas.chat_bot.agents import make_agents
from lambdas.chat_bot.reactions import ChatBot
from lambdas.chat_bot.settings import Settings
from lambdas.conversation.world import Rules
from lambdas.services import client, when_needed

QUICK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
ONCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
"""Towards Connect only the conversation tries again, by its own table."""


def wire(variables: Mapping[str, str]) -> ChatBot:
    """Raises `InvalidSetting` for a wrong environment."""
    settings = Settings.from_environment(variables)
    return ChatBot(
        stays=DynamoDBContacts(ContactsTable(client("dynamodb", config=QUICK), settings.contacts_table)),
        room=ConnectChat(when_needed("connect", config=ONCE), client("connectparticipant", config=ONCE)),
        agents=make_agents(settings.backend, region=settings.agent_region, manner=settings.manner),
        policy=policy_of(variables),
        rules=Rules(
            age_limit_seconds=settings.message_age_limit_seconds,
            deadline_seconds=settings.turn_deadline_seconds,
            session_idle_seconds=settings.agent_session_idle_seconds,
            manner=settings.manner,
            markdown=settings.markdown,
            one_moment_seconds=settings.one_moment_seconds,
        ),
        may_read_transcript=settings.may_read_transcript,
        new_id=lambda: str(uuid.uuid4()),
        random=random.SystemRandom().random,  # a snapshot would repeat any other
    )


CHAT_BOT = wire(os.environ)
