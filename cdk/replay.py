"""`make replay`: an operator has put right what kept customers from an answer, and what was put aside is tried again.

    python -m cdk.replay [--stack Handoff] [--dry-run] [--limit 100] [--endpoint http://127.0.0.1:8080]

Finds the RescueBot function by the stack's outputs and invokes it until nothing more is found. Needs
`cloudformation:DescribeStacks` and `lambda:InvokeFunction`, and nothing else; the queues are read by the function.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cdk.outputs import RESCUE_BOT

SETTLED = ("handed_over", "with_a_person", "ended", "unknown")
STILL_THERE = ("unreadable", "failed")
"""Every call meets these again, so only the last one's count."""
MOST_EVENTS = 1_000
"""Of one replay, unless told otherwise; a misplaced one should not answer for a whole day."""


class ReplayFailed(Exception):
    """The message is one line for the operator."""


class Replaying(Protocol):
    """The calls of boto3's Lambda client that are made here."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]: ...  # noqa: N803  (boto3's names)


class Describing(Protocol):
    """The calls of boto3's CloudFormation client that are made here."""

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]: ...  # noqa: N803


def main(arguments: Sequence[str]) -> int:
    asked = _parser().parse_args(arguments)
    try:
        where = at_endpoint(asked.endpoint) if asked.endpoint else {}
        function = find_function(boto3.client("cloudformation", **where), asked.stack)
        counts = replay(boto3.client("lambda", **where), function, dry_run=asked.dry_run, limit=asked.limit)
    except ReplayFailed as failure:
        sys.stderr.write(f"handoff: {failure}\n")
        return 1
    except (BotoCoreError, ClientError) as failure:
        sys.stderr.write(f"handoff: {explained(failure, at=asked.endpoint)}\n")
        return 1
    sys.stdout.writelines(f"handoff: {line}\n" for line in told(counts))
    return 1 if counts["failed"] else 0


def _parser() -> argparse.ArgumentParser:
    usage = 'make replay [STACK=…] [ENDPOINT=…] [ARGS="--dry-run --limit …"]'
    parser = argparse.ArgumentParser(prog="make replay", usage=usage, description="Try again what RescueBot put aside.")
    parser.add_argument("--stack", default="Handoff", help="the stack's name, STACK=… of make")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and change nothing")
    parser.add_argument("--limit", type=_limit, default=MOST_EVENTS, help="most events to look at")
    parser.add_argument("--endpoint", default="", help="the laptop stack's address instead of AWS, ENDPOINT=… of make")
    return parser


def _limit(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MOST_EVENTS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_EVENTS}")
    return int(value)


def at_endpoint(endpoint: str) -> dict[str, Any]:
    """How a laptop stack is reached: it needs no account, so nothing of the operator's own is shown to it."""
    if not endpoint.startswith(("http://", "https://")):
        raise ReplayFailed(f"ENDPOINT is an address like http://127.0.0.1:8080, not '{endpoint}'")
    return {
        "endpoint_url": endpoint,
        "region_name": "local",
        "aws_access_key_id": "local",
        "aws_secret_access_key": "local",
    }


def find_function(cloudformation: Describing, stack: str) -> str:
    """The ARN that the stack's outputs tell."""
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    for output in described.get("Outputs", ()):
        if output["OutputKey"] == RESCUE_BOT:
            return str(output["OutputValue"])
    raise ReplayFailed(
        f"the stack '{stack}' has no output {RESCUE_BOT}: is it Handoff's, and deployed from this version?"
    )


def replay(client: Replaying, function: str, *, dry_run: bool, limit: int) -> dict[str, int]:
    """Call after call until one finds nothing more; a dry run is one call, which would only find the same again."""
    total = dict.fromkeys((*SETTLED, *STILL_THERE), 0)
    while True:
        counts = _invoke(client, function, {"dry_run": dry_run, "limit": limit - _sum(total, SETTLED)})
        total |= {name: total[name] + counts[name] for name in SETTLED}
        total |= {name: counts[name] for name in (*STILL_THERE, "more", "dry_run")}
        if dry_run or not counts["more"] or not _sum(counts, SETTLED) or _sum(total, SETTLED) >= limit:
            return total


def _sum(counts: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(counts[name] for name in names)


def _invoke(client: Replaying, function: str, asked: Mapping[str, Any]) -> dict[str, int]:
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"replay": asked}).encode())
    payload: Any = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        problem = payload.get("errorMessage", "no message") if isinstance(payload, dict) else "no message"
        raise ReplayFailed(f"RescueBot failed: {problem}. What it had not finished is still in the queues.")
    return dict(payload)


def explained(failure: BotoCoreError | ClientError, *, at: str) -> str:
    """What AWS refused, and what the operator can do about it."""
    if not isinstance(failure, ClientError):
        return f"{failure} ({'is make run running there?' if at else 'are AWS credentials and a Region set?'})"
    error = failure.response["Error"]
    hint = " (another stack's name is STACK=…)" if failure.operation_name == "DescribeStacks" else ""
    return f"{failure.operation_name}: {error['Code']}: {error['Message']}{hint}"


def told(counts: Mapping[str, int]) -> list[str]:
    """What was done, in plain words; a line for each thing that happened."""
    looked_at = _sum(counts, (*SETTLED, *STILL_THERE))
    if not looked_at:
        return ["nothing is waiting."]
    would = bool(counts["dry_run"])
    lines = [f"looked at {_events(looked_at)}" + (" (a dry run: nothing was changed)." if would else ".")]
    deleted = "to be deleted" if would else "deleted"
    tells = {
        "handed_over": "to be handed to ChatBot once more" if would else "handed to ChatBot once more",
        "with_a_person": f"{deleted}, because a person has the chat",
        "ended": f"{deleted}, because the chat is over",
        "unknown": f"{deleted}, because the chat is not known (any more)",
        "unreadable": "not readable: left in the queue, for you to look at",
        "failed": "not done: left in the queue; RescueBot's log says why",
    }
    lines += [f"  {counts[name]:>5}  {words}" for name, words in tells.items() if counts[name]]
    if counts["more"]:
        lines.append("there may be more: run it again.")
    return lines


def _events(count: int) -> str:
    return "one event" if count == 1 else f"{count} events"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
