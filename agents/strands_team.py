"""The team, built with Strands Agents.

A supervisor has its collaborators as tools; tools are callables handed in, so this module neither knows nor cares where
they run; a control is a Strands interrupt: the run stops and whoever asked gets the call. It chooses no model; where a
session is kept is a session manager's business, which only the supervisor has: Strands keeps a collaborator's
interrupted turn with it. The rule: nothing with an effect happens before an interrupt, because Strands runs a control's
body again when it is resumed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

from strands import Agent, Snapshot, ToolContext, tool
from strands.agent.conversation_manager import SlidingWindowConversationManager
from strands.models import Model
from strands.session import SessionManager
from strands.types.content import ContentBlock, Message
from strands.types.interrupt import InterruptResponseContent
from strands.types.tools import AgentTool

from agents import team as described
from agents.bounds import UNANSWERED, Bounds
from agents.conversation import (
    Answer,
    ControlCall,
    Controls,
    Refused,
    RunTool,
    Said,
    Text,
    ToolCall,
    ToolFailed,
    TooManySteps,
    Usage,
)
from agents.facts import write_facts
from agents.team import Team
from agents.tool_schemas import json_schema

REMEMBERED_MESSAGES = 200
"""About fifty turns: a turn with a collaborator is four messages."""


class StrandsTeam:
    """A `Conversation`."""

    def __init__(self, team: Team, supervisor: Agent, collaborators: Mapping[str, Agent], bounds: Bounds) -> None:
        self._team = team
        self._supervisor = supervisor
        self._collaborators = collaborators
        self._bounds = bounds
        self._usage = Usage(input_tokens=0, output_tokens=0)

    async def ask(
        self, text: str, *, shared: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Answer, None]:
        self._brief(shared or {}, own or {})
        self._give_up_waiting()
        self._supervisor.messages = _ready_for_words(self._supervisor.messages)
        async with aclosing(self._run(text)) as answers:
            async for answer in answers:
                yield answer

    async def resume(self, results: Mapping[str, str]) -> AsyncGenerator[Answer, None]:
        responses: list[InterruptResponseContent] = [
            {"interruptResponse": {"interruptId": id_, "response": response}} for id_, response in results.items()
        ]
        async with aclosing(self._run(responses)) as answers:
            async for answer in answers:
                yield answer

    def transcript(self) -> tuple[Said, ...]:
        said = ((message["role"], _words(message)) for message in self._supervisor.messages)
        return tuple(Said(role=role, text=text) for role, text in said if text)

    def waiting(self) -> tuple[ControlCall, ...]:
        state = self._supervisor.take_snapshot(include=["interrupt_state"]).data["interrupt_state"]
        if not state["activated"]:
            return ()
        return tuple(self._control_call(i["id"], i["reason"]) for i in state["interrupts"].values())

    def usage(self) -> Usage:
        return self._usage

    def _brief(self, shared: Mapping[str, str], own: Mapping[str, str]) -> None:
        for agent in self._team.collaborators:
            self._collaborators[agent.name].system_prompt = _prompt(self._team.instructions[agent.name], shared)
        instruction = self._team.instructions[self._team.supervisor.name]
        self._supervisor.system_prompt = _prompt(instruction, {**shared, **own})

    def _give_up_waiting(self) -> None:
        if self.waiting():
            nothing = {"interrupts": {}, "context": {}, "activated": False}
            self._supervisor.load_snapshot(
                Snapshot(scope="agent", schema_version="1.0", data={"interrupt_state": nothing}, app_data={})
            )

    async def _run(self, prompt: str | list[InterruptResponseContent]) -> AsyncGenerator[Answer, None]:
        self._bounds.begin()
        before = self._tokens()
        controls = Controls(())
        try:
            run = cast("AsyncGenerator[Any, None]", self._supervisor.stream_async(prompt))
            async with aclosing(run) as events:
                async for event in events:
                    if _is_blocked(event):
                        self._bounds.refuse()
                    if event.get("data"):
                        yield Text(event["data"])
                    elif "result" in event and event["result"].stop_reason == "interrupt":
                        interrupts = event["result"].interrupts
                        controls = Controls(tuple(self._control_call(i.id, i.reason) for i in interrupts))
        finally:
            now = self._tokens()
            self._usage = Usage(
                input_tokens=now.input_tokens - before.input_tokens,
                output_tokens=now.output_tokens - before.output_tokens,
            )
        if self._bounds.failed and not _asks_for_a_person(controls):
            raise self._bounds.failed
        if self._bounds.exceeded:
            raise TooManySteps
        if self._bounds.refused:
            yield Refused("guardrail")
        if controls.calls:
            yield controls

    def _tokens(self) -> Usage:
        """All that the agents have read and written since they were built."""
        agents = (self._supervisor, *self._collaborators.values())
        used = [agent.event_loop_metrics.accumulated_usage for agent in agents]
        return Usage(
            input_tokens=sum(each["inputTokens"] for each in used),
            output_tokens=sum(each["outputTokens"] for each in used),
        )

    def _control_call(self, id_: str, reason: Mapping[str, Any]) -> ControlCall:
        return ControlCall(
            id=id_,
            control=self._team.control(reason["control"]),
            agent={agent.name: agent for agent in self._team.agents}[reason["agent"]],
            arguments=reason["arguments"],
        )


def build_team(
    team: Team,
    tools: Mapping[str, RunTool],
    model: Model,
    *,
    history: Iterable[Said] = (),
    session_manager: SessionManager | None = None,
) -> StrandsTeam:
    """The agents of `team`, with a runner for each of its tools.

    `history` is what was said before; a session that `session_manager` has kept takes its place.
    """
    bounds = Bounds()
    builder = _Builder(team, tools, model, bounds)
    collaborators: dict[str, Agent] = {}
    for agent in team.inmost_first():
        collaborators[agent.name] = builder.build(agent, collaborators)
    supervisor = builder.build(
        team.supervisor,
        collaborators,
        messages=[{"role": said.role, "content": [{"text": said.text}]} for said in history],
        session_manager=session_manager,
    )
    supervisor.messages = _taking_turns(supervisor.messages)
    return StrandsTeam(team, supervisor, collaborators, bounds)


@dataclass(frozen=True, slots=True)
class _Builder:
    """What all agents of a team have in common."""

    team: Team
    tools: Mapping[str, RunTool]
    model: Model
    bounds: Bounds

    def build(self, agent: described.Agent, built: Mapping[str, Agent], **more: Any) -> Agent:
        """The agent, with those of its collaborators that it asks, which are `built`."""
        own_tools = [_build_tool(self.team.tool(name), agent, self.tools[name], self.bounds) for name in agent.tools]
        controls = [_build_control(self.team.control(name), agent) for name in agent.controls]
        colleagues = [built[each.name].as_tool(name=each.name) for each in self.team.asked_by(agent)]
        return Agent(
            model=self.model,
            name=agent.name,
            description=agent.description,
            system_prompt=self.team.instructions[agent.name],
            tools=[*own_tools, *controls, *colleagues],
            hooks=[self.bounds],
            callback_handler=None,
            conversation_manager=SlidingWindowConversationManager(window_size=REMEMBERED_MESSAGES),
            # Whoever asks has a deadline and decides whether to ask again.
            retry_strategy=None,
            **more,
        )


def _build_tool(described_tool: described.Tool, agent: described.Agent, run: RunTool, bounds: Bounds) -> AgentTool:
    @tool(
        name=described_tool.name,
        description=described_tool.description,
        inputSchema={"json": json_schema(described_tool.parameters)},
        context=True,
    )
    async def use(tool_context: ToolContext) -> str:
        try:
            return await run(ToolCall(tool=described_tool, agent=agent, arguments=tool_context.tool_use["input"]))
        except Exception as error:
            # What Strands sees raised it tells the model as the tool's answer.
            bounds.fail(_as_failure(described_tool, error))
            raise

    return use


def _asks_for_a_person(controls: Controls) -> bool:
    """Whatever failed beside it, the person gets what the team wants them to know."""
    return any(call.control.outcome == "escalate" for call in controls.calls)


def _as_failure(described_tool: described.Tool, error: Exception) -> ToolFailed:
    if isinstance(error, ToolFailed):
        return error
    failed = ToolFailed(f"{described_tool.name} could not be run: {type(error).__name__}")
    failed.__cause__ = error
    return failed


def _build_control(control: described.Control, agent: described.Agent) -> AgentTool:
    @tool(
        name=control.name,
        description=control.description,
        inputSchema={"json": json_schema(control.parameters)},
        context=True,
    )
    async def return_control(tool_context: ToolContext) -> str:
        call = {"control": control.name, "agent": agent.name, "arguments": tool_context.tool_use["input"]}
        return str(tool_context.interrupt(control.name, reason=call))

    return return_control


def _prompt(instruction: str, facts: Mapping[str, str]) -> str:
    known = write_facts(facts)
    return f"{instruction}\n\nKnown about this chat:\n\n{known}" if known else instruction


def _words(message: Message) -> str:
    return "\n".join(block["text"] for block in message["content"] if "text" in block).strip()


def _taking_turns(messages: Iterable[Message]) -> list[Message]:
    """The messages as models want them: after a turn that broke off, two of the customer's may be neighbours."""
    turns: list[Message] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"] == "user":
            turns.append(_no_answer())
        turns.append(message)
    return turns


def _ready_for_words(messages: list[Message]) -> list[Message]:
    """The messages, so that the customer's next words can follow."""
    used = (
        [block["toolUse"]["toolUseId"] for block in messages[-1]["content"] if "toolUse" in block] if messages else []
    )
    results: list[ContentBlock] = [
        {"toolResult": {"toolUseId": id_, "status": "error", "content": [{"text": "Not done."}]}} for id_ in used
    ]
    closed: list[Message] = [*messages, {"role": "user", "content": results}] if results else messages
    return [*closed, _no_answer()] if closed and closed[-1]["role"] == "user" else closed


def _no_answer() -> Message:
    return {"role": "assistant", "content": [{"text": UNANSWERED}]}


def _is_blocked(event: Mapping[str, Any]) -> bool:
    """Whether a model tells that its guardrail blocked something, for the supervisor or inside a collaborator.

    The stop reason does not tell: it is the same when a guardrail only masked a word.
    """
    chunk = event.get("event", {})
    if "redactContent" in chunk or _has_block(chunk.get("metadata", {}).get("trace", {})):
        return True
    inner = event.get("tool_stream_event", {}).get("data")
    return isinstance(inner, Mapping) and _is_blocked(inner)


def _has_block(assessment: Any) -> bool:
    """`detected` may be missing: the service's model does not require it."""
    match assessment:
        case {"action": "BLOCKED", **more} if more.get("detected") is not False:
            return True
        case Mapping():
            return any(_has_block(value) for value in assessment.values())
        case list():
            return any(_has_block(value) for value in assessment)
        case _:
            return False
