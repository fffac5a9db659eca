"""The stories whose calls are the rows of the fault map.

A story is told once for every cell, many at a time: `Calm()` waits until nothing goes on in any of them, `Begin()` is
where its rows begin, `Passing(seconds)` moves the clock. Rule: after `Begin()` a story only acts and waits for nothing
in particular, because with a fault nothing in particular may come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from local.calls import Call
from tests.faults.chats import Chat

QUESTION: Final = "Where is my order 10020030? My ID is 12345678-9."
OTHER_QUESTION: Final = "Where is order 10020070? My ID is 12345678-9."
CALLBACK: Final = "Please call me at +44 7700 900123 within 2 hours."
OFFER: Final = "Shall I bring a person into the chat?"
"""What both teams say when one of their tools fails."""
WISH: Final = "I'd like to talk to a person, please."
WHAT_CAN_YOU_DO: Final = "What can you help me with?"
"""Answered with a list: what announces it is plain and comes first, the list itself is in Markdown."""
FAR_FROM_A_WATCH_SECONDS: Final = 12.0
"""Before the customer writes. The watch then looks 78 s and 168 s after the message, and takes over at 258 s: well
apart from Lambda's next try (60 s) and from where it gives up (180 s), so that no cell is a matter of chance."""


@dataclass(frozen=True, slots=True)
class Calm:
    """Go on when nothing goes on in any chat, but what is held."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The chats are opened, few at a time, and greeted."""


@dataclass(frozen=True, slots=True)
class Begin:
    """From here on the story's calls are rows, and faults happen."""


@dataclass(frozen=True, slots=True)
class Passing:
    """So much time goes by."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Throttling:
    """While it is on, a function's invocations wait: nothing can happen in a chat before its fault is armed."""

    function: str
    on: bool


Step = Calm | Opening | Begin | Passing | Throttling
OURS: Final = frozenset({"ChatBot", "StartBot", "RescueBot"})
"""Whoever else makes a call makes it for the agents."""
SHARED: Final = "AgentCore Runtime"
"""One process for the sessions of many chats: nobody can tell for which one it calls, so no row is made of it."""
Plays = Callable[[Chat], Iterator[Step]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`answers`: a word of each answer that the customer is to get; `functions`: whose calls are its rows."""

    name: str
    plays: Plays
    answers: tuple[str, ...] = ()
    functions: tuple[str, ...] = ("ChatBot",)
    told_before: frozenset[str] = frozenset()
    """Operations that are the rows of an earlier story, where the same call meets the same faults."""
    team: str = "store"
    """Who answers, of the folder `agents`."""
    at_a_time: int = 24
    """How many chats a machine can bear side by side; joining has 8 s of real time for each."""
    ends: bool = False
    """The customer leaves, so nobody waits for anything."""
    asks: bool = False
    """The agents are asked in it, so it is told under every backend."""
    meets_person: bool = False
    """When all are at rest, whoever waits in a queue gets a person: what StartBot had to leave undone is done then."""
    delivers: bool = False
    """Its events are rows of the map of deliveries."""

    def is_about(self, call: Call) -> bool:
        """Whether a call of this story is one of its rows."""
        is_theirs = call.function in self.functions or (self.asks and call.function not in {*OURS, SHARED})
        return is_theirs and call.operation not in self.told_before


def _greeted(_: Chat) -> Iterator[Step]:
    yield Opening()


def _joining(chat: Chat) -> Iterator[Step]:
    """The customer writes while the bot is on its way."""
    yield Throttling("StartBot", on=True)
    chat.opens()
    chat.says(QUESTION)
    yield Begin()
    yield Throttling("StartBot", on=False)


def _turn(chat: Chat) -> Iterator[Step]:
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    yield Begin()
    chat.holds_the_agents()
    chat.says(QUESTION)
    yield Calm()
    chat.lets_go()


def _two_messages(chat: Chat) -> Iterator[Step]:
    yield from _greeted(chat)
    yield Begin()
    chat.says(QUESTION)
    chat.says(OTHER_QUESTION)
    yield Calm()


def _going_round(chat: Chat) -> Iterator[Step]:
    """Another message comes while the agents think; it is answered next."""
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.holds_the_agents()
    chat.says(QUESTION)
    yield Calm()
    yield Begin()
    chat.says(OTHER_QUESTION)
    yield Calm()
    chat.lets_go()


def _taking_over(chat: Chat) -> Iterator[Step]:
    """The worker died before it said anything: the next try asks again."""
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.dies_at(chat.backstage.asking)
    chat.says(QUESTION)
    yield Calm()
    yield Begin()
    chat.holds_the_agents()
    yield Passing(61)
    chat.lets_go()


def _taking_over_what_was_heard(chat: Chat) -> Iterator[Step]:
    """The worker died when it had spoken: the next try reads the transcript and repeats nothing."""
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.dies_behind("SendMessage")
    chat.says(QUESTION)
    yield Calm()
    yield Begin()
    yield Passing(61)


def _handing_off(chat: Chat) -> Iterator[Step]:
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.holds_the_agents()
    chat.says(WISH)
    yield Calm()
    yield Begin()
    chat.lets_go()


def _noting(chat: Chat) -> Iterator[Step]:
    """The team returns control and goes on: what it noted becomes an attribute, and the agent is told."""
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.holds_the_agents()
    chat.says(CALLBACK)
    yield Calm()
    yield Begin()
    chat.lets_go()


def _finishing_a_hand_off(chat: Chat) -> Iterator[Step]:
    """The worker died when the hand-off was decided and nothing of it done; the flow would look half a minute later."""
    yield from _greeted(chat)
    chat.dies_at("UpdateContactAttributes")
    chat.says(WISH)
    yield Calm()
    yield Begin()
    yield Passing(61)


def _renewing(chat: Chat) -> Iterator[Step]:
    """A chat so old that its connection ends today."""
    yield from _greeted(chat)
    chat.connection_grows_old()
    yield Begin()
    chat.holds_the_agents()
    chat.says(QUESTION)
    yield Calm()
    chat.lets_go()


def _reading_plain_text(chat: Chat) -> Iterator[Step]:
    """Connect refuses Markdown in this chat, as in each that does not ask for it: the same is said without."""
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    yield Begin()
    chat.says(WHAT_CAN_YOU_DO)


def _taking_back(chat: Chat) -> Iterator[Step]:
    """What the customer writes never reaches the bot; the flow asks, and takes the chat back."""
    yield from _greeted(chat)
    yield Passing(30)
    chat.loses_its_next_message()
    chat.says(QUESTION)
    yield Passing(65)
    yield Passing(90)
    yield Begin()
    yield Passing(90)


def _rescued(chat: Chat) -> Iterator[Step]:
    """ChatBot cannot write, so Lambda gives up; the flow would see it half a minute later."""
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.chat_bot_cannot_write()
    chat.says(QUESTION)
    yield Calm()
    yield Passing(61)
    yield Begin()


def _human_arrives(chat: Chat) -> Iterator[Step]:
    """The flow could not ask for the bot and looked for a person, who comes in mid-turn."""
    yield from _greeted(chat)
    chat.start_bot_is_down()
    yield Passing(91)
    chat.start_bot_is_up()
    chat.holds_the_agents()
    chat.says(QUESTION)
    yield Calm()
    yield Begin()
    chat.gets_a_person()
    yield Calm()
    chat.lets_go()


def _ending(chat: Chat) -> Iterator[Step]:
    yield from _turn_before(chat)
    yield Begin()
    chat.customer.leaves()


def _turn_before(chat: Chat) -> Iterator[Step]:
    yield from _greeted(chat)
    chat.says(QUESTION)
    yield Calm()


_OF_A_TURN: Final = frozenset({"GetItem", "SendEvent", "InvokeAgent", "InvokeAgentRuntime", "InvokeHarness"})
STORIES: Final = (
    Story(name="joining", plays=_joining, answers=("scheduled",), functions=("StartBot",), delivers=True, at_a_time=6),
    Story(
        name="a turn",
        plays=_turn,
        answers=("scheduled",),
        functions=("ChatBot", "OrdersTool"),
        asks=True,
        delivers=True,
    ),
    Story(name="two messages", plays=_two_messages, answers=("10020030", "10020070"), functions=(), delivers=True),
    Story(
        name="going round",
        plays=_going_round,
        answers=("10020030", "10020070"),
        told_before=_OF_A_TURN,
    ),
    Story(
        name="a connection is renewed",
        plays=_renewing,
        answers=("scheduled",),
        told_before=_OF_A_TURN | {"UpdateItem", "SendMessage"},
    ),
    Story(
        name="Markdown is refused",
        plays=_reading_plain_text,
        answers=("Tickets",),
        told_before=_OF_A_TURN | {"UpdateItem"},
    ),
    Story(
        name="taking over, unheard",
        plays=_taking_over,
        answers=("scheduled",),
        told_before=_OF_A_TURN | {"SendMessage"},
    ),
    Story(name="taking over, heard", plays=_taking_over_what_was_heard, told_before=_OF_A_TURN),
    Story(name="handing off", plays=_handing_off, asks=True, told_before=frozenset({"GetItem", "SendEvent"})),
    Story(name="a note is taken", plays=_noting, answers=("+447700900123",), team="clinic", asks=True),
    Story(
        name="taking over a hand-off",
        plays=_finishing_a_hand_off,
        told_before=_OF_A_TURN | {"StopContactStreaming", "DisconnectParticipant"},
        at_a_time=12,
    ),
    Story(name="the flow takes back", plays=_taking_back, functions=("StartBot",), meets_person=True, at_a_time=16),
    Story(name="rescued", plays=_rescued, functions=("RescueBot",), meets_person=True, at_a_time=16),
    Story(name="a person arrives", plays=_human_arrives, delivers=True),
    Story(name="the chat ends", plays=_ending, ends=True, delivers=True),
)
