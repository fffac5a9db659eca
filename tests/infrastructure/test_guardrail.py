"""The guardrail: what it stops, what it lets through, and what the customer hears instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

PHRASES = Path(__file__).resolve().parents[2] / "lambdas" / "conversation" / "phrases"


def guardrail_of(template: Template) -> dict[str, Any]:
    return dict(template.one("AWS::Bedrock::Guardrail"))


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_blocked_is_answered_in_the_stack_s_language(template_with: Synthesize, language: str) -> None:
    """The adapters know this sentence and drop it where they can say it in the customer's own language."""
    sentence = json.loads((PHRASES / f"{language}.json").read_text(encoding="utf-8"))["bot.refused"]

    made = guardrail_of(template_with(language=language))

    assert made["BlockedInputMessaging"] == made["BlockedOutputsMessaging"] == sentence


def test_attacks_on_the_prompt_are_stopped_on_their_way_in(template: Template) -> None:
    assert guardrail_of(template)["ContentPolicyConfig"]["FiltersConfig"] == [
        {"Type": "PROMPT_ATTACK", "InputStrength": "HIGH", "OutputStrength": "NONE"}
    ]


def test_secrets_are_masked_or_stopped_and_what_the_trade_needs_passes(template: Template) -> None:
    """An order is found by name, telephone, e-mail or document number: masking these would end the trade."""
    entities = guardrail_of(template)["SensitiveInformationPolicyConfig"]["PiiEntitiesConfig"]

    assert {each["Type"]: each["Action"] for each in entities} == {
        "CREDIT_DEBIT_CARD_NUMBER": "ANONYMIZE",
        "CREDIT_DEBIT_CARD_CVV": "ANONYMIZE",
        "INTERNATIONAL_BANK_ACCOUNT_NUMBER": "ANONYMIZE",
        "PIN": "ANONYMIZE",
        "PASSWORD": "BLOCK",
        "AWS_ACCESS_KEY": "BLOCK",
        "AWS_SECRET_KEY": "BLOCK",
    }


def test_promises_are_stopped_in_answers_only(template: Template) -> None:
    """A customer may ask for a refund. The classic tier takes a definition of 200 characters and five examples."""
    (topic,) = guardrail_of(template)["TopicPolicyConfig"]["TopicsConfig"]

    assert (topic["Type"], topic["InputEnabled"], topic["OutputEnabled"]) == ("DENY", False, True)
    assert len(topic["Definition"]) <= 200
    assert len(topic["Examples"]) <= 5
    assert all(len(example) <= 100 for example in topic["Examples"])


def test_it_looks_at_nothing_outside_its_region(template: Template) -> None:
    """The standard tier would; the classic one knows English and Spanish, which the phrases are in."""
    made = guardrail_of(template)

    assert "CrossRegionConfig" not in made
    assert "TierConfig" not in str(made)
    assert made["KmsKeyArn"] == "${DataKey.Arn}"


def test_a_changed_guardrail_is_a_new_version(template: Template, template_with: Synthesize) -> None:
    """A version never changes, and whoever asks names one."""
    (version,) = template.all("AWS::Bedrock::GuardrailVersion").values()
    (other,) = template_with(language="es").all("AWS::Bedrock::GuardrailVersion").values()

    assert version["GuardrailIdentifier"] == "${Guardrail.GuardrailId}"
    assert version["Description"] != other["Description"]
