"""What guardrails of Amazon Bedrock say about an answer.

An assessment holds, for each policy, what was found and what was done about it: `BLOCKED` or `ANONYMIZED` (masked). An
intervention that only masked changes the text and refuses nothing; one that says nothing of what it did counts as
blocked. The blocked sentence itself is configured at the guardrail in one language and comes as ordinary text:
`HeldBack` keeps it until it is known whether a guardrail said it. Shapes: botocore 1.44.5 `bedrock-agent-runtime`
(GuardrailTrace) and `bedrock-runtime` (ApplyGuardrail), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lambdas.conversation.phrases import languages, phrases

REFUSED = "guardrail"
WHITE_SPACE_AFTER = 16
"""Characters that may follow the sentence and still leave it alone."""


def blocked_sentences() -> tuple[str, ...]:
    """What the stack's own guardrail says instead of what it blocked, in any language the stack may have."""
    return tuple(phrases(language).say("refused") for language in sorted(languages()))


def is_blocked(*assessments: Any) -> bool:
    """Whether a guardrail that intervened refused, and did not only mask."""
    actions = {action for assessment in assessments for action in _actions(assessment)}
    return "BLOCKED" in actions or "ANONYMIZED" not in actions


def _actions(assessment: Any) -> Iterator[str]:
    if isinstance(assessment, Mapping):
        for name, value in assessment.items():
            if name == "action" and isinstance(value, str):
                yield value
            else:
                yield from _actions(value)
    elif isinstance(assessment, list):
        for each in assessment:
            yield from _actions(each)


class HeldBack:
    """Lets text through, but not what may be the blocked sentence."""

    def __init__(self, sentences: Collection[str]) -> None:
        self._sentences = sentences
        self._initials = frozenset(sentence[:1] for sentence in sentences)
        self._window = max((len(sentence) for sentence in sentences), default=0) + WHITE_SPACE_AFTER
        self._held = ""

    def hear(self, text: str) -> str:
        """What of the text so far is no beginning of the sentence."""
        text = self._held + text
        starts = range(max(0, len(text) - self._window), len(text))
        safe = next((n for n in starts if text[n] in self._initials and self._may_be_one(text[n:])), len(text))
        self._held = text[safe:]
        return text[:safe]

    def _may_be_one(self, end: str) -> bool:
        return any(sentence.startswith(end) or sentence == end.rstrip() for sentence in self._sentences)

    @property
    def holds_sentence(self) -> bool:
        """A whole one, and nothing behind it."""
        return self._held.rstrip() in self._sentences

    def let_go(self) -> str:
        """It was nothing of the kind."""
        held, self._held = self._held, ""
        return held

    def drop(self) -> None:
        """A guardrail said it."""
        self._held = ""
