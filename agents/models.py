"""Which language model a team thinks with, chosen by one setting.

    scripted                        the team's script, on any machine, at no cost
    bedrock:<model id>              Amazon Bedrock; also an inference profile's id or ARN
    openai:<model>[@<base url>]     OpenAI, or whatever speaks its chat completions; the key is in OPENAI_API_KEY
    ollama:<model>[@<base url>]     Ollama, by its OpenAI-compatible API

It chooses and configures; what a model answers is none of its business. The rule: only the chosen provider's client is
imported, and neither an address nor a key ever becomes part of a name or a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    import boto3
    from strands.models import Model

    from agents.script import Script

SCRIPTED: Final = "scripted"
POSSIBLE: Final = "scripted, bedrock:<model id>, openai:<model>[@<base url>] or ollama:<model>[@<base url>]"
OPENAI_URL: Final = "https://api.openai.com/v1"
OLLAMA_URL: Final = "http://127.0.0.1:11434/v1"
NO_KEY: Final = "none"
"""Endpoints without keys take any; the client insists on one."""
CONNECT_SECONDS: Final = 5.0
SILENCE_SECONDS: Final = 100.0
"""A little less than a turn may take (120 s): an answer that begins later is one that nobody waits for."""
_AT: Final = re.compile(r"@(?=https?://)")

Kind = Literal["scripted", "bedrock", "openai", "ollama"]


class UnusableModel(Exception):
    """The setting names no model that can be used; the message is one line for whoever wrote it."""


class ModelFailed(Exception):
    """A model gave no answer, or not all of it. The message holds nothing of what was asked, and no key."""

    def __init__(self, reason: str, *, retryable: bool) -> None:
        super().__init__(reason)
        self.retryable = retryable


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """An Amazon Bedrock guardrail. Only Bedrock's own models are called through it; the scripted one plays it."""

    id: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """The setting, understood."""

    kind: Kind
    model: str = ""
    url: str = ""
    """Where an OpenAI-compatible API is; empty is the usual place. Not for anybody's eyes."""

    @property
    def scripted(self) -> bool:
        return self.kind == SCRIPTED

    @property
    def name(self) -> str:
        """For people: without the address."""
        return f"{self.kind}:{self.model}" if self.model else self.kind


def parse_model(text: str) -> ModelSpec:
    """What the setting says; raises `UnusableModel`."""
    if text == SCRIPTED:
        return ModelSpec(kind=SCRIPTED)
    kind, _, rest = text.partition(":")
    match kind:
        case "bedrock":
            return ModelSpec(kind="bedrock", model=_model(kind, rest))
        case "openai" | "ollama":
            model, *url = _AT.split(rest, maxsplit=1)
            return ModelSpec(kind=kind, model=_model(kind, model), url=_url(kind, url[0]) if url else "")
        case _:
            raise UnusableModel(f"MODEL begins with '{kind}': expected {POSSIBLE}")


def make_model(
    spec: str, script: Script | None, *, guardrail: Guardrail | None = None, environment: Mapping[str, str]
) -> Model:
    """The model that `spec` names; raises `UnusableModel`. `script` is needed by the scripted model only."""
    chosen = parse_model(spec)
    match chosen.kind:
        case "scripted":
            return _scripted(script, guarded=guardrail is not None)
        case "bedrock":
            return _bedrock(chosen, guardrail, environment)
        case "openai" | "ollama":
            return _openai_compatible(chosen, environment)


def check_model(spec: str, environment: Mapping[str, str]) -> None:
    """Raises `UnusableModel` if `spec` names none, or if a key or a Region is missing that it cannot do without."""
    chosen = parse_model(spec)
    match chosen.kind:
        case "openai":
            _openai_key(chosen, environment)
        case "bedrock":
            _account(_session(environment))
        case "scripted" | "ollama":
            pass


def need_script(script: Script | None) -> Script:
    """What the scripted model cannot do without; raises `UnusableModel`."""
    if script is None:
        raise UnusableModel("MODEL is 'scripted', but this team brings no script")
    return script


def variables_for(spec: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What a process whose AWS variables are not the model's needs beside the setting; raises `UnusableModel`.

    Credentials of Bedrock are resolved here, so they last as long as those of whoever calls this.
    """
    chosen = parse_model(spec)
    match chosen.kind:
        case "openai":
            wanted = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
            return {name: environment[name] for name in wanted if name in environment}
        case "bedrock":
            return _account(_session(environment))
        case "scripted" | "ollama":
            return {}


# Reading the setting


def _model(kind: str, model: str) -> str:
    if not model or any(character.isspace() for character in model):
        raise UnusableModel(f"MODEL names no model of {kind}: expected {POSSIBLE}")
    if "://" in model:
        raise UnusableModel(f"MODEL has no model before its address: expected {kind}:<model>@<base url>")
    return model


def _url(kind: str, text: str) -> str:
    """The address of an API; it is in no message, because people put keys in there."""
    try:
        url = urlsplit(text)
        sound = bool(url.hostname) and url.port != 0
    except ValueError:
        url, sound = urlsplit(""), False
    if not sound:
        raise UnusableModel(f"MODEL has an address without a host: expected {kind}:<model>@http://<host>:<port>/v1")
    if url.username is not None or url.query or url.fragment:
        raise UnusableModel("MODEL has an address with more than host, port and path: the key goes to OPENAI_API_KEY")
    return _with_path(url, "/v1" if kind == "ollama" else "").geturl().rstrip("/")


def _with_path(url: SplitResult, path: str) -> SplitResult:
    return url if url.path.strip("/") else url._replace(path=path)


# Making the model


def _scripted(script: Script | None, *, guarded: bool) -> Model:
    from agents.scripted import ScriptedModel  # noqa: PLC0415  (Strands takes a second; reading the setting none)

    return ScriptedModel(need_script(script), guarded=guarded)


def _openai_compatible(chosen: ModelSpec, environment: Mapping[str, str]) -> Model:
    from agents.openai_compatible import OpenAICompatibleModel  # noqa: PLC0415  (only the chosen client)

    is_ollama = chosen.kind == "ollama"
    return OpenAICompatibleModel(
        model=chosen.model,
        url=chosen.url or OLLAMA_URL if is_ollama else _openai_url(chosen, environment),
        key=NO_KEY if is_ollama else _openai_key(chosen, environment),
        connect_seconds=CONNECT_SECONDS,
        silence_seconds=SILENCE_SECONDS,
    )


def _openai_url(chosen: ModelSpec, environment: Mapping[str, str]) -> str:
    return chosen.url or environment.get("OPENAI_BASE_URL") or OPENAI_URL


def _openai_key(chosen: ModelSpec, environment: Mapping[str, str]) -> str:
    key = environment.get("OPENAI_API_KEY")
    if not key and _openai_url(chosen, environment).rstrip("/") == OPENAI_URL:
        raise UnusableModel(f"MODEL is '{chosen.name}', but OPENAI_API_KEY is not set")
    return key or NO_KEY


def _bedrock(chosen: ModelSpec, guardrail: Guardrail | None, environment: Mapping[str, str]) -> Model:
    from botocore.config import Config  # noqa: PLC0415  (only the chosen client)
    from strands.models.bedrock import BedrockModel  # noqa: PLC0415  (likewise)

    around: dict[str, Any] = {}
    if guardrail is not None:
        around = {
            "guardrail_id": guardrail.id,
            "guardrail_version": guardrail.version,
            "guardrail_trace": "enabled",  # alone tells a blocked word from a masked one
            "guardrail_stream_processing_mode": "sync",  # what is said cannot be taken back
            "guardrail_redact_input": True,  # it reads the whole talk: a blocked word would block every turn to come
        }
    return BedrockModel(
        boto_session=_session(environment),
        boto_client_config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=SILENCE_SECONDS,
            retries={"total_max_attempts": 1},  # whoever asks has a deadline and decides whether to ask again
            # botocore has this option, its stubs do not
            ignore_configured_endpoint_urls="MODEL_AWS_ACCESS_KEY_ID" in environment,  # type: ignore[call-arg]
        ),
        model_id=chosen.model,
        streaming=True,
        **around,
    )


def _session(environment: Mapping[str, str]) -> boto3.Session:
    """The account that the model is called in: `MODEL_AWS_…` where a process has AWS variables of another kind."""
    import boto3  # noqa: PLC0415  (only the chosen client)

    names = ("MODEL_AWS_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    session = boto3.Session(
        aws_access_key_id=environment.get("MODEL_AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("MODEL_AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("MODEL_AWS_SESSION_TOKEN"),
        region_name=next((environment[name] for name in names if environment.get(name)), None),
    )
    if not session.region_name:
        raise UnusableModel("MODEL is one of Amazon Bedrock, but no Region is set: set AWS_REGION")
    return session


def _account(session: boto3.Session) -> dict[str, str]:
    found = session.get_credentials()
    if found is None:
        raise UnusableModel("MODEL is one of Amazon Bedrock, but there are no AWS credentials")
    keys = found.get_frozen_credentials()
    variables = {
        "MODEL_AWS_ACCESS_KEY_ID": keys.access_key,
        "MODEL_AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "MODEL_AWS_SESSION_TOKEN": keys.token,
        "MODEL_AWS_REGION": session.region_name,
    }
    return {name: value for name, value in variables.items() if value}
