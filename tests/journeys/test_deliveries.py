"""What SNS, Lambda and machines may do: deliver twice, late, in another order or never; crash in the middle."""

from __future__ import annotations

from lambdas.conversation.phrases import answers_nothing
from tests.journeys.backstage import CHAT_BOT, Backstage
from tests.journeys.conftest import StartChat
from tests.journeys.people import BOT, Customer, Place

QUESTION = "Where is my order 10020030? My ID is 12345678-9."


def test_an_event_that_comes_twice_is_answered_once(customer: Customer, backstage: Backstage) -> None:
    """SNS promises at least once."""
    backstage.sns.copies = 2

    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")
    backstage.calm()

    assert len(customer.heard(BOT)) == 2  # the greeting and the answer
    assert backstage.questions(customer.contact_id) == 1
    assert backstage.phases(customer.contact_id).count("finished") == 2


def test_messages_that_overtake_each_other_are_all_answered(customer: Customer, backstage: Backstage) -> None:
    """SNS promises no order; who comes late is answered next."""
    backstage.sns.hold = True
    customer.says(QUESTION)
    customer.says("Where is order 10020070? My ID is 12345678-9.")

    backstage.release_deliveries(backwards=True)

    customer.hears(BOT, "10020030", "scheduled")
    customer.hears(BOT, "10020070", "delivered")
    backstage.calm()
    assert backstage.record(customer.contact_id).inbox == ()


def test_a_customer_whose_messages_never_reach_the_bot_is_in_a_queue_within_five_minutes(
    customer: Customer, backstage: Backstage
) -> None:
    """The flow looks after the bot itself; even if no event ever arrives, nobody waits in silence."""
    backstage.sns.copies = 0
    backstage.pass_time(45)
    customer.says(QUESTION)

    backstage.pass_time(300)

    attributes = customer.is_waiting()["attributes"]
    assert attributes["handoff_reason"] == "unanswered"
    assert attributes["handoff_outcome"] == "escalate"
    assert "leave unanswered" in backstage.steps(customer.contact_id)
    assert backstage.record(customer.contact_id).state == "human"


def test_a_customer_who_was_answered_is_not_taken_from_the_bot(customer: Customer, backstage: Backstage) -> None:
    """Silence of the customer is no silence of the bot: the flow goes on waiting, round after round."""
    customer.says(QUESTION)
    customer.hears(BOT, "scheduled")

    backstage.pass_time(600)

    assert backstage.steps(customer.contact_id).count("watch") >= 6
    assert backstage.record(customer.contact_id).state == "bot"
    customer.says("Where is order 10020070? My ID is 12345678-9.")
    customer.hears(BOT, "10020070", "delivered")


def test_what_the_bot_would_say_after_the_flow_took_over_is_not_heard(
    customer: Customer, place: Place, backstage: Backstage
) -> None:
    """The bot is out of the chat before the flow speaks; its late answer stays unsaid, now and in the next try."""
    backstage.sns.hold = True
    backstage.pass_time(30)
    customer.says(QUESTION)
    backstage.pass_time(200)  # the flow has looked twice; the third time it will take over
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        backstage.release_deliveries()
        question.have_come()
        backstage.jump(45)
        customer.is_waiting()
    human = place.accept(customer.contact_id)
    backstage.pass_time(65)

    assert customer.attributes()["handoff_reason"] == "unanswered"
    assert [text for text in human.heard(BOT) if not answers_nothing(text)] == []
    assert backstage.record(customer.contact_id).state == "human"
    assert backstage.phases(customer.contact_id)[-1] == "finished"


def test_a_worker_that_dies_in_mid_turn_costs_no_answer(customer: Customer, backstage: Backstage) -> None:
    """Lambda's next try, a minute later, takes the turn over; the customer is answered, once."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        backstage.crash_chat_bot(customer.contact_id)
        backstage.reaches(customer.contact_id, "retrying")
    backstage.jump(61)

    customer.hears(BOT, "scheduled")
    backstage.calm()
    assert len(customer.heard(BOT)) == 2
    assert backstage.phases(customer.contact_id) == ["started", "failed", "retrying", "started", "finished"]
    assert backstage.record(customer.contact_id).inbox == ()


def test_a_second_message_takes_over_from_a_worker_that_died(customer: Customer, backstage: Backstage) -> None:
    """Any event of the chat looks at the lease: the customer who asks again need not wait for Lambda's retry."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says(QUESTION)
        question.have_come()
        backstage.crash_chat_bot(customer.contact_id)
        backstage.reaches(customer.contact_id, "retrying")
    backstage.jump(35)  # the lease has ended, the retry is not yet due
    customer.says("Hello? Is anybody there?")

    customer.hears(BOT, "scheduled")
    backstage.jump(60)
    backstage.calm()
    assert sum("scheduled" in said for said in customer.heard(BOT)) == 1


def test_a_worker_that_stood_still_does_not_speak_over_its_successor(customer: Customer, backstage: Backstage) -> None:
    """It lost the turn while it stood still; Connect would still take its words, so it must know by itself."""
    with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
        customer.says("Where is my order 10020060? My ID is 11222333-5.")
        question.have_come()
        with backstage.stalling(CHAT_BOT, customer.contact_id):
            backstage.jump(35)
            customer.says("Hello? Is anybody there?")
            customer.hears(BOT, "10020060", "on its way")
            backstage.order_becomes("10020060", "delivered")  # what would be said now is not what was said
    backstage.calm()

    assert not any("delivered" in said for said in customer.heard(BOT))
    assert backstage.record(customer.contact_id).inbox == ()


def test_a_worker_that_dies_after_it_spoke_does_not_say_it_again(customer: Customer, backstage: Backstage) -> None:
    """Nothing heard is repeated: the customer is told that something may be missing."""
    with backstage.holding("SendMessage", contact_id=customer.contact_id) as answer:
        customer.says(QUESTION)
        answer.have_come()
        with backstage.holding("UpdateItem", contact_id=customer.contact_id) as release:
            answer.let_go()
            release.have_come()
            backstage.crash_chat_bot(customer.contact_id)
            backstage.reaches(customer.contact_id, "retrying")
    backstage.jump(61)

    customer.hears(BOT, "I was interrupted")
    backstage.calm()
    assert sum("scheduled" in said for said in customer.heard(BOT)) == 1
    assert backstage.questions(customer.contact_id) == 1


def test_a_turn_that_crashes_twice_goes_to_a_human(customer: Customer, backstage: Backstage) -> None:
    """The first takeover asks again, the second hands over: a third crash is no answer either."""
    for words in (QUESTION, "Hello?"):
        with backstage.holding(backstage.asking, contact_id=customer.contact_id) as question:
            customer.says(words)
            question.have_come()
            backstage.crash_chat_bot(customer.contact_id)
        backstage.jump(35)  # the lease ends before Lambda tries again
    customer.says("Is anybody there?")

    attributes = customer.is_waiting()["attributes"]
    assert attributes["handoff_reason"] == "crashed"
    assert attributes["handoff_summary"] == f"{QUESTION}\nHello?\nIs anybody there?"
    customer.hears(BOT, "went wrong on my side")


def test_a_crash_in_mid_hand_off_is_finished_by_the_next_try(
    customer: Customer, place: Place, backstage: Backstage
) -> None:
    """The decision was written first, so nobody has to be asked again; the goodbye is said once."""
    with backstage.holding("DisconnectParticipant", contact_id=customer.contact_id) as goodbye:
        customer.says("I'd like to talk to a person, please.")
        goodbye.have_come()
        backstage.crash_chat_bot(customer.contact_id)
        backstage.reaches(customer.contact_id, "retrying")
    backstage.jump(61)

    attributes = customer.is_waiting()["attributes"]
    backstage.calm()
    assert attributes["handoff_reason"] == "customer_asked"
    assert sum("handing our chat to a person" in said for said in customer.heard(BOT)) == 1


def test_one_chat_s_crash_does_not_touch_another_s(start_chat: StartChat, backstage: Backstage) -> None:
    """Two customers at the same time; one loses a worker, the other does not notice."""
    unlucky, lucky = start_chat(), start_chat(name="Eva")
    unlucky.is_greeted()
    lucky.is_greeted()
    with backstage.holding(backstage.asking, contact_id=unlucky.contact_id) as question:
        unlucky.says(QUESTION)
        question.have_come()
        lucky.says("Where is order 10020070? My ID is 12345678-9.")
        backstage.crash_chat_bot(unlucky.contact_id)
        lucky.hears(BOT, "10020070", "delivered")
        backstage.reaches(unlucky.contact_id, "retrying")
    backstage.jump(61)

    unlucky.hears(BOT, "10020030", "scheduled")
    assert not any("10020030" in said for said in lucky.heard(BOT))
    assert set(backstage.phases(lucky.contact_id)) == {"started", "finished"}
