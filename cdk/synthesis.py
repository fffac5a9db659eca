"""From settings to the cloud assembly: reads the context, builds the Lambda package, synthesizes the stack.

Nothing here talks to AWS. Rule: what a deployer can mend is told in a line of its own, without a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Validations
from cdk_nag import AwsSolutionsChecks

from agents.handlers import check_handlers
from agents.policy import handoff_policy, policy_of_controls
from agents.team import Team, load_controls, load_team
from agents.yaml_source import InvalidTeam
from amazon_connect.checker import FaultyFlow
from amazon_connect.phrases import MissingPhrase, UnknownLanguage, UnreadablePhrases
from cdk.backend_limits import check_limits
from cdk.package import AgentSources, PackageFailed, Sources, as_json, build_agent_package, build_package
from cdk.regions import Place, check_regions, lives_elsewhere
from cdk.settings import ROOT, Settings, WrongSetting, read_settings
from cdk.stack import HandoffStack, TeamStack
from cdk.team import Packages

FLAGS: Mapping[str, Any] = {"@aws-cdk/aws-iam:minimizePolicies": True}
"""CDK's feature flags. Here and not in cdk.json, so that a synthesis without the CLI gives the same template; the many
others are about services and constructs that this stack does not use."""

FAULTS = (WrongSetting, PackageFailed, InvalidTeam, FaultyFlow, MissingPhrase, UnknownLanguage, UnreadablePhrases)


def main(context: Mapping[str, Any] | None = None) -> None:
    """What app.py does; the CDK CLI tells folder and context by CDK_OUTDIR and CDK_CONTEXT_JSON."""
    try:
        outdir = Path(os.environ.get("CDK_OUTDIR", "cdk.out"))
        synthesize(outdir=outdir, context=context, place=Place.from_environment(os.environ))
    except FAULTS as fault:
        sys.stderr.writelines(f"handoff: {line}\n" for line in str(fault).splitlines())
        raise SystemExit(1) from fault


def synthesize(*, outdir: Path, context: Mapping[str, Any] | None = None, place: Place | None = None) -> Path:
    """Write the cloud assembly into `outdir` and return the path of the bot's template. Raises one of `FAULTS`."""
    app = App(outdir=str(outdir), context={**FLAGS, **(context or {})}, analytics_reporting=False)
    settings = read_settings(app.node.get_all_context())
    stack = make_stacks(app, settings, place or Place())
    if settings.nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return outdir / stack.template_file


def make_stacks(app: App, settings: Settings, place: Place) -> HandoffStack:
    """The bot's stack, and where the agents live in another Region, theirs."""
    check_regions(settings, place)
    elsewhere = lives_elsewhere(settings, place)
    team = own_team(settings)
    packages = Packages(lambdas=lambda_package(settings, team), agent=agent_package(settings))
    if not elsewhere:
        return HandoffStack(app, settings=settings, packages=packages, team=team)
    agents = TeamStack(
        app,
        settings=settings,
        packages=packages,
        team=team,
        environment=Environment(account=place.account, region=settings.agent_region),
    )
    return HandoffStack(
        app,
        settings=settings,
        packages=packages,
        team=team,
        elsewhere=agents,
        environment=Environment(account=place.account, region=place.region),
    )


def own_team(settings: Settings) -> Team | None:
    """The team to deploy, if one is. Raises `InvalidTeam`, also where only its backend cannot take it."""
    if not settings.deploy_team:
        return None
    team = load_team(ROOT / settings.team)
    check_handlers(team, ROOT / settings.team, root=ROOT)
    check_limits(team, ROOT / settings.team, settings.backend)
    if settings.agent_session_idle_seconds > team.idle_session_seconds:
        raise WrongSetting(
            "agent_session_idle_seconds",
            f"the team {team.name} forgets a session after {team.idle_session_seconds} s (idle_session_seconds in its "
            f"file); it is {settings.agent_session_idle_seconds}",
        )
    return team


def policy_of(settings: Settings, team: Team | None) -> str:
    """The content of handoff_policy.json. Raises `InvalidTeam`."""
    if settings.handoff_policy is not None:
        return as_json(policy_of_controls(load_controls(ROOT / settings.handoff_policy)))
    return as_json(handoff_policy(team or load_team(ROOT / settings.team)))


def lambda_package(settings: Settings, team: Team | None) -> Path:
    """The folder to deploy, built if need be."""
    policy = policy_of(settings, team)  # also where it is not needed: a mistake in it is told
    if settings.lambda_package is not None:
        return ROOT / settings.lambda_package
    sources = Sources(
        lambdas=ROOT / "lambdas",
        requirements=ROOT / "requirements-lambda.txt",
        policy=policy,
    )
    return build_package(sources, ROOT / "build")


def agent_package(settings: Settings) -> Path | None:
    """The code zip's folder, built if need be; None where no team runs on AgentCore Runtime."""
    if not (settings.deploy_team and settings.backend == "agentcore-runtime"):
        return None
    if settings.agent_package is not None:
        return ROOT / settings.agent_package
    sources = AgentSources(
        agents=ROOT / "agents", team=ROOT / settings.team, requirements=ROOT / "requirements-agent.txt"
    )
    return build_agent_package(sources, ROOT / "build")
