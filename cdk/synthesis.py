"""From settings to the cloud assembly: reads the context, builds the Lambda package, synthesizes the stack.

Nothing here talks to AWS. Rule: what a deployer can mend is told in one line, without a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from agents.policy import handoff_policy
from agents.team import Team, load_team
from agents.yaml_source import InvalidTeam
from amazon_connect.checker import FaultyFlow
from amazon_connect.phrases import MissingPhrase, UnknownLanguage, UnreadablePhrases
from cdk.package import AgentSources, PackageFailed, Sources, as_json, build_agent_package, build_package
from cdk.settings import ROOT, Settings, WrongSetting, read_settings
from cdk.stack import HandoffStack
from cdk.team import Packages

FLAGS: Mapping[str, Any] = {"@aws-cdk/aws-iam:minimizePolicies": True}
"""CDK's feature flags. Here and not in cdk.json, so that a synthesis without the CLI gives the same template; the many
others are about services and constructs that this stack does not use."""

FAULTS = (WrongSetting, PackageFailed, InvalidTeam, FaultyFlow, MissingPhrase, UnknownLanguage, UnreadablePhrases)


def main(context: Mapping[str, Any] | None = None) -> None:
    """What app.py does; the CDK CLI tells folder and context by CDK_OUTDIR and CDK_CONTEXT_JSON."""
    try:
        synthesize(outdir=Path(os.environ.get("CDK_OUTDIR", "cdk.out")), context=context)
    except FAULTS as fault:
        sys.stderr.write(f"handoff: {fault}\n")
        raise SystemExit(1) from fault


def synthesize(*, outdir: Path, context: Mapping[str, Any] | None = None) -> Path:
    """Write the cloud assembly into `outdir` and return the template's path. Raises one of `FAULTS`."""
    app = App(outdir=str(outdir), context={**FLAGS, **(context or {})}, analytics_reporting=False)
    settings = read_settings(app.node.get_all_context())
    team = load_team(ROOT / settings.team)
    packages = Packages(lambdas=lambda_package(settings, team), agent=agent_package(settings))
    stack = HandoffStack(app, settings=settings, packages=packages, team=team if settings.deploy_team else None)
    if settings.nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return outdir / stack.template_file


def lambda_package(settings: Settings, team: Team) -> Path:
    """The folder to deploy, built if need be."""
    if settings.lambda_package is not None:
        return ROOT / settings.lambda_package
    sources = Sources(
        lambdas=ROOT / "lambdas",
        requirements=ROOT / "requirements-lambda.txt",
        policy=as_json(handoff_policy(team)),
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
