"""What brings a customer to a person with the whole story."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import CONVERSATION, PERFORMER, Mutant

THE_HAND_OFF: Final = (
    Mutant(
        name="the decision stands before the attributes",
        without="a crash between them leaves a routed contact that the bot still answers",
        file="lambdas/conversation/leaving.py",
        old="        self.record = yield from insist(decide,",
        new=(
            "        yield from self._brief(handoff, until=self.world.ends_at)\n"
            "        self.record = yield from insist(decide,"
        ),
        test=f"{CONVERSATION}/test_turn_and_agent.py::test_a_hand_off_goes_step_by_step",
    ),
    Mutant(
        name="attributes stand before the closing sentence",
        without="a customer who leaves at the goodbye, or a crash after it, leaves a person without the story",
        file="lambdas/conversation/leaving.py",
        old="            yield from self._brief(handoff, until=self.world.now() + SILENT_AT_MOST_SECONDS)\n",
        new=(
            "            yield from self._say_goodbye(sentence)\n"
            "            yield from self._brief(handoff, until=self.world.now() + SILENT_AT_MOST_SECONDS)\n"
        ),
        test=f"{CONVERSATION}/test_turn_and_agent.py::test_a_hand_off_goes_step_by_step",
    ),
    Mutant(
        name="attributes that do not get through keep nobody in silence",
        without="the customer hears nothing for as long as Connect is busy",
        file="lambdas/conversation/leaving.py",
        old="SILENT_AT_MOST_SECONDS = 5.0",
        new="SILENT_AT_MOST_SECONDS = 5000.0",
        test=f"{CONVERSATION}/test_turn_and_handoff.py::test_nobody_waits_in_silence_for_attributes_that_cannot_be_set",
    ),
    Mutant(
        name="the closing sentence comes before the stream stops",
        without="the goodbye is sent when nothing of the chat is heard any more",
        file="lambdas/conversation/leaving.py",
        old="        else:\n            yield from self._say_goodbye(sentence)\n",
        new=(
            "        else:\n"
            "            yield from StopStreaming()\n"
            "            yield from self._say_goodbye(sentence)\n"
        ),
        test=f"{CONVERSATION}/test_turn_and_agent.py::test_a_hand_off_goes_step_by_step",
    ),
    Mutant(
        name="the closing sentence comes before the disconnect",
        without="the customer is handed over without a word",
        file="lambdas/conversation/leaving.py",
        old="        else:\n            yield from self._say_goodbye(sentence)\n",
        new="        else:\n            yield from Disconnect()\n            yield from self._say_goodbye(sentence)\n",
        test=f"{CONVERSATION}/test_turn_and_agent.py::test_a_hand_off_goes_step_by_step",
    ),
    Mutant(
        name="the bot disconnects before the record says so",
        without="a crash between them leaves the bot in the chat of a person, and the flow asleep",
        file="lambdas/conversation/leaving.py",
        old=(
            "        yield from insist(Disconnect(), LEAVING, self.world, until=self.world.ends_at)\n"
            "        yield from insist(BecomeHuman(self.record), RECORDING, self.world, until=self.world.ends_at)\n"
        ),
        new=(
            "        yield from insist(BecomeHuman(self.record), RECORDING, self.world, until=self.world.ends_at)\n"
            "        yield from insist(Disconnect(), LEAVING, self.world, until=self.world.ends_at)\n"
        ),
        test=f"{CONVERSATION}/test_turn_and_agent.py::test_a_hand_off_goes_step_by_step",
    ),
    Mutant(
        name="refused attributes shrink",
        without="one attribute too long leaves the person, and the flow, with none",
        file="lambdas/conversation/leaving.py",
        old="for attributes in (handoff.attributes, shrunk(handoff).attributes):",
        new="for attributes in (handoff.attributes,):",
        test=f"{CONVERSATION}/test_turn_and_handoff.py::test_refused_attributes_shrink_and_the_hand_off_goes_on",
    ),
    Mutant(
        name="a throttled goodbye is left out in time",
        without="the customer waits for a sentence instead of the person",
        file="lambdas/conversation/leaving.py",
        old="GOODBYE_WITHIN_SECONDS = 10.0",
        new="GOODBYE_WITHIN_SECONDS = 1000.0",
        test=f"{CONVERSATION}/test_turn_when_throttled.py::test_a_goodbye_that_is_throttled_for_long_is_left_out",
    ),
    Mutant(
        name="an unfinished hand-off is finished",
        without="after a crash the customer stands between bot and person",
        file="lambdas/conversation/turn.py",
        old="if self.record.state is State.HANDING_OFF:",
        new="if self.record is None:",
        test=f"{CONVERSATION}/test_turn_after_a_crash.py::test_a_hand_off_that_broke_off_is_finished",
    ),
    Mutant(
        name="a goodbye of an earlier stay is another",
        without="the same sentence said hours before silences this one",
        file="lambdas/conversation/voice.py",
        old="and said.text == sentence and said.at >= earliest",
        new="and said.text == sentence",
        test=f"{CONVERSATION}/test_turn_after_a_crash.py::test_a_goodbye_of_an_earlier_stay_is_not_taken_for_this_one",
    ),
    Mutant(
        name="the flow takes the contact from whoever holds it",
        without="an execution that hangs keeps the customer from the person",
        file="lambdas/conversation/leaving.py",
        old="attributes={}), seize=True)",
        new="attributes={}), seize=False)",
        test=f"{CONVERSATION}/test_turn_and_handoff.py::test_the_flow_takes_a_contact_from_whoever_holds_the_turn",
    ),
    Mutant(
        name="an end that was not carried out becomes a hand-over",
        without="the flow ends the chat of a customer who has heard no goodbye",
        file="lambdas/conversation/leaving.py",
        old="handoff=to_a_person(record.handoff, reason)",
        new="handoff=record.handoff",
        test=f"{CONVERSATION}/test_turn_and_handoff.py::test_an_end_that_was_not_carried_out_becomes_a_hand_over",
    ),
    Mutant(
        name="a bot that is out counts as disconnected",
        without="the last step of a hand-off fails for ever",
        file="lambdas/adapters/performer.py",
        old="contextlib.suppress(ConnectionRefused)",
        new="contextlib.suppress()",
        test=f"{PERFORMER}::test_a_bot_that_is_already_out_has_left",
    ),
    Mutant(
        name="a stream that cannot be stopped keeps nobody",
        without="a hand-off breaks off before the bot is out",
        file="lambdas/adapters/performer.py",
        old="with contextlib.suppress(HandoffError):\n            if contact :=",
        new="with contextlib.suppress():\n            if contact :=",
        test=f"{PERFORMER}::test_streaming_that_cannot_be_stopped_stops_with_the_chat",
    ),
    Mutant(
        name="masked parameters are masked in every text",
        without="the summary tells what the parameter hides",
        file="lambdas/conversation/handoff.py",
        old="name: without_secrets(masked(value) if control.parameters[name].mask else value, secrets)",
        new="name: (masked(value) if control.parameters[name].mask else value)",
        test=f"{CONVERSATION}/test_handoff.py::test_what_is_masked_stands_in_no_other_attribute",
    ),
    Mutant(
        name="a goodbye that fails keeps nobody",
        without="the customer waits for a sentence that Connect will never take",
        file="lambdas/conversation/leaving.py",
        old="            yield from self._say(sentence)\n        except ChatError:\n            return",
        new="            yield from self._say(sentence)\n        except ChatError:\n            raise",
        test=f"{CONVERSATION}/test_turn_and_handoff.py::test_a_goodbye_that_connect_will_not_take_is_left_out",
    ),
    Mutant(
        name="the closing sentence is said once",
        without="once Connect has forgotten the client token, the customer hears goodbye again after a crash",
        file="lambdas/conversation/turn.py",
        old="speak=not (yield from self._closing_was_heard())",
        new="speak=True",
        test=f"{CONVERSATION}/test_handoff_after_a_crash.py::test_a_sentence_that_the_transcript_shows_is_not_sent_again",
    ),
)
