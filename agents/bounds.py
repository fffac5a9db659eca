"""How much a team may do for one answer.

Strands bounds one agent's run, not a team's: collaborators are runs of their own. All agents of a team share one
`Bounds`, which counts their calls of models and uses of tools and ends the answer where its conversation stays sound:
after tools have answered. It decides nothing else. The rule: an agent that loops, asks in circles or calls what does
not exist costs a bounded number of steps, and the caller is told.
"""

from __future__ import annotations

from typing import Any, Final

from strands.hooks import AfterModelCallEvent, BeforeModelCallEvent, HookProvider, HookRegistry
from strands.hooks.events import AfterToolsEvent, BeforeToolsEvent
from strands.types.exceptions import ContextWindowOverflowException, MaxTokensReachedException

MOST_MODEL_CALLS: Final = 24
"""A turn of three collaborators, each with two tools, takes about fourteen."""
MOST_TOOL_USES: Final = 24
"""Collaborators and controls are tools too."""

UNANSWERED: Final = "(This was not answered.)"
"""What the history holds in place of an answer, for the next turn's model; nobody is told this."""


class Bounds(HookProvider):
    """One team's steps in one answer; `begin` before each."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._model_calls = 0
        self._tool_uses = 0
        self.exceeded = False
        """Somebody wanted to go on after the last step."""
        self.refused = False
        self.failed: Exception | None = None

    def refuse(self) -> None:
        """A guardrail stepped in: nobody shall go on, whichever agent it was."""
        self.refused = True

    def fail(self, failed: Exception) -> None:
        """A tool or a collaborator's model failed: whatever an agent would say now is made up."""
        self.failed = failed

    def register_hooks(self, registry: HookRegistry, **_: Any) -> None:
        registry.add_callback(BeforeModelCallEvent, self._count_model_call)
        registry.add_callback(AfterModelCallEvent, self._note_model_failure)
        registry.add_callback(BeforeToolsEvent, self._count_tools)
        registry.add_callback(AfterToolsEvent, self._end)

    def _count_model_call(self, event: BeforeModelCallEvent) -> None:
        self._model_calls += 1

    def _note_model_failure(self, event: AfterModelCallEvent) -> None:
        """Strands tells a supervisor of its collaborator's failure as of a tool's; what has a remedy is not one."""
        if event.exception and not isinstance(event.exception, ContextWindowOverflowException):
            self.fail(event.exception)
        elif event.stop_response and event.stop_response.stop_reason == "max_tokens":
            self.fail(MaxTokensReachedException("a model's answer had no end"))

    def _count_tools(self, event: BeforeToolsEvent) -> None:
        self._tool_uses += sum("toolUse" in block for block in event.message["content"])
        self.exceeded |= self._model_calls >= MOST_MODEL_CALLS or self._tool_uses > MOST_TOOL_USES
        if self.exceeded:
            event.cancel = UNANSWERED

    def _end(self, event: AfterToolsEvent) -> None:
        self.exceeded |= self._model_calls >= MOST_MODEL_CALLS
        if self.exceeded or self.refused or self.failed:
            event.end_turn = UNANSWERED
