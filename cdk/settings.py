"""What can be chosen when the template is made: the synth settings.

They come from CDK context (`cdk deploy -c language=es`, or "context" in cdk.json) and shape the template. Values that
may differ between deployments of one template are CfnParameters instead: see `parameters`. The rule: a setting that is
misspelt or wrong stops the synthesis with one line that names it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from agents.forms import in_form
from lambdas.conversation.phrases import languages

ROOT = Path(__file__).resolve().parent.parent

LogRetentionDays = Literal[1, 7, 14, 30, 90, 180, 365, 731]
"""Some of the periods that CloudWatch Logs offers."""


class WrongSetting(Exception):
    """A synth setting that cannot be used; the message is one line for whoever deploys."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"setting {name}: {problem}")
        self.name = name
        self.problem = problem


def _listed(value: Any) -> Any:
    """A list arrives as one text with commas (`-c told_attributes=name,tier`), or as a list in cdk.json."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _number(value: Any) -> Any:
    """The command line gives texts; `Literal` does not convert them."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


AttributeName = Annotated[
    str,
    in_form(r"[A-Za-z0-9_-]{1,127}", "names of 1 to 127 letters, digits, hyphens and underscores, with commas between"),
]
Backend = Literal["bedrock-agents", "agentcore-runtime", "agentcore-harness"]

DEFAULT_MODEL = "global.amazon.nova-2-lite-v1:0"
"""Streams and uses tools, from every commercial Region, and as Amazon's own model needs no form or agreement of the
account first (Amazon Nova 2 user guide, core inference, and the model's card, read 2026-11)."""


class Settings(BaseModel):
    """All synth settings with their defaults; each field says what it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: Annotated[
        str, in_form(r"[A-Za-z][A-Za-z0-9-]{0,99}", "up to 100 letters, digits and hyphens, a letter first")
    ] = "Handoff"
    """Name of the stack, and first part of the flow's name: a second one makes a second, separate deployment."""
    team: Path = Path("agents/store")
    """Folder of the agent team, seen from the project's folder: what is deployed and what its controls mean."""
    backend: Backend = "agentcore-runtime"
    """Where the agents run. Bedrock Agents is open only to accounts that used it before 2026-07-30."""
    deploy_team: bool = True
    """Whether the team is deployed with the stack; `false` where parameters name agents that are there already."""
    handoff_policy: Path | None = None
    """With deploy_team=false: a YAML or JSON file with the controls of those agents, in the form of team.yaml; without
    it the controls of `team` hold."""
    agent_region: Annotated[
        str, in_form(r"([a-z]{2,5}(-[a-z]+)+-\d)?", "the code of an AWS Region, such as eu-central-1")
    ] = ""
    """The agents' Region, if it is not the stack's."""
    check_regions: bool = True
    """Whether a Region that regions.json does not list for the backend, or a model of another geography than the
    Region's, stops the synthesis; `false` where the file is older than the Region's offer."""
    model: Annotated[
        str,
        in_form(
            r"[a-z0-9-]+\.[a-zA-Z0-9.:-]{1,120}",
            f"the id of a Bedrock model or inference profile, such as {DEFAULT_MODEL}",
        ),
    ] = DEFAULT_MODEL
    """Id of a Bedrock inference profile or foundation model that streams and uses tools."""
    guardrail: bool = True
    """Whether what goes in and comes out passes a Bedrock guardrail."""

    language: str = "en"
    """The contact's language when neither an attribute nor the flow says one, and that of the flow's own sentences."""
    bot_name: str = Field(default="Virtual assistant", min_length=1, max_length=256)
    """What the customer sees as the bot's name (DisplayName, 1 to 256 characters)."""
    told_attributes: Annotated[tuple[AttributeName, ...], BeforeValidator(_listed)] = ()
    """Customer attributes that the agent team is told, by name."""
    speak: Literal["first-sentence", "paragraph", "whole"] = "first-sentence"
    """How early an answer is said: its first sentence at once and then by paragraph, by paragraph, or in one piece.

    Chat is billed by the message, $0.010 for one sent or received: see the README.
    """
    markdown: bool = True
    """Whether a team's Markdown goes to web chats as such: where a contact refuses it, and on every other channel, it
    goes as plain text. `false` sends plain text from the start."""
    one_moment_seconds: int = Field(default=15, ge=0, le=140)
    """After so long without a word of the answer the customer is asked for a moment, once; 0 for never."""
    read_transcript: bool = True
    """Whether the bot reads the transcript; `false` where Connect refuses that to a custom participant."""

    message_age_limit_seconds: int = Field(default=300, ge=60, le=3600)
    """A message older than this is not put to the agent."""
    turn_deadline_seconds: int = Field(default=120, ge=20, le=140)
    """A turn hands off after this; the rest of ChatBot's 180 s is for the hand-off."""
    unanswered_seconds: int = Field(default=180, ge=60, le=200)
    """Silence after which the flow takes over. It asks every 90 s, so with more it would not keep within 5 minutes."""
    agent_session_idle_seconds: int = Field(default=600, ge=60, le=5400)
    """The agent's idleSessionTTLInSeconds, or less: after it the bot opens a new session and retells the history."""

    memory_mb: int = Field(default=640, ge=256, le=3008)
    """Memory of StartBot, ChatBot and RescueBot, and with it their share of a processor; priced by the GB-second. The
    default is the least that keeps the first words as early as they can be: see docs/performance.md."""
    snap_start: bool = False
    """Whether StartBot and ChatBot start from a snapshot of a started process. Each published version's snapshot is
    charged for as long as it is kept, and each start for what it restores, both by memory."""
    provisioned_concurrency: int = Field(default=0, ge=0, le=500)
    """Processes of StartBot, and as many of ChatBot, that are kept started; each is charged by the second and its
    memory whether it works or not. Not together with snap_start, which Lambda refuses."""

    topic_source_condition: bool = False
    """Whether the key of the customer messages serves Connect for this instance only. A condition that Connect does not
    meet makes the bot deaf in silence, so try it in your account before you rely on it."""
    keep_data: bool = True
    """Whether `cdk destroy` leaves the tables and their key."""
    log_retention_days: Annotated[LogRetentionDays, BeforeValidator(_number)] = 30
    """Days that logs are kept."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least that the functions log."""
    alarm_topic: Annotated[
        str,
        in_form(r"(arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+)?", "the ARN of an SNS topic"),
    ] = ""
    """ARN of the SNS topic that alarms tell; without it they only change state."""

    lambda_package: Path | None = None
    """A folder to deploy as it is; without it `build/lambdas` is built."""
    agent_package: Path | None = None
    """The same for the code zip of a team on AgentCore Runtime; without it `build/agent` is built."""
    nag: bool = False
    """Whether cdk-nag's AwsSolutions rules are checked too; `make synth` does."""

    @field_validator("language")
    @classmethod
    def _has_sentences(cls, language: str) -> str:
        if language not in languages():
            raise ValueError(
                f"there are no sentences in '{language}'; the languages are {', '.join(sorted(languages()))}"
            )
        return language

    @field_validator("team")
    @classmethod
    def _is_a_team(cls, team: Path) -> Path:
        if not (ROOT / team / "team.yaml").is_file():
            raise ValueError(f"there is no team.yaml in {team}")
        return team

    @field_validator("handoff_policy")
    @classmethod
    def _is_a_file(cls, file: Path | None) -> Path | None:
        if file is not None and not (ROOT / file).is_file():
            raise ValueError(f"there is no file {file}")
        return file

    @field_validator("lambda_package", "agent_package")
    @classmethod
    def _is_a_package(cls, folder: Path | None) -> Path | None:
        if folder is not None and not (ROOT / folder).is_dir():
            raise ValueError(f"there is no folder {folder}")
        return folder


def read_settings(context: Mapping[str, Any]) -> Settings:
    """The settings in a CDK context. Raises `WrongSetting` for the first that is unknown or wrong."""
    given = {name: value for name, value in context.items() if not _is_cdks_own(name)}
    for name in given:
        if name not in Settings.model_fields:
            raise WrongSetting(name, _unknown(name))
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise WrongSetting(name, f"{_plain(first['msg'])}; it is {given[name]!r}") from error
    if settings.deploy_team and settings.handoff_policy is not None:
        raise WrongSetting("handoff_policy", "a team that is deployed brings its own; it is for deploy_team=false")
    if settings.snap_start and settings.provisioned_concurrency:
        raise WrongSetting("provisioned_concurrency", "Lambda refuses it together with snap_start")
    return settings


def _is_cdks_own(name: str) -> bool:
    """CDK's flags and cached lookups: `@aws-cdk/…`, `aws:cdk:…`, `availability-zones:…`, `aws-cdk:…`."""
    return ":" in name or "/" in name


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    advice = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(sorted(Settings.model_fields))}"
    return f"there is no such setting; {advice}"


def _plain(message: str) -> str:
    """Pydantic's message without its own prefix, as part of a sentence."""
    without_prefix = message.removeprefix("Value error, ")
    return without_prefix[0].lower() + without_prefix[1:]
