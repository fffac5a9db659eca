"""An own team on AgentCore Runtime: the Strands team as a code zip, its sessions in AgentCore Memory.

The environment is the contract with `agents.runtime`. The role has no permission to trace: what the service traces of a
model holds what customers said. The rule: the process may use exactly its model, its tools, its memory and its
guardrail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_bedrockagentcore as agentcore_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from cdk.access import AgentAccess, Call
from cdk.agent_logs import allow_logs, make_log_group
from cdk.conversation_memory import AGENTCORE, ConversationMemory
from cdk.encryption import DataKey
from cdk.guardrail import NO_GUARDRAIL, Guardrail
from cdk.names import name_of
from cdk.package import ENTRY_POINT, TEAM_FOLDER
from cdk.roles import ANY_AGENTCORE, ServiceRole
from cdk.tools import Tools

PYTHON = "PYTHON_3_14"
QUALIFIER = "DEFAULT"
"""The endpoint that always leads to the newest version."""
IDLE_SECONDS = 900
"""AgentCore's own default. A session that comes back later gets a new process and its dialogue from Memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The code zip's folder, and what the process works with."""

    package: Path
    model: str
    tools: Tools
    guardrail: Guardrail | None
    log_retention_days: int


class RuntimeTeam(Construct):
    """`access` is how ChatBot reaches the team."""

    def __init__(self, scope: Construct, construct_id: str, *, program: Program, data_key: DataKey) -> None:
        super().__init__(scope, construct_id)
        self._name = name_of(Stack.of(self).stack_name)
        code = assets.Asset(self, "Code", path=str(program.package))
        memory = ConversationMemory(self, "Memory", key=data_key.key)
        role = self._make_role(code, memory, program)
        self.runtime = agentcore_.CfnRuntime(
            self,
            "Runtime",  # not "Default": another backend's resource of the same id would block a change of backend
            agent_runtime_name=self._name,
            description=f"{Stack.of(self).stack_name}: the agent team that answers customers",
            agent_runtime_artifact=_artifact(code),
            role_arn=role.arn,
            network_configuration=agentcore_.CfnRuntime.NetworkConfigurationProperty(network_mode="PUBLIC"),
            protocol_configuration="HTTP",
            lifecycle_configuration=agentcore_.CfnRuntime.LifecycleConfigurationProperty(
                idle_runtime_session_timeout=IDLE_SECONDS
            ),
            environment_variables=self._environment(memory, program),
        )
        self.runtime.node.add_dependency(role)  # AgentCore takes the role on to look at the code
        make_log_group(
            self,
            runtime_id=self.runtime.attr_agent_runtime_id,
            names=f"{self._name}-*",
            data_key=data_key,
            retention_days=program.log_retention_days,
        )

    @property
    def access(self) -> AgentAccess:
        arn = self.runtime.attr_agent_runtime_arn
        return AgentAccess(
            environment={"AGENT_RUNTIME_ARN": arn, "AGENT_RUNTIME_QUALIFIER": QUALIFIER},
            calls=(runtime_calls(arn, QUALIFIER),),
            told={"AgentRuntimeArn": arn},
        )

    def _environment(self, memory: ConversationMemory, program: Program) -> Mapping[str, str]:
        return {
            "TEAM": TEAM_FOLDER,
            "MODEL": f"bedrock:{program.model}",
            "MEMORY_ID": memory.id,
            "TOOL_FUNCTIONS": Stack.of(self).to_json_string(program.tools.arns),
            **(program.guardrail.environment if program.guardrail else NO_GUARDRAIL),
            # Whether AgentCore sets a Region for a code zip is written nowhere that was found.
            "AWS_DEFAULT_REGION": Stack.of(self).region,
        }

    def _make_role(self, code: assets.Asset, memory: ConversationMemory, program: Program) -> ServiceRole:
        role = ServiceRole(self, "Role", service=AGENTCORE, arns=[ANY_AGENTCORE])
        role.allow("s3:GetObject", on=[code.bucket.arn_for_objects(code.s3_object_key)])
        role.allow_model(program.model)
        role.allow("lambda:InvokeFunction", on=list(program.tools.arns.values()))
        memory.serve(role)
        if program.guardrail is not None:
            program.guardrail.serve(role)
        allow_logs(role, f"{self._name}-*")
        return role


def runtime_calls(arn: str, qualifier: str) -> Call:
    """IAM looks at the runtime and at the endpoint that the qualifier names (service authorization reference, Amazon
    Bedrock AgentCore, read 2026-11)."""
    return Call(
        actions=["bedrock-agentcore:InvokeAgentRuntime", "bedrock-agentcore:StopRuntimeSession"],
        on=[arn, f"{arn}/runtime-endpoint/{qualifier}"],
    )


def _artifact(code: assets.Asset) -> agentcore_.CfnRuntime.AgentRuntimeArtifactProperty:
    at = agentcore_.CfnRuntime.S3LocationProperty(bucket=code.s3_bucket_name, prefix=code.s3_object_key)
    return agentcore_.CfnRuntime.AgentRuntimeArtifactProperty(
        code_configuration=agentcore_.CfnRuntime.CodeConfigurationProperty(
            code=agentcore_.CfnRuntime.CodeProperty(s3=at), runtime=PYTHON, entry_point=[ENTRY_POINT]
        )
    )
