"""The model of the setting on this laptop: told by its name, handed on with what a process of its own needs."""

from __future__ import annotations

import pytest

from agents.models import UnusableModel
from local.model import LocalModel


def test_the_scripted_model_is_the_default_and_told_as_such() -> None:
    """The page says so in words of its own."""
    assert LocalModel().facts() == {"scripted": True, "name": "scripted"}
    assert LocalModel().variables() == {"MODEL": "scripted"}


def test_what_is_told_of_a_real_model_is_its_name() -> None:
    """An address or a key on the page would be on everybody's screen."""
    model = LocalModel("openai:clever@http://secret-place.test/v1", {"OPENAI_API_KEY": "sk-secret"})

    model.check()

    assert model.facts() == {"scripted": False, "name": "openai:clever"}


def test_a_process_of_its_own_gets_the_setting_and_the_key_and_nothing_else() -> None:
    """Its AWS variables lead to the emulated services; the user's stay with the user."""
    environment = {"OPENAI_API_KEY": "sk-secret", "AWS_PROFILE": "mine", "HOME": "/home/me"}

    variables = LocalModel("openai:gpt-5", environment).variables()

    assert variables == {"MODEL": "openai:gpt-5", "OPENAI_API_KEY": "sk-secret"}


def test_what_is_missing_is_told_before_anything_starts() -> None:
    """Not in the middle of the first chat."""
    with pytest.raises(UnusableModel, match="OPENAI_API_KEY is not set"):
        LocalModel("openai:gpt-5").check()
    with pytest.raises(UnusableModel, match="begins with 'gpt-5'"):
        LocalModel("gpt-5")
