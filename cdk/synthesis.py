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
from agents.team import load_team
from agents.yaml_source import InvalidTeam
from amazon_connect.checker import FaultyFlow
from amazon_connect.phrases import MissingPhrase, UnknownLanguage, UnreadablePhrases
from cdk.package import PackageFailed, Sources, as_json, build_package
from cdk.settings import ROOT, Settings, WrongSetting, read_settings
from cdk.stack import HandoffStack

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
    stack = HandoffStack(app, settings=settings, package=package_of(settings))
    if settings.nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return outdir / stack.template_file


def package_of(settings: Settings) -> Path:
    """The folder to deploy, built if need be."""
    if settings.lambda_package is not None:
        return ROOT / settings.lambda_package
    sources = Sources(
        lambdas=ROOT / "lambdas",
        requirements=ROOT / "requirements-lambda.txt",
        policy=as_json(handoff_policy(load_team(ROOT / settings.team))),
    )
    return build_package(sources, ROOT / "build")
