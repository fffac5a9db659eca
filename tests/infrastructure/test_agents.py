"""What is made of the team: its agents on each backend, how ChatBot reaches them, and what each role may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agents.flat import flatten
from agents.runtime import settings as runtime
from agents.team import Team, load_team
from agents.tool_schemas import function_schema, json_schema
from lambdas.chat_bot import settings as chat_bot
from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

STORE = load_team(Path(__file__).resolve().parents[2] / "agents" / "store")
COLLABORATORS = [agent.name for agent in STORE.collaborators]
BACKENDS = ("bedrock-agents", "agentcore-runtime", "agentcore-harness")
PROFILE = "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/"
MODEL_ANYWHERE = "arn:${AWS::Partition}:bedrock:*::foundation-model/"
AGENTCORE = "arn:${AWS::Partition}:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:"
LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
NOVA = "amazon.nova-2-lite-v1:0"
TOOLS = ("${CustomersToolAlias}", "${OrdersToolAlias}", "${TicketsToolAlias}")


def each(actions: Iterable[str], on: Iterable[str]) -> set[tuple[str, str]]:
    return {(action, resource) for action in actions for resource in on}


def listed(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def allowed(template: Template, role: str) -> set[tuple[str, str]]:
    statements = template.all("AWS::IAM::Policy")[f"{role}DefaultPolicy"]["PolicyDocument"]["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return {pair for s in statements for pair in each(listed(s["Action"]), listed(s["Resource"]))}


USES_MODEL = each(
    ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
    [f"{PROFILE}global.{NOVA}", f"{MODEL_ANYWHERE}{NOVA}"],
)
READS_MODEL = each(
    ["bedrock:GetInferenceProfile", "bedrock:GetFoundationModel"],
    [f"{PROFILE}global.{NOVA}", f"{MODEL_ANYWHERE}{NOVA}"],
)
GUARDED = {("bedrock:ApplyGuardrail", "${Guardrail.GuardrailArn}"), ("kms:Decrypt", "${DataKey.Arn}")}
KEEPS_EVENTS = each(
    [f"bedrock-agentcore:{call}Event" for call in ("Create", "Get", "Delete")] + ["bedrock-agentcore:ListEvents"],
    ["${TeamMemory.MemoryArn}"],
) | each(["kms:Decrypt", "kms:GenerateDataKey"], ["${DataKey.Arn}"])


def writes_logs(group: str) -> set[tuple[str, str]]:
    below = f"{LOGS}/aws/bedrock-agentcore/runtimes/{group}"
    return (
        each(["logs:CreateLogGroup", "logs:DescribeLogStreams"], [below])
        | each(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{below}:log-stream:*"])
        | {("logs:DescribeLogGroups", f"{LOGS}*")}
    )


# Every backend


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("backend", BACKENDS)
def test_chat_bot_accepts_what_it_is_told_of_the_agents(template_with: Synthesize, backend: str, own: bool) -> None:
    """Exactly the names its adapter reads; a name less stops it at its first event."""
    template = template_with(backend=backend, deploy_team=own)
    told = template.all("AWS::Lambda::Function")["ChatBot"]["Environment"]["Variables"]

    assert {name for name in told if not name.startswith("POWERTOOLS_")} == chat_bot.names_of(backend)
    assert chat_bot.Settings.from_environment(told).agent_region == ""


def test_the_backend_can_be_changed_in_a_deployed_stack(template_with: Synthesize) -> None:
    """CloudFormation refuses to make another kind of resource of one that is there; Memory keeps its one name."""
    kinds: dict[str, set[str]] = {}
    for backend in BACKENDS:
        for logical_id, resource in template_with(backend=backend).content["Resources"].items():
            kinds.setdefault(logical_id, set()).add(resource["Type"])

    assert {logical_id: types for logical_id, types in kinds.items() if len(types) > 1} == {}
    assert len([types for types in kinds.values() if types == {"AWS::BedrockAgentCore::Memory"}]) == 1


REACHED = {
    ("bedrock-agents", True): {("bedrock:InvokeAgent", "${TeamfrontdeskAlias.AgentAliasArn}")},
    ("bedrock-agents", False): {
        (
            "bedrock:InvokeAgent",
            "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:agent-alias/${agentId}/${agentAliasId}",
        )
    },
    ("agentcore-runtime", True): each(
        ["bedrock-agentcore:InvokeAgentRuntime", "bedrock-agentcore:StopRuntimeSession"],
        ["${TeamRuntime.AgentRuntimeArn}", "${TeamRuntime.AgentRuntimeArn}/runtime-endpoint/DEFAULT"],
    ),
    ("agentcore-runtime", False): each(
        ["bedrock-agentcore:InvokeAgentRuntime", "bedrock-agentcore:StopRuntimeSession"],
        ["${agentRuntimeArn}", "${agentRuntimeArn}/runtime-endpoint/${agentRuntimeQualifier}"],
    ),
    ("agentcore-harness", True): each(
        ["bedrock-agentcore:InvokeHarness", "bedrock-agentcore:InvokeAgentRuntime"],
        ["${TeamHarness.Arn}", "${TeamHarness.Arn}/harness-endpoint/DEFAULT"],
    )
    | {("bedrock:ApplyGuardrail", "${Guardrail.GuardrailArn}")},
    ("agentcore-harness", False): each(
        ["bedrock-agentcore:InvokeHarness", "bedrock-agentcore:InvokeAgentRuntime"],
        ["${harnessArn}", "${harnessArn}/harness-endpoint/DEFAULT"],
    )
    | {("bedrock:ApplyGuardrail", "${Guardrail.GuardrailArn}")},
}


@pytest.mark.parametrize(("backend", "own"), REACHED)
def test_chat_bot_may_reach_exactly_these_agents(template_with: Synthesize, backend: str, own: bool) -> None:
    calls = allowed(template_with(backend=backend, deploy_team=own), "ChatBotRole")

    assert {pair for pair in calls if pair[0].startswith("bedrock")} == REACHED[backend, own]


@pytest.mark.parametrize("backend", BACKENDS)
def test_with_agents_that_are_there_nothing_of_a_team_is_deployed(template_with: Synthesize, backend: str) -> None:
    """They bring their own tools and tables."""
    template = template_with(backend=backend, deploy_team=False)

    assert set(template.all("AWS::DynamoDB::Table")) == {"Contacts"}
    assert not [name for name in template.all("AWS::Lambda::Function") if name.endswith("Tool")]
    kinds = {resource["Type"] for resource in template.resources()}
    assert not [kind for kind in kinds if kind.startswith(("AWS::Bedrock::Agent", "AWS::BedrockAgentCore::"))]


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_a_guardrail_nothing_speaks_of_one(template_with: Synthesize, backend: str) -> None:
    template = template_with(backend=backend, guardrail=False)

    assert template.all("AWS::Bedrock::Guardrail") == {}
    assert "ApplyGuardrail" not in str(template.content)
    told = template.all("AWS::Lambda::Function")["ChatBot"]["Environment"]["Variables"]
    assert [told.get("GUARDRAIL_ID", ""), told.get("GUARDRAIL_VERSION", "")] == ["", ""]


@pytest.mark.parametrize(
    ("model", "arns"),
    [
        (
            "us.anthropic.claude-x-v1:0",
            {f"{PROFILE}us.anthropic.claude-x-v1:0", f"{MODEL_ANYWHERE}anthropic.claude-x-v1:0"},
        ),
        (
            "amazon.nova-pro-v1:0",
            {"arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-pro-v1:0"},
        ),
        ("zai.glm-4.6", {"arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/zai.glm-4.6"}),
    ],
)
def test_the_models_id_alone_decides_what_may_be_invoked(template_with: Synthesize, model: str, arns: set[str]) -> None:
    """A profile leads to its model in whatever Region it chooses; a model is used where the stack is."""
    calls = allowed(template_with(model=model), "TeamRole")

    assert {resource for action, resource in calls if action == "bedrock:InvokeModel"} == arns


# Bedrock agents


@pytest.fixture(scope="session")
def bedrock(template_with: Synthesize) -> Template:
    return template_with(backend="bedrock-agents")


def agents_of(template: Template) -> dict[str, Mapping[str, Any]]:
    return {each["AgentName"].removeprefix("Handoff_"): each for each in template.all("AWS::Bedrock::Agent").values()}


def test_the_supervisor_asks_its_collaborators_by_their_aliases(bedrock: Template) -> None:
    made = agents_of(bedrock)

    assert {name: each["AgentCollaboration"] for name, each in made.items()} == {
        "front_desk": "SUPERVISOR",
        **dict.fromkeys(COLLABORATORS, "DISABLED"),
    }
    assert [
        (each["CollaboratorName"], each["AgentDescriptor"]["AliasArn"], each["RelayConversationHistory"])
        for each in made["front_desk"]["AgentCollaborators"]
    ] == [(name, f"${{Team{name}Alias.AgentAliasArn}}", "DISABLED") for name in COLLABORATORS]


def test_agents_are_as_the_team_says(bedrock: Template) -> None:
    """And prepared at once: a draft that is not prepared answers nobody."""
    for name, agent in agents_of(bedrock).items():
        assert agent["Instruction"] == STORE.instructions[name]
        assert agent["IdleSessionTTLInSeconds"] == STORE.idle_session_seconds
        assert agent["FoundationModel"] == f"global.{NOVA}"
        assert agent["AutoPrepare"] is True
        assert agent["GuardrailConfiguration"] == {
            "GuardrailIdentifier": "${Guardrail.GuardrailId}",
            "GuardrailVersion": "${GuardrailVersion.Version}",
        }


def functions(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As the API spells them."""

    def lower(value: Any) -> Any:
        return {k[0].lower() + k[1:]: v for k, v in value.items()}

    return [
        {**lower(each), "parameters": {name: lower(p) for name, p in each["Parameters"].items()}}
        for each in group["FunctionSchema"]["Functions"]
    ]


def test_tools_run_in_their_functions_and_controls_return_control(bedrock: Template) -> None:
    made = agents_of(bedrock)
    (escalation,) = made["escalation"]["ActionGroups"]
    (tickets,) = made["tickets"]["ActionGroups"]

    assert escalation["ActionGroupExecutor"] == {"CustomControl": "RETURN_CONTROL"}
    assert functions(escalation) == [function_schema(STORE.control("escalate"))]
    assert tickets["ActionGroupExecutor"] == {"Lambda": "${TicketsToolAlias}"}
    assert functions(tickets) == [function_schema(STORE.tool(name)) for name in _tools_of(STORE, "tickets")]
    assert "ActionGroups" not in made["front_desk"]


def _tools_of(team: Team, agent: str) -> tuple[str, ...]:
    return next(each.tools for each in team.agents if each.name == agent)


def test_a_function_may_be_called_by_exactly_the_agents_that_have_its_tools(bedrock: Template) -> None:
    granted = {
        (each["FunctionName"], each["SourceArn"], each["SourceAccount"])
        for each in bedrock.all("AWS::Lambda::Permission").values()
        if each["Principal"] == "bedrock.amazonaws.com"
    }

    assert granted == {
        (
            f"${{{STORE.tool(tool).runs_in}Alias}}",
            f"${{Team{agent.name.replace('_', '')}.AgentArn}}",
            "${AWS::AccountId}",
        )
        for agent in STORE.agents
        for tool in agent.tools
    }


def test_an_agents_role_may_do_exactly_this(bedrock: Template) -> None:
    aliases = [f"${{Team{name}Alias.AgentAliasArn}}" for name in COLLABORATORS]

    for name in COLLABORATORS:
        assert allowed(bedrock, f"Team{name}Role") == USES_MODEL | READS_MODEL | GUARDED
    assert allowed(bedrock, "TeamfrontdeskRole") == USES_MODEL | READS_MODEL | GUARDED | each(
        ["bedrock:GetAgentAlias", "bedrock:InvokeAgent"], aliases
    )


def test_bedrock_takes_a_role_on_only_for_agents_of_this_account(bedrock: Template) -> None:
    for name, role in bedrock.all("AWS::IAM::Role").items():
        if name.startswith("Team"):
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            assert statement["Principal"] == {"Service": "bedrock.amazonaws.com"}
            assert statement["Condition"] == {
                "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
                "ArnLike": {
                    "aws:SourceArn": ["arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:agent/*"]
                },
            }


def aliases_of(template: Template) -> dict[str, str]:
    return {name: alias["Description"] for name, alias in template.all("AWS::Bedrock::AgentAlias").items()}


def test_a_changed_agent_gets_a_new_version_and_so_does_whoever_asks_it(
    bedrock: Template, template_with: Synthesize, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """CloudFormation cuts a version when the alias changes; without that a changed instruction would never be heard."""
    changed = copy_of_the_store(tmp_path_factory, "orders.md")

    before, after = aliases_of(bedrock), aliases_of(template_with(backend="bedrock-agents", team=str(changed)))

    assert {name for name in before if before[name] != after[name]} == {"TeamordersAlias", "TeamfrontdeskAlias"}


def copy_of_the_store(factory: pytest.TempPathFactory, instruction: str) -> Path:
    """The store's team with one instruction a sentence longer."""
    folder = factory.mktemp("store")
    source = Path(__file__).resolve().parents[2] / "agents" / "store"
    for file in [source / "team.yaml", *(source / "instructions").iterdir()]:
        copy = folder / file.relative_to(source)
        copy.parent.mkdir(exist_ok=True)
        more = "\nBe brief.\n" if file.name == instruction else ""
        copy.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return folder


# AgentCore Runtime


def test_the_runtime_is_told_what_its_process_reads(template: Template) -> None:
    runtime = template.one("AWS::BedrockAgentCore::Runtime")

    assert runtime["EnvironmentVariables"] == {
        "TEAM": "team",
        "MODEL": f"bedrock:global.{NOVA}",
        "MEMORY_ID": "${TeamMemory.MemoryId}",
        "TOOL_FUNCTIONS": '{"OrdersTool":"${OrdersToolAlias}","CustomersTool":"${CustomersToolAlias}",'
        '"TicketsTool":"${TicketsToolAlias}"}',
        "GUARDRAIL_ID": "${Guardrail.GuardrailId}",
        "GUARDRAIL_VERSION": "${GuardrailVersion.Version}",
        "AWS_DEFAULT_REGION": "${AWS::Region}",
    }


@pytest.mark.parametrize("guardrail", [True, False])
def test_the_process_accepts_what_the_runtime_is_told(template_with: Synthesize, guardrail: bool) -> None:
    """Both sides of one contract: a name less would end it at its start."""
    told = template_with(guardrail=guardrail).one("AWS::BedrockAgentCore::Runtime")["EnvironmentVariables"]

    settings = runtime.read_settings({**told, "TEAM": "agents/store"})

    assert set(settings.tool_functions) == {function.name for function in STORE.functions}
    assert settings.port == 8080
    assert bool(settings.guardrail_id) is guardrail


def test_the_runtime_runs_a_code_zip(template: Template) -> None:
    code = template.one("AWS::BedrockAgentCore::Runtime")["AgentRuntimeArtifact"]["CodeConfiguration"]

    assert (code["Runtime"], code["EntryPoint"]) == ("PYTHON_3_14", ["main.py"])
    assert code["Code"]["S3"]["Prefix"].endswith(".zip")


def test_the_runtimes_role_may_do_exactly_this(template: Template) -> None:
    zip_file = template.one("AWS::BedrockAgentCore::Runtime")["AgentRuntimeArtifact"]["CodeConfiguration"]["Code"]["S3"]
    code = f"arn:${{AWS::Partition}}:s3:::{zip_file['Bucket']}/{zip_file['Prefix']}"

    assert allowed(template, "TeamRole") == (
        USES_MODEL
        | GUARDED
        | KEEPS_EVENTS
        | writes_logs("Handoff-*")
        | each(["lambda:InvokeFunction"], TOOLS)
        | {("s3:GetObject", code)}
    )


@pytest.mark.parametrize("backend", ["agentcore-runtime", "agentcore-harness"])
def test_memory_keeps_the_dialogue_for_days_under_the_data_key_and_draws_nothing_from_it(
    template_with: Synthesize, backend: str
) -> None:
    """Text lives 14 days at most; what a strategy drew from it would not expire."""
    memory = template_with(backend=backend).one("AWS::BedrockAgentCore::Memory")

    assert memory["EventExpiryDuration"] == 7
    assert memory["EncryptionKeyArn"] == "${DataKey.Arn}"
    assert "MemoryStrategies" not in memory


@pytest.mark.parametrize(
    ("backend", "role"),
    [
        ("agentcore-runtime", "TeamRole"),
        ("agentcore-runtime", "TeamMemoryRole"),
        ("agentcore-harness", "TeamRole"),
        ("agentcore-harness", "TeamGatewayRole"),
    ],
)
def test_agentcore_takes_a_role_on_only_for_this_account(template_with: Synthesize, backend: str, role: str) -> None:
    """As AWS writes the trust; narrower, a resource that is still being made might not fit."""
    (statement,) = template_with(backend=backend).all("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        "ArnLike": {"aws:SourceArn": [f"{AGENTCORE}*"]},
    }


@pytest.mark.parametrize(
    ("backend", "runtime_id"),
    [
        ("agentcore-runtime", "${TeamRuntime.AgentRuntimeId}"),
        ("agentcore-harness", "${TeamHarness.Environment.AgentCoreRuntimeEnvironment.AgentRuntimeId}"),
    ],
)
def test_what_agentcore_logs_is_under_our_key_and_expires(
    template_with: Synthesize, backend: str, runtime_id: str
) -> None:
    assert template_with(backend=backend).all("AWS::Logs::LogGroup")["TeamLogs"] == {
        "KmsKeyId": "${DataKey.Arn}",
        "LogGroupName": f"/aws/bedrock-agentcore/runtimes/{runtime_id}-DEFAULT",
        "RetentionInDays": 30,
    }


# AgentCore Harness


@pytest.fixture(scope="session")
def harness(template_with: Synthesize) -> Template:
    return template_with(backend="agentcore-harness")


def test_the_harness_is_the_flattened_team(harness: Template) -> None:
    made = harness.one("AWS::BedrockAgentCore::Harness")

    assert made["SystemPrompt"] == [{"Text": flatten(STORE).system_prompt}]
    assert made["Model"] == {"BedrockModelConfig": {"ModelId": f"global.{NOVA}"}}
    assert (made["MaxIterations"], made["TimeoutSeconds"]) == (20, 120)


def test_exactly_the_teams_tools_and_controls_are_allowed(harness: Template) -> None:
    """Without the list the harness's own shell and file tools would be on."""
    made = harness.one("AWS::BedrockAgentCore::Harness")

    assert made["AllowedTools"] == [
        *(f"@tools/{tool.runs_in}___{tool.name}" for tool in STORE.tools),
        *(control.name for control in STORE.controls),
    ]
    assert {tool["Name"]: tool["Type"] for tool in made["Tools"]} == {
        "tools": "agentcore_gateway",
        **{control.name: "inline_function" for control in STORE.controls},
    }


def test_a_control_is_an_inline_function_with_its_schema(harness: Template) -> None:
    tools = harness.one("AWS::BedrockAgentCore::Harness")["Tools"]
    escalate = next(tool for tool in tools if tool["Name"] == "escalate")

    control = STORE.control("escalate")
    assert escalate["Config"]["InlineFunction"] == {
        "Description": control.description,
        "InputSchema": json_schema(control.parameters),
    }


def test_the_gateway_has_a_target_for_each_function(harness: Template) -> None:
    targets = harness.all("AWS::BedrockAgentCore::GatewayTarget").values()

    assert {
        each["Name"]: (
            each["TargetConfiguration"]["Mcp"]["Lambda"]["LambdaArn"],
            [tool["Name"] for tool in each["TargetConfiguration"]["Mcp"]["Lambda"]["ToolSchema"]["InlinePayload"]],
        )
        for each in targets
    } == {
        function.name: (
            f"${{{function.name}Alias}}",
            [tool.name for tool in STORE.tools if tool.runs_in == function.name],
        )
        for function in STORE.functions
    }
    assert harness.one("AWS::BedrockAgentCore::Gateway")["AuthorizerType"] == "AWS_IAM"


def test_the_harness_and_its_gateway_may_do_exactly_this(harness: Template) -> None:
    assert allowed(harness, "TeamGatewayRole") == each(["lambda:InvokeFunction"], TOOLS)
    assert allowed(harness, "TeamRole") == (
        USES_MODEL
        | KEEPS_EVENTS
        | writes_logs("*Handoff-*")
        | {("bedrock-agentcore:InvokeGateway", "${TeamGateway.GatewayArn}")}
    )
