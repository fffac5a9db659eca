"""What the Lambdas must know of a team: its controls, and what each of them means for the chat.

Made at build time and shipped beside the Lambdas, which never see the team itself. The rule: nothing here is decided,
only written down from the team's file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agents.team import Control, Team


def handoff_policy(team: Team) -> dict[str, Any]:
    """The content of `handoff_policy.json`: plain data, ready for `json.dumps`."""
    return policy_of_controls(team.controls)


def policy_of_controls(controls: Iterable[Control]) -> dict[str, Any]:
    """The same for controls of agents that are described nowhere else."""
    return {"controls": {control.name: _policy(control) for control in controls}}


def _policy(control: Control) -> dict[str, Any]:
    return {
        "outcome": control.outcome,
        "reason": control.reason,
        "action_group": control.action_group,
        "queue": control.queue,
        "summary": control.summary,
        "parameters": {
            name: parameter.model_dump(include={"type", "required", "max_length", "mask"})
            for name, parameter in control.parameters.items()
        },
    }
