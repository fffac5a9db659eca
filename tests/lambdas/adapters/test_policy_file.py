"""Where the hand-off policy comes from, and what is said when it is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambdas.adapters.policy_file import BESIDE_THE_CODE, policy_of
from lambdas.conversation.errors import InvalidSetting
from lambdas.conversation.handoff import Outcome
from tests.lambdas.functions import POLICY
from tests.lambdas.process import ROOT


def test_the_environment_may_name_the_policy(tmp_path: Path) -> None:
    """The laptop stack writes it anew when the team changes."""
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")

    assert policy_of({"HANDOFF_POLICY": str(policy)}).controls["escalate"].outcome is Outcome.ESCALATE


def test_without_a_name_it_lies_beside_the_code() -> None:
    """The build writes it there; an empty name is none."""
    assert BESIDE_THE_CODE == ROOT / "lambdas" / "handoff_policy.json"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"controls": []}', '{"controls": {"escalate": {}}}', '{"controls": {"escalate": null}}',
     '{"controls": {"escalate": {"outcome": "fly", "reason": "customer_asked"}}}'],
)  # fmt: skip
def test_a_file_that_is_no_policy_stops_the_start(tmp_path: Path, content: str) -> None:
    """One line that names the setting, the file and what is wrong with it."""
    policy = tmp_path / "policy.json"
    policy.write_text(content, encoding="utf-8")

    with pytest.raises(InvalidSetting) as stopped:
        policy_of({"HANDOFF_POLICY": str(policy)})

    assert str(stopped.value).startswith(f"setting HANDOFF_POLICY: {policy} is no hand-off policy: ")
    assert "\n" not in str(stopped.value)


def test_a_policy_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """The package was built without it, or the name is wrong."""
    with pytest.raises(InvalidSetting, match=r"^setting HANDOFF_POLICY: cannot read .*: No such file or directory$"):
        policy_of({"HANDOFF_POLICY": str(tmp_path / "nowhere.json")})
