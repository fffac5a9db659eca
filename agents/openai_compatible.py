"""A model behind OpenAI's chat completions, as many endpoints speak them.

Strands speaks the protocol; this says how long to wait, and what its failures mean. The rule: no failure carries what
the endpoint wrote, because endpoints quote keys and prompts; and an answer that breaks off is a failure, never an
answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx
import openai
from strands.models.openai import OpenAIModel
from strands.types.content import Messages
from strands.types.exceptions import ContextWindowOverflowException, ModelThrottledException
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolSpec

from agents.models import ModelFailed

PASSING_STATUS: Final = frozenset({408, 409, 429})
NO_FINISH: Final = "end_turn"
"""What Strands takes for the reason when the endpoint gave none; an endpoint's own word is `stop`."""


class OpenAICompatibleModel(OpenAIModel):
    """A model of an endpoint. `url` is what `/chat/completions` is appended to."""

    def __init__(self, *, model: str, url: str, key: str, connect_seconds: float, silence_seconds: float) -> None:
        super().__init__(
            client_args={
                "base_url": url,
                "api_key": key,
                "timeout": openai.Timeout(silence_seconds, connect=connect_seconds),
                "max_retries": 0,  # whoever asks has a deadline and decides whether to ask again
            },
            model_id=model,
        )

    async def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,
        **options: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        """The answer in pieces; raises `ModelFailed`."""
        try:
            async for event in super().stream(messages, tool_specs, system_prompt, **options):
                yield event
        except ContextWindowOverflowException:
            # Strands shortens the conversation and asks again.
            raise ContextWindowOverflowException("the conversation is longer than the model can read") from None
        except (openai.OpenAIError, httpx.HTTPError, ModelThrottledException, ValueError) as error:
            # Not as a cause: whoever logs this one would log what the endpoint wrote.
            raise ModelFailed(_reason(error), retryable=_may_pass(error)) from None

    def format_chunk(self, event: dict[str, Any], **options: Any) -> StreamEvent:
        if event["chunk_type"] == "message_stop" and event["data"] == NO_FINISH:
            raise ModelFailed("the model's answer broke off", retryable=True)
        return super().format_chunk(event, **options)


def _reason(error: Exception) -> str:
    match error:
        case ModelThrottledException():
            reason = "the model's endpoint has too much to do (429)"
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            reason = f"the model's endpoint refused the key ({error.status_code})"
        case openai.NotFoundError():
            reason = "the model's endpoint does not have this model, or is no such endpoint (404)"
        case openai.APIStatusError(status_code=status):
            reason = f"the model's endpoint failed ({status})"
        case openai.APITimeoutError() | httpx.TimeoutException():
            reason = "the model did not answer in time"
        case openai.APIConnectionError():
            reason = "the model's endpoint cannot be reached"
        case httpx.HTTPError():
            reason = "the connection to the model was cut"
        case openai.APIError():
            reason = "the model's endpoint failed in mid-answer"
        case _:
            reason = "the model's endpoint answered something else than chat completions"
    return reason


def _may_pass(error: Exception) -> bool:
    """Whether the same question may be answered when it is asked again."""
    match error:
        case openai.APIStatusError(status_code=status):
            return status in PASSING_STATUS or status >= 500
        case ValueError():
            return False
        case _:
            return True
