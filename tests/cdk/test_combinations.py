"""`make synth` leaves out no way to deploy; the syntheses themselves are what it runs."""

from __future__ import annotations

from pathlib import Path

from agents.team import TEAM_FILE
from cdk.combinations import combinations
from cdk.regions import check_regions, lives_elsewhere
from cdk.settings import read_settings

AGENTS = Path(__file__).resolve().parents[2] / "agents"
BACKENDS = {"bedrock-agents", "agentcore-runtime", "agentcore-harness"}


def test_each_backend_is_deployed_with_own_and_with_brought_agents() -> None:
    found = {(each.context["backend"], each.context.get("deploy_team", True)) for each in combinations()}

    assert found == {(backend, own) for backend in BACKENDS for own in (True, False)}


def test_each_backend_is_deployed_without_a_guardrail_and_with_its_agents_elsewhere() -> None:
    unguarded = {each.context["backend"] for each in combinations() if each.context.get("guardrail") is False}
    elsewhere = {
        each.context["backend"] for each in combinations() if lives_elsewhere(read_settings(each.context), each.place)
    }

    assert unguarded == elsewhere == BACKENDS


def test_every_sample_team_is_deployed_on_each_backend() -> None:
    teams = {file.parent.name for file in AGENTS.glob(f"*/{TEAM_FILE}")}

    deployed = {
        (each.context["backend"], read_settings(each.context).team.name)
        for each in combinations()
        if each.context.get("deploy_team", True)
    }

    assert deployed == {(backend, team) for backend in BACKENDS for team in teams}


def test_each_has_a_folder_of_its_own_and_regions_that_have_what_it_needs() -> None:
    names = [each.name for each in combinations()]

    assert len(set(names)) == len(names)
    for each in combinations():
        check_regions(read_settings(each.context), each.place)
