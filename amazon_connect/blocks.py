"""The kinds of blocks that Handoff's flows use, one row each: parameters, results, errors.

A kind that is not here is refused by the checker and by the local interpreter, whether Connect has it or not.
`NOT_BLOCKS` names types that circulate in generated flow files and guides but that Connect does not document.

Source: Connect developer guide, page of each action, checked against console exports; read 2026-11-20. Where they
differ the exports win: `TimeLimitSeconds` (not `TimeoutSeconds`), numbers as text, `NextAction` present everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amazon_connect import values
from amazon_connect.model import Action
from amazon_connect.values import Judge

CONTINUE_LOOPING = "ContinueLooping"
DONE_LOOPING = "DoneLooping"
WAIT_COMPLETED = "WaitCompleted"
BOT_LEFT = "BotParticipantDisconnected"
CUSTOMER_RETURNED = "CustomerReturned"
NO_MATCHING_ERROR = "NoMatchingError"
NO_MATCHING_CONDITION = "NoMatchingCondition"
PARTICIPANT_NOT_FOUND = "ParticipantNotFound"
QUEUE_AT_CAPACITY = "QueueAtCapacity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one kind of block takes and where it can lead."""

    title: str
    """The name of the block in the designer."""
    required: Mapping[str, Judge] = field(default_factory=dict)
    optional: Mapping[str, Judge] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    """Each needs a branch."""
    results: tuple[str, ...] | None = ()
    """Each needs an `Equals` condition and there is no other; None: the author chooses the conditions."""
    ends: bool = False
    """The flow ends here; the block leads nowhere."""
    repeats_next: bool = False
    """All ways on are conditions and errors; `NextAction` only repeats one of them, as console exports do."""


BLOCKS: Mapping[str, Block] = {
    "UpdateFlowLoggingBehavior": Block(
        title="Set logging behavior", required={"FlowLoggingBehavior": values.one_of("Enabled", "Disabled")}
    ),
    "MessageParticipant": Block(title="Play prompt", required={"Text": values.text}, errors=(NO_MATCHING_ERROR,)),
    "Compare": Block(
        title="Check contact attributes",
        required={"ComparisonValue": values.path},
        errors=(NO_MATCHING_CONDITION,),
        results=None,
        repeats_next=True,
    ),
    "InvokeLambdaFunction": Block(
        title="AWS Lambda function",
        required={
            "LambdaFunctionARN": values.arn_of("lambda"),
            "InvocationTimeLimitSeconds": values.whole_number(least=1, most=8, dynamic=False),
        },
        optional={
            "InvocationType": values.one_of("SYNCHRONOUS"),
            "LambdaInvocationAttributes": values.text_map,
            "ResponseValidation": values.response_validation,
        },
        errors=(NO_MATCHING_ERROR,),
    ),
    "Wait": Block(
        title="Wait",
        required={"TimeLimitSeconds": values.whole_number(least=1, most=604_800, dynamic=True)},
        optional={"Events": values.list_of(BOT_LEFT, CUSTOMER_RETURNED)},
        errors=(NO_MATCHING_ERROR,),
        results=(WAIT_COMPLETED,),
        repeats_next=True,
    ),
    "UpdateContactAttributes": Block(
        title="Set contact attributes",
        required={"Attributes": values.attributes, "TargetContact": values.one_of("Current")},
        errors=(NO_MATCHING_ERROR,),
    ),
    "UpdateContactTargetQueue": Block(
        title="Set working queue", required={"QueueId": values.arn_of("connect")}, errors=(NO_MATCHING_ERROR,)
    ),
    "TransferContactToQueue": Block(
        title="Transfer to queue", errors=(QUEUE_AT_CAPACITY, NO_MATCHING_ERROR), repeats_next=True
    ),
    "Loop": Block(
        title="Loop",
        required={"LoopCount": values.whole_number(least=0, most=100, dynamic=True)},
        results=(CONTINUE_LOOPING, DONE_LOOPING),
        repeats_next=True,
    ),
    "DisconnectParticipant": Block(title="Disconnect", ends=True),
}

NOT_BLOCKS: Mapping[str, str] = {
    "CheckAttribute": "Compare",
    "TransferToQueue": "UpdateContactTargetQueue and then TransferContactToQueue",
    "TransferContactToFlow": "TransferToFlow",
    "SetVoice": "UpdateContactTextToSpeechVoice",
    "SetWorkingQueue": "UpdateContactTargetQueue",
    "SetCallbackNumber": "UpdateContactCallbackNumber",
    "CheckStaffing": "CheckMetricData",
    "InvokeExternalResource": "InvokeLambdaFunction",
}


def results_of(action: Action) -> tuple[str, ...] | None:
    """The results that need a condition: a Wait has one more for each event it waits for."""
    known = BLOCKS[action.type].results
    return known if known is None else (*awaited_events(action), *known)


def errors_of(action: Action) -> tuple[str, ...]:
    """The errors that need a branch: only a Wait for the bot can find no bot."""
    known = BLOCKS[action.type].errors
    return (PARTICIPANT_NOT_FOUND, *known) if BOT_LEFT in awaited_events(action) else known


def awaited_events(action: Action) -> tuple[str, ...]:
    """The events that end a Wait early; none for other blocks."""
    events = action.parameters.get("Events", ()) if action.type == "Wait" else ()
    return tuple(str(event) for event in events) if isinstance(events, tuple) else ()
