"""What brings the bot into a chat, and what notices that nobody answers."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import CONVERSATION, Mutant

THE_STAY: Final = (
    Mutant(
        name="the bot greets only with time left",
        without="the flow has given up on a bot that then speaks into the person's chat",
        file="lambdas/conversation/stay.py",
        old="if left_seconds < GREETING_NEEDS_SECONDS:",
        new="if left_seconds < -GREETING_NEEDS_SECONDS:",
        test=f"{CONVERSATION}/test_stay.py::test_a_bot_that_would_greet_too_late_leaves_again",
    ),
    Mutant(
        name="the chat is streamed before the bot connects",
        without="what the customer writes to the connected bot reaches nobody",
        file="lambdas/conversation/stay.py",
        old=("    streaming_id, participant_token = _open(arrival.chat, record, reception)\n"),
        new=(
            "    early = reception.room.create_participant(\n"
            '        arrival.chat, name=reception.bot_name, client_token=f"{record.contact_id}-1-participant"\n'
            "    )\n"
            "    reception.room.connect(early)\n"
            "    streaming_id, participant_token = _open(arrival.chat, record, reception)\n"
        ),
        test=f"{CONVERSATION}/test_stay.py::test_streaming_and_participant_stand_before_the_bot_connects",
    ),
    Mutant(
        name="early messages are handed over",
        without="what the customer wrote before streaming is never answered",
        file="lambdas/conversation/stay.py",
        old="    if early:\n",
        new="    if early and not early:\n",
        test=f"{CONVERSATION}/test_stay.py::test_what_was_written_before_streaming_is_handed_to_chat_bot",
    ),
    Mutant(
        name="an early message is the same in every try",
        without="each try of the flow makes another message of it",
        file="lambdas/conversation/stay.py",
        old="at=record.joined_at,  # the same",
        new="at=reception.clock.now(),  # the same",
        test=f"{CONVERSATION}/test_stay.py::test_an_initial_message_is_the_same_message_in_every_try",
    ),
    Mutant(
        name="a bot that could not join leaves",
        without="the record says that the bot is joining, and nobody takes the chat",
        file="lambdas/conversation/stay.py",
        old="    if not joined:\n        leave_quietly(record, reception)\n",
        new="",
        test=f"{CONVERSATION}/test_stay.py::test_a_bot_that_cannot_join_leaves_the_customer_to_a_person",
    ),
    Mutant(
        name="an unanswered customer is noticed",
        without="a customer whose event was lost waits for ever",
        file="lambdas/conversation/stay.py",
        old="now - waiting_since >= reception.unanswered_seconds",
        new="now - waiting_since < 0",
        test=f"{CONVERSATION}/test_stay.py::test_a_customer_without_an_answer_for_three_minutes_is_taken_over",
    ),
    Mutant(
        name="a message that was passed over is noticed",
        without="the answer to another hides that its event never came",
        file="lambdas/conversation/stay.py",
        old=("        *(said.at for said in _never_finished(record, transcript) if said.at > forgotten_before),\n"),
        new="",
        test=f"{CONVERSATION}/test_stay.py::test_a_message_passed_over_by_the_answer_to_another_is_noticed",
    ),
    Mutant(
        name="a bot that never finished joining is noticed",
        without="the flow waits for a bot that is not there",
        file="lambdas/conversation/stay.py",
        old="{State.JOINING, State.HUMAN, State.ENDED}",
        new="{State.HUMAN, State.ENDED}",
        test=f"{CONVERSATION}/test_stay.py::test_where_no_bot_is_the_flow_goes_on",
    ),
    Mutant(
        name="a hand-off that hangs is taken over",
        without="the flow waits for a bot that died on its way out",
        file="lambdas/conversation/stay.py",
        old='return "wait" if ends_the_chat and not record.abandoned(now) else "take_over"',
        new='return "wait"',
        test=f"{CONVERSATION}/test_stay.py::test_a_hand_off_to_a_person_under_way_is_taken_over",
    ),
    Mutant(
        name="leaving looks again when the contact moved on",
        without="the flow is told 'left' by an error, in the middle of the bot's own hand-off",
        file="lambdas/start_bot/actions.py",
        old="            self._leave(event)  # the contact",
        new="            raise  # the contact",
        test="tests/lambdas/start_bot/test_actions.py::test_leaving_while_the_bot_decides_to_hand_off_finishes_that_hand_off",
    ),
)
