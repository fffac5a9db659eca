"""Answers of Amazon Bedrock's ConverseStream, as the service sends them, also where a guardrail stepped in."""

from __future__ import annotations

from typing import Any

from tests.lambdas.aws_server import Stream, event

CONVERSE = r"/model/a-model/converse-stream"
SENTENCE = "I may not talk about that."
BLOCKING = {
    "contentPolicy": {
        "filters": [{"type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "BLOCKED", "detected": True}]
    }
}
BLOCKING_BRIEFLY = {"topicPolicy": {"topics": [{"name": "promises", "type": "DENY", "action": "BLOCKED"}]}}
"""Without the member that the service's model does not require."""
MASKING = {
    "sensitiveInformationPolicy": {
        "piiEntities": [{"type": "PHONE", "match": "555", "action": "ANONYMIZED", "detected": True}],
        "regexes": [],
    }
}


def says(*pieces: str, why: str = "end_turn", trace: dict[str, Any] | None = None) -> Stream:
    """An answer of a model in text."""
    metadata = {
        "usage": {"inputTokens": 7, "outputTokens": 5, "totalTokens": 12},
        "metrics": {"latencyMs": 10},
        **({"trace": {"guardrail": trace}} if trace else {}),
    }
    return Stream(
        [
            event("messageStart", role="assistant"),
            *(event("contentBlockDelta", contentBlockIndex=0, delta={"text": piece}) for piece in pieces),
            event("contentBlockStop", contentBlockIndex=0),
            event("messageStop", stopReason=why),
            event("metadata", **metadata),
        ]
    )


def asks_loans() -> Stream:
    """A model uses the collaborator."""
    return Stream(
        [
            event("messageStart", role="assistant"),
            event("contentBlockStart", contentBlockIndex=0, start={"toolUse": {"toolUseId": "u1", "name": "loans"}}),
            event("contentBlockDelta", contentBlockIndex=0, delta={"toolUse": {"input": '{"input": "a bad wish"}'}}),
            event("contentBlockStop", contentBlockIndex=0),
            event("messageStop", stopReason="tool_use"),
            event(
                "metadata",
                usage={"inputTokens": 7, "outputTokens": 5, "totalTokens": 12},
                metrics={"latencyMs": 10},
            ),
        ]
    )


def blocked_input() -> Stream:
    return says(SENTENCE, why="guardrail_intervened", trace={"inputAssessment": {"g-1": BLOCKING}})
