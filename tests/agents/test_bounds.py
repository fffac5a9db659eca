"""A team that does not come to an end is ended, and its conversation goes on soundly."""

from __future__ import annotations

from pathlib import Path

import pytest
from strands.types.content import Messages
from strands.types.exceptions import MaxTokensReachedException, ModelThrottledException

from agents.bounds import MOST_MODEL_CALLS, MOST_TOOL_USES
from agents.conversation import Answer, Controls, Refused, Text, ToolCall, ToolFailed, TooManySteps, Usage
from agents.strands_team import StrandsTeam, build_team
from agents.team import load_team
from tests.agents.small_team import write_team
from tests.agents.unruly_model import BLOCKED, Blocked, Decide, Fail, Masked, Ramble, Say, Step, UnrulyModel, Use

SUPERVISOR = "You are the desk of a library and talk with readers."
LOANS = "You are the loans of a library and renew what you can."
RULES = "You are the rules of a library and tell them to others."
ASK_LOANS = Use((("loans", {"input": "renew C12"}),))
RENEW = Use((("renew", {"card": "C12"}),))


class Team:
    """The library with a model of the test's; `runs` counts uses of its tool."""

    def __init__(self, folder: Path, decide: Decide) -> None:
        write_team(folder)
        (folder / "desk.md").write_text(SUPERVISOR)
        (folder / "loans.md").write_text(LOANS)
        self.model = UnrulyModel(decide)
        self.runs = 0
        self.team: StrandsTeam = build_team(load_team(folder), {"renew": self.renew}, self.model)

    async def renew(self, call: ToolCall) -> str:
        self.runs += 1
        return "{}"

    async def ask(self, text: str = "hello") -> list[Answer]:
        return [answer async for answer in self.team.ask(text)]


def last_words(messages: Messages) -> str:
    return "".join(block.get("text", "") for block in messages[-1]["content"])


def is_sound(messages: Messages) -> bool:
    """Roles take turns and every use of a tool has a result."""
    roles = [message["role"] for message in messages]
    uses = [block["toolUse"]["toolUseId"] for m in messages for block in m["content"] if "toolUse" in block]
    results = [block["toolResult"]["toolUseId"] for m in messages for block in m["content"] if "toolResult" in block]
    return roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2) and sorted(uses) == sorted(
        results
    )


def unless_fine(step: Step) -> Decide:
    """The step, until somebody says that it is fine."""

    def decide(prompt: str, messages: Messages) -> Step:
        return Say("Good.") if "fine" in last_words(messages) else step

    return decide


@pytest.mark.parametrize(
    "step",
    [
        Use((("nobody_knows_this", {}),)),
        RENEW,
        Use((("loans", {}), ("nobody_knows_this", {}))),
    ],
)
async def test_an_agent_that_calls_without_end_is_stopped(tmp_path: Path, step: Step) -> None:
    """Tools that do not exist, or are another agent's; afterwards the team answers as ever."""
    team = Team(tmp_path, unless_fine(step))

    with pytest.raises(TooManySteps):
        await team.ask()

    assert team.model.calls <= MOST_MODEL_CALLS
    assert await team.ask("fine") == [Text("Good.")]
    assert is_sound(team.model.seen[-1])


async def test_a_message_full_of_tools_runs_none_of_them(tmp_path: Path) -> None:
    """One message may hold any number."""
    team = Team(tmp_path, unless_fine(Use((("loans", {"input": "renew"}),) * (MOST_TOOL_USES + 1))))

    with pytest.raises(TooManySteps):
        await team.ask()

    assert team.model.calls == 1
    assert await team.ask("fine") == [Text("Good.")]


async def test_a_team_that_asks_in_circles_is_stopped(tmp_path: Path) -> None:
    """Each collaborator's run is short; together they have no end."""

    def decide(prompt: str, messages: Messages) -> Step:
        return ASK_LOANS if prompt.startswith(SUPERVISOR) else Say("Ask me again.")

    team = Team(tmp_path, decide)

    with pytest.raises(TooManySteps):
        await team.ask()

    assert team.model.calls <= MOST_MODEL_CALLS


async def test_a_collaborator_that_loops_ends_the_whole_answer(tmp_path: Path) -> None:
    """The supervisor does not get to try it again."""

    def decide(prompt: str, messages: Messages) -> Step:
        return ASK_LOANS if prompt.startswith(SUPERVISOR) else RENEW

    team = Team(tmp_path, decide)

    with pytest.raises(TooManySteps):
        await team.ask()

    assert team.model.calls == MOST_MODEL_CALLS
    assert team.runs == MOST_MODEL_CALLS - 2, "no tool runs for an answer that nobody may read"


async def test_steps_are_counted_anew_for_each_answer(tmp_path: Path) -> None:
    """A long talk is no loop."""

    def decide(prompt: str, messages: Messages) -> Step:
        if "toolResult" in messages[-1]["content"][-1]:
            return Say("Done.")
        return ASK_LOANS if prompt.startswith(SUPERVISOR) else RENEW

    team = Team(tmp_path, decide)

    for _ in range(MOST_MODEL_CALLS):
        assert await team.ask() == [Text("Done.")]


async def test_an_answer_without_words_has_none(tmp_path: Path) -> None:
    """Whoever asked decides what silence means; the next turn works."""
    team = Team(tmp_path, unless_fine(Say("")))

    assert await team.ask() == []
    assert await team.ask("fine") == [Text("Good.")]


async def test_tokens_of_all_agents_are_counted(tmp_path: Path) -> None:
    """The answer's, not the conversation's."""

    def decide(prompt: str, messages: Messages) -> Step:
        if not prompt.startswith(SUPERVISOR) or "toolResult" in messages[-1]["content"][-1]:
            return Say("Done.")
        return ASK_LOANS

    team = Team(tmp_path, decide)
    for _ in range(2):
        await team.ask()

        assert team.team.usage() == Usage(input_tokens=9, output_tokens=6)


async def test_a_guardrail_that_blocks_the_supervisor_ends_the_answer(tmp_path: Path) -> None:
    """The blocked words are kept nowhere: they would block every turn that follows."""
    team = Team(tmp_path, unless_fine(Blocked()))

    assert await team.ask("something bad") == [Text(BLOCKED), Refused("guardrail")]
    assert await team.ask("fine") == [Text("Good.")]

    assert is_sound(team.model.seen[-1])
    assert "something bad" not in str(team.model.seen[-1])


async def test_a_guardrail_that_blocks_a_collaborator_ends_the_answer_too(tmp_path: Path) -> None:
    """No supervisor puts its own words around it."""

    def decide(prompt: str, messages: Messages) -> Step:
        if "fine" in last_words(messages):
            return Say("Good.")
        return ASK_LOANS if prompt.startswith(SUPERVISOR) else Blocked()

    team = Team(tmp_path, decide)

    assert await team.ask() == [Refused("guardrail")]
    assert team.model.calls == 2
    assert await team.ask("fine") == [Text("Good.")]
    assert is_sound(team.model.seen[-1])


async def test_a_control_is_asked_for_although_a_guardrail_blocked_another_agent(tmp_path: Path) -> None:
    """Whoever wants a person gets one; the control can be answered, and the talk goes on."""

    def decide(prompt: str, messages: Messages) -> Step:
        if prompt.startswith(RULES):
            return Blocked()
        if "toolResult" in messages[-1]["content"][-1]:
            return Say("Done.")
        if prompt.startswith(SUPERVISOR):
            return Use((("loans", {"input": "a person"}), ("rules", {"input": "something bad"})))
        return Use((("fetch", {"wish": "a person"}),))

    team = Team(tmp_path, decide)
    add_collaborator(tmp_path, "rules", RULES)
    team.team = build_team(load_team(tmp_path), {"renew": team.renew}, team.model)

    refused, asked = await team.ask()

    assert refused == Refused("guardrail")
    assert isinstance(asked, Controls)
    assert [call.control.name for call in asked.calls] == ["fetch"]
    assert asked.calls == team.team.waiting()
    assert [answer async for answer in team.team.resume({asked.calls[0].id: "{}"})] == [Text("Done.")]
    assert is_sound(team.model.seen[-1])


def add_collaborator(folder: Path, name: str, instruction: str) -> None:
    team, before = folder / "team.yaml", "tools:\n  - name: renew\n"
    described = f"  - {{name: {name}, description: Knows the rules., instruction: {name}.md}}\n"
    text = team.read_text("utf-8")
    assert before in text
    team.write_text(text.replace(before, described + before, 1), "utf-8")
    (folder / f"{name}.md").write_text(instruction, "utf-8")


async def test_a_masked_word_is_no_refusal(tmp_path: Path) -> None:
    """The model stops for the same reason, but the answer is one."""
    assert await Team(tmp_path, unless_fine(Masked("Your card is {CARD}."))).ask() == [Text("Your card is {CARD}.")]


async def test_a_tool_that_failed_ends_the_answer_before_anything_is_made_up(tmp_path: Path) -> None:
    """The model is not even asked again."""

    def decide(prompt: str, messages: Messages) -> Step:
        if "fine" in last_words(messages):
            return Say("Good.")
        return ASK_LOANS if prompt.startswith(SUPERVISOR) else RENEW

    team = Team(tmp_path, decide)

    async def fail(call: ToolCall) -> str:
        raise ToolFailed("LoansTool failed")

    team.team = build_team(load_team(tmp_path), {"renew": fail}, team.model)

    with pytest.raises(ToolFailed, match="LoansTool failed"):
        await team.ask()

    assert team.model.calls == 2
    assert await team.ask("fine") == [Text("Good.")]
    assert is_sound(team.model.seen[-1])


async def test_a_tool_that_broke_ends_the_answer_too(tmp_path: Path) -> None:
    """Whatever it raised: the model does not get to read it, and the caller is told what kind of an error it was."""
    team = Team(tmp_path, lambda prompt, messages: ASK_LOANS if prompt.startswith(SUPERVISOR) else RENEW)

    async def break_down(call: ToolCall) -> str:
        raise RecursionError("something of a customer")

    team.team = build_team(load_team(tmp_path), {"renew": break_down}, team.model)

    with pytest.raises(ToolFailed, match=r"^renew could not be run: RecursionError$"):
        await team.ask()

    assert team.model.calls == 2


@pytest.mark.parametrize("outcome", ["escalate", "stay"])
async def test_a_control_beside_a_tool_that_failed_counts_only_if_it_asks_for_a_person(
    tmp_path: Path, outcome: str
) -> None:
    """The person gets what the team wants them to know; a team that wants to go on would make things up."""
    both = Use((("renew", {"card": "C12"}), ("fetch", {"wish": "a person"})))

    def decide(prompt: str, messages: Messages) -> Step:
        if "fine" in last_words(messages):
            return Say("Good.")
        return ASK_LOANS if prompt.startswith(SUPERVISOR) else both

    team = Team(tmp_path, decide)

    async def fail(call: ToolCall) -> str:
        raise ToolFailed("LoansTool failed")

    described = load_team(tmp_path)
    controls = tuple(control.model_copy(update={"outcome": outcome}) for control in described.controls)
    team.team = build_team(described.model_copy(update={"controls": controls}), {"renew": fail}, team.model)

    if outcome == "escalate":
        (asked,) = await team.ask()
        assert isinstance(asked, Controls)
        assert asked.calls[0].arguments == {"wish": "a person"}
    else:
        with pytest.raises(ToolFailed):
            await team.ask()
    assert await team.ask("fine") == [Text("Good.")]
    assert is_sound(team.model.seen[-1])


@pytest.mark.parametrize(("step", "error"), [(Fail(), ModelThrottledException), (Ramble(), MaxTokensReachedException)])
@pytest.mark.parametrize("who", [SUPERVISOR, LOANS])
async def test_a_models_failure_is_the_answers_whoever_asked_it(
    tmp_path: Path, who: str, step: Step, error: type[Exception]
) -> None:
    """A supervisor would make up what its collaborator could not say; the next turn works."""

    def decide(prompt: str, messages: Messages) -> Step:
        if "fine" in last_words(messages):
            return Say("Good.")
        return step if prompt.startswith(who) else ASK_LOANS

    team = Team(tmp_path, decide)

    with pytest.raises(error):
        await team.ask()

    assert team.model.calls == (1 if who == SUPERVISOR else 2)
    assert await team.ask("fine") == [Text("Good.")]
    assert is_sound(team.model.seen[-1])


async def test_a_control_beside_a_tool_runs_the_tool_once(tmp_path: Path) -> None:
    """The control's body runs again on resume; the tool that ran beside it does not."""

    def decide(prompt: str, messages: Messages) -> Step:
        if "toolResult" in messages[-1]["content"][-1]:
            return Say("Done.")
        if prompt.startswith(SUPERVISOR):
            return ASK_LOANS
        return Use((("renew", {"card": "C12"}), ("fetch", {"wish": "a person"})))

    team = Team(tmp_path, decide)
    (asked,) = await team.ask()
    assert isinstance(asked, Controls)

    answers = [answer async for answer in team.team.resume({asked.calls[0].id: "{}"})]

    assert (answers, team.runs) == ([Text("Done.")], 1)


async def test_controls_asked_for_together_are_answered_together(tmp_path: Path) -> None:
    """One message may hold several; each has its own answer."""

    def decide(prompt: str, messages: Messages) -> Step:
        if "toolResult" in messages[-1]["content"][-1]:
            results = [block["toolResult"]["content"][0]["text"] for block in messages[-1]["content"]]
            return Say(" ".join(results))
        if prompt.startswith(SUPERVISOR):
            return ASK_LOANS
        return Use((("fetch", {"wish": "one"}), ("fetch", {"wish": "two"})))

    team = Team(tmp_path, decide)
    (asked,) = await team.ask()
    assert isinstance(asked, Controls)
    assert asked.calls == team.team.waiting()
    answers_by_wish = {call.arguments["wish"]: call.id for call in asked.calls}

    results = {answers_by_wish["one"]: "first", answers_by_wish["two"]: "second"}
    answers = [answer async for answer in team.team.resume(results)]

    assert answers == [Text("first second\n")]


async def test_a_control_may_follow_a_control(tmp_path: Path) -> None:
    """The answer to one leads to the next."""

    def decide(prompt: str, messages: Messages) -> Step:
        done = sum("toolResult" in block for message in messages for block in message["content"])
        if prompt.startswith(SUPERVISOR):
            return Say("Done.") if done else ASK_LOANS
        return Use((("fetch", {"wish": str(done)}),)) if done < 2 else Say("Both.")

    team = Team(tmp_path, decide)
    asked = await team.ask()
    for wish in ("0", "1"):
        (controls,) = asked
        assert isinstance(controls, Controls)
        (call,) = controls.calls
        assert call.arguments == {"wish": wish}
        asked = [answer async for answer in team.team.resume({call.id: "{}"})]

    assert asked == [Text("Done.")]
