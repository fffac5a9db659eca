"""A team of Bedrock Agents: a real boto3 client over HTTP against a server that speaks true event streams."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from lambdas.adapters.bedrock_agents import BedrockAgents, conversation_history
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import AgentEvent, Finished, Question, Result, ReturnControl, Role, Said, Text
from tests.lambdas.aws_server import CUT, AwsServer, Cut, Stream, chunk, event, failure, refusal

if TYPE_CHECKING:
    from types_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient

PATH = "/agents/AGENT0001/agentAliases/ALIAS00001/sessions/session-1/text"
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


@pytest.fixture(scope="module")
def client() -> Iterator[AgentsforBedrockRuntimeClient]:
    """One client for all tests, pointed at whatever server a test runs."""
    client = boto3.client(
        "bedrock-agent-runtime",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    yield client
    client.close()


@pytest.fixture
def aws(client: AgentsforBedrockRuntimeClient) -> Iterator[AwsServer]:
    server = AwsServer()

    def go_there(request: Any, **_: object) -> None:
        request.url = request.url.replace("http://127.0.0.1:9", server.url)

    client.meta.events.register("before-sign.bedrock-agent-runtime", go_there, unique_id="there")
    with server.running():
        yield server
    client.meta.events.unregister("before-sign.bedrock-agent-runtime", unique_id="there")


@pytest.fixture
def agents(client: AgentsforBedrockRuntimeClient) -> BedrockAgents:
    return BedrockAgents(client, "AGENT0001", "ALIAS00001")


def returned(*inputs: dict[str, Any], **members: Any) -> bytes:
    return event("returnControl", invocationId="invocation-1", invocationInputs=list(inputs), **members)


def calling(function: dict[str, Any]) -> dict[str, Any]:
    return {"functionInvocationInput": function}


def heard(aws: AwsServer, agents: BedrockAgents, *pieces: bytes | Cut) -> list[AgentEvent]:
    aws.answers("POST", PATH, Stream(pieces))
    return list(agents.ask(QUESTION))


def control_in(events: list[AgentEvent]) -> ReturnControl:
    control = events[-1]
    assert isinstance(control, ReturnControl)
    return control


# ---- what is asked


def test_a_question_goes_to_its_session_with_what_tools_and_agents_need(aws: AwsServer, agents: BedrockAgents) -> None:
    """`contact_id` and `turn_id` let tools do nothing twice; the language is for this turn only."""
    heard(aws, agents, chunk("Hola"))

    assert aws.requests[0].path == PATH
    assert aws.requests[0].json == {
        "inputText": "¿Dónde está mi pedido?",
        "sessionState": {
            "sessionAttributes": {"name": "Ana", "contact_id": "contact-1", "turn_id": "1763633700000-m1"},
            "promptSessionAttributes": {"language": "es"},
        },
        "enableTrace": True,
        "streamingConfigurations": {"streamFinalResponse": True},
    }


def test_a_told_attribute_cannot_pass_for_the_contact(aws: AwsServer, agents: BedrockAgents) -> None:
    """Attributes of the chat come from the customer's side; tools trust `contact_id`."""
    aws.answers("POST", PATH, Stream([chunk("Hola")]))

    list(agents.ask(replace(QUESTION, told={"contact_id": "somebody else's"})))

    assert aws.requests[0].json["sessionState"]["sessionAttributes"]["contact_id"] == "contact-1"


def test_nothing_is_asked_before_somebody_listens(aws: AwsServer, agents: BedrockAgents) -> None:
    """The iterator is made in one thread and read in another; the call belongs to the reader."""
    agents.ask(QUESTION)

    assert aws.requests == []


def test_a_new_session_is_told_the_earlier_talk(aws: AwsServer, agents: BedrockAgents) -> None:
    """A session that lapsed has forgotten it."""
    aws.answers("POST", PATH, Stream([chunk("Hola")]))
    history = (said("CUSTOMER", "Hola"), said("CUSTOM_BOT", "¡Hola! ¿En qué te ayudo?"))

    list(agents.ask(replace(QUESTION, history=history)))

    assert aws.requests[0].json["sessionState"]["conversationHistory"] == {
        "messages": [
            {"role": "user", "content": [{"text": "Hola"}]},
            {"role": "assistant", "content": [{"text": "¡Hola! ¿En qué te ayudo?"}]},
        ]
    }


def said(role: Role, text: str) -> Said:
    return Said(id="i", at=0.0, role=role, text=text, content_type="text/plain")


def test_history_begins_with_the_customer_and_takes_turns() -> None:
    """The service refuses anything else; a person counts as whoever answered, the flow's prompts do not count."""
    talk = (
        said("SYSTEM", "Bienvenida"),
        said("CUSTOM_BOT", "¡Hola!"),
        said("CUSTOMER", "Hola"),
        said("CUSTOMER", "¿Dónde está mi pedido?"),
        said("AGENT", "Lo miro."),
        said("CUSTOM_BOT", ""),
        said("CUSTOM_BOT", "Está en camino."),
        said("CUSTOMER", "Gracias"),
    )

    assert [(message["role"], message["content"][0]["text"]) for message in conversation_history(talk)] == [
        ("user", "Hola\n¿Dónde está mi pedido?"),
        ("assistant", "Lo miro.\nEstá en camino."),
        ("user", "Gracias"),
    ]


# ---- what is heard


def test_text_comes_in_the_pieces_it_came_in(aws: AwsServer, agents: BedrockAgents) -> None:
    """The first sentence is spoken while the rest is still being written."""
    assert heard(aws, agents, chunk("Tu pedido "), chunk("está en camino.")) == [
        Text("Tu pedido "),
        Text("está en camino."),
        Finished(),
    ]


def test_text_is_heard_before_the_answer_ends(aws: AwsServer, agents: BedrockAgents) -> None:
    """A stream that is kept until its end would be no stream."""
    goes_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield chunk("Un momento.")
        assert goes_on.wait(5)
        yield chunk(" Ya está.")

    aws.answers("POST", PATH, Stream(pieces()))
    answer = agents.ask(QUESTION)

    first = next(answer)
    goes_on.set()

    assert [first, *answer] == [Text("Un momento."), Text(" Ya está."), Finished()]


def test_a_chunk_may_end_inside_a_character(aws: AwsServer, agents: BedrockAgents) -> None:
    """Bytes are joined before they are decoded."""
    data = "¡Año nuevo! 👋".encode()

    events = heard(aws, agents, *(chunk(data[place : place + 1]) for place in range(len(data))))

    assert "".join(piece.text for piece in events if isinstance(piece, Text)) == "¡Año nuevo! 👋"
    assert events[-1] == Finished()


def test_an_event_may_come_in_several_packets(aws: AwsServer, agents: BedrockAgents) -> None:
    """The wire cuts where it likes."""
    framed = chunk("Hola")

    assert heard(aws, agents, framed[:7], framed[7:20], framed[20:]) == [Text("Hola"), Finished()]


def test_an_answer_that_ends_inside_a_character_still_ends(aws: AwsServer, agents: BedrockAgents) -> None:
    """The broken character is shown as such; the rest of the answer is not lost for it."""
    assert heard(aws, agents, chunk("Año".encode()[:2])) == [Text("A"), Text("\ufffd"), Finished()]


def test_an_empty_answer_is_finished(aws: AwsServer, agents: BedrockAgents) -> None:
    """What to say then is the turn's to decide."""
    assert heard(aws, agents) == [Finished()]
    assert heard(aws, agents, chunk("")) == [Finished()]


def test_traces_and_files_are_not_for_the_customer(aws: AwsServer, agents: BedrockAgents) -> None:
    """Customers see only what is meant for them."""
    trace = event("trace", agentId="AGENT0001", trace={"orchestrationTrace": {"rationale": {"text": "secret thought"}}})
    files = event("files", files=[{"name": "report.csv", "type": "text/csv", "bytes": "MSwy"}])

    assert heard(aws, agents, trace, chunk("Hola"), files) == [Text("Hola"), Finished()]


# ---- controls


def test_text_that_came_with_a_control_comes_first(aws: AwsServer, agents: BedrockAgents) -> None:
    """It is spoken before the contact leaves."""
    events = heard(aws, agents, chunk("Te paso con una persona."), returned(calling(ESCALATE)))

    assert events[0] == Text("Te paso con una persona.")
    assert control_in(events).calls == (
        Call(
            function="escalate",
            action_group="escalation",
            parameters={"description": "Quiere hablar con una persona", "priority": "2"},
        ),
    )
    assert len(events) == 2


def test_several_controls_may_come_at_once(aws: AwsServer, agents: BedrockAgents) -> None:
    """Up to five in one response, functions and API operations alike."""
    events = heard(aws, agents, returned(calling(ESCALATE), {"apiInvocationInput": CREATE_RETURN}))

    assert [call.function for call in control_in(events).calls] == ["escalate", "POST /orders/{number}/returns"]


def test_an_api_operation_brings_parameters_and_body(aws: AwsServer, agents: BedrockAgents) -> None:
    """A team may be described by functions or by an OpenAPI schema."""
    (call,) = control_in(heard(aws, agents, returned({"apiInvocationInput": CREATE_RETURN}))).calls

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
    aws: AwsServer, agents: BedrockAgents, parameters: dict[str, Any], expected: dict[str, str]
) -> None:
    """What that means is the policy's to say."""
    function = {"actionGroup": "escalation", "function": "escalate", **parameters}

    (call,) = control_in(heard(aws, agents, returned(calling(function)))).calls

    assert call.parameters == expected


@pytest.mark.parametrize("inputs", [[], [{"somethingNew": {"name": "x"}}], [calling({"actionGroup": "x"})]])
def test_a_control_that_names_nothing_is_one_nobody_knows(
    aws: AwsServer, agents: BedrockAgents, inputs: list[dict[str, Any]]
) -> None:
    """It goes to a person like every control outside the policy, instead of breaking the turn."""
    (call,) = control_in(heard(aws, agents, returned(*inputs))).calls

    assert call.function.strip() == ""


def test_the_answer_to_a_control_reaches_the_collaborator_that_asked(aws: AwsServer, agents: BedrockAgents) -> None:
    """`agentId` says whose result it is; the same session, and no new text of the customer."""
    control = control_in(heard(aws, agents, returned(calling(ESCALATE), {"apiInvocationInput": CREATE_RETURN})))
    aws.answers("POST", PATH, Stream([chunk("Hecho.")]))

    results = {"escalate": Result.NOTED, "POST /orders/{number}/returns": Result.REFUSED}
    events = list(agents.resume(QUESTION, control.pending, results))

    assert events == [Text("Hecho."), Finished()]
    request = aws.requests[1].json
    assert "inputText" not in request
    assert request["sessionState"]["invocationId"] == "invocation-1"
    assert request["sessionState"]["sessionAttributes"]["turn_id"] == "1763633700000-m1"
    assert request["sessionState"]["returnControlInvocationResults"] == [
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
                "responseBody": {"application/json": {"body": '{"status": "refused"}'}},
            }
        },
    ]


def test_a_single_agent_is_answered_without_an_agent_id(aws: AwsServer, agents: BedrockAgents) -> None:
    """Only collaborators have one; an empty id would be refused."""
    alone = {"actionGroup": "escalation", "function": "escalate", "parameters": []}
    control = control_in(heard(aws, agents, returned(calling(alone))))

    list(agents.resume(QUESTION, control.pending, {"escalate": Result.NOTED}))

    (result,) = aws.requests[1].json["sessionState"]["returnControlInvocationResults"]
    assert "agentId" not in result["functionResult"]


def test_what_is_kept_of_a_control_holds_no_text_of_the_customer(aws: AwsServer, agents: BedrockAgents) -> None:
    """`pending` lies in the turn item: small, and never the parameters."""
    control = control_in(heard(aws, agents, returned(*[calling(ESCALATE)] * 5)))

    assert "persona" not in control.pending
    assert len(control.pending) < 1_024
    assert json.loads(control.pending)["invocationId"] == "invocation-1"


# ---- errors


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [
        ("ThrottlingException", 429, True),
        ("ConflictException", 409, True),
        ("DependencyFailedException", 424, True),
        ("BadGatewayException", 502, True),
        ("InternalServerException", 500, True),
        ("ModelNotReadyException", 424, True),
        ("ValidationException", 400, False),
        ("AccessDeniedException", 403, False),
        ("ResourceNotFoundException", 404, False),
        ("ServiceQuotaExceededException", 400, False),
        ("SomethingNewException", 400, False),
    ],
)
@pytest.mark.parametrize("where", ["before the stream", "inside the stream"])
def test_an_error_says_whether_asking_again_can_help(
    aws: AwsServer, agents: BedrockAgents, code: str, status: int, where: str, *, retryable: bool
) -> None:
    """Inside the stream the same codes come in lower camel case, and after what was said so far."""
    lower_camel = code[0].lower() + code[1:]
    message = "Value 'quiero mi pedido' is not allowed"
    refused = refusal(code, message, status=status)
    broken = Stream([chunk("Un momento."), failure(lower_camel, message)])
    aws.answers("POST", PATH, refused if where == "before the stream" else broken)
    events: list[AgentEvent] = []

    with pytest.raises(AgentUnavailable) as raised:
        events.extend(agents.ask(QUESTION))

    if code != "SomethingNewException":  # a code outside the model has no name in a stream
        assert raised.value.code.lower() == code.lower()
    assert raised.value.retryable is retryable
    assert "pedido" not in str(raised.value)
    assert len(aws.requests) == 1


def test_what_was_said_before_an_error_is_heard(aws: AwsServer, agents: BedrockAgents) -> None:
    """The turn must know that the agent has begun, or it would ask again what was half answered."""
    aws.answers("POST", PATH, Stream([chunk("Un momento."), failure("throttlingException")]))
    answer = agents.ask(QUESTION)

    assert next(answer) == Text("Un momento.")
    with pytest.raises(AgentUnavailable):
        next(answer)


@pytest.mark.parametrize("pieces", [[CUT], [chunk("Un mom"), CUT], [chunk("Un mom"), chunk("ento")[:30], CUT]])
def test_a_cut_connection_is_no_end(aws: AwsServer, agents: BedrockAgents, pieces: list[bytes | Cut]) -> None:
    """Half an answer must not pass for a whole one."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(aws, agents, *pieces)

    assert raised.value.retryable


def test_an_answer_that_was_garbled_on_the_way_is_none(aws: AwsServer, agents: BedrockAgents) -> None:
    """Each event carries a checksum."""
    framed = bytearray(chunk("Hola"))
    framed[-10] ^= 0xFF

    with pytest.raises(AgentUnavailable) as raised:
        heard(aws, agents, bytes(framed))

    assert (raised.value.code, raised.value.retryable) == ("ChecksumMismatch", True)


def test_an_answer_that_nobody_can_read_is_none(aws: AwsServer, agents: BedrockAgents) -> None:
    """A control must be a function's or an API operation's; botocore refuses one that is neither."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(aws, agents, returned({}))

    assert raised.value.code == "ResponseParserError"


def test_an_agent_that_cannot_be_reached_may_be_asked_again(agents: BedrockAgents) -> None:
    """Port 9 of this machine: nobody listens there."""
    with pytest.raises(AgentUnavailable) as raised:
        list(agents.ask(QUESTION))

    assert (raised.value.code, raised.value.retryable) == ("EndpointConnectionError", True)


# ---- closing


class NeverEnding:
    """An answer of which only the beginning comes, until the caller hangs up."""

    def __init__(self) -> None:
        self.given_up = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield chunk("Un momento.")
        while not self.given_up.wait(0.01):
            yield event("trace", agentId="AGENT0001")


def test_closing_the_answer_closes_the_connection(aws: AwsServer, agents: BedrockAgents) -> None:
    """It cancels the call: nobody pays for an answer that nobody will hear."""
    aws.answers("POST", PATH, Stream(NeverEnding()))
    answer = agents.ask(QUESTION)
    next(answer)

    close(answer)

    assert aws.hung_up.wait(5)
    assert list(answer) == []


def test_closing_ends_a_read_that_waits_in_another_thread(aws: AwsServer, agents: BedrockAgents) -> None:
    """At the deadline the agent is silent: the thread that listens to it must not stay behind."""
    waits, quiet = threading.Event(), threading.Event()

    def pieces() -> Iterator[bytes]:
        yield chunk("Un momento.")
        waits.set()
        quiet.wait(5)

    aws.answers("POST", PATH, Stream(pieces()))
    answer, events = agents.ask(QUESTION), list[AgentEvent]()
    reader = threading.Thread(target=lambda: events.extend(answer))
    reader.start()
    assert waits.wait(5)

    close(answer)
    reader.join(2)
    quiet.set()

    assert not reader.is_alive()
    assert Finished() not in events


def test_an_answer_closed_before_it_was_read_asks_nothing(aws: AwsServer, agents: BedrockAgents) -> None:
    """See above: the call is the reader's."""
    answer = agents.ask(QUESTION)

    close(answer)

    assert list(answer) == []
    assert aws.requests == []


@pytest.mark.parametrize("pieces", [[chunk("Hola")], [returned(calling(ESCALATE))], [failure("throttlingException")]])
def test_closing_after_the_end_does_nothing(aws: AwsServer, agents: BedrockAgents, pieces: list[bytes]) -> None:
    """Whoever listened closes in any case."""
    aws.answers("POST", PATH, Stream(pieces))
    answer = agents.ask(QUESTION)
    with contextlib.suppress(AgentUnavailable):
        list(answer)

    close(answer)

    assert list(answer) == []


def close(answer: Iterator[AgentEvent]) -> None:
    closing = getattr(answer, "close", None)
    assert closing is not None
    closing()


# ---- the end of a session


def test_ending_a_session_asks_nothing(aws: AwsServer, agents: BedrockAgents) -> None:
    """The service wants a text even so."""
    aws.answers("POST", PATH, Stream([]))

    agents.end("session-1")

    assert aws.requests[0].path == PATH
    assert aws.requests[0].json["endSession"] is True


@pytest.mark.parametrize(
    "reply",
    [refusal("AccessDeniedException", status=403), Stream([failure("conflictException")]), Stream([CUT])],
    ids=["refused", "failed in mid-stream", "cut"],
)
def test_a_session_that_cannot_be_ended_lapses(aws: AwsServer, agents: BedrockAgents, reply: Any) -> None:
    """Best effort: the customer has long left."""
    aws.answers("POST", PATH, reply)

    agents.end("session-1")

    assert len(aws.requests) == 1
