"""Runs a contact flow as Amazon Connect does, without any input or output.

`load` reads Content and refuses aloud what this interpreter cannot run; `run` is a generator of effects. Whoever drives
it carries each effect out and sends back what came of it: `Entered` is answered with the contact as it is at that
moment, every other effect with one of the replies that its docstring names. The generator ends with the flow; closing
it abandons the flow, as the end of a chat does.

What Connect leaves open is decided here: a path that leads to nothing reads as empty text; after a failed Lambda
`$.External` is empty; an empty prompt is an error; a Wait on another channel than chat is one too. `TimeoutSeconds`,
the developer guide's name, is read like `TimeLimitSeconds`, the console's.

Source: Connect developer guide, "Flow language", and administrator guide, read 2026-11-20.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from amazon_connect.blocks import (
    BLOCKS,
    CONTINUE_LOOPING,
    DONE_LOOPING,
    NO_MATCHING_CONDITION,
    NO_MATCHING_ERROR,
    awaited_events,
)
from amazon_connect.content import UnreadableFlow, from_content
from amazon_connect.description import describe
from amazon_connect.graph import branches_of, condition_label
from amazon_connect.jsonpath import keys_of, paths_in, replace_paths
from amazon_connect.model import Action, Flow, Placeholder, Value, leaves
from amazon_connect.operators import OPERATORS
from local.flow_effects import (
    ContactData,
    Disconnect,
    Done,
    Effect,
    Entered,
    Failed,
    Happened,
    InvokeLambda,
    Reply,
    Returned,
    Say,
    SetAttributes,
    SetLogging,
    SetQueue,
    TransferToQueue,
    WaitFor,
)

MAX_RESPONSE_BYTES = 32 * 1024
DEFAULT_INVOCATION_SECONDS = 8
LONGEST_WAIT_SECONDS = 604_800
MOST_LOOPS = 100
ONLY = {"InvocationType": "SYNCHRONOUS", "TargetContact": "Current"}
"""Parameters of which this interpreter knows one value; another one would be run as something that it is not."""
ROOTS = frozenset({*ContactData().by_path(), "External", "LambdaInvocation"})
"""What a contact and its latest Lambda can fill; a flow that reads anything else is refused."""


class FlowError(Exception):
    """A flow that cannot be run, or not any further."""


class InvalidFlow(FlowError):
    """The flow was refused before it ran. `block` is empty when it concerns the whole flow."""

    def __init__(self, block: str, reason: str) -> None:
        super().__init__(f"block '{block}' {reason}" if block else f"the flow {reason}")
        self.block = block
        self.reason = reason


class NoWayOn(FlowError):
    """A block ended in a way for which the flow has no branch."""

    def __init__(self, block: str, result: str) -> None:
        super().__init__(f"block '{block}' ended with {result}, and the flow has no branch for that")
        self.block = block
        self.result = result


class WrongReply(TypeError):
    """The driver answered an effect with what belongs to another one."""

    def __init__(self, effect: Effect, reply: object) -> None:
        super().__init__(f"{reply!r} is no answer to {effect!r}")


def load(content: str | Mapping[str, Any]) -> Flow:
    """Read a flow and make sure that every block of it can be run; raises `InvalidFlow`."""
    try:
        flow = from_content(content)
    except UnreadableFlow as error:
        raise InvalidFlow("", f"cannot be read: {error}") from error
    known = {action.identifier for action in flow.actions}
    if flow.start not in known:
        raise InvalidFlow("", f"starts at '{flow.start}', which does not exist")
    for action in flow.actions:
        for reason in _refusals(action, known):
            raise InvalidFlow(action.identifier, reason)
    return flow


def _refusals(action: Action, known: set[str]) -> Iterator[str]:
    if action.type not in BLOCKS:
        yield f"is of the type '{action.type}', which this interpreter does not run"
        return
    block = BLOCKS[action.type]
    takes = {*block.required, *block.optional, *(("TimeoutSeconds",) if action.type == "Wait" else ())}
    for name in sorted(action.parameters.keys() - takes):
        yield f"has the parameter {name}, which this interpreter does not run"
    for name, value in action.parameters.items():
        if value != ONLY.get(name, value):
            yield f"has the {name} {value}, and this interpreter runs {ONLY[name]} only"
    for value in leaves(action.parameters):
        yield from _unfillable(value)
    for condition in action.transitions.conditions:
        if condition.operator not in OPERATORS or len(condition.operands) != 1:
            yield f"has the condition '{condition.operator}' with {len(condition.operands)} values"
    for branch in branches_of(action):
        if branch.target not in known:
            yield f"leads to '{branch.target}', which does not exist"


def _unfillable(value: Value) -> Iterator[str]:
    if isinstance(value, Placeholder):
        yield f"still holds the placeholder {value}"
    for path in paths_in(value) if isinstance(value, str) else ():
        if keys_of(path)[0] not in ROOTS:
            yield f"reads {path}, which this interpreter does not know"


def run(flow: Flow) -> Generator[Effect, Reply, None]:
    """Run a loaded flow from its start. Raises `NoWayOn` where it has no branch and `WrongReply` at a wrong answer."""
    actions = {action.identifier: action for action in flow.actions}
    state = _State()
    current, by = flow.start, ""
    while True:
        action = actions[current]
        entered = Entered(block=current, type=action.type, detail=describe(action), by=by)
        reply = yield entered
        if not isinstance(reply, ContactData):
            raise WrongReply(entered, reply)
        state.contact = reply
        step = _STEPS[action.type](action, state)
        settled = step if isinstance(step, _Went | Failed) else _settled(step, (yield step), action, state)
        if isinstance(settled, _Ended):
            return
        current, by = _way_on(action, settled, state)


@dataclass(frozen=True, slots=True)
class _Went:
    """A block that worked, with the result that conditions compare; None when it has none."""

    result: str | None = None


@dataclass(frozen=True, slots=True)
class _Ended:
    """The block that ends the flow has done so."""


_Step: TypeAlias = Effect | _Went | Failed
_Settled: TypeAlias = _Went | Failed | _Ended


@dataclass(slots=True)
class _State:
    """What a flow remembers between its blocks."""

    contact: ContactData = field(default_factory=ContactData)
    external: Mapping[str, Any] = field(default_factory=dict)
    loops: dict[str, int] = field(default_factory=dict)

    def text(self, value: Value) -> str:
        """A parameter as text, its paths replaced by what they lead to."""
        return replace_paths(value, self._look_up) if isinstance(value, str) else _as_text(value)

    def texts(self, value: Value) -> Mapping[str, str]:
        return {key: self.text(member) for key, member in value.items()} if isinstance(value, Mapping) else {}

    def whole_number(self, value: Value, *, least: int, most: int) -> int | None:
        digits = self.text(value)
        return int(digits) if digits.isdecimal() and least <= int(digits) <= most else None

    def _look_up(self, keys: tuple[str, ...]) -> str:
        answer = {"External": self.external, "LambdaInvocation": {"ResultData": self.external}}
        found: Any = {**self.contact.by_path(), **answer}
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return _as_text(found)


def _as_text(value: Any) -> str:
    """Text as it is, numbers and truth values as JSON writes them, everything else as nothing."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else ""


def _set_logging(action: Action, _state: _State) -> _Step:
    return SetLogging(enabled=action.parameters.get("FlowLoggingBehavior") == "Enabled")


def _say(action: Action, state: _State) -> _Step:
    text = state.text(action.parameters.get("Text"))
    return Say(text=text) if text.strip() else Failed(reason="there is nothing to say")


def _compare(action: Action, state: _State) -> _Step:
    return _Went(state.text(action.parameters.get("ComparisonValue")))


def _invoke(action: Action, state: _State) -> _Step:
    limit = action.parameters.get("InvocationTimeLimitSeconds")
    return InvokeLambda(
        function_arn=state.text(action.parameters.get("LambdaFunctionARN")),
        parameters=state.texts(action.parameters.get("LambdaInvocationAttributes", {})),
        time_limit_seconds=state.whole_number(limit, least=1, most=60) or DEFAULT_INVOCATION_SECONDS,
    )


def _wait(action: Action, state: _State) -> _Step:
    if state.contact.channel != "CHAT":
        return Failed(reason="only a chat can wait")
    limit = action.parameters.get("TimeLimitSeconds", action.parameters.get("TimeoutSeconds"))
    seconds = state.whole_number(limit, least=1, most=LONGEST_WAIT_SECONDS)
    if seconds is None:
        return Failed(reason=f"'{state.text(limit)}' is no number of seconds to wait")
    return WaitFor(seconds=seconds, events=awaited_events(action))


def _set_attributes(action: Action, state: _State) -> _Step:
    return SetAttributes(attributes=state.texts(action.parameters.get("Attributes")))


def _set_queue(action: Action, state: _State) -> _Step:
    queue = state.text(action.parameters.get("QueueId"))
    return SetQueue(queue_arn=queue) if queue else Failed(reason="no queue is named")


def _transfer(_action: Action, state: _State) -> _Step:
    return TransferToQueue() if state.contact.queue_arn else Failed(reason="no target queue is set")


def _loop(action: Action, state: _State) -> _Step:
    count = state.whole_number(action.parameters.get("LoopCount"), least=0, most=MOST_LOOPS)
    if count is None:
        return Failed(reason="the number of loops is no number")
    done = state.loops.get(action.identifier, 0)
    if done >= count:
        state.loops[action.identifier] = 0
        return _Went(DONE_LOOPING)
    state.loops[action.identifier] = done + 1
    return _Went(CONTINUE_LOOPING)


def _disconnect(_action: Action, _state: _State) -> _Step:
    return Disconnect()


_STEPS: Mapping[str, Callable[[Action, _State], _Step]] = {
    "UpdateFlowLoggingBehavior": _set_logging,
    "MessageParticipant": _say,
    "Compare": _compare,
    "InvokeLambdaFunction": _invoke,
    "Wait": _wait,
    "UpdateContactAttributes": _set_attributes,
    "UpdateContactTargetQueue": _set_queue,
    "TransferContactToQueue": _transfer,
    "Loop": _loop,
    "DisconnectParticipant": _disconnect,
}


def _settled(effect: Effect, reply: Reply, action: Action, state: _State) -> _Settled:
    """What a block's effect comes to: the reply checked and, for a Lambda, its answer kept."""
    match effect, reply:
        case InvokeLambda(), Returned(payload=payload):
            return _keep_answer(payload, action, state)
        case InvokeLambda(), Failed():
            state.external = {}
            return reply
        case WaitFor(), Happened(event=event):
            return _Went(event)
        case ((Disconnect() | TransferToQueue()), Done()):
            return _Ended()
        case ((SetLogging() | Say() | SetAttributes() | SetQueue()), Done()):
            return _Went()
        case ((Say() | SetAttributes() | SetQueue() | TransferToQueue() | WaitFor()), Failed()):
            return reply
        case _:
            raise WrongReply(effect, reply)


def _keep_answer(payload: Any, action: Action, state: _State) -> _Went | Failed:
    state.external = {}
    validation = action.parameters.get("ResponseValidation")
    kind = validation.get("ResponseType") if isinstance(validation, Mapping) else "STRING_MAP"
    if not isinstance(payload, Mapping):
        return Failed(reason="the function's answer is no JSON object")
    if len(json.dumps(payload, ensure_ascii=False).encode()) >= MAX_RESPONSE_BYTES:
        return Failed(reason=f"the function's answer is not below {MAX_RESPONSE_BYTES:,} bytes")
    if kind == "STRING_MAP" and not all(isinstance(value, str) for value in payload.values()):
        return Failed(reason="the function's answer holds something else than texts")
    state.external = payload
    return _Went()


def _way_on(action: Action, step: _Went | Failed, state: _State) -> tuple[str, str]:
    """The next block, and the result or error that leads there."""
    if isinstance(step, Failed):
        return _error_way(action, step)
    transitions = action.transitions
    if step.result is not None:
        for condition in transitions.conditions:
            if OPERATORS[condition.operator](step.result, state.text(condition.operands[0])):
                return condition.next_action, condition_label(condition.operator, condition.operands)
        if any(branch.error_type == NO_MATCHING_CONDITION for branch in transitions.errors):
            return _error_way(action, Failed(error_type=NO_MATCHING_CONDITION))
    if transitions.next_action is None:
        raise NoWayOn(action.identifier, step.result or "success")
    return transitions.next_action, ""


def _error_way(action: Action, failure: Failed) -> tuple[str, str]:
    by_type = {branch.error_type: branch.next_action for branch in action.transitions.errors}
    told = f"{failure.error_type}: {failure.reason}" if failure.reason else failure.error_type
    for error_type in (failure.error_type, NO_MATCHING_ERROR):
        if error_type in by_type:
            return by_type[error_type], told
    raise NoWayOn(action.identifier, told)
