"""The deployment as a stack: what there is, who may do what, and what the deployer is told.

    Amazon Connect ─► InboundFlow ─► StartBot ─► Contacts        CustomerMessages ─► ChatBot ─► the agents
                          └─ HumanQueue                            └──────► Failures ◄────┘
                                                                               └─► RescueBot ─► Kept, Unrescued
    the agents ─► tools ─► tables, all as the team's file describes them

Constructs make their parts; permissions are granted here, where both sides are visible, and name single calls on
single resources. Agents in another Region are a stack of their own there. Rule: no account id, Region, ARN or physical
name is written down that AWS does not ask for, so the same template serves any account and several stacks side by side.
"""

from __future__ import annotations

from aws_cdk import Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from agents.team import Team
from cdk.access import AgentAccess
from cdk.bots import make_chat_bot, make_start_bot, retry_and_keep_failures
from cdk.brought import brought_access
from cdk.customer_messages import CustomerMessages
from cdk.foundation import lay_foundation
from cdk.function import Function
from cdk.human_queue import HumanQueue
from cdk.inbound_flow import InboundFlow
from cdk.outputs import tell_deployer, tell_what_stays
from cdk.parameters import declare_parameters
from cdk.permissions import allow_answering, allow_joining, allow_rescuing
from cdk.queues import Queue
from cdk.rescue import FailureQueues, make_failure_queues, make_rescue_bot
from cdk.settings import Settings
from cdk.tables import Table, make_contacts_table
from cdk.team import Packages, deploy_team, make_guardrail

DESCRIPTION = "Handoff: an AI front line for Amazon Connect chat"


class HandoffStack(Stack):
    """`team` is the own team that is deployed with it, if one is; `elsewhere` the agents of another stack."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        packages: Packages,
        team: Team | None,
        elsewhere: TeamStack | None = None,
        environment: Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            settings.stack,
            description=DESCRIPTION,
            analytics_reporting=False,  # its metadata would list every Region by name
            env=environment,
            cross_region_references=elsewhere is not None,
        )
        self._settings = settings
        self._parameters = declare_parameters(self)
        self._packages = packages
        self._code = lambda_.Code.from_asset(str(packages.lambdas))
        self._foundation = lay_foundation(self, settings, alarm_topic=settings.alarm_topic)
        self._kept: dict[str, str] = {}
        self._build(team, elsewhere)

    def _build(self, team: Team | None, elsewhere: TeamStack | None) -> None:
        contacts = make_contacts_table(self, "Contacts", storage=self._foundation.storage)
        self._kept["contacts"] = contacts.name
        messages = CustomerMessages(
            self,
            "CustomerMessages",
            instance_arn=self._parameters.instance_arn,
            condition_on_key=self._settings.topic_source_condition,
        )
        agents = self._agents(team, elsewhere)
        queues = make_failure_queues(self, key=self._foundation.data_key.key, operations=self._foundation.operations)
        chat_bot = self._chat_bot(contacts, messages, agents, queues.failures)
        rescue_bot = self._rescue_bot(contacts, chat_bot, queues)
        start_bot = self._start_bot(contacts, messages, chat_bot)
        queue = HumanQueue(self, "HumanQueue", parameters=self._parameters, operations=self._foundation.operations)
        flow = InboundFlow(
            self,
            "InboundFlow",
            instance_arn=self._parameters.instance_arn,
            start_bot=start_bot,
            queue_arn=queue.arn,
            language=self._settings.language,
        )
        tell_deployer(
            self,
            flow_name=flow.name,
            start_bot_arn=start_bot.alias.function_arn,
            rescue_bot_arn=rescue_bot.alias.function_arn,
            queue_arn=queue.arn,
            who_answers=_who_answers(self._settings, team),
            agents=agents.told,
        )
        tell_what_stays(self, self._kept if self._settings.keep_data else {})

    def _agents(self, team: Team | None, elsewhere: TeamStack | None) -> AgentAccess:
        if elsewhere is not None and elsewhere.access is not None:
            return elsewhere.access
        if team is None:
            guardrail = elsewhere.guardrail if elsewhere else make_guardrail(self, self._settings, self._foundation)
            return brought_access(self, self._settings, guardrail)
        own = deploy_team(self, team, code=self._code, packages=self._packages, foundation=self._foundation)
        self._kept |= {name.lower(): table.name for name, table in own.tools.tables.items()}
        return own.access

    def _chat_bot(self, contacts: Table, messages: CustomerMessages, agents: AgentAccess, failures: Queue) -> Function:
        chat_bot = make_chat_bot(
            self,
            package=self._code,
            contacts=contacts,
            agents=agents,
            settings=self._settings,
            operations=self._foundation.operations,
        )
        contacts.allow(chat_bot, "GetItem", "PutItem", "UpdateItem")
        allow_answering(chat_bot, parameters=self._parameters, agents=agents)
        retry_and_keep_failures(chat_bot, failures, operations=self._foundation.operations)
        messages.deliver_to(chat_bot, undelivered=failures)
        messages.watch_losses(self._foundation.operations.alarms)
        self._foundation.data_key.serve_topic(messages.arn)
        return chat_bot

    def _rescue_bot(self, contacts: Table, chat_bot: Function, queues: FailureQueues) -> Function:
        rescue_bot = make_rescue_bot(
            self,
            package=self._code,
            contacts=contacts,
            chat_bot=chat_bot,
            queues=queues,
            settings=self._settings,
            operations=self._foundation.operations,
        )
        contacts.allow(rescue_bot, "GetItem", "PutItem", "UpdateItem")
        allow_rescuing(rescue_bot, parameters=self._parameters, chat_bot=chat_bot)
        return rescue_bot

    def _start_bot(self, contacts: Table, messages: CustomerMessages, chat_bot: Function) -> Function:
        start_bot = make_start_bot(
            self,
            package=self._code,
            contacts=contacts,
            topic_arn=messages.arn,
            chat_bot=chat_bot,
            settings=self._settings,
            operations=self._foundation.operations,
        )
        contacts.allow(start_bot, "GetItem", "PutItem", "UpdateItem")
        allow_joining(start_bot, parameters=self._parameters, chat_bot=chat_bot)
        return start_bot


class TeamStack(Stack):
    """The agents in a Region of their own: the team with its tools, or, around brought agents, the guardrail alone."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        packages: Packages,
        team: Team | None,
        environment: Environment,
    ) -> None:
        super().__init__(
            scope,
            f"{settings.stack}Team",
            description=f"{DESCRIPTION}; the agents",
            analytics_reporting=False,
            cross_region_references=True,
            env=environment,
        )
        # An alarm tells topics of its own Region only.
        foundation = lay_foundation(self, settings, alarm_topic="", exported=True)
        self.access: AgentAccess | None = None
        self.guardrail = None
        if team is None:
            self.guardrail = make_guardrail(self, settings, foundation)
            return
        code = lambda_.Code.from_asset(str(packages.lambdas))
        own = deploy_team(self, team, code=code, packages=packages, foundation=foundation)
        self.access = own.access
        kept = {name.lower(): table.name for name, table in own.tools.tables.items()}
        tell_what_stays(self, kept if settings.keep_data else {})


def _who_answers(settings: Settings, team: Team | None) -> str:
    place = f" in {settings.agent_region}" if settings.agent_region else ""
    if team is None:
        return f"Your own agents: {settings.backend}{place}, as the parameters name them."
    guarded = "behind a guardrail" if settings.guardrail else "without a guardrail"
    return (
        f"The team '{team.name}' on {settings.backend}{place}, thinking with {settings.model}, {guarded}. The account "
        "must be allowed to use this model; another one is chosen by -c model=…"
    )
