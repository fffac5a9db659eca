"""The inbound chat flow: the bot first, then a person.

It welcomes, lets StartBot bring the bot into the chat, and waits for the bot to leave. While it waits it asks StartBot
every round whether the customer is being answered, so that a bot that went silent is replaced even if no event ever
reaches it. Then a person is found: the transfer is tried again and again before the flow gives up.

The rule: only the outcome `end` and the end after ten tries may end a chat; every other branch, error or not, reaches
the transfer. A graph test holds this file to it.

Connect needs a prompt before a Lambda that would be the first block of a chat, and chains Lambdas for 20 s at most
(administrator guide, custom participants and AWS Lambda function block, read 2026-11-20).
"""

from __future__ import annotations

from amazon_connect.builder import FlowBuilder
from amazon_connect.model import Flow, Phrase, Placeholder

NAME = "Handoff inbound chat"
START_BOT = Placeholder("START_BOT_ARN")
QUEUE = Placeholder("QUEUE_ARN")

ROUND_SECONDS = 90
"""A customer unanswered for 3 minutes is noticed one round later at most, within the 5 minutes that are promised."""
RETRY_SECONDS = 60
RETRIES = 10


def inbound() -> Flow:
    """The flow as a source: phrase keys, and placeholders for START_BOT_ARN and QUEUE_ARN."""
    flow = FlowBuilder(
        name=NAME,
        description="A virtual assistant answers the chat first; when it leaves, the customer reaches a person.",
    )
    _welcome(flow)
    _talk_with_bot(flow)
    _find_person(flow)
    return flow.build()


def _welcome(flow: FlowBuilder) -> None:
    flow.set_logging("log", "Enabled", then="welcome")
    flow.say("welcome", Phrase("flow.welcome"), then="channel")
    flow.compare("channel", "$.Channel", cases={"CHAT": "join"}, otherwise="voice")


def _talk_with_bot(flow: FlowBuilder) -> None:
    join = {
        "action": "join",
        "initialMessage": "$.Media.InitialMessage",
        "subtype": "$.SegmentAttributes['connect:Subtype']",
    }
    flow.invoke("join", START_BOT, join, then="joined", on_error="leave after error")
    flow.compare(
        "joined",
        "$.External.status",
        cases={"joined": "wait for bot", "failed": "looking"},
        otherwise="leave after error",
    )
    flow.wait_for_bot(
        "wait for bot",
        seconds=ROUND_SECONDS,
        bot_left="outcome",
        time_over="watch",
        no_bot="outcome",
        on_error="leave after error",
    )
    flow.invoke("watch", START_BOT, {"action": "watch"}, then="watched", on_error="leave after error")
    flow.compare(
        "watched",
        "$.External.status",
        cases={"wait": "wait for bot", "take_over": "leave unanswered"},
        otherwise="leave after error",
    )
    # Time that is over does not remove the bot, and an error leaves open whether it is in: StartBot puts it out.
    for block, reason in {"leave unanswered": "unanswered", "leave after error": "flow_error"}.items():
        flow.invoke(block, START_BOT, {"action": "leave", "reason": reason}, then="outcome", on_error="outcome")
    flow.compare("outcome", "$.Attributes.handoff_outcome", cases={"end": "end"}, otherwise="looking")
    flow.disconnect("end")


def _find_person(flow: FlowBuilder) -> None:
    flow.say("voice", Phrase("flow.voice"), then="queue")
    flow.say("looking", Phrase("flow.looking_for_a_person"), then="queue")
    flow.set_queue("queue", QUEUE, then="transfer", on_error="transfer")
    flow.transfer_to_queue("transfer", queue_full="try again", on_error="try again")
    flow.repeat("try again", times=RETRIES, again="still looking", done="give up")
    flow.say("still looking", Phrase("flow.still_looking"), then="pause")
    flow.pause("pause", seconds=RETRY_SECONDS, then="queue")
    flow.invoke("give up", START_BOT, {"action": "give_up"}, then="nobody", on_error="nobody")
    flow.say("nobody", Phrase("flow.nobody_available"), then="end after tries")
    flow.disconnect("end after tries")
