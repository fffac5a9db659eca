"""What the deployer is told when the stack is up: the flow, how to try it, what to connect, what a destroy leaves."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput
from constructs import Construct

RESCUE_BOT = "RescueBotArn"
"""`make replay` finds the function by it."""


def tell_deployer(
    stack: Construct,
    *,
    flow_name: str,
    start_bot_arn: str,
    rescue_bot_arn: str,
    queue_arn: str,
    who_answers: str,
    agents: Mapping[str, str],
) -> None:
    """One output each."""
    _tell(stack, "FlowName", flow_name, "The contact flow that starts a chat with the bot")
    _tell(stack, "HowToTry", _how_to_try(flow_name), "A first conversation")
    _tell(stack, "StartBotArn", start_bot_arn, "For a flow of your own: the function its Lambda block names")
    _tell(stack, RESCUE_BOT, rescue_bot_arn, "What failed is replayed by it: make replay")
    _tell(stack, "QueueArn", queue_arn, "Where customers wait for a person")
    _tell(stack, "WhoAnswers", who_answers, "What a customer talks with")
    for name, value in agents.items():
        _tell(stack, name, value, "The agents that answer")


def tell_what_stays(stack: Construct, kept_tables: Mapping[str, str]) -> None:
    """`kept_tables` are the tables that outlive the stack, by what they hold; empty if none does."""
    _tell(stack, "KeptByDestroy", _kept(kept_tables), "What 'cdk destroy' leaves in the account")


def _how_to_try(flow_name: str) -> str:
    return (
        f"In the Amazon Connect admin website open Test chat, choose the flow '{flow_name}' under Test settings, "
        "start a chat and ask for a person; an agent who is available in the queue gets it."
    )


def _kept(tables: Mapping[str, str]) -> str:
    if not tables:
        return "Nothing."
    listed = ", ".join(f"{name} ({what})" for what, name in tables.items())
    return (
        f"The tables {listed} and the key they are encrypted with. Contacts empty themselves within days. "
        "Delete what you do not need; the key last."
    )


def _tell(stack: Construct, name: str, value: str, description: str) -> None:
    CfnOutput(stack, name, value=value, description=description)
