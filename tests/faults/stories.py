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
WISH: Final = "I'd like to talk to a person, please."
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
    at_a_time: int = 24
    """How many chats a machine can bear side by side; joining has 8 s of real time for each."""
    ends: bool = False
    """The customer leaves, so nobody waits for anything."""
    asks: bool = False
    """The agents are asked in it, so it is told under every backend."""
    delivers: bool = False
    """Its events are rows of the map of deliveries."""

    def is_about(self, call: Call) -> bool:
        """Whether a call of this story is one of its rows."""
        is_theirs = call.function in self.functions or (self.asks and call.function not in OURS)
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


def _handing_off(chat: Chat) -> Iterator[Step]:
    yield from _greeted(chat)
    yield Passing(FAR_FROM_A_WATCH_SECONDS)
    chat.holds_the_agents()
    chat.says(WISH)
    yield Calm()
    yield Begin()
    chat.lets_go()


def _renewing(chat: Chat) -> Iterator[Step]:
    """A chat so old that its connection ends today."""
    yield from _greeted(chat)
    chat.connection_grows_old()
    yield Begin()
    chat.holds_the_agents()
    chat.says(QUESTION)
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


_OF_A_TURN: Final = frozenset({"GetItem", "SendEvent", "SendMessage", "UpdateItem", "InvokeAgent"})
STORIES: Final = (
    Story(name="joining", plays=_joining, answers=("scheduled",), functions=("StartBot",), delivers=True, at_a_time=6),
    Story(name="a turn", plays=_turn, answers=("scheduled",), functions=("ChatBot", "OrdersTool"), delivers=True),
    Story(name="two messages", plays=_two_messages, answers=("10020030", "10020070"), functions=(), delivers=True),
    Story(name="handing off", plays=_handing_off),
    Story(name="a connection is renewed", plays=_renewing, answers=("scheduled",), told_before=_OF_A_TURN),
    Story(name="the chat ends", plays=_ending, ends=True, delivers=True),
)
