"""Where the services are: a Region that is known and lacks something stops the synthesis, an unknown one does not."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from cdk.regions import FILE, Place, check_regions, lives_elsewhere
from cdk.roles import GEOGRAPHIES
from cdk.settings import WrongSetting, read_settings


def check(place: Place | str, **context: Any) -> None:
    check_regions(read_settings(context), place if isinstance(place, Place) else Place(region=place))


def test_the_file_is_dated_and_names_its_sources() -> None:
    known = json.loads(FILE.read_text(encoding="utf-8"))

    assert datetime.date.fromisoformat(known["read"]) >= datetime.date(2026, 11, 1)
    assert known["how_to_refresh"]
    assert all(
        each["source"] and each["regions"] == sorted(set(each["regions"])) for each in known["features"].values()
    )


@pytest.mark.parametrize("backend", ["bedrock-agents", "agentcore-runtime", "agentcore-harness"])
def test_an_unknown_region_is_not_checked(backend: str) -> None:
    """A template for any Region is a template for Regions to come, too."""
    check("", backend=backend)


@pytest.mark.parametrize("backend", ["bedrock-agents", "agentcore-runtime", "agentcore-harness"])
def test_a_region_that_has_everything_passes(backend: str) -> None:
    check("eu-west-2", backend=backend)


@pytest.mark.parametrize(
    ("region", "context", "setting", "lacks"),
    [
        ("eu-west-1", {}, "stack", "Amazon Connect is not in eu-west-1"),
        ("af-south-1", {}, "backend", "AgentCore Runtime (microVMs) is not in af-south-1"),
        ("af-south-1", {"backend": "bedrock-agents"}, "backend", "Amazon Bedrock Agents Classic is not in af-south-1"),
        ("eu-west-2", {"agent_region": "us-west-1"}, "agent_region", "AgentCore Memory is not in us-west-1"),
        ("", {"agent_region": "us-west-1", "backend": "bedrock-agents"}, "agent_region", "is not in us-west-1"),
    ],
)
def test_what_a_region_lacks_is_told_with_where_it_is(
    region: str, context: dict[str, Any], setting: str, lacks: str
) -> None:
    with pytest.raises(WrongSetting) as wrong:
        check(region, **context)

    assert wrong.value.name == setting
    assert lacks in wrong.value.problem
    assert "us-west-2" in wrong.value.problem
    assert "check_regions=false" in wrong.value.problem


@pytest.mark.parametrize(
    ("region", "context"),
    [
        ("us-east-1", {"model": "eu.amazon.nova-lite-v1:0"}),
        ("eu-west-2", {"model": "us.amazon.nova-lite-v1:0"}),
        ("us-gov-west-1", {"model": "us.amazon.nova-lite-v1:0"}),
        ("eu-west-2", {"model": "eu.amazon.nova-lite-v1:0", "agent_region": "us-west-2"}),
        ("", {"model": "apac.amazon.nova-lite-v1:0", "agent_region": "us-west-2"}),
    ],
)
def test_a_model_of_another_part_of_the_world_is_refused(region: str, context: dict[str, Any]) -> None:
    """It would be found out by the first customer."""
    with pytest.raises(WrongSetting, match="check_regions=false") as wrong:
        check(region, **context)

    assert wrong.value.name == "model"
    assert context["model"] in wrong.value.problem
    check(region, **context, check_regions="false")


@pytest.mark.parametrize(
    ("region", "model"),
    [
        ("", "eu.amazon.nova-lite-v1:0"),
        ("us-east-1", "us.amazon.nova-lite-v1:0"),
        ("ca-central-1", "us.amazon.nova-lite-v1:0"),
        ("ap-northeast-1", "apac.amazon.nova-lite-v1:0"),
        ("eu-west-2", "global.amazon.nova-2-lite-v1:0"),
        ("eu-west-2", "amazon.nova-lite-v1:0"),
    ],
)
def test_what_may_be_right_is_not_refused(region: str, model: str) -> None:
    """A Region that is not known, a neighbour, a global profile, a model without one."""
    check(region, model=model)


def test_only_geographies_that_roles_know_are_listed() -> None:
    """A prefix that means a profile here must mean one in the permissions too."""
    assert set(json.loads(FILE.read_text(encoding="utf-8"))["geographies"]["begin_with"]) <= GEOGRAPHIES


def test_agents_that_are_there_already_need_no_memory() -> None:
    """What they are made of is their owner's affair."""
    check("eu-west-2", agent_region="us-west-1", deploy_team=False)


def test_agents_elsewhere_free_the_stack_s_region_from_the_backend() -> None:
    check("af-south-1", agent_region="eu-west-1")


def test_a_setting_switches_the_check_off() -> None:
    """The file is older than the next Region."""
    check("af-south-1", check_regions="false")


@pytest.mark.parametrize(
    ("context", "elsewhere"),
    [
        ({}, False),
        ({"agent_region": "eu-west-2"}, False),
        ({"agent_region": "eu-west-1"}, True),
        ({"agent_region": "eu-west-1", "deploy_team": False}, False),
        ({"agent_region": "eu-west-1", "deploy_team": False, "backend": "agentcore-harness"}, True),
        (
            {"agent_region": "eu-west-1", "deploy_team": False, "backend": "agentcore-harness", "guardrail": False},
            False,
        ),
    ],
)
def test_a_second_stack_is_made_for_what_is_ours_in_another_region(context: dict[str, Any], elsewhere: bool) -> None:
    place = Place(account="111122223333", region="eu-west-2")

    assert lives_elsewhere(read_settings(context), place) is elsewhere


@pytest.mark.parametrize("place", [Place(), Place(region="eu-west-2")])
def test_a_second_stack_needs_account_and_region(place: Place) -> None:
    with pytest.raises(WrongSetting, match="CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION"):
        lives_elsewhere(read_settings({"agent_region": "eu-west-1"}), place)


def test_the_place_is_what_the_cdk_cli_tells() -> None:
    told = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "eu-west-2", "AWS_REGION": "us-east-1"}

    assert Place.from_environment(told) == Place(account="111122223333", region="eu-west-2")
    assert Place.from_environment({}) == Place()
