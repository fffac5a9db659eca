"""Asking each backend with nothing around it: the text as it comes. For the plain bot and for the floors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping

import boto3
from botocore.config import Config

Ask = Callable[[str, str], Iterator[str]]
"""With a session id and a text."""


def _bedrock_agents(config: Config) -> Ask:
    client = boto3.client("bedrock-agent-runtime", config=config)

    def ask(session_id: str, text: str) -> Iterator[str]:
        answered = client.invoke_agent(
            agentId=os.environ["AGENT_ID"],
            agentAliasId=os.environ["AGENT_ALIAS_ID"],
            sessionId=session_id,
            inputText=text,
            streamingConfigurations={"streamFinalResponse": True},
        )
        for event in answered["completion"]:
            if "chunk" in event:
                yield event["chunk"]["bytes"].decode()

    return ask


def _agentcore_runtime(config: Config) -> Ask:
    client = boto3.client("bedrock-agentcore", config=config)

    def ask(session_id: str, text: str) -> Iterator[str]:
        answered = client.invoke_agent_runtime(
            agentRuntimeArn=os.environ["AGENT_RUNTIME_ARN"],
            runtimeSessionId=session_id,
            payload=json.dumps({"text": text}).encode(),
            accept="text/event-stream",
        )
        for line in answered["response"].iter_lines(chunk_size=1):
            if line.startswith(b"data: "):
                yield json.loads(line[6:]).get("text", "")

    return ask


def _agentcore_harness(config: Config) -> Ask:
    client = boto3.client("bedrock-agentcore", config=config)

    def ask(session_id: str, text: str) -> Iterator[str]:
        answered = client.invoke_harness(
            harnessArn=os.environ["HARNESS_ARN"],
            runtimeSessionId=session_id,
            messages=[{"role": "user", "content": [{"text": text}]}],
        )
        for event in answered["stream"]:
            yield event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")

    return ask


AGENT_CALLS: Mapping[str, Callable[[Config], Ask]] = {
    "bedrock-agents": _bedrock_agents,
    "agentcore-runtime": _agentcore_runtime,
    "agentcore-harness": _agentcore_harness,
}
