"""StartBot's real parts, made once per container."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.config import Config

from lambdas.adapters.chat_bot_function import ChatBotFunction
from lambdas.adapters.connect_chat import ConnectChat
from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.adapters.policy_file import policy_of
from lambdas.conversation.handoff import Policy
from lambdas.conversation.ports import Clock
from lambdas.conversation.stay import Reception
from lambdas.services import client, when_needed
from lambdas.start_bot.actions import StartBot
from lambdas.start_bot.settings import Settings

QUICK = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
"""The flow waits 8 s in all and tries again by itself."""
ONCE = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
"""Towards Connect only the conversation tries again, by its own table."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What lasts longer than one invocation."""

    settings: Settings
    stays: DynamoDBContacts
    room: ConnectChat
    chat_bot: ChatBotFunction
    policy: Policy

    def start_bot(self, *, clock: Clock, report: Callable[[str], None]) -> StartBot:
        reception = Reception(
            stays=self.stays,
            room=self.room,
            clock=clock,
            new_id=lambda: str(uuid.uuid4()),
            random=random.SystemRandom().random,  # a snapshot would repeat any other
            hand_to_chat_bot=self.chat_bot.hand_over,
            topic_arn=self.settings.topic_arn,
            bot_name=self.settings.bot_name,
            may_read_transcript=self.settings.may_read_transcript,
            unanswered_seconds=self.settings.unanswered_seconds,
        )
        return StartBot(
            reception=reception,
            policy=self.policy,
            language=self.settings.language,
            told_attributes=self.settings.told_attributes,
            report=report,
        )


def wire(variables: Mapping[str, str]) -> Wiring:
    """Raises `InvalidSetting` for a wrong environment."""
    settings = Settings.from_environment(variables)
    return Wiring(
        settings=settings,
        stays=DynamoDBContacts(ContactsTable(client("dynamodb", config=QUICK), settings.contacts_table)),
        room=ConnectChat(client("connect", config=ONCE), client("connectparticipant", config=ONCE)),
        chat_bot=ChatBotFunction(when_needed("lambda", config=QUICK), settings.chat_bot_function),
        policy=policy_of(variables),
    )


WIRING = wire(os.environ)
