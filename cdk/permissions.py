"""What StartBot, ChatBot and RescueBot may do in Amazon Connect and with the agents: single calls on single resources.

The participant API needs nothing here: its bearer is the credential. Which calls reach the agents is the backend's to
say: see `access`. Source: service authorization reference for Amazon Connect, read 2026-11.
"""

from __future__ import annotations

from cdk.access import AgentAccess
from cdk.acknowledgements import acknowledge_all_of_instance
from cdk.function import Function
from cdk.parameters import Parameters

_ANY_CONTACT = "Contacts come into being all the time; the instance is the narrowest bound there is."


def allow_joining(start_bot: Function, *, parameters: Parameters, chat_bot: Function) -> None:
    """StartBot brings the bot into a chat and out of it, and wakes ChatBot."""
    start_bot.allow(
        "connect:CreateParticipant",
        "connect:StartContactStreaming",
        "connect:StopContactStreaming",
        on=_instance_and_contacts(parameters),
    )
    start_bot.allow("connect:UpdateContactAttributes", on=[_contacts(parameters)])
    acknowledge_all_of_instance(start_bot.role, "contact", reason=_ANY_CONTACT)
    start_bot.allow("lambda:InvokeFunction", on=[chat_bot.alias.function_arn])


def allow_answering(chat_bot: Function, *, parameters: Parameters, agents: AgentAccess) -> None:
    """ChatBot asks the agents, writes what the person should know and takes the bot out of the chat."""
    for call in agents.calls:
        chat_bot.allow(*call.actions, on=call.on, when=call.when)
    _allow_leaving(chat_bot, parameters)


def allow_rescuing(rescue_bot: Function, *, parameters: Parameters, chat_bot: Function) -> None:
    """RescueBot takes the bot out of a chat, and hands ChatBot what is replayed."""
    _allow_leaving(rescue_bot, parameters)
    rescue_bot.allow("lambda:InvokeFunction", on=[chat_bot.alias.function_arn])


def _allow_leaving(function: Function, parameters: Parameters) -> None:
    function.allow("connect:StopContactStreaming", on=_instance_and_contacts(parameters))
    function.allow("connect:UpdateContactAttributes", on=[_contacts(parameters)])
    acknowledge_all_of_instance(function.role, "contact", reason=_ANY_CONTACT)


def _contacts(parameters: Parameters) -> str:
    return f"{parameters.instance_arn}/contact/*"


def _instance_and_contacts(parameters: Parameters) -> list[str]:
    """Both, because the reference names the instance for the streaming calls (both for CreateParticipant), while AWS's
    own samples work with the contacts alone; a resource that a call does not know adds nothing to what it may do."""
    return [parameters.instance_arn, _contacts(parameters)]
