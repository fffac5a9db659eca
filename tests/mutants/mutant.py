"""One safeguard taken away: what changes in which file, and the test that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A change after which the product still starts and looks whole, but for one safeguard."""

    name: str
    """The safeguard."""
    without: str
    """What may happen without it."""
    file: str
    old: str
    """Stands in the file exactly once."""
    new: str
    test: str
    """The test that must fail, as pytest names it, without parameters."""


STAYS = "tests/lambdas/adapters/test_stays_contract.py"
TABLE = "tests/lambdas/adapters/test_dynamodb_contacts.py"
PERFORMER = "tests/lambdas/adapters/test_performer.py"
CONNECT = "tests/lambdas/adapters/test_connect_chat.py"
CONVERSATION = "tests/lambdas/conversation"
CUSTOMER_MESSAGES = "tests/infrastructure/test_customer_messages.py"
