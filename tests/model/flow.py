"""The contact flow in virtual time: join, wait in rounds, watch, leave, find a person; as `amazon_connect` writes it.

It belongs to Connect, so it never fails and is never late: what it asks of StartBot may, and then it goes on without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from lambdas.conversation.handoff import OUTCOME
from tests.model.judge import Judge
from tests.model.virtual_time import NEVER, Tasks

Block = Literal["before", "join", "wait", "watch", "leave", "queue", "person", "over"]
StartBotAnswer = Mapping[str, str] | None
"""`None` if the function failed."""

ROUND_SECONDS = 90.0
WAITS_FOR_START_BOT_SECONDS = 8.0
TRIES_OF_START_BOT = 3


@dataclass
class Flow:
    """Where the contact is in it."""

    tasks: Tasks
    judge: Judge
    invoke: Callable[[str, str], None]
    """StartBot, with an action and a reason."""
    end_chat: Callable[[str], None]
    bot_is_there: Callable[[], bool]
    attributes: Mapping[str, str]
    block: Block = "before"
    due: float = NEVER
    """When the block's time is over."""
    reason: str = ""
    tries: int = 0

    @property
    def bot_owns_the_chat(self) -> bool:
        return self.block in {"join", "wait", "watch", "leave"}

    def join(self) -> None:
        self.judge.bot_asked()
        self._ask_start_bot("join")

    def bot_left(self) -> None:
        """Connect tells that no bot is there any more."""
        if self.block == "wait" and not self.bot_is_there():
            self._look_at_outcome()

    def time_is_over(self) -> None:
        match self.block:
            case "wait":
                self._ask_start_bot("watch")
            case "join" | "watch":
                self.judge.happened("the flow waits in vain for StartBot")
                self._ask_start_bot("leave", "flow_error")
            case "leave":
                self.judge.happened("the flow goes on without the bot having left")
                self._look_at_outcome()
            case _:
                self.due = NEVER

    def start_bot_answered(self, block: Block, answer: StartBotAnswer) -> None:
        """The answer to what was asked in `block`; one that comes too late is heard by nobody."""
        if block != self.block:
            return
        if answer is None:
            self._try_again()
            return
        match block, answer["status"]:
            case "join", "joined":
                self._wait()
            case "watch", "wait":
                self._wait()
            case "watch", "take_over":
                self.judge.flow_takes_back()
                self._ask_start_bot("leave", "unanswered")
            case _:
                self._look_at_outcome()

    def _ask_start_bot(self, action: Block, reason: str = "") -> None:
        self.block, self.reason, self.tries = action, reason, 1
        self.due = self.tasks.now + WAITS_FOR_START_BOT_SECONDS
        self.invoke(action, reason)

    def _try_again(self) -> None:
        if self.tries < TRIES_OF_START_BOT:
            self.tries += 1
            self.invoke(self.block, self.reason)
        else:
            self.time_is_over()

    def _wait(self) -> None:
        self.block, self.due = "wait", self.tasks.now + ROUND_SECONDS
        self.bot_left()

    def _look_at_outcome(self) -> None:
        if self.attributes.get(OUTCOME) == "end":
            self.end_chat("the flow")
        else:
            self.block, self.due = "queue", NEVER
            self.judge.queued()
