"""A failure has a code that the bot understands, and no words of a customer."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from strands.types.exceptions import (
    EventLoopException,
    MaxTokensReachedException,
    ModelThrottledException,
    SessionException,
)

from agents.conversation import ToolFailed, TooManySteps
from agents.models import ModelFailed
from agents.runtime.failures import failure_event
from agents.runtime.protocol import InvalidRequest
from agents.sessions import Busy

CANARY = "zanahoria"


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": CANARY}}, "ListEvents")


def caused_by(cause: Exception) -> SessionException:
    """As the session manager wraps what AWS answers."""
    error = SessionException(CANARY)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequest("'text' must be a string"), "validationException"),
        (Busy(), "conflictException"),
        (ToolFailed("OrdersTool failed"), "dependencyFailedException"),
        (TooManySteps(), "tooManySteps"),
        (ModelThrottledException(CANARY), "throttlingException"),
        (caused_by(EventLoopException(ModelThrottledException(CANARY))), "internalServerException"),
        (caused_by(ModelThrottledException(CANARY)), "throttlingException"),
        (MaxTokensReachedException(CANARY), "maxTokensReached"),
        (ModelFailed(CANARY, retryable=True), "serviceUnavailableException"),
        (ModelFailed(CANARY, retryable=False), "modelErrorException"),
        (refused("AccessDeniedException"), "accessDeniedException"),
        (refused("ThrottledException"), "throttlingException"),
        (refused("ServiceException"), "internalServerException"),
        (caused_by(refused("ThrottledException")), "throttlingException"),
        (ReadTimeoutError(endpoint_url=CANARY), "serviceUnavailableException"),
        (RuntimeError(CANARY), "internalServerException"),
    ],
)
def test_a_failure_is_named_and_its_words_are_not_repeated(error: Exception, code: str) -> None:
    """Codes are lower-camel, as in the streams of AWS."""
    event = failure_event(error)

    assert event["error"]["code"] == code
    assert CANARY not in str(event)
