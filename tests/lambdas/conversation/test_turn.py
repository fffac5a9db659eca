"""One turn: what the customer hears, and what becomes of messages that wait, come late or belong to others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.conversation import effects as do
from lambdas.conversation.contact import State
from lambdas.conversation.errors import (
    ContactNotReady,
)
from lambdas.conversation.inbox import MOST_MESSAGES, Kind
from lambdas.conversation.turn import WAIT_FOR_RECORD_SECONDS
from lambdas.conversation.world import Rules
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, Stage, answering, comes_meanwhile, says

# ---- an ordinary turn


def test_the_first_sentence_is_spoken_at_once() -> None:
    """As soon as another begins; then the answer is spoken by paragraph."""
    answer = ["It is in the ware", "house.", " It", " leaves tomorrow. It is big.\n\nAnything", " else?"]
    stage = Stage(agents=ScriptedAgents(answer))

    stage.hears("Where is my order?")

    assert stage.heard == ["It is in the warehouse.", "It leaves tomorrow. It is big.", "Anything else?"]


def test_an_answer_may_be_spoken_paragraph_by_paragraph() -> None:
    """A setting: fewer messages, and still the customer reads the first while the agent thinks."""
    answer = ["It is in the ware", "house. It is big.\n\nIt leaves", " tomorrow."]
    stage = Stage(agents=ScriptedAgents(answer), rules=Rules(manner="paragraph"))

    stage.hears("Where is my order?")

    assert stage.heard == ["It is in the warehouse. It is big.", "It leaves tomorrow."]


def test_an_answer_may_be_spoken_whole() -> None:
    """A setting, for channels where many messages disturb."""
    stage = Stage(agents=ScriptedAgents(["One.\n\n", "Two."]), rules=Rules(manner="whole"))

    stage.hears("Where is my order?")

    assert stage.heard == ["One.\n\nTwo."]


def test_one_write_comes_before_the_agent_and_one_after_the_answer() -> None:
    """Whatever else a turn needs goes beside this path."""
    stage = answering("Here.")
    execution = stage.execution(stage.room.customer_says("Where is my order?"))

    execution.run()

    assert execution.performed == ["Take", "Hold", "Ask", "Listen", "Listen", "ReadContact", "Send", "Release"]


def test_a_finished_turn_is_free_and_remembers_what_it_answered() -> None:
    """The next message, or a duplicate of this one, finds everything settled."""
    stage = answering("Here.")

    message = stage.hears("Where is my order?")

    assert (stage.record.state, stage.record.lease, stage.record.inbox) == (State.BOT, None, ())
    assert stage.record.done == (message.mark,)


def test_the_agent_is_asked_with_what_it_should_know() -> None:
    """Language, the customer's attributes, and an id that is the same when the same is asked again."""
    stage = Stage(agents=ScriptedAgents(["Aquí."]), language="es", told={"name": "Ana"})

    message = stage.hears("¿Dónde está mi pedido?")

    question = stage.agents.asked[0]
    assert (question.text, question.language, question.told) == ("¿Dónde está mi pedido?", "es", {"name": "Ana"})
    assert (question.contact_id, question.turn_id) == (CONTACT, message.key)
    assert question.history == ()


@pytest.mark.parametrize("word", ["quit", "exit", "stop", "agent", "human"])
def test_no_word_is_magic(word: str) -> None:
    """A hand-off is an act of the agent, never a phrase found in a text."""
    stage = answering(f"You said {word}.")

    stage.hears(word)

    assert stage.agents.asked[0].text == word
    assert stage.record.state is State.BOT


def test_a_long_answer_becomes_several_messages_of_the_channel() -> None:
    """1,024 characters on SMS, each part with a token of its own."""
    stage = Stage(agents=ScriptedAgents(["word " * 400]), subtype="connect:SMS")

    stage.hears("Tell me everything")

    assert len(stage.heard) == 2
    assert " ".join(stage.heard).split() == ["word"] * 400


def test_a_send_that_connect_sees_twice_is_heard_once() -> None:
    """The token names stay, turn, part and text; Connect knows it within its own retries."""
    stage = answering("Same.\n\nSame.\n\nOther.")
    execution = stage.execution(stage.room.customer_says("Hello"))

    execution.run()

    sent = [effect for effect in execution.effects if isinstance(effect, do.Send)]
    assert len({send.client_token for send in sent}) == 3
    assert all(len(send.client_token) <= 500 for send in sent), "Connect's limit"


def test_typing_is_shown_while_the_agent_works() -> None:
    """Nobody waits in silence."""
    stage = answering("Here.")

    stage.hears("Where is my order?")

    assert stage.room.typed


# ---- what waits


def test_a_message_that_comes_in_mid_turn_is_answered_next() -> None:
    """A running turn is never cancelled for it, and the two answers do not mix."""
    stage = Stage()
    stage.agents = ScriptedAgents([lambda: comes_meanwhile(stage, "And my ticket?"), "Tomorrow."], ["Open."])

    stage.hears("Where is my order?")

    assert [question.text for question in stage.agents.asked] == ["Where is my order?", "And my ticket?"]
    assert stage.heard == ["Tomorrow.", "Open."]
    assert stage.record.lease is None


def test_messages_that_wait_together_are_one_prompt_in_the_order_they_were_written() -> None:
    """SNS may bring the second before the first."""
    stage = Stage()

    def burst() -> None:
        first, second = stage.room.customer_says("It is about"), stage.room.customer_says("my ticket.")
        for message in (second, first):
            stage.stays.take(CONTACT, message, owner="other", now=stage.clock.now())

    stage.agents = ScriptedAgents([burst, "Tomorrow."], ["Open."])

    stage.hears("Where is my order?")

    assert [question.text for question in stage.agents.asked] == ["Where is my order?", "It is about\nmy ticket."]


def test_a_message_that_is_late_is_answered_though_a_later_one_was() -> None:
    """SNS promises no order, and the earlier question still stands."""
    stage = answering("Open.", "Tomorrow.")
    earlier, later = stage.room.customer_says("Where is my order?"), stage.room.customer_says("And my ticket?")

    stage.hears(later)
    stage.hears(earlier)

    assert stage.heard == ["Open.", "Tomorrow."]


def test_a_message_that_comes_twice_is_answered_once() -> None:
    """SNS delivers at least once, and Lambda retries."""
    stage = answering("Here.")

    message = stage.hears("Where is my order?")
    stage.hears(message)

    assert stage.heard == ["Here."]


def test_an_attachment_is_answered_by_a_sentence_of_the_bot() -> None:
    """The bot may not open files; the person will see it."""
    stage = Stage()

    stage.hears(stage.room.customer_says(kind=Kind.ATTACHMENT))

    assert stage.heard == [says("attachment")]
    assert stage.agents.asked == []


def test_an_attachment_is_answered_beside_an_old_one_that_came_again() -> None:
    """Connect takes the same sentence for a repetition if it comes under the same token; here it answers another."""
    stage = answering("Hi.")
    old = stage.hears(stage.room.customer_says(kind=Kind.ATTACHMENT))
    stage.clock.advance(3_600)
    stage.hears("Hello?")  # what was finished long ago is forgotten with this answer

    def come_together() -> None:
        for message in (old, stage.room.customer_says(kind=Kind.ATTACHMENT)):
            stage.stays.take(CONTACT, message, owner="other", now=stage.clock.now())

    stage.agents = ScriptedAgents([come_together, "Tomorrow."])
    stage.hears("Where is my order?")

    assert stage.heard.count(says("attachment")) == 2


def test_an_unreadable_message_is_asked_for_again_as_text() -> None:
    """Unknown content types must not vanish without a word."""
    stage = Stage(language="es")

    stage.hears(stage.room.customer_says(kind=Kind.UNREADABLE))

    assert stage.heard == [says("unreadable", "es")]


def test_several_files_and_a_question_get_one_sentence_and_one_answer() -> None:
    """One sentence about files, however many; then the answer."""
    stage = Stage()

    def burst() -> None:
        for message in (
            stage.room.customer_says(kind=Kind.ATTACHMENT),
            stage.room.customer_says(kind=Kind.ATTACHMENT),
            stage.room.customer_says("Is it right?"),
        ):
            stage.stays.take(CONTACT, message, owner="other", now=stage.clock.now())

    stage.agents = ScriptedAgents([burst, "Hello."], ["It is."])

    stage.hears("Hi")

    assert stage.heard == ["Hello.", says("attachment"), "It is."]


def test_a_flood_of_messages_goes_to_a_person() -> None:
    """More than one prompt should hold: the bot says so and hands off."""
    stage = Stage()

    def flood() -> None:
        for number in range(MOST_MESSAGES + 1):
            comes_meanwhile(stage, f"message {number}")

    stage.agents = ScriptedAgents([flood, "Hello."])

    stage.hears("Hi")

    assert stage.heard == ["Hello.", says("too_many_messages")]
    assert stage.room.attributes["handoff_reason"] == "too_many_messages"
    assert stage.record.state is State.HUMAN


# ---- messages that are late


def test_a_message_over_the_age_limit_goes_to_a_person() -> None:
    """Five minutes of silence are not answered with a cheerful bot."""
    stage = Stage()
    message = stage.room.customer_says("Where is my order?")
    stage.clock.advance(301)

    stage.hears(message)

    assert stage.heard == [says("too_late")]
    assert stage.room.attributes["handoff_reason"] == "message_too_late"
    assert stage.agents.asked == []


def test_a_late_message_after_which_the_bot_has_spoken_is_moot() -> None:
    """The talk has moved on; the transcript shows it."""
    stage = answering("Here.")
    late = stage.room.customer_says("Where is my ord")
    stage.hears("Where is my order?")
    stage.clock.advance(301)

    stage.hears(late)

    assert stage.heard == ["Here."]
    assert late.mark in stage.record.done or stage.record.inbox == ()
    assert stage.record.state is State.BOT


def test_a_greeting_does_not_make_a_late_message_moot() -> None:
    """It answers nothing."""
    stage = Stage()
    late = stage.room.customer_says("Where is my order?")
    token = stage.stays.contacts[CONTACT].connection_token
    stage.room.send(token, says("greeting"), client_token="second greeting")
    stage.clock.advance(301)

    stage.hears(late)

    assert stage.record.state is State.HUMAN


def test_without_a_transcript_a_late_message_goes_to_a_person() -> None:
    """Nothing shows that it was answered."""
    stage = answering("Here.")
    stage.may_read_transcript = False
    late = stage.room.customer_says("Where is my ord")
    stage.hears("Where is my order?")
    stage.clock.advance(301)

    stage.hears(late)

    assert stage.record.state is State.HUMAN


# ---- contacts that are not the bot's


def test_a_message_for_an_unknown_contact_waits_and_then_fails() -> None:
    """It may be faster than joining; if nobody joins, Lambda's retry looks again."""
    stage = Stage()
    message = stage.room.customer_says("Hello?")
    stage.stays.turns.clear()

    with pytest.raises(ContactNotReady):
        stage.hears(message)

    assert sum(stage.clock.slept) == pytest.approx(WAIT_FOR_RECORD_SECONDS, abs=0.5)


def test_a_message_that_comes_while_the_bot_joins_is_answered_once_it_has() -> None:
    """The customer does not wait for the flow."""
    stage = answering("Here.")
    joined = stage.record
    stage.stays.turns[CONTACT] = replace(joined, state=State.JOINING)
    execution = stage.execution(stage.room.customer_says("Where is my order?"))

    execution.go(4)
    stage.stays.turns[CONTACT] = joined
    execution.run()

    assert stage.heard == ["Here."]


@pytest.mark.parametrize("state", [State.HANDING_OFF, State.HUMAN, State.ENDED])
def test_a_message_for_a_contact_that_has_left_the_bot_is_not_answered(state: State) -> None:
    """It belongs to the person, or to nobody."""
    stage = Stage()
    stage.stays.turns[CONTACT] = replace(stage.record, state=state)

    stage.hears("Hello?")

    assert stage.heard == []
    assert stage.record.inbox == ()


def test_an_expired_record_counts_as_none() -> None:
    """Time to live deletes late."""
    stage = Stage()
    stage.stays.turns[CONTACT] = replace(stage.record, expires_at=stage.clock.now())

    with pytest.raises(ContactNotReady):
        stage.hears("Hello?")
