"""The team, built with Strands Agents.

A supervisor has its collaborators as tools; tools are callables handed in, so this module neither knows nor cares where
they run; a control is a Strands interrupt: the run stops and whoever asked gets the call. It chooses no model and keeps
no sessions. The rule: nothing with an effect happens before an interrupt, because Strands runs a control's body again
when it is resumed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from strands import Agent, ToolContext, tool
from strands.agent.conversation_manager import SlidingWindowConversationManager
from strands.models import Model
from strands.types.content import Message
from strands.types.interrupt import InterruptResponseContent
from strands.types.tools import AgentTool

from agents import team as described
from agents.conversation import Answer, ControlCall, Controls, RunTool, Said, Text, ToolCall
from agents.facts import write_facts
from agents.team import Team
from agents.tool_schemas import json_schema

REMEMBERED_MESSAGES = 200
"""About fifty turns: a turn with a collaborator is four messages."""


class StrandsTeam:
    """A `Conversation`. Asking while a control waits raises `TypeError`: resume, or begin anew with `transcript`."""

    def __init__(self, team: Team, supervisor: Agent, collaborators: Mapping[str, Agent]) -> None:
        self._team = team
        self._supervisor = supervisor
        self._collaborators = collaborators

    async def ask(
        self, text: str, *, shared: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Answer, None]:
        self._brief(shared or {}, own or {})
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

    def _brief(self, shared: Mapping[str, str], own: Mapping[str, str]) -> None:
        for agent in self._team.collaborators:
            self._collaborators[agent.name].system_prompt = _prompt(self._team.instructions[agent.name], shared)
        instruction = self._team.instructions[self._team.supervisor.name]
        self._supervisor.system_prompt = _prompt(instruction, {**shared, **own})

    async def _run(self, prompt: str | list[InterruptResponseContent]) -> AsyncGenerator[Answer, None]:
        async for event in self._supervisor.stream_async(prompt):
            if event.get("data"):
                yield Text(event["data"])
            elif "result" in event and event["result"].stop_reason == "interrupt":
                yield Controls(tuple(self._control_call(i.id, i.reason) for i in event["result"].interrupts))

    def _control_call(self, id_: str, reason: Mapping[str, Any]) -> ControlCall:
        return ControlCall(
            id=id_,
            control=self._team.control(reason["control"]),
            agent=next(agent for agent in self._team.agents if agent.name == reason["agent"]),
            arguments=reason["arguments"],
        )


def build_team(team: Team, tools: Mapping[str, RunTool], model: Model, *, history: Iterable[Said] = ()) -> StrandsTeam:
    """The agents of `team`, with a runner for each of its tools; `history` is what was said before."""
    collaborators: dict[str, Agent] = {}
    for agent in team.inmost_first():
        colleagues = _as_tools(team, agent, collaborators)
        collaborators[agent.name] = _build_agent(team, agent, tools, model, colleagues=colleagues)
    messages: list[Message] = [{"role": said.role, "content": [{"text": said.text}]} for said in history]
    colleagues = _as_tools(team, team.supervisor, collaborators)
    supervisor = _build_agent(team, team.supervisor, tools, model, colleagues=colleagues, messages=messages)
    return StrandsTeam(team, supervisor, collaborators)


def _as_tools(team: Team, agent: described.Agent, built: Mapping[str, Agent]) -> list[AgentTool]:
    return [built[colleague.name].as_tool(name=colleague.name) for colleague in team.asked_by(agent)]


def _build_agent(
    team: Team,
    agent: described.Agent,
    tools: Mapping[str, RunTool],
    model: Model,
    *,
    colleagues: Iterable[AgentTool] = (),
    messages: list[Message] | None = None,
) -> Agent:
    own_tools = [_build_tool(team.tool(name), agent, tools[name]) for name in agent.tools]
    controls = [_build_control(team.control(name), agent) for name in agent.controls]
    return Agent(
        model=model,
        name=agent.name,
        description=agent.description,
        system_prompt=team.instructions[agent.name],
        tools=[*own_tools, *controls, *colleagues],
        messages=messages,
        callback_handler=None,
        conversation_manager=SlidingWindowConversationManager(window_size=REMEMBERED_MESSAGES),
        # Whoever asks has a deadline and decides whether to ask again.
        retry_strategy=None,
    )


def _build_tool(described_tool: described.Tool, agent: described.Agent, run: RunTool) -> AgentTool:
    @tool(
        name=described_tool.name,
        description=described_tool.description,
        inputSchema={"json": json_schema(described_tool.parameters)},
        context=True,
    )
    async def use(tool_context: ToolContext) -> str:
        return await run(ToolCall(tool=described_tool, agent=agent, arguments=tool_context.tool_use["input"]))

    return use


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
