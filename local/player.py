"""Plays conversation tests as real customers do, on boto3, through the stack that runs in this process.

What the customer cannot see (when the bot's turn is over, which tools were used) comes from the stack's activity and
from the answers of its functions. The rule: a conversation that goes wrong ends, in words, within its patience.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from agents.conversation_tests import ConversationTest
from local.activity import Entry
from local.demo_people import Participant, Place, attributes_of, start_chat
from local.execution_environment import Invocation
from local.played import BOT, Line, Played, PlayedTurn, ToolUse, tool_use
from local.stack import Stack

TURN_SECONDS: Final = 150.0
"""A turn's own deadline is 120 s; by then the bot has said that it cannot, and handed over."""
GREETING_SECONDS: Final = 60.0
LEAVING_SECONDS: Final = 30.0
"""From the hand-off to the desk, through the flow."""
CHAT_BOT: Final = "lambdas.chat_bot.handler.handler"
OUTCOME: Final = "handoff_outcome"
STATES: Final = {"escalate": "queued", "end": "ended"}
"""What a hand-off's outcome leads to."""


class _Broken(Exception):
    """A conversation cannot go on; the message is for people."""


class Player:
    """Plays any number of conversations at once. Use it in the stack's loop, as `async with`."""

    def __init__(self, stack: Stack, *, turn_seconds: float = TURN_SECONDS) -> None:
        self._stack = stack
        self._place = Place(stack.facts())
        self._turn_seconds = turn_seconds
        self._chat_bot = stack.function(CHAT_BOT)
        self._playing: dict[str, _Chat] = {}
        self._starting = asyncio.Lock()
        """One after another: many cold starts at once are slower than the flow waits."""

    async def __aenter__(self) -> Self:
        self._stack.workers.listeners.append(self._hear)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stack.workers.listeners.remove(self._hear)
        self._place.close()

    def begin_anew(self) -> None:
        """The demo's data is as it was in the beginning: what one round has cancelled, the next can cancel."""
        self._stack.renew_demo_data()

    async def play(self, test: ConversationTest) -> Played:
        """One run of a conversation; whatever goes wrong is in what it gives."""
        played, begun = Played(test=test), time.monotonic()
        try:
            async with self._starting:
                begun = time.monotonic()
                chat = await self._start(played)
            try:
                await self._talk(chat, played)
            finally:
                del self._playing[chat.customer.contact_id]
                await asyncio.to_thread(_leave, chat.customer)
        except _Broken as broken:
            played.broken = str(broken)
        except (BotoCoreError, ClientError, OSError) as refused:
            played.broken = f"the stack refused a call: {refused}"
        played.seconds = time.monotonic() - begun
        return played

    async def _start(self, played: Played) -> _Chat:
        customer = await asyncio.to_thread(start_chat, self._place, name="Ana", language=played.test.spoken)
        chat = self._playing[customer.contact_id] = _Chat(customer, self._stack, self._chat_bot)
        async with _patience(GREETING_SECONDS, "the bot did not greet"):
            played.heard_first = await chat.is_greeted()
        return chat

    async def _talk(self, chat: _Chat, played: Played) -> None:
        for turn in played.test.turns:
            done = PlayedTurn(customer=turn.customer)
            played.turns.append(done)
            await self._say(chat, done)
            played.attributes = await asyncio.to_thread(attributes_of, self._place, chat.customer.contact_id)
            if (outcome := played.attributes.get(OUTCOME, "")) in STATES:
                async with _patience(LEAVING_SECONDS, f"the hand-off '{outcome}' led nowhere"):
                    await chat.reaches(STATES[outcome])
                done.heard += await chat.news()
                played.outcome = outcome
                return
        played.outcome = "stays"

    async def _say(self, chat: _Chat, done: PlayedTurn) -> None:
        begun = time.monotonic()
        chat.uses.clear()
        async with _patience(self._turn_seconds, "the bot's turn did not end"):
            await chat.say(done.customer)
        done.seconds = time.monotonic() - begun
        done.tools = list(chat.uses)
        done.heard = await chat.news()

    def _hear(self, invocation: Invocation, answer: Any) -> None:
        """Note the use of a tool."""
        use = tool_use(invocation.event, invocation.client_context, answer)
        chat = self._playing.get(invocation.contact_id or "")
        if use is not None and chat is not None:
            chat.uses.append(use)


@dataclass(slots=True)
class _Chat:
    """One customer in the chat, and what the stack tells of it."""

    customer: Participant
    stack: Stack
    chat_bot: str
    uses: list[ToolUse] = field(default_factory=list)
    _seen: int = 0
    """Messages of the transcript that have been looked at."""
    _after: int = 0
    """The activity's entry that was looked at last."""

    async def is_greeted(self) -> list[Line]:
        """Wait for the bot's first words; what was said until then."""
        heard: list[Line] = []
        while not any(line.role == BOT for line in heard):
            await self._next(lambda entry: entry.kind in {"call", "invocation", "flow"})
            heard += await self.news()
        return heard

    async def say(self, text: str) -> None:
        """Say it, and return when the bot's turn is over."""
        running, finished, self._after = 0, 0, self._newest()
        await asyncio.to_thread(self.customer.say, text)
        while running or not finished:
            entry = await self._next(lambda entry: entry.kind == "invocation")
            if entry.facts["function"] != self.chat_bot:
                continue
            match entry.facts["phase"]:
                case "started":
                    running += 1
                case "finished" if running:
                    running, finished = running - 1, finished + 1
                case "failed":
                    raise _Broken(f"the bot's function failed: {entry.facts['error']}")

    async def reaches(self, state: str) -> None:
        """Return when the contact is in a queue, or has ended; it may have been for a while."""
        self._after = 0
        await self._next(lambda entry: entry.kind == "contact" and entry.facts["state"] == state)

    async def news(self) -> list[Line]:
        """What others have said since this was asked last."""
        transcript = await asyncio.to_thread(self.customer.transcript)
        fresh, self._seen = transcript[self._seen :], len(transcript)
        said = (item for item in fresh if item["ParticipantRole"] != "CUSTOMER")
        return [Line(role=item["ParticipantRole"], text=item["Content"]) for item in said]

    def _newest(self) -> int:
        entries = self.stack.activity.entries(contact_id=self.customer.contact_id)
        return entries[-1].number if entries else 0

    async def _next(self, wanted: Callable[[Entry], bool]) -> Entry:
        """The next entry of this chat that is wanted; those before it are passed over."""
        follow = self.stack.activity.follow(contact_id=self.customer.contact_id, after=self._after)
        async with aclosing(follow) as batches:  # type: ignore[type-var]  # a generator, though typed as an iterator
            async for batch in batches:
                for entry in batch:
                    self._after = entry.number
                    if wanted(entry):
                        return entry
        raise _Broken("the stack has ended")


@contextlib.asynccontextmanager
async def _patience(seconds: float, otherwise: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise _Broken(f"{otherwise} within {seconds:.0f} s") from None


def _leave(customer: Participant) -> None:
    """Close the chat; one that has ended already is as good."""
    with contextlib.suppress(ClientError):
        customer.leave()
