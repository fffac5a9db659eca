"""What every cell of the fault map must come to, stated before anything runs.

For each story the first line that fits a cell is its expectation: exceptions stand above the rules they are exceptions
to. Rule: an outcome is what the design promises, never what the code happens to do; a line that fits no cell any more
fails the map, and so does a cell that no line fits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from local.agent_faces import AGENTCORE_HARNESS, AGENTCORE_RUNTIME
from tests.faults.cells import (
    CUT,
    DELAYED,
    FAILING,
    KILLED_AFTER,
    KILLED_BEFORE,
    NEVER,
    OVERTAKEN,
    REFUSED,
    THROTTLED,
    TIME_OUT_AFTER,
    TIME_OUT_BEFORE,
    TOO_LATE,
    TWICE,
    Cell,
    Outcome,
)

PASSING: Final = (THROTTLED, TIME_OUT_BEFORE, TIME_OUT_AFTER, CUT)
"""What is gone when the call is made again."""
LASTING: Final = (FAILING, REFUSED)
KILLED: Final = (KILLED_BEFORE, KILLED_AFTER)
TIME_OUTS: Final = (TIME_OUT_BEFORE, TIME_OUT_AFTER)
ALL: Final = (*PASSING, *LASTING, *KILLED)
FATES: Final = (TWICE, OVERTAKEN, DELAYED, TOO_LATE, NEVER)


@dataclass(frozen=True, slots=True)
class Line:
    """`calls` may have wildcards: `ChatBot UpdateItem 2`, `* GetItem *`, an event's kind."""

    calls: str
    columns: Collection[str]
    outcome: Outcome
    because: str
    under: str = ""
    """The one backend that it is about."""

    def fits(self, cell: Cell) -> bool:
        row = cell.row
        name = f"{row.function} {row.operation} {row.ordinal}" if row.function else row.operation
        return self.under in {"", cell.backend} and cell.column in self.columns and fnmatchcase(name, self.calls)


O = Outcome  # noqa: E741  (it stands in every line)
EXPECTED: Final[Mapping[str, tuple[Line, ...]]] = {
    "joining": (
        Line(
            "* GetTranscript *", [REFUSED], O.UNSEEN, "Connect shows the bot nothing; what came before it is not seen"
        ),
        Line("* SendMessage *", [REFUSED], O.PERSON, "a bot whose bearer is refused is not in the chat"),
        Line("* SendMessage *", LASTING, O.ANSWERED, "the flow has greeted; a bot that answers needs no greeting"),
        Line("* CreateParticipant* *", LASTING, O.PERSON, "StartBot tells the flow that the bot could not join"),
        Line("* StartContactStreaming *", LASTING, O.PERSON, "StartBot tells the flow that the bot could not join"),
        Line("StartBot *", LASTING, O.BY_THE_FLOW, "StartBot cannot tell; the flow puts the bot out and goes on"),
        Line("StartBot *", ALL, O.ANSWERED, "the flow asks up to three times, and every step may be repeated"),
        Line("early message", (TOO_LATE, NEVER), O.BY_THE_WATCH, "the flow sees that nobody answers"),
        Line("early message", FATES, O.ANSWERED, "once, whenever and however often it comes"),
    ),
    "a turn": (
        Line("* SendEvent *", (*PASSING, *LASTING), O.ANSWERED, "dots are never worth a failure"),
        Line("* ApplyGuardrail *", LASTING, O.TOLD, "nothing is asked or said that nobody has looked at"),
        Line("* Invoke* *", TIME_OUTS, O.TOLD_LATER, "the deadline ends the wait"),
        Line("* Invoke* *", LASTING, O.TOLD, "asked once more, if that can help; then a person"),
        Line("ChatBot UpdateItem 1", LASTING, O.RESCUED, "the message cannot even be noted, so Lambda gives up"),
        Line("ChatBot UpdateItem 2", [KILLED_BEFORE], O.NOT_REPEATED, "it was heard, and nobody noted it"),
        Line("ChatBot SendMessage 1", [KILLED_AFTER], O.NOT_REPEATED, "it was heard, and nobody noted it"),
        Line(
            "ChatBot UpdateItem 2",
            LASTING,
            O.ANSWERED_THEN_PERSON,
            "the turn stays open, so the flow takes the chat back",
        ),
        Line("ChatBot UpdateItem 2", [KILLED_AFTER], O.ANSWERED, "a duplicate of what is done is known"),
        Line("ChatBot GetItem 1", LASTING, O.BY_THE_WATCH, "without tokens the bot can neither speak nor leave"),
        Line("ChatBot SendMessage 1", [REFUSED], O.BY_THE_WATCH, "a refused bearer means the bot is not in the chat"),
        Line("ChatBot SendMessage 1", [FAILING], O.PERSON_LATER, "was it heard? the next try reads the transcript"),
        Line(
            "OrdersTool *", (*LASTING, *KILLED), O.OFFERED, "its team is told that the tool failed", AGENTCORE_HARNESS
        ),
        Line("OrdersTool *", LASTING, O.TOLD, "nobody is told an invented status"),
        Line(
            "OrdersTool *", KILLED, O.TOLD, "its team is told that the tool failed, and acts on that", AGENTCORE_RUNTIME
        ),
        Line("OrdersTool *", (*PASSING, *KILLED), O.ANSWERED, "the call, or the question, is made again"),
        Line("ChatBot *", KILLED, O.ANSWERED_LATER, "the next try takes over; a duplicate of what is done is known"),
        Line("ChatBot *", PASSING, O.ANSWERED, "the call is made again"),
        Line("CUSTOMER MESSAGE", (TOO_LATE, NEVER), O.BY_THE_WATCH, "the flow sees that nobody answers"),
        Line("CUSTOMER MESSAGE", FATES, O.ANSWERED, "once, whenever and however often it comes"),
    ),
    "two messages": (
        Line(
            "CUSTOMER MESSAGE",
            (TOO_LATE, NEVER),
            O.BY_THE_WATCH,
            "one is answered, of the other the flow sees that nobody answers",
        ),
        Line("CUSTOMER MESSAGE", FATES, O.ANSWERED, "SNS promises no order and no single copy"),
    ),
    "going round": (
        Line("* SendMessage *", [FAILING], O.PERSON_LATER, "was it heard? the next try reads the transcript"),
        Line("* SendMessage *", [KILLED_AFTER], O.NOT_REPEATED, "it was heard, and nobody noted it"),
        Line("* SendMessage *", [REFUSED], O.BY_THE_WATCH, "a refused bearer means that the bot is not in the chat"),
        Line("* UpdateItem 1", [KILLED_AFTER], O.ANSWERED, "it is in the inbox; whoever holds the turn answers it"),
        Line("* UpdateItem 2", KILLED, O.NOT_REPEATED, "the first answer was heard, and nobody noted it"),
        Line("* UpdateItem 3", [KILLED_BEFORE], O.NOT_REPEATED, "the first answer was heard, and nobody noted it"),
        Line("* UpdateItem 4", [KILLED_BEFORE], O.NOT_REPEATED, "both were heard, and nobody noted it"),
        Line("* UpdateItem 4", [KILLED_AFTER], O.ANSWERED, "a duplicate of what is done is known"),
        Line("* UpdateItem 4", LASTING, O.ANSWERED_THEN_PERSON, "the turn stays open, so a person takes the chat"),
        Line("* UpdateItem *", LASTING, O.RESCUED, "what waits cannot be taken, so Lambda gives up"),
        Line("* *", KILLED, O.ANSWERED_LATER, "the next try goes on with what was not answered"),
        Line("* *", PASSING, O.ANSWERED, "the call is made again"),
    ),
    "a connection is renewed": (
        Line("* CreateParticipantConnection *", [FAILING], O.ANSWERED, "the one it has may well last for this turn"),
        Line("* CreateParticipantConnection *", [REFUSED], O.BY_THE_WATCH, "who is refused is not in the chat"),
        Line("* PutItem *", LASTING, O.ANSWERED, "what cannot be kept serves this turn; the next one renews again"),
        Line("* *", KILLED, O.ANSWERED_LATER, "the next try takes over"),
        Line("* *", PASSING, O.ANSWERED, "the call is made again"),
    ),
    "Markdown is refused": (
        Line("* SendMessage 1", [KILLED_BEFORE], O.ANSWERED_LATER, "nothing was heard yet; the next try takes over"),
        Line("* SendMessage *", [FAILING], O.PERSON_LATER, "was it heard? the next try reads the transcript"),
        Line("* SendMessage *", [REFUSED], O.BY_THE_WATCH, "a refused bearer is no refused Markdown"),
        Line("* PutItem *", LASTING, O.ANSWERED, "what cannot be kept serves this turn; the next one is refused again"),
        Line("* *", KILLED, O.NOT_REPEATED, "what announces the list was heard, and nobody noted it"),
        Line("* *", PASSING, O.ANSWERED, "the call is made again, and what is refused is said as plain text"),
    ),
    "taking over, unheard": (
        Line("* UpdateItem 1", KILLED, O.ANSWERED_LATER, "nobody has taken over yet; the third try does"),
        Line("* UpdateItem 2", [KILLED_BEFORE], O.ANSWERED_LATER, "nobody has taken over yet; the third try does"),
        Line("* UpdateItem 3", [KILLED_BEFORE], O.ANSWERED_THEN_PERSON, "the second takeover hands off"),
        Line("* UpdateItem 3", [KILLED_AFTER], O.ANSWERED, "a duplicate of what is done is known"),
        Line("* UpdateItem 3", LASTING, O.ANSWERED_THEN_PERSON, "the turn stays open, so a person takes the chat"),
        Line("* UpdateItem *", LASTING, O.RESCUED, "nobody can take over, so Lambda gives up"),
        Line("* GetTranscript *", LASTING, O.NOT_REPEATED, "nobody can tell what was heard, so it counts as heard"),
        Line("* *", KILLED, O.TOLD_LATER, "the second takeover hands off"),
        Line("* *", PASSING, O.ANSWERED, "the call is made again"),
    ),
    "taking over, heard": (
        Line("* UpdateItem 1", KILLED, O.NOT_REPEATED, "nobody has taken over yet; the third try does"),
        Line("* UpdateItem 2", [KILLED_BEFORE], O.NOT_REPEATED, "nobody has taken over yet; the third try does"),
        Line("* UpdateItem 3", [KILLED_AFTER], O.NOT_REPEATED, "a duplicate of what is done is known"),
        Line("* UpdateItem *", LASTING, O.RESCUED, "nobody can take over or finish, so Lambda gives up"),
        Line("* SendMessage *", [FAILING], O.PERSON_LATER, "the second takeover hands off and cannot say so"),
        Line("* SendMessage *", [REFUSED], O.BY_THE_WATCH, "a refused bearer means that the bot is not in the chat"),
        Line("* GetTranscript *", (*PASSING, *LASTING), O.NOT_REPEATED, "unread, it counts as heard"),
        Line("* *", KILLED, O.TOLD_LATER, "the second takeover hands off"),
        Line("* *", PASSING, O.NOT_REPEATED, "the call is made again"),
    ),
    "handing off": (
        Line("* UpdateItem 1", LASTING, O.RESCUED, "the hand-off cannot be decided, so Lambda gives up"),
        Line("* UpdateItem 2", ALL, O.TOLD, "the chat has left already; the flow knows"),
        Line("* Invoke* *", ALL, O.TOLD, "the session's end is best effort"),
        Line("* StopRuntimeSession *", ALL, O.TOLD, "the session's end is best effort"),
        Line("* SendMessage *", LASTING, O.PERSON, "a sentence that cannot be said keeps nobody from the person"),
        Line("* StopContactStreaming *", (*PASSING, *LASTING), O.TOLD, "one try; its failure is nobody's loss"),
        Line("* UpdateContactAttributes *", [REFUSED], O.TOLD, "even without attributes the flow routes"),
        Line(
            "* UpdateContactAttributes *",
            [FAILING],
            O.TOLD_LATER,
            "the sentence does not wait for them, but the disconnect does; the flow takes over",
        ),
        Line(
            "* DisconnectParticipant *",
            LASTING,
            O.TOLD_LATER,
            "the sentence was said; RescueBot or the flow puts the bot out",
        ),
        Line("* DisconnectParticipant *", [KILLED_AFTER], O.TOLD, "the bot has left; the flow knows"),
        Line("* *", KILLED, O.TOLD_LATER, "the next try begins with the first step again; the sentence is said once"),
        Line("* *", PASSING, O.TOLD, "the call is made again"),
    ),
    "a note is taken": (
        Line("* Invoke* *", TIME_OUTS, O.TOLD_LATER, "the deadline ends the wait"),
        Line("* Invoke* *", [THROTTLED, CUT, *LASTING], O.TOLD, "a team that has acted is not told twice"),
        Line("* UpdateContactAttributes *", LASTING, O.OFFERED, "the team is told that it was not noted"),
        Line("* ApplyGuardrail *", LASTING, O.TOLD, "nothing is said that nobody has looked at"),
        Line("* SendMessage *", [FAILING], O.PERSON_LATER, "was it heard? the next try reads the transcript"),
        Line("* SendMessage *", [REFUSED], O.BY_THE_WATCH, "a refused bearer means that the bot is not in the chat"),
        Line("* SendMessage *", [KILLED_AFTER], O.NOT_REPEATED, "it was heard, and nobody noted it"),
        Line("* UpdateItem 1", LASTING, O.RESCUED, "what the team waits for cannot be kept, so Lambda gives up"),
        Line("* UpdateItem 2", LASTING, O.ANSWERED_THEN_PERSON, "the turn stays open, so a person takes the chat"),
        Line("* UpdateItem 2", [KILLED_BEFORE], O.NOT_REPEATED, "it was heard, and nobody noted it"),
        Line("* UpdateItem 2", [KILLED_AFTER], O.ANSWERED, "a duplicate of what is done is known"),
        Line("* *", KILLED, O.ANSWERED_LATER, "the next try asks in a session of its own"),
        Line("* *", PASSING, O.ANSWERED, "the call is made again"),
    ),
    "taking over a hand-off": (
        Line("* UpdateItem 3", ALL, O.TOLD, "the chat has left already; the flow knows"),
        Line("* SendMessage *", LASTING, O.PERSON, "a sentence that cannot be said keeps nobody from the person"),
        Line("* SendMessage *", [KILLED_AFTER], O.TOLD, "it was said; the flow does the rest"),
        Line("* GetTranscript *", LASTING, O.PERSON, "unread, the sentence counts as heard"),
        Line("* UpdateContactAttributes *", [REFUSED], O.TOLD, "even without attributes the flow routes"),
        Line("* UpdateContactAttributes *", [FAILING], O.TOLD, "the sentence does not wait; the flow does the rest"),
        Line("* *", (*KILLED, *LASTING), O.BY_THE_WATCH, "the flow looks before the next try and does the rest"),
        Line("* *", PASSING, O.TOLD, "the call is made again"),
    ),
    "the flow takes back": (
        Line("* GetItem *", LASTING, O.BY_THE_FLOW, "StartBot cannot tell; the flow puts the bot out and goes on"),
        Line("* GetTranscript *", LASTING, O.UNSEEN, "what never came and is not shown is not seen"),
        Line("* *", ALL, O.BY_THE_WATCH, "whatever fails, the flow goes on to the queue"),
    ),
    "rescued": (
        Line("* SendMessage 2", ALL, O.RESCUED, "to the queue of kept events; the customer has left before"),
        Line("* SendMessage 1", LASTING, O.PERSON, "a sentence that cannot be said keeps nobody from the person"),
        Line("* SendMessage 1", [KILLED_AFTER], O.RESCUED, "it was said; the flow does the rest"),
        Line("* UpdateContactAttributes *", LASTING, O.RESCUED, "the sentence does not wait; the flow does the rest"),
        Line("* StopContactStreaming *", ALL, O.RESCUED, "it was said; the flow does the rest"),
        Line("* DisconnectParticipant *", ALL, O.RESCUED, "it was said; the flow does the rest"),
        Line("* UpdateItem 3", ALL, O.RESCUED, "the chat has left already; the flow knows"),
        Line("* *", PASSING, O.RESCUED, "the call is made again"),
        Line("* *", (*LASTING, *KILLED), O.BY_THE_WATCH, "the flow looks before the queue brings the event again"),
    ),
    "a person arrives": (
        Line("* *", ALL, O.PERSON, "the person has the chat; Connect has removed the bot"),
        Line("AGENT *", FATES, O.PERSON, "Connect has removed the bot, whether or not it hears of it"),
    ),
    "the chat ends": (
        Line("ChatBot UpdateItem 1", LASTING, O.CLOSED_LATER, "when Lambda gives up, RescueBot closes it"),
        Line("ChatBot *Item *", LASTING, O.CLOSED_LATER, "it was closed; what could not be noted is tried again"),
        Line("ChatBot *", KILLED, O.CLOSED_LATER, "the next try closes it"),
        Line("ChatBot *", ALL, O.CLOSED, "what follows the closing is best effort"),
        Line("*chat.ended", [NEVER], O.LEFT_OPEN, "nobody waits; the record lapses by its time to live"),
        Line("*chat.ended", FATES, O.CLOSED, "whenever it comes"),
    ),
}


def expected(cell: Cell) -> Line | None:
    """The line that says what a cell must come to; `None` leaves it open."""
    return next((line for line in EXPECTED.get(cell.story, ()) if line.fits(cell)), None)
