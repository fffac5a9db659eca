"""Resolves a CloudFormation template's intrinsic functions for the laptop's own account.

Works lazily: only what the stack reads is resolved, so a template may hold anything elsewhere. It is no CloudFormation:
nothing is created and nothing is updated. Rule: an intrinsic, a pseudo parameter or an attribute it does not know is
refused by name, never guessed.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

ACCOUNT: Final = "000000000000"
REGION: Final = "local"
PARTITION: Final = "aws"

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_HASH_OF_CDK = re.compile(r"[0-9A-F]{8}$")
_NO_VALUE: Final = object()


class CannotResolve(Exception):
    """The template asks for something the laptop stack has no answer to."""


def arn(service: str, resource: str) -> str:
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource}"


def queue_url(name: str) -> str:
    """Says which queue is meant; where the call goes is said by the client's endpoint."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"


class Resolver:
    """Values of one template.

    `parameters` are the values given to the template's parameters; `custom_attributes` are what custom resources
    answer to Fn::GetAtt, for every custom resource alike. Raises `CannotResolve`.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        *,
        stack_name: str,
        parameters: Mapping[str, str],
        custom_attributes: Mapping[str, str],
    ) -> None:
        self._template = template
        self._parameters = parameters
        self._custom_attributes = custom_attributes
        self._pseudo: dict[str, Any] = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::Partition": PARTITION,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack_name,
            "AWS::StackId": arn("cloudformation", f"stack/{stack_name}/00000000-0000-0000-0000-000000000000"),
            "AWS::NoValue": _NO_VALUE,
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
        }
        self._conditions: dict[str, Callable[[Any], bool]] = {
            "Condition": self.holds,
            "Fn::Equals": lambda both: bool(self.resolve(both[0]) == self.resolve(both[1])),
            "Fn::Not": lambda one: not self._is_true(one[0]),
            "Fn::And": lambda several: all(self._is_true(each) for each in several),
            "Fn::Or": lambda several: any(self._is_true(each) for each in several),
        }

    def resources(self, resource_type: str) -> dict[str, Mapping[str, Any]]:
        """The resources of one type, by logical id, without those whose condition does not hold."""
        return {
            logical_id: resource
            for logical_id, resource in self._template.get("Resources", {}).items()
            if resource["Type"] == resource_type and self._exists(resource)
        }

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic replaced; members that are AWS::NoValue are left out."""
        if isinstance(value, Mapping):
            return self._resolve_mapping(value)
        if isinstance(value, list):
            resolved = [self.resolve(item) for item in value]
            return [item for item in resolved if item is not _NO_VALUE]
        return value

    def holds(self, condition: str) -> bool:
        """Whether the template's condition of this name is true."""
        conditions = self._template.get("Conditions", {})
        if condition not in conditions:
            raise CannotResolve(f"the template names the condition '{condition}' but does not define it")
        return self._is_true(conditions[condition])

    def physical_name(self, logical_id: str, *, name_property: str) -> str:
        """The name a resource gives itself, else its logical id without CDK's hash: StartBotC1BC0194 is StartBot."""
        resource = self._resource(logical_id)
        given = resource.get("Properties", {}).get(name_property)
        if given is not None:
            return str(self.resolve(given))
        return _HASH_OF_CDK.sub("", logical_id)

    def _exists(self, resource: Mapping[str, Any]) -> bool:
        return "Condition" not in resource or self.holds(resource["Condition"])

    def _resource(self, logical_id: str) -> Mapping[str, Any]:
        resources: Mapping[str, Mapping[str, Any]] = self._template.get("Resources", {})
        if logical_id not in resources:
            raise CannotResolve(f"the template refers to '{logical_id}' but holds no such resource or parameter")
        return resources[logical_id]

    def _resolve_mapping(self, value: Mapping[str, Any]) -> Any:
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in self._functions:
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise CannotResolve(f"the laptop stack does not know the intrinsic function {name}")
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def _is_true(self, condition: Mapping[str, Any]) -> bool:
        ((name, argument),) = condition.items()
        if name not in self._conditions:
            raise CannotResolve(f"the laptop stack does not know the condition function {name}")
        return self._conditions[name](argument)

    def _ref(self, name: str) -> Any:
        if name.startswith("AWS::"):
            return self._pseudo_parameter(name)
        if name in self._template.get("Parameters", {}):
            return self._parameter(name)
        return self._reference(name)

    def _pseudo_parameter(self, name: str) -> Any:
        if name not in self._pseudo:
            raise CannotResolve(f"the laptop stack does not know the pseudo parameter {name}")
        return self._pseudo[name]

    def _parameter(self, name: str) -> str:
        if name in self._parameters:
            return self._parameters[name]
        default = self._template["Parameters"][name].get("Default")
        if default is None:
            raise CannotResolve(f"the template's parameter '{name}' has no default, and the laptop stack gives none")
        return str(default)

    def _reference(self, logical_id: str) -> str:
        resource = self._resource(logical_id)
        reference = _REFERENCES.get(resource["Type"])
        if reference is None:
            raise CannotResolve(f"the laptop stack does not know what Ref of {resource['Type']} gives ('{logical_id}')")
        return reference(self, logical_id, resource)

    def _get_att(self, path: str | list[str]) -> Any:
        logical_id, attribute = path.split(".", 1) if isinstance(path, str) else path
        resource = self._resource(logical_id)
        kind = resource["Type"]
        if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource":
            return self._custom_attribute(logical_id, attribute)
        found = _ATTRIBUTES.get((kind, attribute))
        if found is None:
            raise CannotResolve(f"the laptop stack does not know the attribute {attribute} of {kind} ('{logical_id}')")
        return found(self, logical_id, resource)

    def _custom_attribute(self, logical_id: str, attribute: str) -> str:
        if attribute not in self._custom_attributes:
            raise CannotResolve(
                f"the laptop stack gives no attribute '{attribute}' for the custom resource '{logical_id}'"
            )
        return self._custom_attributes[attribute]

    def _sub(self, argument: str | list[Any]) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in variables:
                return str(self.resolve(variables[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(replace, text)

    def _join(self, argument: list[Any]) -> str:
        separator, items = argument
        return str(separator).join(str(item) for item in self.resolve(items))

    def _select(self, argument: list[Any]) -> Any:
        index, items = argument
        return self.resolve(items)[int(self.resolve(index))]

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _if(self, argument: list[Any]) -> Any:
        condition, when_true, when_false = argument
        return self.resolve(when_true if self.holds(condition) else when_false)


_Found = Callable[[Resolver, str, Mapping[str, Any]], str]


def _named(name_property: str) -> _Found:
    return lambda resolver, logical_id, _: resolver.physical_name(logical_id, name_property=name_property)


def _arn(service: str, prefix: str, name_property: str) -> _Found:
    return lambda resolver, logical_id, _: arn(
        service, prefix + resolver.physical_name(logical_id, name_property=name_property)
    )


def _qualified(qualifier: Callable[[Resolver, Mapping[str, Any]], str]) -> _Found:
    """The ARN of a function's alias or version."""

    def found(resolver: Resolver, _: str, resource: Mapping[str, Any]) -> str:
        function = str(resolver.resolve(resource["Properties"]["FunctionName"])).rpartition("function:")[2]
        return arn("lambda", f"function:{function}:{qualifier(resolver, resource)}")

    return found


def _bare(service: str, prefix: str) -> _Found:
    return lambda _resolver, logical_id, _resource: arn(service, prefix + logical_id)


def _id(logical_id: str) -> str:
    """The part that AWS makes up: ten letters and digits, always the same for a resource of a template."""
    return base64.b32encode(hashlib.sha256(logical_id.encode()).digest()).decode()[:10]


def _generated(name_property: str, *, prefix: str = "") -> _Found:
    """The id `name-a1b2c3d4e5` that AgentCore gives, or with a `prefix` the ARN that ends in it."""

    def found(resolver: Resolver, logical_id: str, _: Mapping[str, Any]) -> str:
        name = resolver.physical_name(logical_id, name_property=name_property)
        made = f"{name}-{_id(logical_id).lower()}"
        return arn("bedrock-agentcore", prefix + made) if prefix else made

    return found


def _bedrock(prefix: str, *, lower: bool = False) -> _Found:
    """Bedrock's bare ids, or with a `prefix` the ARN that ends in one."""

    def found(_resolver: Resolver, logical_id: str, _resource: Mapping[str, Any]) -> str:
        made = _id(logical_id).lower() if lower else _id(logical_id)
        return arn("bedrock", prefix + made) if prefix else made

    return found


def _of_agent(separator: str, prefix: str = "") -> _Found:
    """An alias of a Bedrock agent, by both ids."""

    def found(resolver: Resolver, logical_id: str, alias: Mapping[str, Any]) -> str:
        both = f"{resolver.resolve(alias['Properties']['AgentId'])}{separator}{_id(logical_id)}"
        return arn("bedrock", prefix + both) if prefix else both

    return found


def _given_id(name_property: str) -> _Found:
    """The id that a property of the resource says, by itself or in an ARN."""
    return lambda resolver, _, resource: str(resolver.resolve(resource["Properties"][name_property])).rpartition("/")[2]


_alias_arn = _qualified(lambda resolver, alias: str(resolver.resolve(alias["Properties"]["Name"])))
_version_arn = _qualified(lambda _resolver, _version: "1")
_function_arn = _arn("lambda", "function:", "FunctionName")

_REFERENCES: Final[dict[str, _Found]] = {
    "AWS::Lambda::Function": _named("FunctionName"),
    "AWS::Lambda::Alias": _alias_arn,
    "AWS::Lambda::Version": _version_arn,
    "AWS::DynamoDB::Table": _named("TableName"),
    "AWS::SNS::Topic": _arn("sns", "", "TopicName"),
    "AWS::SQS::Queue": lambda resolver, logical_id, _: queue_url(
        resolver.physical_name(logical_id, name_property="QueueName")
    ),
    "AWS::KMS::Key": lambda _resolver, logical_id, _resource: logical_id,
    "AWS::Logs::LogGroup": _named("LogGroupName"),
    "AWS::Connect::ContactFlow": _bare("connect", "contact-flow/"),
    "AWS::IAM::Role": _named("RoleName"),
    "AWS::Bedrock::Agent": _bedrock(""),
    "AWS::Bedrock::AgentAlias": _of_agent("|"),
    "AWS::Bedrock::Guardrail": _bedrock("guardrail/", lower=True),
    "AWS::BedrockAgentCore::Runtime": _generated("AgentRuntimeName"),
    "AWS::BedrockAgentCore::Memory": _generated("Name", prefix="memory/"),
    "AWS::BedrockAgentCore::Gateway": _generated("Name"),
    "AWS::BedrockAgentCore::Harness": _generated("HarnessName", prefix="harness/"),
}
_ATTRIBUTES: Final[dict[tuple[str, str], _Found]] = {
    ("AWS::Lambda::Function", "Arn"): _function_arn,
    ("AWS::Lambda::Alias", "AliasArn"): _alias_arn,
    ("AWS::Lambda::Version", "FunctionArn"): _version_arn,
    ("AWS::Lambda::Version", "Version"): lambda _resolver, _logical_id, _resource: "1",
    ("AWS::DynamoDB::Table", "Arn"): _arn("dynamodb", "table/", "TableName"),
    ("AWS::SNS::Topic", "TopicArn"): _arn("sns", "", "TopicName"),
    ("AWS::SNS::Topic", "TopicName"): _named("TopicName"),
    ("AWS::SQS::Queue", "Arn"): _arn("sqs", "", "QueueName"),
    ("AWS::SQS::Queue", "QueueName"): _named("QueueName"),
    ("AWS::SQS::Queue", "QueueUrl"): lambda resolver, logical_id, _: queue_url(
        resolver.physical_name(logical_id, name_property="QueueName")
    ),
    ("AWS::KMS::Key", "Arn"): _bare("kms", "key/"),
    ("AWS::Connect::ContactFlow", "ContactFlowArn"): _bare("connect", "contact-flow/"),
    ("AWS::IAM::Role", "Arn"): _arn("iam", "role/", "RoleName"),
    ("AWS::Bedrock::Agent", "AgentId"): _bedrock(""),
    ("AWS::Bedrock::Agent", "AgentArn"): _bedrock("agent/"),
    ("AWS::Bedrock::AgentAlias", "AgentAliasId"): lambda _resolver, logical_id, _resource: _id(logical_id),
    ("AWS::Bedrock::AgentAlias", "AgentAliasArn"): _of_agent("/", "agent-alias/"),
    ("AWS::Bedrock::Guardrail", "GuardrailId"): _bedrock("", lower=True),
    ("AWS::Bedrock::Guardrail", "GuardrailArn"): _bedrock("guardrail/", lower=True),
    ("AWS::Bedrock::Guardrail", "Version"): lambda _resolver, _logical_id, _resource: "DRAFT",
    ("AWS::Bedrock::GuardrailVersion", "GuardrailId"): _given_id("GuardrailIdentifier"),
    ("AWS::Bedrock::GuardrailVersion", "Version"): lambda _resolver, _logical_id, _resource: "1",
    ("AWS::BedrockAgentCore::Runtime", "AgentRuntimeId"): _generated("AgentRuntimeName"),
    ("AWS::BedrockAgentCore::Runtime", "AgentRuntimeArn"): _generated("AgentRuntimeName", prefix="runtime/"),
    ("AWS::BedrockAgentCore::Runtime", "AgentRuntimeVersion"): lambda _resolver, _logical_id, _resource: "1",
    ("AWS::BedrockAgentCore::Memory", "MemoryId"): _generated("Name"),
    ("AWS::BedrockAgentCore::Memory", "MemoryArn"): _generated("Name", prefix="memory/"),
    ("AWS::BedrockAgentCore::Gateway", "GatewayIdentifier"): _generated("Name"),
    ("AWS::BedrockAgentCore::Gateway", "GatewayArn"): _generated("Name", prefix="gateway/"),
    ("AWS::BedrockAgentCore::Harness", "HarnessId"): _generated("HarnessName"),
    ("AWS::BedrockAgentCore::Harness", "Arn"): _generated("HarnessName", prefix="harness/"),
}
