"""What catches a customer whom three tries have failed."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import CONVERSATION, Mutant

THE_RESCUE: Final = (
    Mutant(
        name="what a holder may still answer is looked at again",
        without="a holder that dies now is noticed by nobody",
        file="lambdas/conversation/rescue.py",
        old="raise TurnUnderWay(contact_id)",
        new="return",
        test=f"{CONVERSATION}/test_rescue.py::test_what_a_live_holder_will_answer_is_left_to_it_but_looked_at_again",
    ),
    Mutant(
        name="what is a person's needs no rescue",
        without="a person's customer is taken out of their chat",
        file="lambdas/conversation/rescue.py",
        old="record.state is State.BOT and message.key in waiting",
        new="message.key in waiting or record.state is State.HUMAN",
        test="tests/lambdas/rescue_bot/test_handler.py::test_whoever_has_a_person_or_has_left_needs_no_rescue",
    ),
    Mutant(
        name="a rescued event is put aside",
        without="nothing is left to look at or to replay",
        file="lambdas/rescue_bot/rescues.py",
        old="WORTH_KEEPING = frozenset({Done.RESCUED, Done.NOT_UNDERSTOOD})",
        new="WORTH_KEEPING = frozenset({Done.NOT_UNDERSTOOD})",
        test="tests/lambdas/rescue_bot/test_handler.py::test_what_was_done_is_put_aside_with_the_event",
    ),
    Mutant(
        name="an event that cannot be read is put aside",
        without="it is gone, and with it the customer's message",
        file="lambdas/rescue_bot/rescues.py",
        old=("            self.kept.send(kept(body, contacts=(), done=(Done.NOT_UNDERSTOOD,), at=clock.now()))\n"),
        new="",
        test="tests/lambdas/rescue_bot/test_handler.py::test_what_cannot_be_read_is_put_aside_and_raises_an_alarm",
    ),
    Mutant(
        name="a failed rescue comes again",
        without="the queue deletes an event that nobody has settled",
        file="lambdas/rescue_bot/handler.py",
        old="if not _save(body, clock, ends_at)]",
        new="if not _save(body, clock, ends_at) and not body]",
        test="tests/lambdas/rescue_bot/test_handler.py::test_a_message_for_an_unknown_contact_comes_again",
    ),
    Mutant(
        name="replay leaves a person's chats alone",
        without="ChatBot is given what a person has answered long ago",
        file="lambdas/rescue_bot/replay.py",
        old='                return "with_a_person"',
        new='                return "handed_over"',
        test="tests/lambdas/rescue_bot/test_replay.py::test_what_still_waits_goes_to_chat_bot_and_the_rest_is_deleted",
    ),
    Mutant(
        name="a dry run of replay changes nothing",
        without="whoever only looks deletes what waits",
        file="lambdas/rescue_bot/replay.py",
        old=("            if not self.request.dry_run:\n                queue.delete(letter)"),
        new="            if letter:\n                queue.delete(letter)",
        test="tests/lambdas/rescue_bot/test_replay.py::test_a_dry_run_tells_and_changes_nothing",
    ),
    Mutant(
        name="a rescue brings a person",
        without="three tries have failed, the event is settled, and nobody comes",
        file="lambdas/conversation/rescue.py",
        old="yield from self._leave(Reason.RESCUED)",
        new="return",
        test=f"{CONVERSATION}/test_rescue.py::test_a_message_that_nobody_answered_ends_with_a_person",
    ),
)
