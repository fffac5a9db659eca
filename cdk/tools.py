"""The tools of an own team: the functions that its file describes, each with its table.

Bedrock calls a function as a service, so the permission is the function's and names the agent; Runtime and Gateway
call it in a role of theirs, which is allowed there. Rule: names, keys and calls come from the team's file; nothing here
knows a trade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from agents import team as described
from cdk.bots import powertools
from cdk.function import Function, Operations, Program
from cdk.settings import Settings
from cdk.tables import Storage, Table, TableShape

BEDROCK = "bedrock.amazonaws.com"
TOOL_TIMEOUT = Duration.seconds(10)
TOOL_MEMORY_MB = 512


class Tool(Function):
    """`serve` lets one Bedrock agent of this account call it."""

    def serve(self, agent: str, agent_arn: str) -> None:
        lambda_.CfnPermission(
            self,
            f"Agent-{agent}",
            action="lambda:InvokeFunction",
            function_name=self.alias.function_arn,
            principal=BEDROCK,
            source_account=Aws.ACCOUNT_ID,
            source_arn=agent_arn,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The functions of a team and their tables, by the names of the team's file."""

    functions: Mapping[str, Tool]
    tables: Mapping[str, Table]

    @property
    def arns(self) -> dict[str, str]:
        """What is invoked: the alias."""
        return {name: tool.alias.function_arn for name, tool in self.functions.items()}


def make_tools(
    stack: Construct,
    team: described.Team,
    *,
    code: lambda_.Code,
    storage: Storage,
    operations: Operations,
    settings: Settings,
) -> Tools:
    """Right below `stack`, so that a table keeps its logical id, and with it its data, however the rest is arranged."""
    tables = {each.table: _make_table(stack, each, storage) for each in team.functions}
    functions: dict[str, Tool] = {}
    for each in team.functions:
        table = tables[each.table]
        program = Program(
            code=code,
            handler=each.handler,
            timeout=TOOL_TIMEOUT,
            memory_mb=TOOL_MEMORY_MB,
            environment={each.table_variable: table.name, **powertools(_service_of(each), settings)},
        )
        functions[each.name] = Tool(stack, each.name, program=program, operations=operations)
        table.allow(functions[each.name], *each.operations)
    return Tools(functions=functions, tables=tables)


def _make_table(stack: Construct, function: described.Function, storage: Storage) -> Table:
    return Table(stack, function.table, shape=TableShape(partition_key=function.partition_key), storage=storage)


def _service_of(function: described.Function) -> str:
    """`lambdas.tools.loans.handler` is the service `loans`."""
    return function.handler.split(".")[-2]
