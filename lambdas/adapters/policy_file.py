"""The hand-off policy as a file: beside the code, where the build wrote it, unless the environment names another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lambdas.conversation.errors import InvalidSetting
from lambdas.conversation.handoff import Policy, read_policy

SETTING = "HANDOFF_POLICY"
BESIDE_THE_CODE = Path(__file__).parents[1] / "handoff_policy.json"


def policy_of(variables: Mapping[str, str]) -> Policy:
    """Raises `InvalidSetting` if there is no policy, or one that cannot be read."""
    path = Path(variables.get(SETTING) or BESIDE_THE_CODE)
    try:
        return read_policy(path)
    except OSError as error:
        raise InvalidSetting(SETTING, f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidSetting(SETTING, f"{path} is no hand-off policy: {type(error).__name__} {error}") from error
