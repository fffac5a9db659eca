"""The checker finds, before Connect does, what would be refused or would strand somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from amazon_connect.blocks import NOT_BLOCKS
from amazon_connect.builder import FlowBuilder
from amazon_connect.checker import MAX_BLOCKS, Problem, check, check_source
from amazon_connect.model import Action, Condition, ErrorBranch, Flow, Phrase, Placeholder, Transitions, Value


def a_flow() -> Flow:
    """A small sound flow with one block of every kind."""
    flow = FlowBuilder(name="All kinds", description="")
    flow.set_logging("log", "Enabled", then="welcome")
    flow.say("welcome", Phrase("flow.welcome"), then="start")
    flow.invoke("start", Placeholder("START_BOT_ARN"), {"action": "join"}, then="mark", on_error="mark")
    flow.set_attributes("mark", {"seen": "$.External.status"}, then="wait", on_error="wait")
    flow.wait_for_bot("wait", seconds=90, bot_left="which", time_over="which", no_bot="which", on_error="which")
    flow.compare("which", "$.Attributes.outcome", cases={"end": "end"}, otherwise="queue")
    flow.set_queue("queue", Placeholder("QUEUE_ARN"), then="transfer", on_error="transfer")
    flow.transfer_to_queue("transfer", queue_full="again", on_error="again")
    flow.repeat("again", times=3, again="pause", done="end")
    flow.pause("pause", seconds=60, then="queue")
    flow.disconnect("end")
    return flow.build()


def with_block(identifier: str, change: Callable[[Action], Action]) -> Flow:
    flow = a_flow()
    actions = (change(action) if action.identifier == identifier else action for action in flow.actions)
    return replace(flow, actions=tuple(actions))


def with_parameter(identifier: str, name: str, value: Value) -> Flow:
    return with_block(identifier, lambda action: replace(action, parameters={**action.parameters, name: value}))


def without_parameter(identifier: str, name: str) -> Flow:
    return with_block(
        identifier,
        lambda action: replace(action, parameters={k: v for k, v in action.parameters.items() if k != name}),
    )


def with_transitions(identifier: str, change: Callable[[Transitions], Transitions]) -> Flow:
    return with_block(identifier, lambda action: replace(action, transitions=change(action.transitions)))


def the_problem(flow: Flow) -> Problem:
    problems = check(flow)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_sound_flow_has_no_problem() -> None:
    """Otherwise all that follows proves nothing."""
    assert check(a_flow()) == []


def test_a_problem_says_where_what_and_how_to_mend_it() -> None:
    """It is read by somebody who knows the designer, not the JSON."""
    problem = the_problem(with_parameter("pause", "TimeLimitSeconds", 60))

    assert str(problem) == (
        "Block 'pause' has a wrong TimeLimitSeconds. "
        'TimeLimitSeconds should be a number in quotes ("60"), as the designer writes it.'
    )


@pytest.mark.parametrize(
    ("block", "name", "value"),
    [
        ("log", "FlowLoggingBehavior", "On"),
        ("welcome", "Text", ""),
        ("welcome", "Text", "x" * 3_001),
        ("welcome", "Text", "Hello $.Atributes.name"),
        ("welcome", "Text", ("Hello",)),
        ("start", "LambdaFunctionARN", "start-bot"),
        ("start", "LambdaFunctionARN", "arn:aws:sns:eu-west-1:111122223333:topic"),
        ("start", "InvocationTimeLimitSeconds", "9"),
        ("start", "InvocationTimeLimitSeconds", "0"),
        ("start", "InvocationTimeLimitSeconds", 8),
        ("start", "InvocationTimeLimitSeconds", "$.Attributes.limit"),
        ("start", "InvocationType", "ASYNCHRONOUS"),
        ("start", "LambdaInvocationAttributes", {"count": 1}),
        ("start", "LambdaInvocationAttributes", {"name": "$.Nothing.name"}),
        ("start", "LambdaInvocationAttributes", "action=join"),
        ("start", "ResponseValidation", {"ResponseType": "XML"}),
        ("mark", "Attributes", {"two words": "x"}),
        ("mark", "Attributes", {"long": "x" * 32_768}),
        ("mark", "TargetContact", "Related"),
        ("wait", "TimeLimitSeconds", "604801"),
        ("wait", "TimeLimitSeconds", "1.5"),
        ("wait", "TimeLimitSeconds", "soon"),
        ("wait", "Events", ("BotLeft",)),
        ("wait", "Events", ("BotParticipantDisconnected", "BotParticipantDisconnected")),
        ("which", "ComparisonValue", "the outcome"),
        ("which", "ComparisonValue", "$.Attributes.a $.Attributes.b"),
        ("which", "ComparisonValue", "$.Elsewhere.a"),
        ("queue", "QueueId", "BasicQueue"),
        ("again", "LoopCount", "101"),
        ("again", "LoopCount", 10),
        ("transfer", "QueueId", "x"),
    ],
)
def test_a_wrong_parameter_is_a_problem_of_its_block(block: str, name: str, value: Value) -> None:
    """Limits and forms are those of Connect's documentation and of console exports."""
    problems = check(with_parameter(block, name, value))

    assert problems
    assert {problem.block for problem in problems} == {block}
    assert any(name in str(problem) for problem in problems)


@pytest.mark.parametrize(
    ("block", "name", "value"),
    [
        ("wait", "TimeLimitSeconds", "$.External.seconds"),
        ("again", "LoopCount", "$.Attributes['how often']"),
        ("again", "LoopCount", "0"),
        ("queue", "QueueId", "$.Attributes.queue_arn"),
        ("queue", "QueueId", "arn:aws:connect:eu-west-1:111122223333:instance/i/queue/q"),
        ("start", "LambdaFunctionARN", "arn:aws:lambda:eu-west-1:111122223333:function:start-bot:live"),
        ("start", "ResponseValidation", {"ResponseType": "JSON"}),
        ("welcome", "Text", "Hello $.Attributes.name, it costs $1000."),
    ],
)
def test_what_connect_takes_is_no_problem(block: str, name: str, value: Value) -> None:
    """A checker that cries wolf is switched off."""
    assert check(with_parameter(block, name, value)) == []


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ("log", "FlowLoggingBehavior"),
        ("welcome", "Text"),
        ("start", "LambdaFunctionARN"),
        ("wait", "TimeLimitSeconds"),
        ("which", "ComparisonValue"),
        ("queue", "QueueId"),
        ("again", "LoopCount"),
        ("mark", "TargetContact"),
    ],
)
def test_a_missing_parameter_is_a_problem(block: str, name: str) -> None:
    """Connect refuses the whole flow for one of them."""
    assert f"has no {name}" in the_problem(without_parameter(block, name)).what


def test_the_guides_name_for_the_waiting_time_is_explained() -> None:
    """The developer guide says TimeoutSeconds; the designer and the service say TimeLimitSeconds."""
    flow = with_block("pause", lambda action: replace(action, parameters={"TimeoutSeconds": "60"}))

    assert "Rename TimeoutSeconds" in check(flow)[0].mend


@pytest.mark.parametrize("invented", sorted(NOT_BLOCKS))
def test_an_undocumented_type_is_refused_with_the_right_one(invented: str) -> None:
    """Such types circulate in generated flows; Connect has none of them."""
    problem = the_problem(with_block("welcome", lambda action: replace(action, type=invented)))

    assert "does not have" in problem.what
    assert NOT_BLOCKS[invented] in problem.mend


def test_a_type_that_this_project_does_not_use_is_refused() -> None:
    """It is not judged, so it is not called sound."""
    problem = the_problem(with_block("welcome", lambda action: replace(action, type="CheckHoursOfOperation")))

    assert "does not know" in problem.what


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ("welcome", "NoMatchingError"),
        ("start", "NoMatchingError"),
        ("mark", "NoMatchingError"),
        ("wait", "ParticipantNotFound"),
        ("wait", "NoMatchingError"),
        ("which", "NoMatchingCondition"),
        ("queue", "NoMatchingError"),
        ("transfer", "QueueAtCapacity"),
        ("transfer", "NoMatchingError"),
    ],
)
def test_a_missing_error_branch_is_a_problem(block: str, error: str) -> None:
    """Without it somebody is hung up on when something fails."""

    def drop(transitions: Transitions) -> Transitions:
        return replace(transitions, errors=tuple(e for e in transitions.errors if e.error_type != error))

    assert error in the_problem(with_transitions(block, drop)).what


@pytest.mark.parametrize(
    ("block", "error"), [("log", "NoMatchingError"), ("again", "NoMatchingError"), ("pause", "ParticipantNotFound")]
)
def test_an_error_that_never_comes_is_a_problem(block: str, error: str) -> None:
    """Only a Wait for the bot can miss the bot; logging and loops cannot fail."""

    def add(transitions: Transitions) -> Transitions:
        return replace(transitions, errors=(*transitions.errors, ErrorBranch(error_type=error, next_action="end")))

    assert error in the_problem(with_transitions(block, add)).what


@pytest.mark.parametrize(
    ("block", "result"),
    [
        ("wait", "WaitCompleted"),
        ("wait", "BotParticipantDisconnected"),
        ("again", "ContinueLooping"),
        ("again", "DoneLooping"),
    ],
)
def test_every_result_of_a_block_needs_its_condition(block: str, result: str) -> None:
    """Connect refuses a Wait or a Loop that lacks one."""

    def drop(transitions: Transitions) -> Transitions:
        return replace(transitions, conditions=tuple(c for c in transitions.conditions if c.operands != (result,)))

    assert result in the_problem(with_transitions(block, drop)).what


def a_condition(operator: str, *operands: str) -> Callable[[Transitions], Transitions]:
    added = Condition(operator=operator, operands=operands, next_action="end")
    return lambda transitions: replace(transitions, conditions=(*transitions.conditions, added))


@pytest.mark.parametrize(
    ("block", "operator", "operands"),
    [
        ("again", "Equals", ("Looping",)),
        ("which", "IsLike", ("e",)),
        ("which", "Equals", ()),
        ("which", "Equals", ("a", "b")),
        ("which", "Equals", ("end",)),
        ("welcome", "Equals", ("said",)),
    ],
)
def test_a_condition_that_cannot_hold_is_a_problem(block: str, operator: str, operands: tuple[str, ...]) -> None:
    """Unknown operators and results, too many values, the same test twice."""
    problems = check(with_transitions(block, a_condition(operator, *operands)))

    assert {problem.block for problem in problems} == {block}


def test_a_compare_without_conditions_is_a_problem() -> None:
    """It compares with nothing."""
    flow = with_transitions("which", lambda transitions: replace(transitions, conditions=()))

    assert "compares with nothing" in [problem.what for problem in check(flow)]


def test_more_than_fifty_conditions_are_a_problem() -> None:
    """Connect's limit for one block."""
    many = tuple(Condition(operator="Equals", operands=(str(n),), next_action="end") for n in range(51))

    problem = the_problem(with_transitions("which", lambda transitions: replace(transitions, conditions=many)))

    assert "51 conditions" in problem.what


def test_a_block_that_leads_to_nothing_is_a_problem() -> None:
    """A typing mistake in a name."""
    problem = the_problem(with_transitions("log", lambda transitions: replace(transitions, next_action="welcom")))

    assert "'welcom', which does not exist" in problem.what


def test_a_block_without_a_way_on_is_a_problem() -> None:
    """The flow would stop there and hang up."""
    problem = the_problem(with_transitions("log", lambda transitions: replace(transitions, next_action=None)))

    assert "where the flow goes on" in problem.what


def test_a_disconnect_that_leads_on_is_a_problem() -> None:
    """Nothing comes after the end."""
    problem = the_problem(with_transitions("end", lambda transitions: replace(transitions, next_action="log")))

    assert "ends the flow but leads on" in problem.what


def test_a_block_that_cannot_be_reached_is_a_problem() -> None:
    """It was forgotten, or a branch to it was."""
    problem = the_problem(with_transitions("log", lambda transitions: replace(transitions, next_action="start")))

    assert (problem.block, problem.what) == ("welcome", "cannot be reached")


def test_a_start_that_does_not_exist_is_a_problem() -> None:
    """The console would open an empty flow."""
    assert "starts at 'nowhere'" in the_problem(replace(a_flow(), start="nowhere")).what


@pytest.mark.parametrize("name", ["x" * 51, "", "wait (bot)", "50%", "a:b", "a/b", "a,b", "toString", "__proto__"])
def test_a_name_that_connect_refuses_is_a_problem(name: str) -> None:
    """At most 50 characters, none of Connect's own signs, no name that a browser keeps for itself."""
    flow = replace(a_flow(), actions=(*a_flow().actions, Action(identifier=name, type="DisconnectParticipant")))

    assert [problem.block for problem in check(flow)] == [name]


def test_a_name_may_have_spaces_and_accents() -> None:
    """Names are read in the designer."""
    end = Action(identifier="fin de la conversación", type="DisconnectParticipant")

    assert check(Flow(start=end.identifier, actions=(end,))) == []


def test_two_blocks_of_one_name_are_a_problem() -> None:
    """Nobody could say which of them is meant."""
    flow = a_flow()

    problem = the_problem(replace(flow, actions=(*flow.actions, flow.actions[-1])))

    assert problem.what == "exists 2 times"


def test_a_flow_without_blocks_is_a_problem() -> None:
    """There is nothing to run."""
    assert "no blocks" in the_problem(Flow(start="", actions=())).what


def test_more_than_250_blocks_are_a_problem() -> None:
    """Connect's limit for one flow."""
    blocks = [
        Action(
            identifier=f"b{n}",
            type="UpdateFlowLoggingBehavior",
            parameters={"FlowLoggingBehavior": "Enabled"},
            transitions=Transitions(next_action=f"b{n + 1}"),
        )
        for n in range(MAX_BLOCKS)
    ]
    last = Action(identifier=f"b{MAX_BLOCKS}", type="DisconnectParticipant")

    assert "251 blocks" in the_problem(Flow(start="b0", actions=(*blocks, last))).what


def test_content_over_256000_characters_is_a_problem() -> None:
    """CloudFormation and the API refuse it."""
    flow = FlowBuilder(name="Talkative", description="")
    for n in range(100):
        flow.say(f"b{n}", Phrase("flow.welcome"), then=f"b{n + 1}")
    flow.disconnect("b100")
    built = flow.build()
    actions = (replace(a, parameters={"Text": "x" * 3_000}) if a.parameters else a for a in built.actions)

    assert "characters long" in the_problem(replace(built, actions=tuple(actions))).what


def test_a_source_with_a_sentence_is_a_problem() -> None:
    """Sentences live in one file per language."""
    problems = check_source(with_parameter("welcome", "Text", "Hello"))

    assert [problem.what for problem in problems] == ["holds a sentence"]


def test_a_source_with_an_arn_is_a_problem() -> None:
    """A flow file belongs to no account."""
    problems = check_source(
        with_parameter("queue", "QueueId", "arn:aws:connect:eu-west-1:111122223333:instance/i/queue/q")
    )

    assert [problem.what for problem in problems] == ["names an ARN"]
