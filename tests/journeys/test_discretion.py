"""What customers write, who they are, and the keys to their chats never show up where operators look."""

from __future__ import annotations

import uuid

import pytest

from tests.journeys.backstage import Backstage, sns_record
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, Customer

Secrets = dict[str, str]
"""What must stay secret, by what it is."""


@pytest.fixture
def secrets() -> Secrets:
    """Words that occur nowhere else."""
    kinds = ("message", "cart", "wish", "answer of nobody", "broken event", "file", "late words")
    return {kind: f"canary{uuid.uuid4().hex}" for kind in kinds}


def test_logs_hold_no_text_no_attribute_value_and_no_token(
    start_chat: StartChat, backstage: Backstage, secrets: Secrets, caplog: pytest.LogCaptureFixture
) -> None:
    """Through answers, failures, refused attributes, malformed events and crashes: facts are logged, never contents."""
    customer = start_chat(Attributes={"language": "en", "cart": secrets["cart"]})
    customer.is_greeted()
    tokens = tokens_of(customer, backstage)
    live_through_everything(customer, backstage, secrets)

    written = everything_logged(backstage) | {"the stack's own log": caplog.text}
    assert any("turn failed" in text for text in written.values())
    for kind, secret in {**secrets, **tokens}.items():
        for name, text in written.items():
            assert secret not in text, f"{kind} in {name}"


def test_the_live_view_holds_no_text_and_no_token(
    start_chat: StartChat, backstage: Backstage, secrets: Secrets
) -> None:
    """It shows what happens in between; of contents only the attributes, which are its subject."""
    customer = start_chat(Attributes={"language": "en", "cart": secrets["cart"]})
    customer.is_greeted()
    tokens = tokens_of(customer, backstage)
    live_through_everything(customer, backstage, secrets)

    entries = backstage.stack.call(lambda stack: stack.activity.entries())
    shown = " ".join(str(entry) for entry in entries if entry.kind != "attributes")
    assert [kind for kind, secret in {**secrets, **tokens}.items() if secret in shown] == []


def test_metrics_count_and_name_nothing_else(customer: Customer, backstage: Backstage) -> None:
    """Their dimensions are the service and the function: no customer, no contact."""
    customer.says("Where is my order 10020030? My ID is 12345678-9.")
    customer.hears(BOT, "scheduled")
    backstage.calm()

    metrics = [line for text in everything_logged(backstage).values() for line in text.splitlines() if '"_aws"' in line]
    assert metrics
    assert not any(customer.contact_id in line for line in metrics)


def live_through_everything(customer: Customer, backstage: Backstage, secrets: Secrets) -> None:
    """A chat in which a lot goes wrong, each time with something secret at hand."""
    customer.says(f"{secrets['message']} hello")
    backstage.calm()
    backstage.switches.fail(
        backstage.asking, "ThrottlingException", status=429, message=secrets["answer of nobody"], times=1
    )
    customer.says("Where is my order 10020030? My ID is 12345678-9.")
    customer.hears(BOT, "scheduled")
    backstage.brings({"Sns": {"Message": f'{{"Content": "{secrets["broken event"]}"'}})
    backstage.brings(sns_record({"ContactId": customer.contact_id, "Content": secrets["broken event"]}))
    customer.sends_file(f"{secrets['file']}.pdf", b"%PDF")
    customer.hears(BOT, "can't open files")
    backstage.switches.fail(
        "UpdateContactAttributes", "InvalidRequestException", status=400, message=secrets["cart"], times=1
    )
    customer.says(f"I'd like to talk to a person about {secrets['wish']}")
    customer.is_waiting()
    backstage.brings(
        sns_record({"ContactId": str(uuid.uuid4()), "Content": secrets["late words"], "ParticipantRole": "CUSTOMER"})
    )
    backstage.calm()
    for seconds in (61, 121):
        backstage.pass_time(seconds)


def tokens_of(customer: Customer, backstage: Backstage) -> Secrets:
    """The keys to the chat, the customer's and the bot's."""
    bot = backstage.contact(customer.contact_id)
    return {
        "customer's participant token": customer.participant_token,
        "customer's connection token": customer.token,
        "bot's participant token": bot.participant_token,
        "bot's connection token": bot.connection_token,
    }


def everything_logged(backstage: Backstage) -> dict[str, str]:
    """What all functions have logged, by file."""
    return {file.name: file.read_text(encoding="utf-8") for file in backstage.log_files()}
