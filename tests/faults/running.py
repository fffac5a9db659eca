"""Stories run in batches: many chats on one stack, each with its own fault, all on one clock.

Time is not scaled; it is moved, and only when nothing runs that it could surprise. So no outcome depends on how fast
the machine is. A chat whose agents keep silent is moved through its deadline in small steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from lambdas.conversation.phrases import answers_nothing
from local.stack import Stack
from tests.faults.cells import Cell
from tests.faults.chats import Chat, Evidence
from tests.faults.stories import Begin, Calm, Opening, Passing, Step, Story, Throttling
from tests.journeys.backstage import Backstage

LONGEST_SECONDS: Final = 420.0
"""Of virtual time; then a chat that is not at rest will not be."""
LONG_STEP_SECONDS: Final = 30.0
SHORT_STEP_SECONDS: Final = 5.0
OPENED_AT_A_TIME: Final = 3
MOST_ROUNDS_OVER_AGAIN: Final = 5
READY_WORKERS: Final = 12
LOOK_SECONDS: Final = 0.01
LOOKS: Final = 6
LOOKS_WITH_SOMEBODY_WAITING: Final = 25
PATIENCE_SECONDS: Final = 120.0


def play(story: Story, cells: Sequence[Cell | None], backstage: Backstage) -> list[Evidence]:
    """Tell the story once for each cell; what is known of each chat when all are at rest.

    The flow waits for StartBot for 8 s of real time. A chat for which a busy machine needed longer had another story;
    its cell is played again.
    """
    evidence: list[Evidence] = []
    left, rounds = list(cells), 0
    while left:
        batch = Batch(story, left[: story.at_a_time], backstage)
        evidence += batch.play()
        left = [*left[story.at_a_time :], *batch.unready]
        rounds += bool(batch.unready)
        assert rounds <= MOST_ROUNDS_OVER_AGAIN, "this machine is too busy to join a chat within the flow's 8 s"
    return sorted(evidence, key=lambda each: cells.index(each.cell))


class Batch:
    """Chats that go through one story side by side."""

    def __init__(self, story: Story, cells: Sequence[Cell | None], backstage: Backstage) -> None:
        self._story = story
        self._backstage = backstage
        self._chats = [Chat(backstage, cell, number) for number, cell in enumerate(cells)]
        self.unready: list[Cell | None] = []
        """Cells whose chats could not be told about."""

    def play(self) -> list[Evidence]:
        plays = [self._story.plays(chat) for chat in self._chats]
        while (steps := [next(each, None) for each in plays])[0] is not None:
            self._step(steps[0])
        self._come_to_rest()
        if self._story.meets_person:
            self._give_persons()
        told = [chat.evidence() for chat in self._chats if chat.was_ready]
        evidence = [each for each in told if not each.machine_was_too_busy()]
        self.unready += [each.cell for each in told if each.machine_was_too_busy()]
        self._clear_away()
        return evidence

    def _step(self, step: Step) -> None:
        match step:
            case Calm():
                self._calm()
            case Opening():
                for first in range(0, len(self._chats), OPENED_AT_A_TIME):
                    for chat in self._chats[first : first + OPENED_AT_A_TIME]:
                        chat.opens()
                    self._calm()
                self.unready = [chat.cell for chat in self._chats if not chat.looks_joined()]
            case Begin():
                for chat in self._chats:
                    chat.begins()
            case Passing(seconds):
                self._calm()
                self._pass(seconds)
            case Throttling(function, on):
                self._wait(_throttle(self._backstage.stack.stack, function, on=on))

    def _come_to_rest(self) -> None:
        self._calm()
        ends_at = self._now() + LONGEST_SECONDS
        while self._now() < ends_at and not self._all_at_rest():
            self._pass(self._stride())

    def _give_persons(self) -> None:
        for chat in self._chats:
            if chat.is_in_a_queue():
                chat.gets_a_person()
        self._calm()

    def _stride(self) -> float:
        """To the next thing that is due; in small steps while somebody waits for an answer that never comes."""
        if self._backstage.stack.call(lambda stack: bool(stack.calls.unanswered)):
            return SHORT_STEP_SECONDS
        due = self._backstage.stack.call(_next_due)
        return min(LONG_STEP_SECONDS, max(0.5, due + 0.5))

    def _pass(self, seconds: float) -> None:
        self._backstage.jump(seconds)
        self._calm()

    def _now(self) -> float:
        return self._backstage.stack.call(lambda stack: stack.clock.now())

    def _calm(self) -> None:
        self._wait(_calm(self._backstage.stack.stack, self._chats))

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._backstage.stack.loop).result(timeout=PATIENCE_SECONDS)

    def _all_at_rest(self) -> bool:
        if self._backstage.stack.call(lambda stack: bool(stack.delivery._late)):
            return False
        return all(self._is_at_rest(chat) for chat in self._chats)

    def _is_at_rest(self, chat: Chat) -> bool:
        phases = self._backstage.phases(chat.contact_id)
        if phases and phases[-1] == "retrying":
            return False
        record = chat.record()
        if record is None or record.state == "human":
            return chat.is_in_a_queue()  # a bot that has left is no person yet: the flow still has to notice
        if record.state == "ended":
            return True
        if record.state != "bot" or record.inbox or record.lease is not None:
            return False
        return not _awaits_an_answer(chat.evidence())

    def _clear_away(self) -> None:
        self._backstage.stack.forget_switches()
        self._backstage.place.end_chats()
        self._calm()


def _awaits_an_answer(evidence: Evidence) -> bool:
    asked = [item.at for item in evidence.heard if item.role == "CUSTOMER" and not item.is_event]
    answered = [item.at for item in evidence.heard if item.is_bot and not answers_nothing(item.text)]
    return bool(asked) and (not answered or answered[-1] < asked[-1])


def _next_due(stack: Stack) -> float:
    sleepers = stack.clock._sleepers
    return max(0.0, sleepers[0][0] - stack.clock.now()) if sleepers else LONG_STEP_SECONDS


async def _calm(stack: Stack, chats: Sequence[Chat]) -> None:
    """Nothing runs but what is held or waits for silent agents, and nothing new was told for a few looks."""
    looks, told = 0, 0
    while True:
        waiting = {chat.contact_id for chat in chats if chat.waits(stack)}
        entries = stack.activity.entries(after=told)
        told = entries[-1].number if entries else told
        looks = 0 if entries or _runs(stack, waiting) else looks + 1
        if looks >= (LOOKS_WITH_SOMEBODY_WAITING if waiting else LOOKS):
            return
        await asyncio.sleep(LOOK_SECONDS)


def _runs(stack: Stack, waiting: set[str]) -> bool:
    workers: Any = stack.workers
    idle = sum(invocation.contact_id in waiting for _, invocation in workers._running.values())
    return bool(workers._unsettled > idle)


async def _throttle(stack: Stack, function: str, *, on: bool) -> None:
    """Take every place of a function's pool, or give all of them back, with a worker ready for most of them.

    The flow waits for StartBot for 8 s of real time; they are not for the start of processes.
    """
    pool = stack.workers._pools[function]
    places = pool.free
    while on and len(pool.idle) < READY_WORKERS:
        stack.workers._keep(pool, await stack.workers._start(stack.workers.function(function)))
    for _ in range(stack.workers._pool_size):
        if on:
            await places.acquire()
        else:
            places.release()
