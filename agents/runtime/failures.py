"""How a failure is named to the bot.

    validationException           the request, or results nobody waits for
    conflictException             the session is answering another request
    dependencyFailedException     a tool's function failed
    tooManySteps                  the team was stopped, see `agents.bounds`
    throttlingException           a model or AgentCore Memory is asked too often
    serviceUnavailableException   a model or AgentCore Memory cannot be reached
    maxTokensReached              a model's answer had no end
    internalServerException       anything else
    others                        what an AWS service answered, for example accessDeniedException

The rule: a message says what failed by the names of classes and codes, never what was said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from strands.types.exceptions import MaxTokensReachedException, ModelThrottledException

from agents.conversation import ToolFailed, TooManySteps
from agents.models import ModelFailed
from agents.runtime.protocol import Event, InvalidRequest, error_event
from agents.sessions import Busy

_CODES: Final = {"ThrottledException": "throttlingException", "ServiceException": "internalServerException"}
"""AgentCore Memory has names of its own for what other services call otherwise."""


def failure_event(error: Exception, *, acted: bool = False) -> Event:
    """The last event of a turn that failed; the first thing in the chain of causes that has a name tells.

    `acted`: a tool was used before it failed.
    """
    named = (event for cause in _causes(error) if (event := _our_own(cause) or _model_s(cause) or _aws_s(cause)))
    event = next(named, error_event("internalServerException", type(error).__name__))
    return {"error": {**event["error"], "retryable": False}} if acted else event


def _our_own(error: BaseException) -> Event | None:
    match error:
        case InvalidRequest():
            return error_event("validationException", str(error))
        case Busy():
            return error_event("conflictException", "The session is answering another request")
        case ToolFailed():
            return error_event("dependencyFailedException", str(error))
        case TooManySteps():
            return error_event("tooManySteps", "The team took more steps than one answer may take")
        case _:
            return None


def _model_s(error: BaseException) -> Event | None:
    match error:
        case ModelThrottledException():
            return error_event("throttlingException", "The model is asked too often")
        case MaxTokensReachedException():
            return error_event("maxTokensReached", "The model's answer had no end")
        case ModelFailed():
            code = "serviceUnavailableException" if error.retryable else "modelErrorException"
            return error_event(code, "The model gave no answer")
        case _:
            return None


def _aws_s(error: BaseException) -> Event | None:
    match error:
        case ClientError():
            code = error.response["Error"]["Code"]
            lower_camel = _CODES.get(code, f"{code[:1].lower()}{code[1:]}")
            return error_event(lower_camel, f"{error.operation_name} answered {code}")
        case BotoCoreError():
            return error_event("serviceUnavailableException", type(error).__name__)
        case _:
            return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
