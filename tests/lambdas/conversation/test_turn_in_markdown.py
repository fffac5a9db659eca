"""Formatting where the contact shows it, the same readable without it where it does not, and no message more."""

from __future__ import annotations

import pytest

from lambdas.conversation.contact import State
from lambdas.conversation.errors import ChatError, ChatThrottled
from lambdas.conversation.world import Rules
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, Stage, answering, crashed_after, escalates, says

ANSWER = "It **left** today. You can:\n\n- wait\n- *return* it\n\nIs that all?"
MARKED = ["It **left** today.", "You can:", "- wait\n- *return* it", "Is that all?"]
PLAIN = ["It left today.", "You can:", "• wait\n• return it", "Is that all?"]
THROTTLED = ChatThrottled("SendMessage", "ThrottlingException")
NO_ANSWER = ChatError("SendMessage", "ReadTimeoutError", retryable=True)


def without_markdown(*answers: str) -> Stage:
    """A web chat that does not support it, which nobody knows yet."""
    stage = answering(*answers)
    stage.room.shows_markdown = False
    return stage


def test_a_web_chat_is_sent_markdown() -> None:
    """But only what has marks: the rest any client shows."""
    stage = answering("It **left** today. Is that all?")

    stage.hears("Where is my order?")

    assert [(said.text, said.content_type) for said in stage.room.items[-2:]] == [
        ("It **left** today.", "text/markdown"),
        ("Is that all?", "text/plain"),
    ]


def test_what_is_refused_is_said_as_plain_text() -> None:
    """At once, and in the turn that met it."""
    stage = without_markdown("Your order **left** today.")

    stage.hears("Where is my order?")

    assert stage.heard == ["Your order left today."]
    assert stage.room.items[-1].content_type == "text/plain"
    assert "MarkdownRefused" in stage.reports


def test_who_refused_once_is_not_asked_again() -> None:
    """Neither in the same turn nor in a later one."""
    stage = without_markdown("It **left**. It *comes* tomorrow.", "**Yes.** *Really*.")

    stage.hears("Where is my order?")
    stage.hears("Sure?")

    assert stage.heard == ["It left.", "It comes tomorrow.", "Yes. Really."]
    assert stage.room.calls.count("send") == 1 + len(stage.heard)
    assert not stage.stays.contacts[CONTACT].shows_markdown


@pytest.mark.parametrize("subtype", ["connect:SMS", "connect:WhatsApp", "connect:Apple", "connect:Unheard"])
def test_other_channels_are_never_sent_markdown(subtype: str) -> None:
    """They support plain text only."""
    stage = Stage(agents=ScriptedAgents(["It **left** today."]), subtype=subtype)

    stage.hears("Where is my order?")

    assert stage.heard == ["It left today."]
    assert stage.room.calls.count("send") == 1


def test_a_setting_keeps_to_plain_text() -> None:
    """Nothing is tried that would be refused."""
    stage = Stage(agents=ScriptedAgents(["It **left** today."]), rules=Rules(markdown=False))

    stage.hears("Where is my order?")

    assert stage.heard == ["It left today."]
    assert stage.room.calls.count("send") == 1


def test_text_is_converted_before_it_is_cut_for_the_channel() -> None:
    """Marks neither take room nor are parted from their partner: 1,024 characters on SMS."""
    words = " ".join(["word"] * 200)
    stage = Stage(agents=ScriptedAgents([f"**{words}**\n**{words}**"]), subtype="connect:SMS")

    stage.hears("Where is my order?")

    assert stage.heard == [words, words]


def test_the_bots_own_sentences_are_plain() -> None:
    """So they are recognised in the transcript as they are known."""
    stage = Stage(agents=ScriptedAgents([escalates()]))

    stage.hears("A person, please")

    assert (stage.room.items[-1].text, stage.room.items[-1].content_type) == (says("escalate"), "text/plain")


@pytest.mark.parametrize("trouble", [THROTTLED, NO_ANSWER])
@pytest.mark.parametrize("answer", ["It **left**. It *comes* tomorrow.", "It **left** and *comes* tomorrow."])
def test_a_refusal_may_come_after_trouble(trouble: ChatError, answer: str) -> None:
    """Whatever the first try met: what was refused was not heard, and is said once."""
    stage = without_markdown(answer)
    stage.room.meets("send", trouble)

    stage.hears("Where is my order?")

    assert " ".join("\n\n".join(stage.heard).split()) == answer.replace("*", "")


@pytest.mark.parametrize("trouble", [THROTTLED, NO_ANSWER])
def test_the_plain_message_may_meet_trouble(trouble: ChatError) -> None:
    """It is tried on like any other."""
    stage = without_markdown("It **left**. It *comes* tomorrow.")
    stage.room.meets("send", None, trouble)

    stage.hears("Where is my order?")

    assert " ".join("\n\n".join(stage.heard).split()) == "It left. It comes tomorrow."


def test_a_crash_behind_the_refusal_leaves_nothing_heard() -> None:
    """The next try asks again and speaks plainly."""
    stage = without_markdown("It **left**.", "It **left**.")
    message = stage.room.customer_says("Where is my order?")

    crashed_after(stage, message, "SpeakPlainly")
    stage.hears(message)

    assert stage.heard == ["It left."]
    assert stage.record.state is State.BOT
    assert stage.room.calls.count("send") == 2


def test_an_answer_without_markdown_costs_nothing() -> None:
    """No call, no write, no step."""
    stage = without_markdown("It left.")
    execution = stage.execution(stage.room.customer_says("Where is my order?"))

    execution.run()

    assert execution.performed == ["Take", "Hold", "Ask", "Listen", "Listen", "ReadContact", "Send", "Release"]
