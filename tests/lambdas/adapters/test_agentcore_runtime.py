"""AgentCore Runtime beyond the contract: our own protocol to the letter, hostile streams, whole answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lambdas.adapters.agentcore_runtime import MOST_WHOLE_BYTES
from lambdas.adapters.server_sent_events import MOST_EVENT_BYTES
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call
from lambdas.conversation.ports import (
    AgentEvent,
    Finished,
    Question,
    Refused,
    Result,
    ReturnControl,
    Said,
    Text,
    Usage,
)
from tests.lambdas.adapters.agent_benches import BLOCKED, AgentCoreRuntimeBench, events_of, running
from tests.lambdas.aws_server import SERVER_SENT_EVENTS, Cut, Reply, Stream, data, refusal

SESSION = "7d1f0c52-6f5e-4a4e-9c59-0b3c55ad9f01"
QUESTION = Question(
    contact_id="contact-1",
    session_id=SESSION,
    turn_id="1763633700000-m1",
    text="¿Dónde está mi pedido?",
    language="es",
    told={"name": "Ana"},
)
ABOUT = {"contactId": "contact-1", "turnId": "1763633700000-m1", "language": "es", "told": {"name": "Ana"}}
END = data({"finished": {"usage": None}})


@pytest.fixture
def bench() -> Iterator[AgentCoreRuntimeBench]:
    with running("agentcore-runtime") as bench:
        assert isinstance(bench, AgentCoreRuntimeBench)
        yield bench


def heard(bench: AgentCoreRuntimeBench, *pieces: bytes | Cut) -> list[AgentEvent]:
    bench.aws.answers("POST", bench.path, Stream(pieces, f"{SERVER_SENT_EVENTS}; charset=utf-8"))
    return list(events_of(bench.agents.ask(QUESTION)))


def answered_whole(
    bench: AgentCoreRuntimeBench, body: bytes, content_type: str = "application/json"
) -> list[AgentEvent]:
    bench.aws.answers("POST", bench.path, Reply(body=body, headers={"Content-Type": content_type}))
    return list(events_of(bench.agents.ask(QUESTION)))


# ---- what is asked


def test_a_question_is_our_own_payload(bench: AgentCoreRuntimeBench) -> None:
    """To the runtime's endpoint, in its session; text as it comes, or whole where a runtime cannot stream."""
    heard(bench, END)

    (request,) = bench.requests
    assert request.json == {**ABOUT, "text": "¿Dónde está mi pedido?"}
    assert request.query == {"qualifier": "DEFAULT"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "text/event-stream, application/json"
    assert request.headers["x-amzn-bedrock-agentcore-runtime-session-id"] == SESSION


def test_the_earlier_talk_goes_along_only_where_it_is_unknown(bench: AgentCoreRuntimeBench) -> None:
    """Its roles take turns, as every model wants it."""
    bench.aws.answers("POST", bench.path, Stream([END], SERVER_SENT_EVENTS))
    history = (
        Said(id="1", at=0.0, role="CUSTOMER", text="Hola", content_type="text/plain"),
        Said(id="2", at=1.0, role="CUSTOM_BOT", text="¡Hola!", content_type="text/plain"),
    )

    list(bench.agents.ask(replace(QUESTION, history=history)))

    assert bench.requests[0].json["history"] == [
        {"role": "user", "text": "Hola"},
        {"role": "assistant", "text": "¡Hola!"},
    ]


def test_a_control_is_answered_by_function(bench: AgentCoreRuntimeBench) -> None:
    """With what the runtime gave to be kept, as it was."""
    bench.aws.answers("POST", bench.path, Stream([END], SERVER_SENT_EVENTS))

    list(bench.agents.resume(QUESTION, '{"interrupts": ["i1"]}', {"note": Result.NOTED}))

    assert bench.requests[0].json == {
        **ABOUT,
        "pending": '{"interrupts": ["i1"]}',
        "results": {"note": '{"status": "noted"}'},
    }


def test_the_services_own_endpoint_needs_no_name(bench: AgentCoreRuntimeBench) -> None:
    """An empty qualifier is left out; an empty one would be refused."""
    agents = type(bench.agents)(bench.agents.client, bench.arn, "")
    bench.aws.answers("POST", bench.path, Stream([END], SERVER_SENT_EVENTS))

    list(agents.ask(QUESTION))
    agents.end(SESSION)

    assert [request.query for request in bench.aws.requests] == [{}, {}]


# ---- what is heard


def test_white_space_before_the_first_word_is_nothing(bench: AgentCoreRuntimeBench) -> None:
    """A resumed control may answer with a blank and nothing else."""
    assert heard(bench, data({"text": " "}), data({"text": "\n"}), END) == [Finished()]


def test_white_space_between_words_is_text(bench: AgentCoreRuntimeBench) -> None:
    """Paragraphs end by it."""
    pieces = [data({"text": text}) for text in (" ", "Hola.", "\n\n", "Adiós.")]

    assert heard(bench, *pieces, END) == [Text("Hola."), Text("\n\n"), Text("Adiós."), Finished()]


def test_an_event_may_be_written_in_several_lines(bench: AgentCoreRuntimeBench) -> None:
    """As the standard has it, with any line end."""
    assert heard(bench, b'event: message\r\ndata: {"text":\r\ndata: "Hola"}\r\n\r\n', END) == [Text("Hola"), Finished()]


def test_a_bare_text_is_text(bench: AgentCoreRuntimeBench) -> None:
    """A runtime that yields strings."""
    assert heard(bench, data("Hola"), END) == [Text("Hola"), Finished()]


def test_nothing_is_read_after_the_end(bench: AgentCoreRuntimeBench) -> None:
    """Whatever comes belongs to no answer."""
    assert heard(bench, data({"text": "Hola"}), END, data({"text": "!"}), data({"error": "x"})) == [
        Text("Hola"),
        Finished(),
    ]


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"inputTokens": 10, "outputTokens": 2}, Usage(input_tokens=10, output_tokens=2)),
        (None, None),
        ({"inputTokens": "10"}, None),
        ("many", None),
    ],
)
def test_usage_is_read_leniently(bench: AgentCoreRuntimeBench, usage: Any, told: Usage | None) -> None:
    """A number that is missing is no reason to lose an answer."""
    assert heard(bench, data({"finished": {"usage": usage}})) == [Finished(told)]


@pytest.mark.parametrize(
    ("told", "retryable"), [({}, True), ({"retryable": True}, True), ({"retryable": False}, False)]
)
def test_a_runtime_may_say_that_asking_again_is_not_safe(
    bench: AgentCoreRuntimeBench, told: dict[str, bool], *, retryable: bool
) -> None:
    """A tool was used, and nothing of it is seen here."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(bench, data({"error": {"code": "throttlingException", "message": "", **told}}))

    assert (raised.value.code, raised.value.retryable) == ("throttlingException", retryable)


# ---- controls


def test_a_control_brings_its_calls(bench: AgentCoreRuntimeBench) -> None:
    """Another runtime's values become strings, as JSON writes them."""
    call = {
        "function": "note",
        "actionGroup": "controls",
        "parameters": {"topic": "ñ", "count": 2, "late": True, "x": None},
    }

    (control,) = heard(bench, data({"control": {"calls": [call], "pending": "p"}}))

    parameters = {"topic": "ñ", "count": "2", "late": "true"}
    assert control == ReturnControl(
        calls=(Call(function="note", action_group="controls", parameters=parameters),), pending="p"
    )


@pytest.mark.parametrize("control", ["escalate", {}, {"calls": []}, {"calls": [], "pending": 7}])
def test_a_control_that_cannot_be_answered_is_none(bench: AgentCoreRuntimeBench, control: Any) -> None:
    """A person takes the chat; asking again would bring it again."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(bench, data({"control": control}))

    assert (raised.value.code, raised.value.retryable) == ("UnreadableControl", False)


@pytest.mark.parametrize("calls", [[], "escalate", ["escalate"], [{}], [{"function": None, "parameters": []}]])
def test_a_control_without_a_name_is_one_nobody_knows(bench: AgentCoreRuntimeBench, calls: Any) -> None:
    """The policy sends it to a person."""
    (control,) = heard(bench, data({"control": {"calls": calls, "pending": "p"}}))

    assert isinstance(control, ReturnControl)
    assert [call.function for call in control.calls] == [""]


# ---- a guardrail


def test_the_guardrails_sentence_is_dropped_wherever_it_comes(bench: AgentCoreRuntimeBench) -> None:
    """The model's guardrail says it in the stack's language, the turn in the customer's."""
    before = [data({"text": "Hola. "}), data({"text": BLOCKED}), data({"refused": {"reason": "guardrail"}}), END]
    after = [data({"text": "Hola. "}), data({"refused": {"reason": "guardrail"}}), data({"text": BLOCKED}), END]

    assert heard(bench, *before) == heard(bench, *after) == [Text("Hola. "), Refused("guardrail"), Finished()]


def test_a_refusal_without_a_reason_is_one(bench: AgentCoreRuntimeBench) -> None:
    """It is for nobody to read."""
    assert heard(bench, data({"refused": None}), data({"refused": {}}), END) == [Refused("guardrail"), Finished()]


def test_the_same_sentence_unannounced_is_the_teams(bench: AgentCoreRuntimeBench) -> None:
    """Nobody says otherwise."""
    assert heard(bench, data({"text": BLOCKED}), END) == [Text(BLOCKED), Finished()]


# ---- errors


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        ({"error": "boom", "error_type": "ValueError", "message": "canary"}, "internalServerException", True),
        ({"error": {"code": "throttlingException", "message": "canary"}}, "throttlingException", True),
        ({"error": {"code": "modelErrorException", "message": "canary"}}, "modelErrorException", False),
        ({"error": {"message": "canary"}}, "internalServerException", True),
        ({"error": {"code": "a canary sang"}}, "internalServerException", True),
        ({"error": {"code": "x" * 65}}, "internalServerException", True),
        ({"error": {"code": "código"}}, "internalServerException", True),
    ],
)
def test_an_error_of_ours_or_of_the_sdk_is_told_by_its_code(
    bench: AgentCoreRuntimeBench, error: dict[str, Any], code: str, *, retryable: bool
) -> None:
    """Messages may quote the customer and are not read; a code is one word."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(bench, data(error))

    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("line", [b"data: {\n\n", b"data: Hola\n\n", b"data: \xff\xfe\n\n", b"data: " + b"[" * 100_000])
def test_what_is_no_json_is_no_answer(bench: AgentCoreRuntimeBench, line: bytes) -> None:
    """Half of an event, or another protocol."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(bench, data({"text": "Hola"}), line)

    assert (raised.value.code, raised.value.retryable) == ("UnreadableEvent", False)


def test_a_member_that_is_null_is_not_there(bench: AgentCoreRuntimeBench) -> None:
    """Many write every member they know; the end has nothing to tell and is still the end."""
    null = {"error": None, "control": None, "refused": None}

    assert heard(bench, data({"text": "Hola", **null}), data({"text": None, **null, "finished": None})) == [
        Text("Hola"),
        Finished(),
    ]


def test_an_event_that_goes_on_and_on_is_cut_off(bench: AgentCoreRuntimeBench) -> None:
    """A function's memory is not the sender's."""
    with pytest.raises(AgentUnavailable) as raised:
        heard(bench, b"data: ", *[b"x" * 65_536] * (MOST_EVENT_BYTES // 65_536 + 1))

    assert (raised.value.code, raised.value.retryable) == ("EventTooLarge", False)


# ---- a runtime that does not stream


@pytest.mark.parametrize(
    ("answer", "events"),
    [
        ({"text": "Hola"}, [Text("Hola"), Finished()]),
        ({"text": "Hola", "finished": {"usage": None}}, [Text("Hola"), Finished()]),
        ("Hola", [Text("Hola"), Finished()]),
        ({"result": "Hola"}, [Text("Hola"), Finished()]),
        ({"result": {"role": "assistant", "content": [{"text": "Ho"}, {"text": "la"}]}}, [Text("Hola"), Finished()]),
        ({"refused": {"reason": "guardrail"}}, [Refused("guardrail"), Finished()]),
        ({}, [Finished()]),
        ({"result": "Hola", "text": None, "error": None, "control": None}, [Text("Hola"), Finished()]),
        ({"result": None, "text": "Hola"}, [Text("Hola"), Finished()]),
        (
            {"result": "Adiós", "control": {"calls": [{"function": "say_goodbye"}], "pending": "p"}},
            [Text("Adiós"), ReturnControl(calls=(Call(function="say_goodbye"),), pending="p")],
        ),
        (
            {"text": "Adiós", "control": {"calls": [{"function": "say_goodbye"}], "pending": "p"}},
            [Text("Adiós"), ReturnControl(calls=(Call(function="say_goodbye"),), pending="p")],
        ),
    ],
)
def test_a_whole_answer_is_understood(bench: AgentCoreRuntimeBench, answer: Any, events: list[AgentEvent]) -> None:
    """Bring your own: the same members in one object, or a text."""
    assert answered_whole(bench, json.dumps(answer).encode()) == events


@pytest.mark.parametrize("answer", [[1, 2], 7, None, {"result": None}, {"result": {"stop": 1}}])
def test_a_whole_answer_that_says_nothing_known_is_none(bench: AgentCoreRuntimeBench, answer: Any) -> None:
    """Nobody can guess what it means; it will be the same next time."""
    with pytest.raises(AgentUnavailable) as raised:
        answered_whole(bench, json.dumps(answer).encode())

    assert (raised.value.code, raised.value.retryable) == ("UnreadableAnswer", False)


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"Hola", "text/plain", "UnreadableEvent"),
        (b"", "application/json", "UnreadableEvent"),
        (b'{"error": "boom"}', "application/json", "internalServerException"),
        (b'"' + b"x" * MOST_WHOLE_BYTES + b'"', "application/json", "EventTooLarge"),
    ],
)
def test_a_whole_answer_may_fail(bench: AgentCoreRuntimeBench, body: bytes, content_type: str, code: str) -> None:
    """As a streamed one does."""
    with pytest.raises(AgentUnavailable) as raised:
        answered_whole(bench, body, content_type)

    assert raised.value.code == code


# ---- the end of a session


def test_a_session_is_stopped_at_its_endpoint(bench: AgentCoreRuntimeBench) -> None:
    """Its microVM goes, and with it what it knew."""
    bench.agents.end(SESSION)

    (request,) = bench.aws.asked(bench.stopped)
    assert request.query == {"qualifier": "DEFAULT"}
    assert request.headers["x-amzn-bedrock-agentcore-runtime-session-id"] == SESSION


def test_a_session_that_cannot_be_stopped_lapses(bench: AgentCoreRuntimeBench) -> None:
    """Best effort, and once."""
    bench.aws.answers("POST", bench.stopped, refusal("ResourceNotFoundException", status=404))

    bench.agents.end(SESSION)

    assert len(bench.aws.asked(bench.stopped)) == 1
