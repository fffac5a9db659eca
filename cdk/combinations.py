"""`make synth`: every way in which this can be deployed, synthesized and looked at by cdk-nag and cfn-lint.

    python -m cdk.combinations [-c name=value …]    writes cdk.out/<combination>/; a setting given here holds for all

Own and brought agents on each backend, each backend without a guardrail and with its agents in another Region, and
every other sample team. One process, because making CDK ready takes longer than a synthesis. The rule: what cannot be
deployed so is told as the deployer would be told it, and is a failure.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from agents.team import TEAM_FILE
from cdk.regions import FILE, Place
from cdk.settings import ROOT, Backend, Settings
from cdk.synthesis import FAULTS, synthesize

OUT = ROOT / "cdk.out"
REDUNDANT_DEPENDENCIES = "W3005"
"""CDK writes dependencies twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """One way to deploy."""

    name: str
    context: Mapping[str, Any]
    place: Place = field(default_factory=Place)


def combinations() -> Iterator[Combination]:
    here, there = _two_regions()
    for backend in get_args(Backend):
        of_backend = {"backend": backend}
        yield Combination(name=backend, context=of_backend)
        yield Combination(name=f"{backend}-brought", context={**of_backend, "deploy_team": False})
        yield Combination(name=f"{backend}-unguarded", context={**of_backend, "guardrail": False})
        # CDK wants to know an account here; this one is nobody's.
        elsewhere = Place(account="0" * 12, region=here)
        yield Combination(name=f"{backend}-elsewhere", context={**of_backend, "agent_region": there}, place=elsewhere)
        for team in _other_teams():
            yield Combination(name=f"{backend}-{team.name}", context={**of_backend, "team": str(team)})


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make synth", description="Synthesize every way to deploy, and check it.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="name=value")
    given = dict(pair.split("=", 1) for pair in parser.parse_args(arguments).context)
    shutil.rmtree(OUT, ignore_errors=True)
    for combination in combinations():
        context = {"nag": True, **combination.context, **given}
        try:
            synthesize(outdir=OUT / combination.name, context=context, place=combination.place)
        except FAULTS as fault:
            sys.stderr.writelines(f"handoff: {combination.name}: {line}\n" for line in str(fault).splitlines())
            return 1
        sys.stdout.write(f"handoff: {combination.name}: cdk-nag finds nothing\n")
        sys.stdout.flush()
    return _lint(sorted(OUT.glob("*/*.template.json")))


def _lint(templates: Sequence[Path]) -> int:
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", REDUNDANT_DEPENDENCIES, "--"]
    found = subprocess.run([*command, *map(str, templates)], check=False).returncode
    if not found:
        sys.stdout.write(f"handoff: cfn-lint finds nothing in the {len(templates)} templates of cdk.out/\n")
    return found


def _other_teams() -> list[Path]:
    default = Settings().team
    teams = (file.parent.relative_to(ROOT) for file in (ROOT / "agents").glob(f"*/{TEAM_FILE}"))
    return sorted(team for team in teams if team != default)


def _two_regions() -> tuple[str, str]:
    """One with Amazon Connect, and another that has every backend."""
    features = json.loads(FILE.read_text(encoding="utf-8"))["features"]
    everywhere = set.intersection(*(set(each["regions"]) for each in features.values()))
    return features["connect"]["regions"][0], sorted(everywhere)[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
