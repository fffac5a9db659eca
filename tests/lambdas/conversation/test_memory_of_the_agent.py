"""What the agent remembers is sound: after whatever went wrong the next turn works, knows the talk and repeats nothing.

A control belongs to the answer it came with. Neither the record nor the history brings it back.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.conversation.contact import Session, State
from lambdas.conversation.effects import Resume
from lambdas.conversation.handoff import Call
from tests.fakes import ScriptedAgents
from tests.stage import CONTACT, LAMBDA_RETRY_SECONDS, Stage, comes_meanwhile, crashed_after, escalates, says

NOTE = Call(function="note", parameters={"topic": "delivery"})


def comes_back(stage: Stage) -> None:
    """The person has gone and the bot joins again: a new stay."""
    now = stage.clock.now()
    fresh = replace(stage.record, state=State.JOINING, session=Session(id="second session"), handoff=None, since=now)
    again = stage.stays.begin_joining(fresh, now=now)
    stage.stays.become_bot(again, now=now)
    token = stage.room.connect(stage.stays.contacts[CONTACT].participant_token).token
    contact = replace(stage.stays.contacts[CONTACT], stay=again.stay, connection_token=token)
    stage.stays.save_contact(contact, expires_at=again.expires_at)


@pytest.mark.parametrize("effect", ["Ask", "KeepPending", "SetAttributes", "Resume"])
def test_after_an_abandoned_answer_the_session_is_another_one(effect: str) -> None:
    """A control that waits for its answer in the old one waits for ever, and is never answered by mistake."""
    stage = Stage()
    message = stage.room.customer_says("Note that it is late")
    stage.agents = ScriptedAgents([NOTE], ["Cut off."])
    crashed_after(stage, message, effect)
    first, resumed = stage.agents.asked[0], list(stage.agents.resumed)
    stage.agents = ScriptedAgents(["Noted."], ["It leaves tomorrow."])

    stage.hears(message)
    stage.hears("And my ticket?")

    again, following = stage.agents.asked
    assert again.session_id != first.session_id
    assert following.session_id == again.session_id == stage.record.session.id
    assert (len(resumed), stage.agents.resumed) == (effect == "Resume", [])
    assert (stage.record.pending, stage.record.state) == (None, State.BOT)
    assert stage.heard == ["Noted.", "It leaves tomorrow."]


def test_after_an_answer_that_was_partly_heard_the_next_question_has_a_new_session_and_the_talk() -> None:
    """Nobody knows what the agent remembers of the answer that broke off; the customer knows what they heard."""
    stage = Stage(agents=ScriptedAgents(["One.\n\n", "Two."], ["Three."]))
    message = stage.room.customer_says("Where is my order?")
    crashed_after(stage, message, "Send")

    stage.hears(message)
    stage.hears("Go on, please")

    first, following = stage.agents.asked
    assert following.session_id != first.session_id
    assert [said.text for said in following.history][-3:] == ["Where is my order?", "One.", says("partly_heard")]
    assert stage.heard[-1] == "Three."


def test_after_the_return_from_a_person_no_old_hand_off_comes_back() -> None:
    """A new stay has a new session, which is told the talk as words: no control, no note, no attribute of it."""
    stage = Stage(agents=ScriptedAgents(["Of course.", escalates("Order 10020030")], ["Welcome back."]))
    message = stage.hears("I want a person")
    stage.room.human_says("Solved. Anything else?")
    comes_back(stage)

    stage.hears(message)
    stage.hears("What else can you do?")

    first, following = stage.agents.asked
    assert following.session_id not in {first.session_id}
    assert following.text == "What else can you do?"
    told = [said.text for said in following.history]
    assert told[-4:] == ["I want a person", "Of course.", says("escalate"), "Solved. Anything else?"]
    assert stage.agents.resumed == []
    assert (stage.record.state, stage.record.handoff, stage.record.pending) == (State.BOT, None, None)
    assert stage.heard[-1] == "Welcome back."


def test_a_control_is_kept_before_it_is_answered() -> None:
    """Whoever finds the turn after a crash must know that the agent waits."""
    stage = Stage(agents=ScriptedAgents([NOTE], ["Noted."]))

    crashed_after(stage, stage.room.customer_says("Note that it is late"), "SetAttributes")

    assert (stage.record.pending, stage.agents.resumed) == ("pending", [])


def test_a_control_left_open_by_a_crash_does_not_outlive_its_stay() -> None:
    """The flow took the contact back while the control waited for its answer."""
    stage = Stage(agents=ScriptedAgents([NOTE], ["Welcome back."]))
    message = stage.room.customer_says("Note that it is late")
    crashed_after(stage, message, "KeepPending")
    left_open = stage.record
    assert left_open.pending == "pending"
    stage.stays.become_human(left_open, now=stage.clock.now())
    comes_back(stage)

    stage.hears("Hello again")

    assert stage.agents.asked[-1].session_id == "second session"
    assert (stage.record.pending, stage.agents.resumed) == (None, [])
    assert stage.heard == ["Welcome back."]


def test_a_control_that_is_answered_late_is_not_answered() -> None:
    """An execution that stalled for longer than its lease asks nothing of the agent any more."""
    stage = Stage(agents=ScriptedAgents([NOTE], ["Noted."]))
    message = stage.room.customer_says("Note that it is late")
    stalled = stage.execution(message)
    while not isinstance(stalled._next, Resume):
        stalled.step()
    stage.clock.advance(LAMBDA_RETRY_SECONDS)
    stage.hears(message)

    stalled.finish()

    assert stage.agents.resumed == []
    assert stage.heard == ["Noted."]
    assert (stage.record.lease, stage.record.pending, stage.record.inbox) == (None, None, ())


def test_a_late_message_whose_answer_broke_off_leaves_no_unsound_session() -> None:
    """It came while the bot spoke, so it counts as moot; but the agent was asked it, and cut off."""
    stage = Stage(agents=ScriptedAgents(["Here."], ["There."], ["Everywhere."]))
    first = stage.execution(stage.room.customer_says("Where is my order?"))
    first.step()
    waiting = comes_meanwhile(stage, "And my ticket?")
    while first.performed.count("Ask") < 2:
        first.step()
    first.kill()
    cut_off = stage.agents.asked[-1].session_id
    stage.clock.advance(stage.rules.age_limit_seconds + 1)

    stage.hears(waiting)
    stage.hears("And my parcel?")

    assert [question.text for question in stage.agents.asked][1:] == ["And my ticket?", "And my parcel?"]
    assert stage.agents.asked[-1].session_id != cut_off
    assert "Here." in [said.text for said in stage.agents.asked[-1].history]
