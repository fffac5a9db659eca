"""What the program is told by environment variables.

    TEAM               folder with the team
    MODEL              which model it thinks with, see `agents.models`
    MEMORY_ID          AgentCore Memory that keeps sessions; empty: they live in this process
    TOOL_FUNCTIONS     JSON object: name of a tool's function to its ARN, alias included
    GUARDRAIL_ID, GUARDRAIL_VERSION    both or none
    AWS_REGION         where its memory and models are; without it (that AgentCore Runtime sets it is documented
                       nowhere) where its functions are
    HOST, PORT         where it listens; AgentCore Runtime wants 0.0.0.0 and 8080

The rule: the program listens to this machine only unless HOST says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
RUNTIME_PORT: Final = 8080
_ARN: Final = re.compile(r"arn:[^:]+:lambda:(?P<region>[^:]+):")


class InvalidSettings(Exception):
    """A variable is missing or wrong; the message says which and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    team: Path
    model: str
    memory_id: str
    tool_functions: Mapping[str, str]
    guardrail_id: str
    guardrail_version: str
    region: str
    host: str
    port: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings; raises `InvalidSettings`."""
    guardrail = environment.get("GUARDRAIL_ID", ""), environment.get("GUARDRAIL_VERSION", "")
    if bool(guardrail[0]) != bool(guardrail[1]):
        raise InvalidSettings("GUARDRAIL_ID and GUARDRAIL_VERSION belong together: set both or none")
    functions = _tool_functions(environment.get("TOOL_FUNCTIONS") or "{}")
    return Settings(
        team=_team(environment),
        model=environment.get("MODEL") or "scripted",
        memory_id=environment.get("MEMORY_ID", ""),
        tool_functions=functions,
        guardrail_id=guardrail[0],
        guardrail_version=guardrail[1],
        region=_region(environment, functions),
        host=environment.get("HOST") or LOOPBACK,
        port=_port(environment.get("PORT") or str(RUNTIME_PORT)),
    )


def _team(environment: Mapping[str, str]) -> Path:
    folder = environment.get("TEAM", "")
    if not folder or not Path(folder).is_dir():
        raise InvalidSettings(f"TEAM must name the team's folder, got '{folder}'")
    return Path(folder)


def _region(environment: Mapping[str, str], functions: Mapping[str, str]) -> str:
    of_functions = (match["region"] for arn in functions.values() if (match := _ARN.match(arn)))
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or next(of_functions, "")
    if not region:
        raise InvalidSettings("AWS_REGION must name the Region of the team's functions")
    return region


def _tool_functions(text: str) -> dict[str, str]:
    try:
        functions = json.loads(text)
    except ValueError:
        functions = None
    if not isinstance(functions, dict) or not all(isinstance(arn, str) and arn for arn in functions.values()):
        raise InvalidSettings("TOOL_FUNCTIONS must be a JSON object of functions' names and ARNs")
    return functions


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise InvalidSettings(f"PORT must be a number up to 65535, got '{text}'")
    return int(text)
