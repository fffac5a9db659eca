"""The language model that the team thinks with on this laptop: the scripted one, unless a real one is named.

Faces that run the team in this process get it here; a process of its own gets the setting and what `variables` says.
Strands takes a second to import, which happens at the first use. The rule: what is told of a model is its name; its
address and keys stay here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from agents.conversation import Conversation, RunTool, Said
from agents.models import SCRIPTED, check_model, make_model, parse_model, variables_for
from agents.team_source import Loaded

if TYPE_CHECKING:
    from strands.models import Model


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
