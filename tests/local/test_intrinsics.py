"""A template is resolved for the laptop's account, and what is not known is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from local.intrinsics import CannotResolve, Resolver, arn
from local.wire import service_model, violations

BOT = arn("lambda", "function:Bot")
LIVE = arn("lambda", "function:Bot:live")
TEMPLATE: dict[str, Any] = {
    "Parameters": {"instanceId": {"Type": "String"}, "queueName": {"Type": "String", "Default": "BasicQueue"}},
    "Conditions": {
        "Spanish": {"Fn::Equals": [{"Ref": "queueName"}, "Cola"]},
        "English": {"Fn::Not": [{"Condition": "Spanish"}]},
        "Both": {"Fn::And": [{"Condition": "Spanish"}, {"Condition": "English"}]},
        "Either": {"Fn::Or": [{"Condition": "Spanish"}, {"Condition": "English"}]},
    },
    "Resources": {
        "Bot0A1B2C3D": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "Named": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Ref": "queueName"}}},
        "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Bot0A1B2C3D"}, "Name": "live"}},
        "First": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Bot0A1B2C3D"}}},
        "Chats": {"Type": "AWS::SNS::Topic"},
        "Lookup": {"Type": "Custom::ConnectQueue", "Properties": {}},
        "Failures": {"Type": "AWS::SQS::Queue"},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Never": {"Type": "AWS::SNS::Topic", "Condition": "Spanish"},
    },
}


def resolver() -> Resolver:
    return Resolver(
        TEMPLATE,
        stack_name="Handoff",
        parameters={"instanceId": "i-1"},
        custom_attributes={"QueueArn": "arn:queue"},
    )


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "instanceId"}, "i-1"),
        ({"Ref": "queueName"}, "BasicQueue"),
        ({"Ref": "AWS::AccountId"}, "000000000000"),
        ({"Ref": "AWS::Region"}, "local"),
        ({"Ref": "Bot0A1B2C3D"}, "Bot"),
        ({"Ref": "Named"}, "BasicQueue"),
        ({"Ref": "Live"}, LIVE),
        ({"Ref": "Chats"}, arn("sns", "Chats")),
        ({"Ref": "Failures"}, "https://sqs.local.amazonaws.com/000000000000/Failures"),
        ({"Fn::GetAtt": ["Failures", "QueueUrl"]}, "https://sqs.local.amazonaws.com/000000000000/Failures"),
        ({"Fn::GetAtt": ["Bot0A1B2C3D", "Arn"]}, BOT),
        ({"Fn::GetAtt": "First.Version"}, "1"),
        ({"Fn::GetAtt": ["Lookup", "QueueArn"]}, "arn:queue"),
        ({"Fn::Join": ["-", ["a", {"Ref": "instanceId"}, {"Ref": "AWS::NoValue"}]]}, "a-i-1"),
        ({"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::Sub": "${AWS::Partition}:${instanceId}:${Live}:${!kept}"}, f"aws:i-1:{LIVE}:${{kept}}"),
        ({"Fn::Sub": ["${mine}/${Bot0A1B2C3D.Arn}", {"mine": {"Ref": "instanceId"}}]}, f"i-1/{BOT}"),
        ({"Fn::If": ["Spanish", "hola", {"Ref": "queueName"}]}, "BasicQueue"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "instanceId"}]}, {"b": [1, "i-1"]}),
    ],
)
def test_an_intrinsic_gives_what_cloudformation_would(value: Any, resolved: Any) -> None:
    """Each form that CDK writes, for account 000000000000 in the region called local."""
    assert resolver().resolve(value) == resolved


AGENTS: dict[str, Any] = {
    "Resources": {
        "Desk0A1B2C3D": {"Type": "AWS::Bedrock::Agent", "Properties": {"AgentName": "desk"}},
        "Live": {"Type": "AWS::Bedrock::AgentAlias", "Properties": {"AgentId": {"Ref": "Desk0A1B2C3D"}}},
        "Guard": {"Type": "AWS::Bedrock::Guardrail", "Properties": {"Name": "guard"}},
        "Kept": {
            "Type": "AWS::Bedrock::GuardrailVersion",
            "Properties": {"GuardrailIdentifier": {"Fn::GetAtt": ["Guard", "GuardrailArn"]}},
        },
        "Team": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": {"AgentRuntimeName": "team"}},
        "Mind": {"Type": "AWS::BedrockAgentCore::Memory", "Properties": {"Name": "mind"}},
        "Tools": {"Type": "AWS::BedrockAgentCore::Gateway", "Properties": {"Name": "tools"}},
        "Flat": {"Type": "AWS::BedrockAgentCore::Harness", "Properties": {"HarnessName": "flat"}},
    }
}


@pytest.mark.parametrize(
    ("value", "service", "shape"),
    [
        ({"Ref": "Desk0A1B2C3D"}, "bedrock-agent", "Id"),
        ({"Fn::GetAtt": ["Desk0A1B2C3D", "AgentArn"]}, "bedrock-agent", "AgentArn"),
        ({"Fn::GetAtt": ["Live", "AgentAliasId"]}, "bedrock-agent", "AgentAliasId"),
        ({"Fn::GetAtt": ["Live", "AgentAliasArn"]}, "bedrock-agent", "AgentAliasArn"),
        ({"Ref": "Guard"}, "bedrock", "GuardrailArn"),
        ({"Fn::GetAtt": ["Guard", "GuardrailId"]}, "bedrock", "GuardrailId"),
        ({"Fn::GetAtt": ["Kept", "GuardrailId"]}, "bedrock", "GuardrailId"),
        ({"Ref": "Team"}, "bedrock-agentcore-control", "AgentRuntimeId"),
        ({"Fn::GetAtt": ["Team", "AgentRuntimeArn"]}, "bedrock-agentcore-control", "AgentRuntimeArn"),
        ({"Fn::GetAtt": ["Mind", "MemoryId"]}, "bedrock-agentcore-control", "MemoryId"),
        ({"Ref": "Mind"}, "bedrock-agentcore-control", "MemoryArn"),
        ({"Ref": "Tools"}, "bedrock-agentcore-control", "GatewayIdentifier"),
        ({"Fn::GetAtt": ["Tools", "GatewayArn"]}, "bedrock-agentcore-control", "GatewayArn"),
        ({"Ref": "Flat"}, "bedrock-agentcore-control", "HarnessArn"),
        ({"Fn::GetAtt": ["Flat", "HarnessId"]}, "bedrock-agentcore-control", "HarnessId"),
    ],
)
def test_what_aws_would_name_by_itself_has_aws_s_form(value: Any, service: str, shape: str) -> None:
    """Ids of agents, memories and guardrails pass the service models that the faces hold requests against."""
    made = Resolver(AGENTS, stack_name="Handoff", parameters={}, custom_attributes={}).resolve(value)

    assert list(violations(service_model(service).shape_for(shape), made)) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Fn::Cidr": []}, "intrinsic function Fn::Cidr"),
        ({"Fn::Transform": {}}, "intrinsic function Fn::Transform"),
        ({"Ref": "AWS::NotificationARNs"}, "pseudo parameter AWS::NotificationARNs"),
        ({"Ref": "Nobody"}, "'Nobody'"),
        ({"Ref": "Bucket"}, r"Ref of AWS::S3::Bucket gives \('Bucket'\)"),
        ({"Fn::GetAtt": ["Chats", "Owner"]}, "attribute Owner of AWS::SNS::Topic"),
        ({"Fn::GetAtt": ["Lookup", "Name"]}, "attribute 'Name' for the custom resource 'Lookup'"),
        ({"Fn::If": ["Nothing", 1, 2]}, "condition 'Nothing'"),
    ],
)
def test_what_the_stack_does_not_know_is_refused_by_name(value: Any, said: str) -> None:
    """A guess would run here and fail in AWS, or the other way round."""
    with pytest.raises(CannotResolve, match=said):
        resolver().resolve(value)


def test_a_parameter_without_default_and_value_is_named() -> None:
    """Whoever adds a parameter to the stack learns that the laptop needs a value for it."""
    bare = Resolver(TEMPLATE, stack_name="Handoff", parameters={}, custom_attributes={})

    with pytest.raises(CannotResolve, match="'instanceId' has no default"):
        bare.resolve({"Ref": "instanceId"})


@pytest.mark.parametrize(
    ("condition", "holds"), [("Spanish", False), ("English", True), ("Both", False), ("Either", True)]
)
def test_conditions_are_worked_out(condition: str, holds: bool) -> None:
    """All four condition functions and a reference to another condition."""
    assert resolver().holds(condition) is holds


def test_a_resource_whose_condition_does_not_hold_is_not_there() -> None:
    """CloudFormation would not create it, so the laptop does not run it."""
    assert list(resolver().resources("AWS::SNS::Topic")) == ["Chats"]
