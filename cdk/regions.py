"""Where the services are that a deployment needs, as far as `regions.json` knows, and what follows for its stacks.

The file is dated and names its sources. A Region is known at synthesis where the CDK CLI tells it (CDK_DEFAULT_REGION)
or the setting `agent_region` does; an unknown one is not checked. Rule: what the file does not list is told, with what
it lists, and one setting switches the check off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk.settings import Settings, WrongSetting

FILE = Path(__file__).resolve().parent / "regions.json"

_OWN: Mapping[str, Sequence[str]] = {
    "bedrock-agents": ("bedrock-agents",),
    "agentcore-runtime": ("agentcore-runtime", "agentcore-memory"),
    "agentcore-harness": ("agentcore-harness", "agentcore-memory", "agentcore-gateway"),
}
"""What an own team on a backend is deployed with; agents that are there already need the backend alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a synthesis deploys to, as far as it is known; empty texts where it is not."""

    account: str = ""
    region: str = ""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Place:
        """What the CDK CLI tells of the credentials it will deploy with."""
        return cls(account=variables.get("CDK_DEFAULT_ACCOUNT", ""), region=variables.get("CDK_DEFAULT_REGION", ""))


def check_regions(settings: Settings, place: Place) -> None:
    """Raises `WrongSetting` where a Region is known and lacks what the deployment needs there, or its model is surely
    that of another part of the world."""
    if not settings.check_regions:
        return
    _check_geography(settings, settings.agent_region or place.region)
    if place.region:
        _check("stack", place.region, ["connect"], "deploy to another Region")
    needed = _OWN[settings.backend] if settings.deploy_team else [settings.backend]
    if settings.agent_region:
        _check("agent_region", settings.agent_region, needed, "choose another")
    elif place.region:
        _check("backend", place.region, needed, "choose another backend, or a Region for the agents by agent_region")


def lives_elsewhere(settings: Settings, place: Place) -> bool:
    """Whether the agents' Region is another than the stack's. Raises `WrongSetting` where that must be known and is
    not: a stack can refer to one in another Region only if both are told where they are."""
    if not settings.agent_region or settings.agent_region == place.region:
        return False
    ours = settings.deploy_team or (settings.guardrail and settings.backend == "agentcore-harness")
    if ours and not (place.account and place.region):
        raise WrongSetting(
            "agent_region",
            f"what is deployed to {settings.agent_region} is a stack of its own, for which account and Region must be "
            "known: deploy with credentials, or set CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION",
        )
    return ours


def _check_geography(settings: Settings, region: str) -> None:
    known = json.loads(FILE.read_text(encoding="utf-8"))
    geography = settings.model.partition(".")[0]
    beginnings = known["geographies"]["begin_with"].get(geography, [""])
    if settings.deploy_team and region and not region.startswith(tuple(beginnings)):
        raise WrongSetting(
            "model",
            f"inference profiles of the geography '{geography}' are not called from {region}, as far as was read on "
            f"{known['read']}; it is {settings.model!r}. Now choose one of the Region's geography or a global one, or "
            "switch this check off by check_regions=false",
        )


def _check(setting: str, region: str, features: Sequence[str], advice: str) -> None:
    known = json.loads(FILE.read_text(encoding="utf-8"))
    for feature in features:
        listed = known["features"][feature]
        if region not in listed["regions"]:
            raise WrongSetting(
                setting,
                f"{listed['what']} is not in {region}, as far as was read on {known['read']}; it is in "
                f"{', '.join(listed['regions'])}. Now {advice}, or switch this check off by check_regions=false",
            )
