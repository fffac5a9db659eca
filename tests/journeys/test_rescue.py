"""What Lambda gave up on, or SNS could not deliver, ends with a person, with an answer, or with an alarm; never twice.

Processes are really killed. Where the agents run changes nothing of it.
"""

from __future__ import annotations

import json

import pytest

from cdk import replay
from local.agent_faces import BEDROCK_AGENTS
from tests.journeys.backstage import CHAT_BOT, RESCUE_BOT, Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, Customer, Place
from tests.running_stack import RunningStack

ONE_BACKEND = BEDROCK_AGENTS
QUESTION = "Where is my order 10020030? My ID is 12345678-9."
SORRY = "sorry for the long silence"
ALL_TRIES_SECONDS = 185
"""Lambda tries at once, after a minute, and two minutes later."""
ALL_LOOKS_SECONDS = 460
"""RescueBot looks five times, 90 s apart, and then SQS gives up."""
LATER_SECONDS = 45
"""So far into a round of the flow that its look at three minutes of silence comes after Lambda's last try."""
GIVEN_UP = ["started", "failed", "given_up"]
NOTHING = {"read": 0, "handed_over": 0, "ended": 0, "with_a_person": 0, "unknown": 0, "unreadable": 0, "failed": 0}


def test_a_customer_at_whose_message_every_try_dies_is_rescued(
    customer: Customer, place: Place, backstage: Backstage
) -> None:
    """One sentence, a person with the story; the flow, which looks after the bot as well, has nothing left to do."""
    backstage.pass_time(LATER_SECONDS)
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id, edge="after")

    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying")
    backstage.pass_time(ALL_TRIES_SECONDS)

    attributes = customer.is_waiting()["attributes"]
    human = place.accept(customer.contact_id)
    backstage.pass_time(300)
    assert backstage.phases(customer.contact_id)[:9] == [*["started", "failed", "retrying"] * 2, *GIVEN_UP]
    assert attributes["handoff_reason"] == "rescued"
    assert attributes["handoff_summary"] == QUESTION
    assert [SORRY in said for said in customer.heard(BOT)[1:]] == [True]
    assert human.heard("CUSTOMER") == [QUESTION]
    assert "leave unanswered" not in backstage.steps(customer.contact_id)
    assert backstage.record(customer.contact_id).state == "human"
    assert [each["contacts"] for each in backstage.bodies("Kept")] == [[customer.contact_id]]


def test_the_flow_and_a_rescue_at_the_same_moment_do_not_both_speak(customer: Customer, backstage: Backstage) -> None:
    """The third minute of silence is over just when Lambda gives up; whoever is first, the customer waits once."""
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id, edge="after")

    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying")
    backstage.pass_time(ALL_TRIES_SECONDS)

    reason = customer.is_waiting()["attributes"]["handoff_reason"]
    backstage.pass_time(300)
    assert reason in {"rescued", "unanswered"}
    assert len(customer.heard(BOT)[1:]) == (1 if reason == "rescued" else 0)
    assert customer.attributes()["handoff_reason"] == reason
    assert customer.attributes()["handoff_attempts"] == "1"
    assert backstage.record(customer.contact_id).state == "human"


def test_a_customer_whose_message_sns_cannot_deliver_is_rescued(customer: Customer, backstage: Backstage) -> None:
    """A permission that is gone, or a function: ChatBot never hears of it, and nobody waits for the flow."""
    backstage.sns.refused = True

    customer.says(QUESTION)

    attributes = customer.is_waiting()["attributes"]
    backstage.calm()
    assert backstage.phases(customer.contact_id) == []
    assert (attributes["handoff_reason"], attributes["handoff_summary"]) == ("rescued", QUESTION)
    assert [SORRY in said for said in customer.heard(BOT)[1:]] == [True]


def test_a_customer_is_told_in_spanish(start_chat: StartChat, backstage: Backstage) -> None:
    """The language of the chat is in the record, and the person is told which it is."""
    customer = start_chat(language="es")
    customer.is_greeted()
    backstage.calm()
    backstage.sns.refused = True

    customer.says("¿Dónde está mi pedido 10020030?")

    assert customer.is_waiting()["attributes"]["handoff_language"] == "es"
    assert ["Lamento el largo silencio" in said for said in customer.heard(BOT)[1:]] == [True]


def test_a_message_that_another_event_answered_is_not_rescued(customer: Customer, backstage: Backstage) -> None:
    """The customer has been helped; an apology would be wrong, and nothing of the chat is kept."""
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id, edge="after", times=1)
    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying")
    backstage.pass_time(35)
    customer.says("Hello? Is anybody there?")
    customer.hears(BOT, "scheduled")
    backstage.calm()
    said = customer.heard(BOT)
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id)

    backstage.pass_time(ALL_TRIES_SECONDS)

    assert backstage.phases(customer.contact_id)[-3:] == GIVEN_UP
    assert backstage.phases(customer.contact_id, RESCUE_BOT) == ["started", "finished"]
    assert customer.heard(BOT) == said
    assert backstage.record(customer.contact_id).state == "bot"
    assert backstage.bodies("Kept") == []


def test_nobody_is_rescued_from_a_chat_that_is_over(customer: Customer, backstage: Backstage) -> None:
    """Whoever left waits for nothing, and nothing of the chat is kept."""
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id, times=1)
    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying")
    customer.leaves()
    backstage.until(customer.contact_id, state="ended")
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id)

    backstage.pass_time(ALL_TRIES_SECONDS)

    assert backstage.phases(customer.contact_id)[-1] == "given_up"
    assert backstage.phases(customer.contact_id, RESCUE_BOT) == ["started", "finished"]
    assert backstage.calls(customer.contact_id, "UpdateContactAttributes") == []
    assert len(backstage.calls(customer.contact_id, "SendMessage")) == 1  # the greeting
    assert backstage.bodies("Kept") == []


def test_nobody_is_rescued_from_a_person(customer: Customer, place: Place, backstage: Backstage) -> None:
    """The flow was quicker; the person reads what was never answered, and no apology comes between."""
    backstage.sns.hold = True
    customer.says(QUESTION)
    backstage.pass_time(300)
    customer.is_waiting()
    human = place.accept(customer.contact_id)
    said = human.heard(BOT)
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id)
    backstage.release_deliveries()
    backstage.reaches(customer.contact_id, "retrying")

    backstage.pass_time(ALL_TRIES_SECONDS)

    assert "given_up" in backstage.phases(customer.contact_id)
    assert human.heard(BOT) == said
    assert backstage.bodies("Kept") == []


def test_a_replay_leaves_a_person_alone(customer: Customer, backstage: Backstage) -> None:
    """What was kept of a rescue can help nobody any more; it is deleted."""
    backstage.sns.refused = True
    customer.says(QUESTION)
    customer.is_waiting()
    backstage.calm()
    said = customer.heard(BOT)

    counts = backstage.replays()

    backstage.calm()
    assert counts == {**NOTHING, "read": 1, "with_a_person": 1, "dry_run": False, "more": False}
    assert (backstage.bodies("Kept"), customer.heard(BOT)) == ([], said)


def test_a_replay_leaves_a_chat_that_is_over_alone(customer: Customer, backstage: Backstage) -> None:
    """What the customer wrote in the end is moot."""
    backstage.sns.hold = True
    customer.says(QUESTION)
    [(_, event)] = backstage.sns.held
    customer.leaves()
    backstage.release_deliveries()
    backstage.until(customer.contact_id, state="ended")
    backstage.calm()
    backstage.lays_into("Kept", json.dumps(event))
    before = backstage.phases(customer.contact_id)

    counts = backstage.replays()

    backstage.calm()
    assert counts == {**NOTHING, "read": 1, "ended": 1, "dry_run": False, "more": False}
    assert (backstage.bodies("Kept"), backstage.phases(customer.contact_id)) == ([], before)


def test_a_replay_brings_chat_bot_what_it_can_still_answer(customer: Customer, backstage: Backstage) -> None:
    """As SNS would have brought it."""
    backstage.sns.hold = True
    customer.says(QUESTION)
    [(_, event)] = backstage.sns.held
    backstage.lays_into("Kept", json.dumps(event))

    counts = backstage.replays()

    assert (counts["read"], counts["handed_over"]) == (1, 1)
    customer.hears(BOT, "scheduled")
    assert backstage.bodies("Kept") == []


def test_what_rescue_bot_fails_at_is_held_for_an_operator_and_then_replayed(
    customer: Customer, backstage: Backstage
) -> None:
    """Here the customer was answered by another event; a replay says nothing twice, and the alarm's queue is empty."""
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id, edge="after", times=1)
    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying")
    backstage.pass_time(35)
    customer.says("Hello? Is anybody there?")
    customer.hears(BOT, "scheduled")
    backstage.calm()
    said = customer.heard(BOT)
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id)
    backstage.dies_at("UpdateItem", RESCUE_BOT, customer.contact_id)
    backstage.pass_time(ALL_TRIES_SECONDS + ALL_LOOKS_SECONDS)
    held = backstage.bodies("Unrescued")
    backstage.switches.clear()

    counts = backstage.replays()

    backstage.calm()
    assert backstage.phases(customer.contact_id, RESCUE_BOT)[:15] == [*["started", "failed", "retrying"] * 4, *GIVEN_UP]
    assert [record["requestContext"]["condition"] for record in held] == ["RetriesExhausted"]
    assert (counts["read"], counts["handed_over"]) == (1, 1)
    assert backstage.phases(customer.contact_id)[-1] == "finished"
    assert customer.heard(BOT) == said
    assert (backstage.bodies("Failures"), backstage.bodies("Unrescued"), backstage.bodies("Kept")) == ([], [], [])


def test_if_everything_fails_the_flow_still_finds_a_person(customer: Customer, backstage: Backstage) -> None:
    """Within five minutes, whatever ChatBot and RescueBot do; the event waits for an operator and is of no more use."""
    backstage.dies_at("UpdateItem", CHAT_BOT, customer.contact_id, edge="after")
    backstage.dies_at("UpdateItem", RESCUE_BOT, customer.contact_id)
    backstage.pass_time(LATER_SECONDS)
    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying")

    backstage.pass_time(300)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "unanswered"
    backstage.pass_time(ALL_LOOKS_SECONDS)
    backstage.switches.clear()
    assert len(backstage.bodies("Unrescued")) == 1
    assert backstage.replays()["with_a_person"] == 1
    assert [SORRY in said for said in customer.heard(BOT)[1:]] == []


def test_a_rescue_that_dies_half_way_is_finished_and_said_once(customer: Customer, backstage: Backstage) -> None:
    """The next look, 90 s later, goes on at the first step that was not done."""
    backstage.dies_at("SendMessage", RESCUE_BOT, customer.contact_id, edge="after", times=1)
    backstage.sns.refused = True
    customer.says(QUESTION)
    backstage.reaches(customer.contact_id, "retrying", handler=RESCUE_BOT)

    backstage.pass_time(95)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "rescued"
    assert [SORRY in said for said in customer.heard(BOT)[1:]] == [True]
    assert backstage.record(customer.contact_id).state == "human"


def test_an_event_that_nobody_understands_is_kept_and_harms_no_neighbour(
    customer: Customer, backstage: Backstage
) -> None:
    """What SNS cannot deliver goes through the same queue at the same time; a replay leaves the garbage to a person."""
    backstage.sns.refused = True
    backstage.lays_into("Failures", "no JSON at all")
    backstage.lays_into("Failures", json.dumps({"requestPayload": {"Records": [{"Sns": "garbage"}]}}))

    customer.says(QUESTION)

    assert customer.is_waiting()["attributes"]["handoff_reason"] == "rescued"
    backstage.calm()
    done = [each["done"] for each in backstage.bodies("Kept")]
    counts = backstage.replays()
    assert sorted(done) == [["not_understood"], ["not_understood"], ["rescued"]]
    assert (counts["read"], counts["unreadable"], counts["with_a_person"]) == (3, 2, 1)
    assert [each["done"] for each in backstage.bodies("Kept")] == [["not_understood"]] * 2
    assert backstage.bodies("Failures") == []


def test_make_replay_finds_the_laptop_stack(
    customer: Customer, stack: RunningStack, backstage: Backstage, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator's command is the one for AWS, with the stack's address and nothing else."""
    backstage.sns.hold = True
    customer.says(QUESTION)
    [(_, event)] = backstage.sns.held
    backstage.lays_into("Kept", json.dumps(event))

    status = replay.main(["--endpoint", stack.origin])

    customer.hears(BOT, "scheduled")
    assert (status, capsys.readouterr().out.splitlines()) == (
        0,
        ["handoff: looked at one event.", "handoff:       1  handed to ChatBot once more"],
    )
