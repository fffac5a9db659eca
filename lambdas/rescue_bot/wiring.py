"""RescueBot's real parts, made once per container."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.config import Config

from lambdas.adapters.chat_bot_function import ChatBotFunction
from lambdas.adapters.connect_chat import ConnectChat
from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.adapters.policy_file import policy_of
from lambdas.adapters.queues import Queue
from lambdas.rescue_bot.replay import Replay
from lambdas.rescue_bot.rescues import RescueBot
from lambdas.rescue_bot.settings import Settings
from lambdas.services import client, when_needed

QUICK = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
"""A rescue has 15 s in all; what fails comes again by the queue."""
ONCE = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
"""Towards Connect only the domain tries again."""
RECEIVING = Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
"""A receive waits a second for messages."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What lasts longer than one invocation."""

    rescue_bot: RescueBot
    replay: Replay


def wire(variables: Mapping[str, str]) -> Wiring:
    """Raises `InvalidSetting` for a wrong environment."""
    settings = Settings.from_environment(variables)
    stays = DynamoDBContacts(ContactsTable(client("dynamodb", config=QUICK), settings.contacts_table))
    sqs = client("sqs", config=RECEIVING)
    kept, unrescued = Queue(sqs, settings.kept_queue_url), Queue(sqs, settings.unrescued_queue_url)
    rescue_bot = RescueBot(
        stays=stays,
        room=ConnectChat(client("connect", config=ONCE), client("connectparticipant", config=ONCE)),
        policy=policy_of(variables),
        kept=kept,
        may_read_transcript=settings.may_read_transcript,
        new_id=lambda: str(uuid.uuid4()),
        random=random.SystemRandom().random,  # a snapshot would repeat any other
    )
    chat_bot = ChatBotFunction(when_needed("lambda", config=QUICK), settings.chat_bot_function)
    return Wiring(rescue_bot=rescue_bot, replay=Replay(stays=stays, chat_bot=chat_bot, queues=(unrescued, kept)))


WIRING = wire(os.environ)
