"""The language model that the team thinks with on this laptop: the scripted one, unless a real one is named.

Faces that run the team in this process get it here; a process of its own gets the setting and what `variables` says.
Strands takes a second to import, which happens at the first use. The rule: what is told of a model is its name; its
address and keys stay here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from agents.conversation import Conversation, RunTool, Said
from agents.models import SCRIPTED, ModelFailed, check_model, make_model, need_script, parse_model, variables_for
from agents.team_source import Loaded

if TYPE_CHECKING:
    from strands.models import Model

PROBE_SECONDS: Final = 90.0
"""A model of a laptop is loaded first."""
PROBE_PROMPT: Final = "Answer with one word."


class LocalModel:
    """The model of the setting `MODEL`. `environment` holds the user's own keys."""

    def __init__(self, setting: str = SCRIPTED, environment: Mapping[str, str] | None = None) -> None:
        """Raises `UnusableModel` if the setting names none."""
        self.setting = setting
        self.spec = parse_model(setting)
        self._environment = environment or {}

    def check(self) -> None:
        """Raises `UnusableModel` if a key or a Region is missing that the model cannot do without."""
        check_model(self.setting, self._environment)

    def check_script(self, loaded: Loaded) -> None:
        """Raises `UnusableModel` if the scripted model is to speak for a team that brings no script."""
        if self.spec.scripted:
            need_script(loaded.script)

    async def probe(self) -> None:
        """Ask a real model for a word. Raises `ModelFailed` in place of an answer."""
        if self.spec.scripted:
            return
        model = make_model(self.setting, None, environment=self._environment)
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                async for _ in model.stream([{"role": "user", "content": [{"text": "Say OK."}]}], None, PROBE_PROMPT):
                    pass
        except TimeoutError:
            raise ModelFailed(f"the model did not answer within {PROBE_SECONDS:.0f} s", retryable=True) from None
        except ClientError as refused:
            raise ModelFailed(f"Amazon Bedrock refused: {refused.response['Error']['Code']}", retryable=False) from None
        except BotoCoreError as failed:
            raise ModelFailed(f"Amazon Bedrock was not reached: {type(failed).__name__}", retryable=True) from None

    def facts(self) -> dict[str, Any]:
        """What the page tells a visitor."""
        return {"scripted": self.spec.scripted, "name": self.spec.name}

    def variables(self) -> dict[str, str]:
        """The environment of a process that runs the team; raises `UnusableModel`."""
        return {"MODEL": self.setting, **variables_for(self.setting, self._environment)}

    def make(self, loaded: Loaded) -> Model:
        return make_model(self.setting, loaded.script, environment=self._environment)

    def build_team(self, loaded: Loaded, tools: Mapping[str, RunTool], history: Iterable[Said]) -> Conversation:
        """The team on Strands, with a runner for each of its tools, after what was said before."""
        from agents.strands_team import build_team  # noqa: PLC0415  (Strands is not needed to start the stack)

        return build_team(loaded.team, tools, self.make(loaded), history=history)
