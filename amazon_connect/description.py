"""What a block does, in a few words, for people who watch or read a flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from amazon_connect.blocks import awaited_events
from amazon_connect.model import Action, Phrase, Value

LONGEST = 80


def describe(action: Action) -> str:
    """The block's own setting that matters most: the sentence, the path, the seconds; empty where there is none."""
    tell = _TELL.get(action.type)
    told = tell(action) if tell else ""
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1].rstrip()}…"


def _told_text(action: Action) -> str:
    text = action.parameters.get("Text")
    return text.key if isinstance(text, Phrase) else f"“{text}”"


def _told_invocation(action: Action) -> str:
    attributes = action.parameters.get("LambdaInvocationAttributes", {})
    if not isinstance(attributes, Mapping):
        return ""
    return ", ".join(f"{name}={value}" for name, value in attributes.items() if not _is_path(value))


def _is_path(value: Value) -> bool:
    return isinstance(value, str) and value.startswith("$")


def _told_wait(action: Action) -> str:
    seconds = action.parameters.get("TimeLimitSeconds", action.parameters.get("TimeoutSeconds"))
    events = awaited_events(action)
    return f"{seconds} s, or {', '.join(events)}" if events else f"{seconds} s"


def _told_queue(action: Action) -> str:
    """An ARN by its end; the rest says only where everything is."""
    queue = str(action.parameters.get("QueueId", ""))
    return f"queue {queue.rpartition('/')[2]}" if queue.startswith("arn:") else queue


def _told(parameter: str) -> Callable[[Action], str]:
    return lambda action: str(action.parameters.get(parameter, ""))


_TELL: Mapping[str, Callable[[Action], str]] = {
    "MessageParticipant": _told_text,
    "Compare": _told("ComparisonValue"),
    "InvokeLambdaFunction": _told_invocation,
    "Wait": _told_wait,
    "Loop": lambda action: f"{action.parameters.get('LoopCount')} times",
    "UpdateContactTargetQueue": _told_queue,
    "UpdateFlowLoggingBehavior": _told("FlowLoggingBehavior"),
}
