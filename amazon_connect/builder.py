"""Writes a flow as Python that reads like the talk: block after block, each saying where it leads.

Blocks are named freely and named again where others lead to them, before or after; the first one written starts the
flow. Every method asks for all branches its block can take, so none can be forgotten. `build` judges nothing (that is
`checker`) and fills nothing (that is `export`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from amazon_connect.blocks import (
    BOT_LEFT,
    CONTINUE_LOOPING,
    DONE_LOOPING,
    NO_MATCHING_CONDITION,
    NO_MATCHING_ERROR,
    PARTICIPANT_NOT_FOUND,
    QUEUE_AT_CAPACITY,
    WAIT_COMPLETED,
)
from amazon_connect.layout import ENTRY, lay_out
from amazon_connect.model import Action, Condition, ErrorBranch, Flow, Phrase, Placeholder, Transitions, Value

LAMBDA_SECONDS = 8
"""The longest a flow waits for a Lambda, its retries included (administrator guide, AWS Lambda function block)."""


class FlowBuilder:
    """Collects the blocks of one flow. `then` is always the block after success."""

    def __init__(self, *, name: str, description: str) -> None:
        self._name = name
        self._description = description
        self._actions: list[Action] = []

    def build(self) -> Flow:
        """The flow, laid out for the designer."""
        return Flow(
            start=self._actions[0].identifier if self._actions else "",
            actions=tuple(self._actions),
            name=self._name,
            description=self._description,
            entry_position=ENTRY,
            positions=lay_out(self._actions),
        )

    def set_logging(self, block: str, behavior: Literal["Enabled", "Disabled"], *, then: str) -> None:
        """Switch the flow's log on or off for the rest of the contact. Cannot fail."""
        self._add(block, "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": behavior}, then=then)

    def say(self, block: str, phrase: Phrase, *, then: str) -> None:
        """Say a sentence; a sentence that cannot be said stops nobody."""
        self._add(block, "MessageParticipant", {"Text": phrase}, then=then, errors={NO_MATCHING_ERROR: then})

    def compare(self, block: str, path: str, *, cases: Mapping[str, str], otherwise: str) -> None:
        """Branch on a value of the contact: `cases` maps exact values to blocks."""
        self._add(
            block,
            "Compare",
            {"ComparisonValue": path},
            then=otherwise,
            results=cases,
            errors={NO_MATCHING_CONDITION: otherwise},
        )

    def invoke(
        self, block: str, function: Placeholder, attributes: Mapping[str, str], *, then: str, on_error: str
    ) -> None:
        """Ask a Lambda and wait for its flat answer; an error, a late or a malformed answer is the error branch."""
        parameters: dict[str, Value] = {
            "LambdaFunctionARN": function,
            "InvocationTimeLimitSeconds": str(LAMBDA_SECONDS),
            "InvocationType": "SYNCHRONOUS",
            "LambdaInvocationAttributes": attributes,
            "ResponseValidation": {"ResponseType": "STRING_MAP"},
        }
        self._add(block, "InvokeLambdaFunction", parameters, then=then, errors={NO_MATCHING_ERROR: on_error})

    def wait_for_bot(
        self, block: str, *, seconds: int, bot_left: str, time_over: str, no_bot: str, on_error: str
    ) -> None:
        """Wait until the bot leaves the chat, at most `seconds`. Time that is over does not remove the bot."""
        self._add(
            block,
            "Wait",
            {"TimeLimitSeconds": str(seconds), "Events": (BOT_LEFT,)},
            then=on_error,
            results={BOT_LEFT: bot_left, WAIT_COMPLETED: time_over},
            errors={PARTICIPANT_NOT_FOUND: no_bot, NO_MATCHING_ERROR: on_error},
        )

    def pause(self, block: str, *, seconds: int, then: str) -> None:
        """Let time pass. Where the channel cannot wait (voice), the flow goes on at once."""
        self._add(
            block,
            "Wait",
            {"TimeLimitSeconds": str(seconds)},
            then=then,
            results={WAIT_COMPLETED: then},
            errors={NO_MATCHING_ERROR: then},
        )

    def set_queue(self, block: str, queue: Placeholder, *, then: str, on_error: str) -> None:
        """Choose the queue that the next transfer goes to."""
        self._add(
            block, "UpdateContactTargetQueue", {"QueueId": queue}, then=then, errors={NO_MATCHING_ERROR: on_error}
        )

    def transfer_to_queue(self, block: str, *, queue_full: str, on_error: str) -> None:
        """Hand the contact to the chosen queue; success ends the flow."""
        self._add(
            block,
            "TransferContactToQueue",
            {},
            then=on_error,
            errors={QUEUE_AT_CAPACITY: queue_full, NO_MATCHING_ERROR: on_error},
        )

    def repeat(self, block: str, *, times: int, again: str, done: str) -> None:
        """Lead to `again` the first `times` times the contact comes by, then once to `done`, then count anew."""
        results = {CONTINUE_LOOPING: again, DONE_LOOPING: done}
        self._add(block, "Loop", {"LoopCount": str(times)}, then=done, results=results)

    def set_attributes(self, block: str, attributes: Mapping[str, str], *, then: str, on_error: str) -> None:
        """Write attributes on the contact, all or none."""
        parameters: dict[str, Value] = {"Attributes": attributes, "TargetContact": "Current"}
        self._add(block, "UpdateContactAttributes", parameters, then=then, errors={NO_MATCHING_ERROR: on_error})

    def disconnect(self, block: str) -> None:
        """End the chat."""
        self._actions.append(Action(identifier=block, type="DisconnectParticipant"))

    def _add(
        self,
        block: str,
        kind: str,
        parameters: Mapping[str, Value],
        *,
        then: str,
        results: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> None:
        conditions = tuple(
            Condition(operator="Equals", operands=(result,), next_action=target)
            for result, target in (results or {}).items()
        )
        branches = tuple(ErrorBranch(error_type=error, next_action=target) for error, target in (errors or {}).items())
        transitions = Transitions(next_action=then, conditions=conditions, errors=branches)
        self._actions.append(Action(identifier=block, type=kind, parameters=parameters, transitions=transitions))
