"""Bedrock Agents beyond the contract: requests, API schemas, collaborators, confirmations, traces of guardrails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import AgentEvent, Finished, Question, Refused, Result, ReturnControl, Text
from tests.lambdas.adapters.agent_benches import BLOCKED, BedrockAgentsBench, events_of, intervened, running
from tests.lambdas.aws_server import CUT, Cut, Stream, chunk, event, failure, refusal

QUESTION = Question(
    contact_id="contact-1",
    session_id="session-1",
    turn_id="1763633700000-m1",
    text="¿Dónde está mi pedido?",
    language="es",
    told={"name": "Ana"},
)
ESCALATE = {
    "actionGroup": "escalation",
    "function": "escalate",
    "agentId": "COLLAB0001",
    "collaboratorName": "escalation",
    "actionInvocationType": "RESULT",
    "parameters": [
        {"name": "description", "type": "string", "value": "Quiere hablar con una persona"},
        {"name": "priority", "type": "integer", "value": "2"},
    ],
}
CREATE_RETURN = {
    "actionGroup": "returns",
    "agentId": "COLLAB0002",
    "httpMethod": "POST",
    "apiPath": "/orders/{number}/returns",
    "parameters": [{"name": "number", "type": "string", "value": "10020030"}],
    "requestBody": {
        "content": {"application/json": {"properties": [{"name": "why", "type": "string", "value": "roto"}]}}
    },
}
DENIED = {"topicPolicy": {"topics": [{"name": "promises", "type": "DENY", "action": "BLOCKED"}]}}
MASKED = {"sensitiveInformationPolicy": {"piiEntities": [{"type": "PHONE", "match": "1", "action": "ANONYMIZED"}]}}


@pytest.fixture
def bench() -> Iterator[BedrockAgentsBench]:
    with running("bedrock-agents") as bench:
        assert isinstance(bench, BedrockAgentsBench)
        yield bench


def returned(*inputs: dict[str, Any]) -> bytes:
    return event("returnControl", invocationId="invocation-1", invocationInputs=list(inputs))


def calling(function: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"functionInvocationInput": {**function, **members}}


def heard(bench: BedrockAgentsBench, *pieces: bytes | Cut) -> list[AgentEvent]:
    bench.aws.answers("POST", bench.path, Stream(pieces))
    return list(events_of(bench.agents.ask(QUESTION)))


def control_in(events: list[AgentEvent]) -> ReturnControl:
    control = events[-1]
    assert isinstance(control, ReturnControl)
    return control


def results_of(bench: BedrockAgentsBench, control: ReturnControl, result: Result) -> list[dict[str, Any]]:
    """What the team is told when every function of a control has come to the same."""
    bench.aws.answers("POST", bench.path, Stream([chunk("Hecho.")]))
    list(bench.agents.resume(QUESTION, control.pending, {call.function: result for call in control.calls}))
    results: list[dict[str, Any]] = bench.requests[-1].json["sessionState"]["returnControlInvocationResults"]
    return results


# ---- what is asked


def test_a_question_goes_out_with_all_the_service_needs(bench: BedrockAgentsBench) -> None:
    """Text as it comes, and the trace, which alone tells that a guardrail stepped in."""
    heard(bench, chunk("Hola"))

    assert bench.requests[0].path == "/agents/AGENT0001/agentAliases/ALIAS00001/sessions/session-1/text"
    assert bench.requests[0].json == {
        "inputText": "¿Dónde está mi pedido?",
        "sessionState": {
            "sessionAttributes": {"name": "Ana", "contact_id": "contact-1", "turn_id": "1763633700000-m1"},
            "promptSessionAttributes": {"language": "es"},
        },
        "enableTrace": True,
        "streamingConfigurations": {"streamFinalResponse": True},
    }


# ---- what is heard


def test_a_chunk_may_end_inside_a_character(bench: BedrockAgentsBench) -> None:
    """Bytes are joined before they are decoded."""
    data = "¡Año nuevo! 👋".encode()

    events = heard(bench, *(chunk(data[place : place + 1]) for place in range(len(data))))

    assert "".join(piece.text for piece in events if isinstance(piece, Text)) == "¡Año nuevo! 👋"
    assert events[-1] == Finished()


def test_an_answer_that_ends_inside_a_character_still_ends(bench: BedrockAgentsBench) -> None:
    """The broken character is shown as such; the rest of the answer is not lost for it."""
    assert heard(bench, chunk("Año".encode()[:2])) == [Text("A"), Text("\ufffd"), Finished()]


def test_an_empty_chunk_says_nothing(bench: BedrockAgentsBench) -> None:
    """The service sends one where it has only citations."""
    assert heard(bench, chunk(""), event("chunk", attribution={"citations": []})) == [Finished()]


def test_an_answer_that_nobody_can_read_is_none(bench: BedrockAgentsBench) -> None:
    """A control must be a function's or an API operation's; botocore refuses one that is neither."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(bench, returned({}))

    assert raised.value.code == "ResponseParserError"


# ---- controls


def test_functions_and_api_operations_may_come_together(bench: BedrockAgentsBench) -> None:
    """A team may be described by functions or by an OpenAPI schema; up to five come in one response."""
    events = heard(bench, returned(*[calling(ESCALATE)] * 4, {"apiInvocationInput": CREATE_RETURN}))

    assert [call.function for call in control_in(events).calls] == [*["escalate"] * 4, "POST /orders/{number}/returns"]


def test_an_api_operation_brings_parameters_and_body(bench: BedrockAgentsBench) -> None:
    """Both are what the agent found out."""
    (call,) = control_in(heard(bench, returned({"apiInvocationInput": CREATE_RETURN}))).calls

    assert call == Call(
        function="POST /orders/{number}/returns",
        action_group="returns",
        parameters={"number": "10020030", "why": "roto"},
    )


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {}),
        ({"parameters": []}, {}),
        ({"parameters": [{"name": "description", "type": "string", "value": ""}]}, {"description": ""}),
        ({"parameters": [{"name": "description", "type": "string"}, {"type": "string", "value": "x"}]}, {}),
    ],
)
def test_parameters_may_be_missing_or_empty(
    bench: BedrockAgentsBench, parameters: dict[str, Any], expected: dict[str, str]
) -> None:
    """What that means is the policy's to say."""
    function = {"actionGroup": "escalation", "function": "escalate", **parameters}

    (call,) = control_in(heard(bench, returned(calling(function)))).calls

    assert call.parameters == expected


@pytest.mark.parametrize("inputs", [[], [{"somethingNew": {"name": "x"}}], [calling({"actionGroup": "x"})]])
def test_a_control_without_a_name_is_one_nobody_knows(bench: BedrockAgentsBench, inputs: list[dict[str, Any]]) -> None:
    """It goes to a person like every control outside the policy, instead of breaking the turn."""
    (call,) = control_in(heard(bench, returned(*inputs))).calls

    assert call.function.strip() == ""


def test_the_answer_to_a_control_reaches_the_collaborator_that_asked(bench: BedrockAgentsBench) -> None:
    """`agentId` says whose result it is; a function's is text, an operation's is JSON."""
    control = control_in(heard(bench, returned(calling(ESCALATE), {"apiInvocationInput": CREATE_RETURN})))

    assert results_of(bench, control, Result.NOTED) == [
        {
            "functionResult": {
                "actionGroup": "escalation",
                "agentId": "COLLAB0001",
                "function": "escalate",
                "responseBody": {"TEXT": {"body": '{"status": "noted"}'}},
            }
        },
        {
            "apiResult": {
                "actionGroup": "returns",
                "agentId": "COLLAB0002",
                "httpMethod": "POST",
                "apiPath": "/orders/{number}/returns",
                "httpStatusCode": 200,
                "responseBody": {"application/json": {"body": '{"status": "noted"}'}},
            }
        },
    ]
    assert bench.requests[1].json["sessionState"]["sessionAttributes"]["turn_id"] == "1763633700000-m1"


def test_a_single_agent_is_answered_without_an_agent_id(bench: BedrockAgentsBench) -> None:
    """Only collaborators have one; an empty id would be refused."""
    control = control_in(heard(bench, returned(calling({"actionGroup": "escalation", "function": "escalate"}))))

    (result,) = results_of(bench, control, Result.NOTED)

    assert "agentId" not in result["functionResult"]


@pytest.mark.parametrize(("result", "state"), [(Result.NOTED, "CONFIRM"), (Result.REFUSED, "DENY")])
@pytest.mark.parametrize("wants", ["USER_CONFIRMATION", "USER_CONFIRMATION_AND_RESULT"])
@pytest.mark.parametrize("kind", ["functionInvocationInput", "apiInvocationInput"])
def test_a_control_that_wants_to_be_confirmed_is(
    bench: BedrockAgentsBench, kind: str, wants: str, result: Result, state: str
) -> None:
    """The policy lets the bot stay for it: confirmed once it is done, denied if it could not be."""
    asked = ESCALATE if kind == "functionInvocationInput" else CREATE_RETURN
    control = control_in(heard(bench, returned({kind: {**asked, "actionInvocationType": wants}})))

    (answered,) = (one for each in results_of(bench, control, result) for one in each.values())

    assert answered["confirmationState"] == state
    assert ("responseBody" in answered) is (wants == "USER_CONFIRMATION_AND_RESULT")


def test_what_is_kept_of_five_controls_is_their_names(bench: BedrockAgentsBench) -> None:
    """And what it takes to answer them."""
    pending = control_in(heard(bench, returned(*[calling(ESCALATE)] * 5))).pending

    assert json.loads(pending)["invocationId"] == "invocation-1"
    assert len(pending) < 1_024


# ---- a guardrail


def test_after_a_guardrail_stepped_in_only_its_own_words_come(bench: BedrockAgentsBench) -> None:
    """Whatever they are: a customer's own agent may have another sentence than the stack's."""
    events = heard(bench, chunk("Su pedido "), intervened(DENIED), chunk("Blocked by Acme."), intervened(DENIED))

    assert events == [Text("Su pedido "), Refused("guardrail"), Finished()]


@pytest.mark.parametrize("pieces", [[BLOCKED], [BLOCKED[:3], BLOCKED[3:]], [*BLOCKED], [f"{BLOCKED}\n"]])
def test_the_guardrails_sentence_may_come_before_its_trace(bench: BedrockAgentsBench, pieces: list[str]) -> None:
    """It is held back until the trace says whose it is; the order of the two is documented nowhere."""
    assert heard(bench, *map(chunk, pieces), intervened(DENIED)) == [Refused("guardrail"), Finished()]


def test_the_same_sentence_from_the_agent_is_its_answer(bench: BedrockAgentsBench) -> None:
    """No trace says otherwise."""
    assert heard(bench, chunk(BLOCKED)) == [Text(BLOCKED), Finished()]


def test_a_beginning_that_is_none_is_let_go(bench: BedrockAgentsBench) -> None:
    """At the first letter that differs."""
    events = heard(bench, chunk(BLOCKED[:12]), chunk("at that."))

    assert "".join(piece.text for piece in events if isinstance(piece, Text)) == f"{BLOCKED[:12]}at that."


def test_what_is_held_back_is_spoken_before_a_control(bench: BedrockAgentsBench) -> None:
    """Text that came with a control comes first, whatever it looks like."""
    events = heard(bench, chunk(BLOCKED), returned(calling(ESCALATE)))

    assert events[0] == Text(BLOCKED)
    assert control_in(events).calls[0].function == "escalate"


@pytest.mark.parametrize(
    "by",
    [
        {"collaboratorName": "orders"},
        {
            "callerChain": [
                {"agentAliasArn": "arn:aws:bedrock:eu-west-1:000000000000:agent-alias/AGENT0001/ALIAS00001"}
            ]
            * 2
        },
    ],
)
def test_a_collaborators_guardrail_does_not_end_the_answer(bench: BedrockAgentsBench, by: dict[str, Any]) -> None:
    """Its supervisor may find an answer all the same."""
    events = heard(bench, intervened(DENIED, **by), chunk("Le ayudo de otra manera."))

    assert events == [Text("Le ayudo de otra manera."), Finished()]


def test_a_collaborators_refusal_that_its_supervisor_passes_on_is_one(bench: BedrockAgentsBench) -> None:
    """Then the sentence is all there is."""
    events = heard(bench, intervened(DENIED, collaboratorName="orders"), chunk(BLOCKED))

    assert events == [Refused("guardrail"), Finished()]


@pytest.mark.parametrize(
    ("assessment", "refused"),
    [
        (DENIED, True),
        ({"contentPolicy": {"filters": [{"type": "PROMPT_ATTACK", "action": "BLOCKED"}]}}, True),
        ({"wordPolicy": {"customWords": [{"match": "x", "action": "BLOCKED"}]}}, True),
        (MASKED, False),
        ({**MASKED, **DENIED}, True),
        ({}, True),
    ],
)
def test_only_what_was_blocked_is_refused(
    bench: BedrockAgentsBench, assessment: dict[str, Any], *, refused: bool
) -> None:
    """Masking changes the text and refuses nothing; an intervention that says nothing of itself counts as blocked."""
    events = heard(bench, intervened(assessment), chunk("Hola"))

    assert events == [Refused("guardrail"), Finished()] if refused else [Text("Hola"), Finished()]


def test_a_guardrail_that_looked_and_let_through_changes_nothing(bench: BedrockAgentsBench) -> None:
    """Its trace comes with every answer."""
    looked = event("trace", agentId="AGENT0001", trace={"guardrailTrace": {"action": "NONE", "traceId": "trace-1"}})

    assert heard(bench, looked, chunk("Hola"), looked) == [Text("Hola"), Finished()]


# ---- the end of a session


def test_ending_a_session_says_nothing_to_it(bench: BedrockAgentsBench) -> None:
    """The service wants a text even so."""
    bench.aws.answers("POST", bench.path, Stream([]))

    bench.agents.end("session-1")

    assert bench.requests[0].json["endSession"] is True
    assert bench.requests[0].json["inputText"] == "-"


@pytest.mark.parametrize(
    "reply",
    [refusal("AccessDeniedException", status=403), Stream([failure("conflictException")]), Stream([CUT])],
    ids=["refused", "failed in mid-stream", "cut"],
)
def test_a_session_that_cannot_be_ended_lapses(bench: BedrockAgentsBench, reply: Any) -> None:
    """Best effort, and once."""
    bench.aws.answers("POST", bench.path, reply)

    bench.agents.end("session-1")

    assert bench.calls == 1
