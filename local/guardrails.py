"""The local face of Amazon Bedrock Guardrails: ApplyGuardrail, and what guardrails inside the other faces use.

    POST /guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply

Identity and sentences are the template's; what is judged is not: instead of Bedrock's filters only the plainest wording
of a prompt attack is known, so that an intervention can be seen. The rule: everything else passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.routing import Route

from agents.prompt_attacks import looks_like_an_attack
from local.agent_resources import Guardrail
from local.wire import AwsError, Operation

SERVICE: Final = "bedrock-runtime"
APPLY: Final = Operation(SERVICE, "ApplyGuardrail")
NO_UNITS: Final = dict.fromkeys(
    (
        "topicPolicyUnits",
        "wordPolicyUnits",
        "sensitiveInformationPolicyUnits",
        "sensitiveInformationPolicyFreeUnits",
        "contextualGroundingPolicyUnits",
    ),
    0,
)
CHARACTERS_OF_A_UNIT: Final = 1_000

Source = Literal["INPUT", "OUTPUT"]
Judge = Callable[[Source, str], bool]
"""Whether a text is to be kept back."""


def judge_plainly(source: Source, text: str) -> bool:
    return source == "INPUT" and looks_like_an_attack(text)


class Guardrails:
    """The template's guardrails. `judge` may be replaced at any time."""

    def __init__(self, known: Callable[[], Iterable[Guardrail]]) -> None:
        self.judge: Judge = judge_plainly
        self._known = known

    def apply(self, asked: dict[str, Any], _: Request) -> Mapping[str, Any]:
        """Answer one ApplyGuardrail."""
        guardrail = self._find(asked["guardrailIdentifier"].rpartition("/")[2])
        texts = [block["text"]["text"] for block in asked["content"] if "text" in block]
        kept_back = any(self.judge(asked["source"], text) for text in texts)
        characters = sum(map(len, texts))
        return {
            "usage": {**NO_UNITS, "contentPolicyUnits": -(-characters // CHARACTERS_OF_A_UNIT)},
            "action": "GUARDRAIL_INTERVENED" if kept_back else "NONE",
            "outputs": [{"text": _instead(guardrail, asked["source"])}] if kept_back else [],
            "assessments": [assessment()] if kept_back else [],
        }

    def of_agent(self, text: str) -> Guardrail | None:
        """The guardrail that keeps back what a customer says to an agent that has one."""
        guardrail = next(iter(self._known()), None)
        return guardrail if guardrail and self.judge("INPUT", text) else None

    def _find(self, guardrail_id: str) -> Guardrail:
        found = next((each for each in self._known() if each.id == guardrail_id), None)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"There is no guardrail {guardrail_id}")
        return found

    def routes(self) -> list[Route]:
        """Every route of this face."""
        return [APPLY.route(self.apply, lambda _: True, label="path")]


def assessment() -> dict[str, Any]:
    """What was found, as both APIs tell it."""
    found = {"type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "BLOCKED"}
    return {"contentPolicy": {"filters": [found]}}


def _instead(guardrail: Guardrail, source: str) -> str:
    return guardrail.blocked_input if source == "INPUT" else guardrail.blocked_output
