"""The whole deployment as one stack: what there is, who may do what, and what the deployer is told.

    Amazon Connect ─► InboundFlow ─► StartBot ─► Contacts        CustomerMessages ─► ChatBot ─► the agent
                          └─ HumanQueue                                                 └─► Failures
    the agent ─► OrdersTool ─► Orders,  TicketsTool ─► Tickets

Constructs make their parts; permissions are granted here, where both sides are visible, and name single calls on
single resources. Rule: no account id, Region, ARN or physical name is written down, so the same template serves any
account and several stacks side by side.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.alarms import Alarms
from cdk.bots import make_chat_bot, make_start_bot, powertools, retry_and_keep_failures
from cdk.customer_messages import CustomerMessages
from cdk.encryption import DataKey
from cdk.function import Function, Operations, Program
from cdk.human_queue import HumanQueue
from cdk.inbound_flow import InboundFlow
from cdk.outputs import tell_deployer
from cdk.parameters import declare_parameters
from cdk.permissions import allow_answering, allow_joining
from cdk.queues import FailureQueue
from cdk.settings import Settings
from cdk.tables import Storage, Table, TableShape, make_contacts_table
from cdk.tools import TOOL_MEMORY_MB, TOOL_TIMEOUT, Tool


class HandoffStack(Stack):
    """`package` is the folder made by `cdk.package`, or one that looks like it."""

    def __init__(self, scope: Construct, *, settings: Settings, package: Path) -> None:
        super().__init__(
            scope,
            settings.stack,
            description="Handoff: an AI front line for Amazon Connect chat",
            analytics_reporting=False,  # its metadata would list every Region by name
        )
        self._settings = settings
        self._parameters = declare_parameters(self)
        self._package = lambda_.Code.from_asset(str(package))
        self._data_key = DataKey(self, "DataKey", keep=settings.keep_data)
        self._storage = Storage(key=self._data_key.key, keep=settings.keep_data)
        self._operations = Operations(
            key=self._data_key.key,
            log_retention_days=settings.log_retention_days,
            alarms=Alarms(topic_arn=settings.alarm_topic),
        )
        self._build()

    def _build(self) -> None:
        contacts = make_contacts_table(self, "Contacts", storage=self._storage)
        messages = CustomerMessages(
            self,
            "CustomerMessages",
            instance_arn=self._parameters.instance_arn,
            condition_on_key=self._settings.topic_source_condition,
        )
        chat_bot = self._chat_bot(contacts, messages)
        start_bot = self._start_bot(contacts, messages, chat_bot)
        orders, orders_tool = self._tool("Orders", "order_number", "GetItem")
        tickets, tickets_tool = self._tool("Tickets", "ticket_number", "GetItem", "PutItem")
        queue = HumanQueue(self, "HumanQueue", parameters=self._parameters, operations=self._operations)
        flow = InboundFlow(
            self,
            "InboundFlow",
            instance_arn=self._parameters.instance_arn,
            start_bot=start_bot,
            queue_arn=queue.arn,
            language=self._settings.language,
        )
        tables = {"contacts": contacts.name, "orders": orders.name, "tickets": tickets.name}
        tell_deployer(
            self,
            flow_name=flow.name,
            start_bot_arn=start_bot.alias.function_arn,
            queue_arn=queue.arn,
            tool_arns={tool.node.id: tool.alias.function_arn for tool in (orders_tool, tickets_tool)},
            kept_tables=tables if self._settings.keep_data else {},
        )

    def _chat_bot(self, contacts: Table, messages: CustomerMessages) -> Function:
        chat_bot = make_chat_bot(
            self,
            package=self._package,
            contacts=contacts,
            parameters=self._parameters,
            settings=self._settings,
            operations=self._operations,
        )
        contacts.allow(chat_bot, "GetItem", "PutItem", "UpdateItem")
        allow_answering(chat_bot, parameters=self._parameters)
        retry_and_keep_failures(
            chat_bot,
            self._failure_queue("Failures", "ChatBot gave up on an event: somebody waits for an answer."),
            operations=self._operations,
        )
        messages.deliver_to(
            chat_bot, undelivered=self._failure_queue("Undelivered", "SNS could not give an event to ChatBot.")
        )
        self._data_key.serve_topic(messages.arn)
        return chat_bot

    def _start_bot(self, contacts: Table, messages: CustomerMessages, chat_bot: Function) -> Function:
        start_bot = make_start_bot(
            self,
            package=self._package,
            contacts=contacts,
            topic_arn=messages.arn,
            chat_bot=chat_bot,
            settings=self._settings,
            operations=self._operations,
        )
        contacts.allow(start_bot, "GetItem", "PutItem", "UpdateItem")
        allow_joining(start_bot, parameters=self._parameters, chat_bot=chat_bot)
        return start_bot

    def _tool(self, name: str, partition_key: str, *operations: str) -> tuple[Table, Tool]:
        """A tool `…Tool` and its table, by the same name in lower case everywhere in the code."""
        table = Table(self, name, shape=TableShape(partition_key=partition_key), storage=self._storage)
        tool = Tool(
            self,
            f"{name}Tool",
            program=Program(
                code=self._package,
                handler=f"lambdas.tools.{name.lower()}.handler",
                timeout=TOOL_TIMEOUT,
                memory_mb=TOOL_MEMORY_MB,
                environment={f"{name.upper()}_TABLE": table.name, **powertools(name.lower(), self._settings)},
            ),
            operations=self._operations,
        )
        table.allow(tool, *operations)
        tool.serve([self._parameters.agent_arn(each) for each in (None, *self._settings.tool_agents)])
        return table, tool

    def _failure_queue(self, name: str, means: str) -> FailureQueue:
        return FailureQueue(self, name, key=self._data_key.key, alarms=self._operations.alarms, means=means)
