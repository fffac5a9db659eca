"""What a cell came to, and which of the rules it broke."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambdas.conversation.phrases import answers_nothing
from tests.faults.cells import FATES, KILLED_AFTER, KILLED_BEFORE, LASTING, Outcome
from tests.faults.chats import Evidence
from tests.faults.stories import OFFER, Story

MACHINE_SECONDS: Final = 15.0
"""Real time goes by too, and a busy machine needs it: time-outs of 5 s, new processes, many chats at once."""
UNANSWERED_AT_MOST_SECONDS: Final = 300.0
LATE_SECONDS: Final = 40.0
NEXT_TRY_WITHIN_SECONDS: Final = (75.0, 150.0)
"""After a first crash, and after any other."""
SENTENCE_WITHIN_SECONDS: Final = 10.0
OK: Final = 200
LAST_STEP_OF_THE_FLOW: Final = ("StartBot", "DisconnectParticipant")
"""When it fails the flow goes on: the streaming has stopped, so nothing tells anybody to try once more."""
_LATER: Final = {
    Outcome.ANSWERED: Outcome.ANSWERED_LATER,
    Outcome.TOLD: Outcome.TOLD_LATER,
    Outcome.PERSON: Outcome.PERSON_LATER,
    Outcome.CLOSED: Outcome.CLOSED_LATER,
}
CLOSING: Final = frozenset(
    {
        "agent_unavailable",
        "deadline",
        "crashed",
        "rescued",
        "too_many_messages",
        "too_late",
        "not_understood",
        "escalate",
    }
)
"""The sentences with which the bot leaves to a person."""


def outcome_of(evidence: Evidence, story: Story, undisturbed: Evidence) -> Outcome:
    """In the words of the map."""
    outcome = _closed(evidence) if story.ends else _lived(evidence, story)
    return _LATER.get(outcome, outcome) if _came_late(evidence, story, undisturbed) else outcome


def _came_late(evidence: Evidence, story: Story, undisturbed: Evidence) -> bool:
    """A silent minute later than without the fault: Lambda tries again after 60 s."""
    if evidence.cell is not None and evidence.cell.column in FATES:
        return False  # it is the event that was late
    if story.ends:
        return "retrying" in evidence.phases()
    return _last_sound(evidence) - _last_sound(undisturbed) > LATE_SECONDS


def _last_sound(evidence: Evidence) -> float:
    """Seconds from the story's own beginning until the bot has said the last thing, or the chat is in a queue."""
    said = [item.at for item in evidence.heard[evidence.heard_before :] if item.is_bot]
    return max([*said, *evidence.queued()], default=evidence.acted_at) - evidence.acted_at


def _closed(evidence: Evidence) -> Outcome:
    return Outcome.CLOSED if evidence.record and evidence.record.state == "ended" else Outcome.LEFT_OPEN


def _lived(evidence: Evidence, story: Story) -> Outcome:
    if evidence.desk:
        return _with_a_person(evidence, story)
    if "partly_heard" in evidence.phrases_said():
        return Outcome.NOT_REPEATED
    if _is_unseen(evidence):
        return Outcome.UNSEEN
    if _is_answered(evidence, story):
        return Outcome.ANSWERED
    return Outcome.OFFERED if any(OFFER in text for text in evidence.bot_said()) else Outcome.SILENT


def _is_unseen(evidence: Evidence) -> bool:
    """The bot is there, what was written never reached it, and it cannot look back."""
    cell = evidence.cell
    blind = cell is not None and cell.row.operation == "GetTranscript" and cell.column in LASTING
    return blind and not evidence.desk and not _answers(evidence)


def _answers(evidence: Evidence) -> list[str]:
    return [text for text in evidence.bot_said() if not answers_nothing(text)]


def _with_a_person(evidence: Evidence, story: Story) -> Outcome:
    blocks = evidence.blocks()
    if story.answers and _is_answered(evidence, story):
        return Outcome.ANSWERED_THEN_PERSON
    if "rescued" in evidence.phrases_said():
        return Outcome.RESCUED
    if evidence.phrases_said() & CLOSING:
        return Outcome.TOLD
    if "leave unanswered" in blocks:
        return Outcome.BY_THE_WATCH
    return Outcome.BY_THE_FLOW if "leave after error" in blocks else Outcome.PERSON


def _is_answered(evidence: Evidence, story: Story) -> bool:
    """A story without answers is about something else, but silence is never what it comes to."""
    return bool(_answers(evidence)) and all(any(word in text for text in evidence.bot_said()) for word in story.answers)


def broken_rules(evidence: Evidence, story: Story, undisturbed: Evidence) -> list[str]:
    """A line for each rule of the design that this chat broke."""
    return [
        *_met(evidence),
        *_nothing_twice(evidence),
        *_in_order(evidence, undisturbed),
        *_silent_after_leaving(evidence),
        *_at_rest(evidence, story),
        *_attributes_before_the_queue(evidence),
        *_in_time(evidence, story),
        *_tried_again_in_time(evidence),
        *_told_in_time(evidence, story),
    ]


def _met(evidence: Evidence) -> Iterator[str]:
    if evidence.cell is not None and not evidence.was_met:
        yield "what should go wrong never came"


def _nothing_twice(evidence: Evidence) -> Iterator[str]:
    said = [item.text for item in evidence.heard if item.is_bot]
    for text in {text for text in said if said.count(text) > 1}:
        yield f"heard {said.count(text)} times: {text[:60]}"


def _in_order(evidence: Evidence, undisturbed: Evidence) -> Iterator[str]:
    """Parts of one answer and answers of one chat come as they would have, had no event come late itself."""
    if evidence.cell is not None and evidence.cell.column in FATES:
        return
    usual = undisturbed.bot_said()
    positions = [usual.index(text) for text in evidence.bot_said() if text in usual]
    if positions != sorted(positions):
        yield f"heard in the order {positions}"


def _silent_after_leaving(evidence: Evidence) -> Iterator[str]:
    has_left = False
    for item in evidence.heard:
        has_left = has_left or (item.role == "CUSTOM_BOT" and item.text == "participant.left")
        if has_left and item.is_bot:
            yield f"said after it had left: {item.text[:60]}"


def _at_rest(evidence: Evidence, story: Story) -> Iterator[str]:
    record = evidence.record
    if record is None:
        return
    if record.inbox:
        yield f"{len(record.inbox)} messages left in the inbox"
    if _is_kept_from_rest(evidence):
        return
    if record.state in {"joining", "handing_off"} and not story.ends:
        yield f"left in the state '{record.state}'"
    if record.lease is not None:
        yield "the turn is still held"


def _is_kept_from_rest(evidence: Evidence) -> bool:
    """The person has the chat, and what would say so in the record is what fails; it then lapses as it is."""
    cell = evidence.cell
    if cell is None or cell.column not in LASTING or not evidence.desk:
        return False
    return cell.row.operation == "UpdateItem" or (cell.row.function, cell.row.operation) == LAST_STEP_OF_THE_FLOW


def _attributes_before_the_queue(evidence: Evidence) -> Iterator[str]:
    wrote = [call.number for call in evidence.calls if call.operation == "UpdateContactAttributes"]
    left = [call.number for call in evidence.calls if call.operation == "DisconnectParticipant"]
    if wrote and left and min(left) < min(wrote):
        yield "the bot left before its attributes stood"


def _in_time(evidence: Evidence, story: Story) -> Iterator[str]:
    if story.ends or _is_unseen(evidence):
        return
    spoke = (item for item in evidence.heard if item.is_bot or item.role == "AGENT")
    replied = [item.at for item in spoke if not answers_nothing(item.text)]
    replies = sorted([*replied, *evidence.queued()])
    for item in evidence.heard:
        if item.role == "CUSTOMER" and not item.is_event:
            after = [at for at in replies if at >= item.at]
            if not after or after[0] - item.at > UNANSWERED_AT_MOST_SECONDS + MACHINE_SECONDS:
                yield f"no reply within {UNANSWERED_AT_MOST_SECONDS:.0f} s to what was written at {item.at:.0f}"


def _tried_again_in_time(evidence: Evidence) -> Iterator[str]:
    """Whenever ChatBot failed or died, something looks at the chat soon, or a person has it."""
    runs = [entry for entry in evidence.happened if entry.kind == "invocation" and entry.facts["function"] == "ChatBot"]
    failed = [entry.at for entry in runs if entry.facts["phase"] == "retrying"]
    looks = [entry.at for entry in runs if entry.facts["phase"] == "started"]
    for number, at in enumerate(failed, start=evidence.failed_before):
        within = NEXT_TRY_WITHIN_SECONDS[min(number, 1)]
        is_looked_at = any(0 <= again - at <= within for again in looks)
        if not is_looked_at and not any(queued - at <= within for queued in evidence.queued()):
            yield f"no next try within {within:.0f} s after the one that ended at {at:.0f}"


def _told_in_time(evidence: Evidence, story: Story) -> Iterator[str]:
    """What goes wrong with the agents is heard of at once: an answer after all, or a sentence and a person."""
    cell = evidence.cell
    if (
        story.ends
        or cell is None
        or not cell.row.is_of_the_agents
        or cell.column in (*FATES, KILLED_BEFORE, KILLED_AFTER)
    ):
        return
    row = cell.row.function, cell.row.operation
    calls = (entry for entry in evidence.happened if entry.kind == "call" and entry.facts["status"] != OK)
    failed = [entry.at for entry in calls if (entry.facts["function"], entry.facts["operation"]) == row]
    if not failed or any(at <= failed[0] for at in evidence.queued()):
        return
    sounds = [*(item.at for item in evidence.heard if item.is_bot), *evidence.queued()]
    if not any(0 <= at - failed[0] <= SENTENCE_WITHIN_SECONDS for at in sounds):
        yield f"nothing heard within {SENTENCE_WITHIN_SECONDS:.0f} s after the agents failed at {failed[0]:.0f}"
