"""The laptop stack: every part, put together, started and ended in order.

    browser, boto3 ─► server ─► front ─► Connect and participant API, sockets, desk ─► chats
    workers (Lambda) ─┘            ├──► DynamoDB, SQS, CloudFormation, Lambda, the agents' backend ─► the team
                                   └──► page
    chats ─► flow driver ─► workers          chats ─► delivery (SNS) ─► workers
    what Lambda or SNS gives up on ─► queues ─► event sources ─► workers

What runs comes from the synthesized template and the team's files; both are looked at again before each chat, and a
broken edit leaves what ran before. Rule: nothing but this module knows all parts.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import uuid
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Scope

from agents.models import UnusableModel
from agents.yaml_source import InvalidTeam
from local import (
    activity,
    connect_api,
    desk,
    dynamodb,
    interpreter,
    lambda_api,
    npm_packages,
    page_routes,
    participant_api,
    sockets,
    sqs_api,
    targets,
)
from local.agent_faces import AGENTCORE_HARNESS
from local.agents import Agents, Surroundings
from local.calls import Calls, Switches
from local.chat import Chats
from local.clock import Clock
from local.cloudformation import CloudFormation
from local.delivery import Delivery
from local.dynamodb import DynamoDb, DynamoDbError
from local.event_sources import EventSources
from local.flow_driver import FlowDriver
from local.front import BeforeChats, OnlyThisAddress, front
from local.given_up import GivenUp
from local.guard import Guard
from local.happenings import Listeners
from local.intrinsics import REGION, CannotResolve, arn
from local.model import LocalModel
from local.queues import QueueError, Queues
from local.server import Server
from local.settings import ROOT, CannotStart, StackSettings
from local.sources import Watch, files_below, keep_looking
from local.sqs_api import SqsApi
from local.team import LocalTeam
from local.template import CannotSynthesize, StackTemplate, Synthesizer, read_template
from local.workers import FunctionError, Workers

INSTANCE_ID: Final = "0c7a9e52-5a0f-4b0e-9d65-1b7f4b3c2a10"
FLOW_ID: Final = "5f1d2c3b-8a47-4e6d-b2f9-6c0e1a7d9b84"
ACCESS_KEY_ID: Final = "CUSTOMER000000000000"
SECRET_ACCESS_KEY: Final = "local"  # noqa: S105  (nothing checks it)
DESK: Final = "/desk"
CHAT_BOT: Final = "lambdas.chat_bot.handler.handler"
WARM_HANDLERS: Final = ("lambdas.start_bot.handler.handler", CHAT_BOT)
"""The functions that the first customer would otherwise wait for."""
LONGEST_LOG_BYTES: Final = 5_000_000
LOOK_AT_SOURCES_EVERY_SECONDS: Final = 1.0

SYNTHESIZING: Final = "synthesizing the template (once per change of what it is made of) …"

BROKEN: Final = (InvalidTeam, CannotSynthesize, CannotResolve, interpreter.FlowError, DynamoDbError)
"""What a bad edit of the sources raises."""

__all__ = ["Stack", "StackSettings"]

_log = logging.getLogger(__name__)


class Stack:
    """`async with Stack(StackSettings(…)) as stack`: everything runs until the block ends. Raises `CannotStart`."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self._running: AsyncExitStack | None = None
        self.model = LocalModel(settings.model, os.environ)
        self._refreshing = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        # These come with the start.
        self._server: Server
        self._template: StackTemplate
        self._template_files: Watch
        self._program_files: Watch
        self._agent_files: Watch
        self.calls: Calls
        self.clock = Clock(pace=settings.pace)
        self.activity = activity.Activity(now=self.clock.now)
        self.guard = Guard()
        self.chats = self._make_chats()
        self.team = LocalTeam(settings.team, policies=settings.build / "policies", tell=self._announce)
        self.dynamodb = DynamoDb()
        self.queues = Queues(now=self.clock.now, new_id=_new_id)
        self.workers = Workers(
            root=ROOT,
            logs=settings.build / "logs",
            clock=self.clock,
            guard=self.guard,
            activity=self.activity,
            new_id=_new_id,
            pool_size=settings.pool_size,
        )
        self.delivery = Delivery(
            invoke=self.workers.invoke_later,
            redrive=self._put_into_queue,
            clock=self.clock,
            new_id=_new_id,
            instance_id=INSTANCE_ID,
        )
        self.event_sources = EventSources(
            queues=self.queues, workers=self.workers, clock=self.clock, activity=self.activity
        )
        self.workers.destinations.append(self._keep_given_up)
        self.flows = self._make_flows()
        self.agents = self._make_agents()
        self._synthesizer = Synthesizer(
            root=ROOT,
            folder=settings.build / "templates",
            guard=self.guard,
            team=settings.team,
            shape=lambda: self.team.shape(flat=settings.backend == AGENTCORE_HARNESS),
            # What runs here runs from the source tree, so nothing is packed.
            context={
                "lambda_package": "lambdas",
                "agent_package": "agents",
                "backend": settings.backend,
                **settings.context,
            },
        )

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            try:
                self.model.check()
                await self._start(starting)
            except (*BROKEN, UnusableModel) as problem:
                raise CannotStart(_message(problem)) from problem
            self._running = starting.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            await self._running.aclose()

    @property
    def origin(self) -> str:
        return self._server.origin

    @property
    def switches(self) -> Switches:
        """What goes wrong with AWS calls."""
        return self.calls.switches

    def function(self, handler: str) -> str:
        """The name of the function with this handler."""
        return next(each.name for each in self._template.functions if each.handler == handler)

    def facts(self) -> dict[str, Any]:
        """What `/local.json` tells: all that a program needs to be a customer or a human agent here."""
        return {
            "endpoint": self.origin,
            "region": REGION,
            "instanceId": INSTANCE_ID,
            "contactFlowId": FLOW_ID,
            "accessKeyId": ACCESS_KEY_ID,
            "secretAccessKey": SECRET_ACCESS_KEY,
            "deskUrl": f"{self.origin}{DESK}",
            "team": self.team.facts(),
            "backend": self._settings.backend,
            "model": self.model.facts(),
            "guardrail": bool(self._template.agents.guardrails),
        }

    async def refresh(self) -> None:
        """Take over what was edited; what is broken is told in the activity, and the last good state stays."""
        async with self._refreshing:
            if self._template_files.has_changed():
                await self._try(self._take_template())
            if self._program_files.has_changed():
                await self._try(self._take_programs())
            if self._agent_files.has_changed():
                await self._try(self._take_agents())

    async def _start(self, starting: AsyncExitStack) -> None:
        starting.enter_context(self.guard)
        self._server = Server(self._settings.port)
        starting.push_async_callback(self._server.close)
        self._watch_files()
        _begin_anew(self._settings.build / "logs")
        self.chats.listeners.add(self.activity.listen)
        self.chats.listeners.add(self.flows.hear)
        self.chats.listeners.add(self.delivery.hear)
        self.team.policy_file()  # a team that cannot be read is told by its own line, not by CDK's
        self.model.check_script(self.team.source.current())
        self._template = await self._read_template()
        self._apply(self._template)
        await self._server.start(self._app())
        starting.push_async_callback(self._end)
        self._run_in_background(self._warm())
        if self._settings.watch:
            self._run_in_background(
                keep_looking(self.refresh, every_seconds=LOOK_AT_SOURCES_EVERY_SECONDS, tell=self._announce)
            )

    async def _end(self) -> None:
        self.activity.close()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.flows.close()
        await self.delivery.close()
        await self.event_sources.close()
        await self.workers.close()
        await self.agents.close()

    # Parts

    def _make_chats(self) -> Chats:
        return Chats(
            arn("connect", f"instance/{INSTANCE_ID}"),
            self.clock.now,
            _new_id,
            Listeners(),
            quotas=self._settings.quotas,
            knows_flow=lambda flow_id: flow_id == FLOW_ID,
            open_points=self._settings.open_points,
        )

    def _make_flows(self) -> FlowDriver:
        return FlowDriver(
            chats=self.chats,
            clock=self.clock,
            content_of=lambda _: self._template.flow().content,
            invoke=self.workers.invoke,
            report=lambda contact_id, _, facts: self.activity.add("flow", contact_id, **facts),
            instance_arn=self.chats.instance_arn,
        )

    def _make_agents(self) -> Agents:
        surroundings = Surroundings(
            root=ROOT,
            logs=self._settings.build / "logs",
            team=self.team,
            model=self.model,
            workers=self.workers,
            clock=self.clock,
            guard=self.guard,
            activity=self.activity,
            new_id=_new_id,
            origin=lambda: self.origin,
            cut=self._cut,
            tell=self._announce,
        )
        return Agents(self._settings.backend, surroundings)

    def _keep_given_up(self, given_up: GivenUp) -> None:
        if given_up.destination_arn is not None:
            self._put_into_queue(given_up.destination_arn, json.dumps(given_up.record))

    def _put_into_queue(self, queue_arn: str, body: str) -> None:
        """As a service does that gives up on an event; nobody hears of it if that fails, so it is told here."""
        try:
            self.queues.send(queue_arn, body)
        except QueueError as problem:
            self._notice(f"an event is lost, it did not get into {queue_arn.rpartition(':')[2]}: {problem}")

    def _cut(self, scope: Scope) -> None:
        """The server comes with the start."""
        self._server.cut(scope)

    def _app(self) -> ASGIApp:
        routes: list[BaseRoute] = [
            *connect_api.routes(self.chats),
            *participant_api.routes(self.chats),
            *sockets.routes(self.chats),
            *self.agents.routes(),
            *lambda_api.routes(self.workers, invoke_later=self.delivery.deliver),
            targets.route(
                {dynamodb.TARGET: self.dynamodb.serve, sqs_api.TARGET: SqsApi(self.queues).serve},
                query=CloudFormation(outputs=lambda: self._template.outputs, created_at=self.clock.now()).serve,
            ),
            *activity.routes(self.activity),
            Mount(DESK, routes=desk.routes(self.chats)),
            *page_routes.routes(chats=self.chats, flow_id=FLOW_ID, settings=self.facts, npm=npm_packages.FOLDER),
        ]
        services = front(routes, on_unknown=lambda asked: self._notice(f"{asked} is not emulated"))
        self.calls = Calls(
            BeforeChats(services, prepare=self.refresh),
            caller_of=self.agents.caller_of,
            activity=self.activity,
            clock=self.clock,
            cut=self._server.cut,
            kill=self.agents.crash_caller,
        )
        return OnlyThisAddress(self.calls, host=self._server.host)

    # What the sources say

    def _watch_files(self) -> None:
        self._template_files = Watch(self._synthesizer.inputs)
        self._program_files = Watch(
            lambda: itertools.chain(files_below(ROOT / "lambdas", suffixes=(".py", ".json")), self.team.files())
        )
        self._agent_files = Watch(lambda: files_below(ROOT / "agents", suffixes=(".py",)))

    async def _read_template(self) -> StackTemplate:
        if not self._synthesizer.is_cached():
            self._announce(SYNTHESIZING)  # before some seconds' wait, which may be a customer's
        template = read_template(
            await self._synthesizer.template(),
            parameters={"instanceId": INSTANCE_ID},
            custom_attributes={"QueueArn": self.chats.default_queue_arn},
        )
        interpreter.load(template.flow().content)
        return template

    async def _take_template(self) -> None:
        self._apply(await self._read_template())
        self._notice("the template changed: the next chat runs the new one")

    async def _take_programs(self) -> None:
        self._apply(await self._read_template())
        self._run_in_background(self._warm())
        self._notice("the sources changed: the next invocation runs the new ones")

    async def _take_agents(self) -> None:
        self.agents.renew()
        self._run_in_background(self.agents.warm_up())
        self._notice("the agents' program changed: the next answer is the new one's")

    def _apply(self, template: StackTemplate) -> None:
        policy = self.team.policy_file()
        self.dynamodb.create(template.tables)
        self.queues.define(template.queues)
        self._put_demo_data(template)
        self._template = template
        self.delivery.subscriptions = template.subscriptions
        self.workers.define(template.functions, origin=self.origin, environment={"HANDOFF_POLICY": str(policy)})
        self.event_sources.define(template.event_sources)
        chat_bot = next(each for each in template.functions if each.handler == CHAT_BOT)
        self.agents.take(template.agents, chat_bot=chat_bot.environment)

    def _put_demo_data(self, template: StackTemplate) -> None:
        today = datetime.fromtimestamp(self.clock.now(), UTC).date()
        variables = {name: value for each in template.functions for name, value in each.environment.items()}
        for variable, rows in self.team.demo_tables(today=today).items():
            if variable in variables:
                self.dynamodb.put(variables[variable], rows)

    def renew_demo_data(self) -> None:
        """Put the demo's rows into their tables as they were in the beginning; others stay."""
        self._put_demo_data(self._template)

    async def _try(self, taking: Coroutine[Any, Any, None]) -> None:
        try:
            await taking
        except (*BROKEN, OSError) as problem:
            self._announce(f"not taken over, the last good state stays: {_message(problem)}")

    # In the background

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _warm(self) -> None:
        """Have ready what the first chat needs; what fails here fails again, and is told, when it is used."""
        for handler in WARM_HANDLERS:
            try:
                await self.workers.warm(self.function(handler))
            except FunctionError as error:
                self._announce(_first_line(_message(error)))
        await self.agents.warm_up()

    def _notice(self, text: str) -> None:
        _log.info("%s", text)
        self.activity.add("notice", None, text=_first_line(text))

    def _announce(self, text: str) -> None:
        """Tell whole, and in the terminal too, what somebody has to mend or to wait for."""
        for line in text.splitlines():
            _log.warning("%s", line)
        self.activity.add("notice", None, text=text)


def _new_id() -> str:
    return str(uuid.uuid4())


def _begin_anew(logs: Path) -> None:
    """Drop the functions' logs that have grown too long to be read."""
    for log in logs.glob("*.log"):
        if log.stat().st_size > LONGEST_LOG_BYTES:
            log.unlink()


def _message(problem: Exception) -> str:
    """A line for each thing to mend."""
    return str(problem).strip() or type(problem).__name__


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return f"{lines[0]}{more}" if lines else ""
