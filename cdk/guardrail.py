"""The guardrail around the agents: attacks on the prompt, secrets, and promises that the business does not make.

What it blocks is answered with the phrase `bot.refused` in the stack's language. Names, telephone numbers, e-mail
addresses and document numbers pass: the trade needs them. It is of the classic tier, which knows English, French and
Spanish and keeps what it looks at in its own Region; the standard tier needs inference across Regions (Bedrock user
guide, safeguard tiers, read 2026-11). The rule: whoever asks with this guardrail asks with a fixed version, and a
changed guardrail is a new version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_kms as kms
from constructs import Construct

from amazon_connect.phrases import MissingPhrase, load_phrases
from cdk.access import Call
from cdk.names import name_of
from cdk.roles import ServiceRole

REFUSED = "bot.refused"
DRAFT = "DRAFT"
"""What the stack last deployed, under a version that never changes its name."""
MASKED = (
    "CREDIT_DEBIT_CARD_NUMBER",
    "CREDIT_DEBIT_CARD_CVV",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "PIN",
)
"""Customers write these by mistake: the agent goes on without them."""
BLOCKED = ("PASSWORD", "AWS_ACCESS_KEY", "AWS_SECRET_KEY")
"""Nothing that the agents do needs these, and nobody should go on as if they did."""
UNMADE_PROMISES = "Promises in the name of the business"
DEFINITION = (
    "Promising, guaranteeing or granting a refund, discount, compensation, price or delivery date in the name of the "
    "business that none of its systems has confirmed."
)
"""The classic tier takes 200 characters."""
EXAMPLES = (
    "I guarantee you a full refund by tomorrow.",
    "You will certainly get 50% off your next order.",
    "Te prometo que te devolvemos todo el dinero mañana.",
    "Le garantizo una compensación por las molestias.",
)


class Guardrail(Construct):
    """`arn`, `id` and `version` are known once it is deployed."""

    def __init__(
        self, scope: Construct, construct_id: str, *, language: str, key: kms.IKey, versioned: bool = True
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._sentence = refusal(language)
        self.guardrail = bedrock.CfnGuardrail(
            self,
            "Default",
            name=name_of(Stack.of(self).stack_name, longest=50),
            description="What agents must not take in and must not say",
            blocked_input_messaging=self._sentence,
            blocked_outputs_messaging=self._sentence,
            content_policy_config=_attacks(),
            sensitive_information_policy_config=_secrets(),
            topic_policy_config=_promises(),
            kms_key_arn=key.key_arn,
        )
        self.version = self._cut_version() if versioned else DRAFT

    @property
    def arn(self) -> str:
        return self.guardrail.attr_guardrail_arn

    @property
    def id(self) -> str:
        return self.guardrail.attr_guardrail_id

    @property
    def fingerprint(self) -> str:
        """Changes with what the guardrail does."""
        content = [self._sentence, MASKED, BLOCKED, UNMADE_PROMISES, DEFINITION, EXAMPLES]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    @property
    def environment(self) -> dict[str, str]:
        return {"GUARDRAIL_ID": self.id, "GUARDRAIL_VERSION": self.version}

    @property
    def calls(self) -> tuple[Call, ...]:
        """What whoever applies it may do; Bedrock decrypts a guardrail as the caller."""
        return (
            Call(actions=["bedrock:ApplyGuardrail"], on=[self.arn]),
            Call(actions=["kms:Decrypt"], on=[self._key.key_arn], when=_through_bedrock(Stack.of(self).region)),
        )

    def _cut_version(self) -> str:
        version = bedrock.CfnGuardrailVersion(
            self,
            "Version",
            guardrail_identifier=self.guardrail.attr_guardrail_id,
            description=f"Content {self.fingerprint}",  # another content is another description: a new version
        )
        return version.attr_version

    def serve(self, role: ServiceRole) -> None:
        for call in self.calls:
            role.allow(*call.actions, on=call.on, when=call.when)


NO_GUARDRAIL = {"GUARDRAIL_ID": "", "GUARDRAIL_VERSION": ""}


def refusal(language: str) -> str:
    """What a customer hears instead of what was blocked. Raises `MissingPhrase`."""
    phrases = load_phrases(language)
    if REFUSED not in phrases:
        raise MissingPhrase(REFUSED)
    return phrases[REFUSED]


def _through_bedrock(region: str) -> dict[str, dict[str, str | Sequence[str]]]:
    """The condition that a key is used only by way of Bedrock in the guardrail's Region: which of its service names KMS
    is told is written nowhere, so all of them."""
    return {"StringLike": {"kms:ViaService": f"bedrock*.{region}.amazonaws.com"}}


def _attacks() -> bedrock.CfnGuardrail.ContentPolicyConfigProperty:
    attack = bedrock.CfnGuardrail.ContentFilterConfigProperty(
        type="PROMPT_ATTACK",
        input_strength="HIGH",
        output_strength="NONE",  # an answer is no attack; Bedrock takes nothing else here
    )
    return bedrock.CfnGuardrail.ContentPolicyConfigProperty(filters_config=[attack])


def _secrets() -> bedrock.CfnGuardrail.SensitiveInformationPolicyConfigProperty:
    actions = {**dict.fromkeys(MASKED, "ANONYMIZE"), **dict.fromkeys(BLOCKED, "BLOCK")}
    return bedrock.CfnGuardrail.SensitiveInformationPolicyConfigProperty(
        pii_entities_config=[
            bedrock.CfnGuardrail.PiiEntityConfigProperty(type=kind, action=action) for kind, action in actions.items()
        ]
    )


def _promises() -> bedrock.CfnGuardrail.TopicPolicyConfigProperty:
    topic = bedrock.CfnGuardrail.TopicConfigProperty(
        name=UNMADE_PROMISES,
        definition=DEFINITION,
        examples=list(EXAMPLES),
        type="DENY",
        input_enabled=False,  # a customer may well ask for a refund
        output_enabled=True,
        output_action="BLOCK",
    )
    return bedrock.CfnGuardrail.TopicPolicyConfigProperty(topics_config=[topic])
