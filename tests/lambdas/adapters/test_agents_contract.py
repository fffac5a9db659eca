"""What the turn relies on, whatever the backend: one suite for every adapter of the port `Agents`.

Each behaviour runs on each bench: the three backends over their true wire formats, and the scripted team that tests of
the turn use. `NOT_SO` names what does not apply, and why; the behaviour then has to fail, so that an exception which is
no longer true is found.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import pytest

from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Call, Reason
from lambdas.conversation.ports import (
    AgentEvent,
    Asking,
    Finished,
    Question,
    Refused,
    Result,
    ReturnControl,
    Role,
    Said,
    Text,
    Usage,
)
from tests.lambdas.adapters.agent_benches import (
    BENCHES,
    Begins,
    Bench,
    Breaks,
    Controls,
    Ends,
    Fails,
    Foreign,
    Garbles,
    Hangs,
    Masks,
    Meanwhile,
    Moment,
    Refuses,
    Says,
    Vanishes,
    Works,
    events_of,
    running,
)
from tests.stage import POLICY

SESSION: Final = "7d1f0c52-6f5e-4a4e-9c59-0b3c55ad9f01"
"""As the bot makes them: a UUID."""
QUESTION: Final = Question(
    contact_id="6f0c2f0e-0000-4000-8000-000000000001",
    session_id=SESSION,
    turn_id="1763633700000-m1",
    text="¿Dónde está mi pedido?",
    language="es",
    told={"name": "Ana"},
)
ESCALATE: Final = Call(function="escalate", action_group="controls", parameters={"description": "Quiere una persona"})
NOTE: Final = Call(function="note", action_group="controls", parameters={"topic": "delivery"})

SCRIPTED_NEEDS_NOTHING: Final = "it goes on by itself and needs nothing back"
NOT_SO: Final[Mapping[tuple[str, str], str]] = {
    (
        "bedrock-agents",
        "test_the_end_tells_the_tokens_it_took",
    ): "only traces hold them, call by call; they are not read",
    ("bedrock-agents", "test_an_answer_without_its_end_is_none"): "the end of the stream is the end of the answer",
    ("agentcore-harness", "test_the_turn_reaches_the_team"): "there are no session attributes, and a model needs no id",
    ("agentcore-harness", "test_what_is_kept_of_a_control_holds_no_text_of_the_customer"): (
        "the tool use is not stored by the service, so its input has to come back with the result"
    ),
    ("agentcore-harness", "test_a_control_that_names_nothing_is_one_nobody_knows"): "a tool use has a name",
    ("agentcore-harness", "test_ending_a_session_reaches_the_backend"): "the service has no such call; sessions lapse",
    ("scripted", "test_a_question_nobody_answered_is_asked_along"): "it keeps the question as the turn put it",
    ("scripted", "test_a_control_too_large_to_keep_still_counts"): SCRIPTED_NEEDS_NOTHING,
    ("scripted", "test_a_call_that_was_closed_before_it_was_read_asks_nothing"): "asking is remembered at once",
    ("scripted", "test_nothing_is_asked_before_somebody_listens"): "asking is remembered at once",
    ("scripted", "test_it_is_told_right_before_the_team_itself_is_asked"): "asking is remembered at once",
}
LIKE: Final = {"agentcore-harness with a guardrail": "agentcore-harness"}
"""The same adapter with something more."""


def why_not(backend: str, behaviour: str) -> str | None:
    return NOT_SO.get((LIKE.get(backend, backend), behaviour))


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    reason = why_not(request.param, request.node.originalname)
    if reason is not None:
        failures = (AssertionError, AgentUnavailable, pytest.fail.Exception)
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason, raises=failures))
    with running(request.param) as bench:
        yield bench


def test_every_exception_is_about_a_behaviour_and_a_backend() -> None:
    """A name that no longer exists would excuse nothing."""
    assert {behaviour for _, behaviour in NOT_SO} <= globals().keys()
    assert {backend for backend, _ in NOT_SO} <= BENCHES.keys()
    assert {*LIKE, *LIKE.values()} <= BENCHES.keys()


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def control_in(events: list[AgentEvent]) -> ReturnControl:
    control = events[-1]
    assert isinstance(control, ReturnControl), events
    return control


def failure_of(answer: Iterator[AgentEvent]) -> tuple[list[AgentEvent], AgentUnavailable]:
    events: list[AgentEvent] = []
    with pytest.raises(AgentUnavailable) as raised:
        events.extend(answer)
    return events, raised.value


def close(answer: Iterator[Asking | AgentEvent]) -> None:
    closing = getattr(answer, "close", None)
    assert closing is not None, "an answer can be closed"
    closing()


def said(role: Role, text: str) -> Said:
    return Said(id="i", at=0.0, role=role, text=text, content_type="text/plain")


# ---- what is asked


def test_the_question_reaches_the_team_in_its_session(bench: Bench) -> None:
    """The customer's words as they were."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(QUESTION))

    assert (bench.asked().text, bench.asked().session_id) == ("¿Dónde está mi pedido?", SESSION)


def test_the_language_reaches_the_team(bench: Bench) -> None:
    """It answers in the customer's."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(QUESTION))

    assert bench.asked().language == "es"


def test_what_is_told_of_the_customer_reaches_the_team(bench: Bench) -> None:
    """The few attributes worth telling."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(QUESTION))

    assert bench.asked().told == {"name": "Ana"}


def test_the_contact_reaches_the_team(bench: Bench) -> None:
    """Tools work for this customer and nobody else."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(QUESTION))

    assert bench.asked().contact_id == QUESTION.contact_id


def test_the_turn_reaches_the_team(bench: Bench) -> None:
    """Tools do nothing twice when the same question is asked again."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(QUESTION))

    assert bench.asked().turn_id == QUESTION.turn_id


def test_what_is_told_cannot_pass_for_the_contact(bench: Bench) -> None:
    """Attributes of the chat come from the customer's side."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(replace(QUESTION, told={"contact_id": "somebody else's"})))

    assert bench.asked().contact_id == QUESTION.contact_id


def test_a_new_session_is_told_the_earlier_talk(bench: Bench) -> None:
    """One that lapsed, or in which an answer broke off, has forgotten it or cannot be trusted."""
    bench.answers(Says("Hola."))
    history = (said("CUSTOMER", "Buenos días"), said("CUSTOM_BOT", "¡Hola! ¿En qué puedo ayudarle?"))

    list(bench.agents.ask(replace(QUESTION, history=history)))

    assert bench.asked().history == [("user", "Buenos días"), ("assistant", "¡Hola! ¿En qué puedo ayudarle?")]
    assert bench.asked().text == QUESTION.text


def test_a_question_nobody_answered_is_asked_along(bench: Bench) -> None:
    """Roles take turns; models refuse two messages of the customer in a row."""
    bench.answers(Says("Hola."))
    history = (
        said("CUSTOM_BOT", "¡Hola!"),
        said("CUSTOMER", "Hola"),
        said("AGENT", "¡Hola!"),
        said("CUSTOMER", "¿Sí?"),
    )

    list(bench.agents.ask(replace(QUESTION, history=history)))

    assert bench.asked().history == [("user", "Hola"), ("assistant", "¡Hola!")]
    assert bench.asked().text == f"¿Sí?\n{QUESTION.text}"


def test_a_session_that_knows_the_talk_is_not_told_it(bench: Bench) -> None:
    """It would answer it again."""
    bench.answers(Says("Hola."))

    list(bench.agents.ask(QUESTION))

    assert bench.asked().history == []


def test_nothing_is_asked_before_somebody_listens(bench: Bench) -> None:
    """The iterator is made in one thread and read in another; the call belongs to the reader."""
    bench.answers(Says("Hola."))

    bench.agents.ask(QUESTION)

    assert bench.calls == 0


def test_it_is_told_right_before_the_team_itself_is_asked(bench: Bench) -> None:
    """What may wait for that call is begun then: not earlier, because it would come before it."""
    bench.answers(Says("Hola."))
    answer = bench.agents.ask(QUESTION)

    assert (next(answer), bench.calls) == (Asking(), 0)
    assert (next(answer), bench.calls) == (Text("Hola."), 1)


# ---- what is heard


def test_an_answer_comes_in_pieces(bench: Bench) -> None:
    """Together they are what the team said, to the letter, and then the answer is finished."""
    bench.answers(Says("Tu pedido está en camino.\n\n"), Says("Llega mañana "), Says("a las 10."))

    *texts, last = events_of(bench.agents.ask(QUESTION))

    assert text_of(texts) == "Tu pedido está en camino.\n\nLlega mañana a las 10."
    assert len(texts) > 1
    assert isinstance(last, Finished)


def test_it_is_heard_before_it_ends(bench: Bench) -> None:
    """A stream that is kept until its end would be no stream."""
    goes_on, went_on = threading.Event(), list[bool]()
    bench.answers(Says("Un momento.\n\n"), Meanwhile(lambda: went_on.append(goes_on.wait(5))), Says("Ya está."))
    answer = bench.agents.ask(QUESTION)

    asking, first = next(answer), next(answer)

    assert asking == Asking()
    assert (first, went_on) == (Text("Un momento.\n\n"), [])
    goes_on.set()
    assert text_of(list(events_of(answer))) == "Ya está."


def test_an_empty_answer_is_finished(bench: Bench) -> None:
    """What to say then is the turn's to decide."""
    bench.answers()

    (only,) = events_of(bench.agents.ask(QUESTION))

    assert isinstance(only, Finished)


@pytest.mark.parametrize("packet", [1, 7])
def test_the_wire_cuts_where_it_likes(bench: Bench, packet: int) -> None:
    """Also inside a character or an event."""
    bench.answers(Says("¡Año nuevo! 👋 "), Says("新年好。"), in_packets_of=packet)

    *texts, last = events_of(bench.agents.ask(QUESTION))

    assert text_of(texts) == "¡Año nuevo! 👋 新年好。"
    assert isinstance(last, Finished)


def test_what_is_not_for_the_customer_is_passed_over(bench: Bench) -> None:
    """Traces, thoughts, files, and whatever a service adds later."""
    bench.answers(Foreign(), Says("Hola."), Foreign())

    *texts, last = events_of(bench.agents.ask(QUESTION))

    assert text_of(texts) == "Hola."
    assert isinstance(last, Finished)


def test_the_end_tells_the_tokens_it_took(bench: Bench) -> None:
    """Where the backend tells them."""
    bench.answers(Says("Hola."), Ends(Usage(input_tokens=412, output_tokens=9)))

    assert list(events_of(bench.agents.ask(QUESTION)))[-1] == Finished(Usage(input_tokens=412, output_tokens=9))


def test_an_answer_without_its_end_is_none(bench: Bench) -> None:
    """Half of it must not pass for the whole."""
    bench.answers(Says("Tu pedido "), Vanishes())

    events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert text_of(events) in {"Tu pedido ", ""}
    assert (failure.code, failure.retryable) == ("AnswerWithoutEnd", False)


def test_a_failure_before_anything_was_read_may_be_asked_again(bench: Bench) -> None:
    """The team has not begun; that it was called, or that its model was, is not yet an answer."""
    code = min(bench.in_stream & bench.retryable.keys())
    bench.answers(Begins(), Fails(code))

    events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert (events, failure.retryable) == ([], True)


@pytest.mark.parametrize("moment", [Says("Hal"), Works("open_ticket"), Works()], ids=["words", "a tool", "a thought"])
@pytest.mark.parametrize("end", [Fails("InternalServerException"), Breaks()], ids=["fails", "cut"])
def test_once_something_was_read_a_failure_is_never_retryable(bench: Bench, moment: Moment, end: Moment) -> None:
    """Heard by the customer or not: the team may have acted, and would act again."""
    bench.answers(moment, end)

    _, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert not failure.retryable


def test_an_error_nobody_foresaw_is_an_unavailable_team(bench: Bench) -> None:
    """Whatever it is, the customer gets a sentence and a person instead of silence; no error quotes the customer."""
    bench.stumbles(KeyError("¿Dónde está mi pedido?"))

    events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert (events, failure.code, failure.retryable) == ([], "KeyError", False)
    assert "pedido" not in str(failure)


# ---- controls


def test_text_that_came_with_a_control_comes_first(bench: Bench) -> None:
    """It is spoken before the contact leaves; nothing comes after the control."""
    bench.answers(Says("Le paso "), Says("con una persona."), Controls((ESCALATE,)))

    events = list(events_of(bench.agents.ask(QUESTION)))

    assert text_of(events[:-1]) == "Le paso con una persona."
    (call,) = control_in(events).calls
    assert (call.function, call.parameters) == ("escalate", {"description": "Quiere una persona"})


def test_several_controls_may_come_at_once(bench: Bench) -> None:
    """In the order in which the team named them; a function may be among them twice."""
    again = replace(NOTE, parameters={"topic": "returns"})
    bench.answers(Controls((NOTE, ESCALATE, again)))

    calls = control_in(list(events_of(bench.agents.ask(QUESTION)))).calls

    assert [(call.function, call.parameters) for call in calls] == [
        (call.function, call.parameters) for call in (NOTE, ESCALATE, again)
    ]


def test_a_control_may_bring_nothing(bench: Bench) -> None:
    """What that means is the policy's to say."""
    bench.answers(Controls((Call(function="say_goodbye"),)))

    (call,) = control_in(list(events_of(bench.agents.ask(QUESTION)))).calls

    assert (call.function, call.parameters) == ("say_goodbye", {})


def test_a_control_that_names_nothing_is_one_nobody_knows(bench: Bench) -> None:
    """It goes to a person, like every control outside the policy."""
    bench.answers(Controls(()))

    control = control_in(list(events_of(bench.agents.ask(QUESTION))))

    assert POLICY.decide(control.calls).reason is Reason.UNKNOWN_CONTROL


def test_the_answer_to_a_control_reaches_the_team(bench: Bench) -> None:
    """Each function with what came of it, without new words of the customer; then the answer goes on."""
    bench.answers(Says("Un momento."), Controls((NOTE, ESCALATE)))
    control = control_in(list(events_of(bench.agents.ask(QUESTION))))
    bench.answers(Says("Anotado."))

    results = {"note": Result.NOTED, "escalate": Result.REFUSED}
    events = list(events_of(bench.agents.resume(QUESTION, control.pending, results)))

    assert bench.answered() == [("note", "noted"), ("escalate", "refused")]
    assert text_of(events) == "Anotado."
    assert isinstance(events[-1], Finished)


def test_a_second_control_may_follow_the_first(bench: Bench) -> None:
    """Each has its own answer."""
    bench.answers(Controls((NOTE,)))
    first = control_in(list(events_of(bench.agents.ask(QUESTION))))
    bench.answers(Says("Y ahora, una persona."), Controls((ESCALATE,)))
    second_events = list(events_of(bench.agents.resume(QUESTION, first.pending, {"note": Result.NOTED})))
    bench.answers(Says("Adiós."))

    second = control_in(second_events)
    last = list(events_of(bench.agents.resume(QUESTION, second.pending, {"escalate": Result.NOTED})))

    assert text_of(second_events) == "Y ahora, una persona."
    assert bench.answered() == [("escalate", "noted")]
    assert text_of(last) == "Adiós."


def test_what_is_kept_of_a_control_is_small(bench: Bench) -> None:
    """It lies in the turn item."""
    bench.answers(Controls((ESCALATE,) * 5))

    assert len(control_in(list(events_of(bench.agents.ask(QUESTION)))).pending.encode()) < 2_048


def test_what_is_kept_of_a_control_holds_no_text_of_the_customer(bench: Bench) -> None:
    """What need not be kept is not."""
    bench.answers(Controls((ESCALATE,)))

    assert "persona" not in control_in(list(events_of(bench.agents.ask(QUESTION)))).pending


def test_a_control_too_large_to_keep_still_counts(bench: Bench) -> None:
    """It cannot be answered, but one that leaves the chat need not be."""
    bench.answers(Says("Un momento."), Controls((ESCALATE,), large=True))

    *texts, control = events_of(bench.agents.ask(QUESTION))

    assert text_of(texts) == "Un momento."
    assert isinstance(control, ReturnControl)
    assert ([call.function for call in control.calls], control.pending) == (["escalate"], "")


def test_a_control_with_half_a_character_keeps_its_control(bench: Bench) -> None:
    """A model may write half of an emoji; what is kept of it can be written to the table."""
    half = replace(ESCALATE, parameters={"description": "caf\ud83d"})
    bench.answers(Controls((half,)))

    control = control_in(list(events_of(bench.agents.ask(QUESTION))))

    assert POLICY.decide(control.calls).attributes["handoff_description"] == "caf"
    assert control.pending.encode()


# ---- a guardrail


def test_a_blocked_answer_is_refused_and_none_of_its_words_are_heard(bench: Bench) -> None:
    """The guardrail's own sentence neither: the turn says it in the customer's language."""
    bench.answers(Refuses())

    first, last = events_of(bench.agents.ask(QUESTION))

    assert isinstance(first, Refused)
    assert isinstance(last, Finished)


def test_what_was_said_before_a_refusal_stands(bench: Bench) -> None:
    """The customer may have read it."""
    bench.answers(Says("Tu pedido está en camino.\n\n"), Refuses())

    events = list(events_of(bench.agents.ask(QUESTION)))

    assert text_of(events) == "Tu pedido está en camino.\n\n"
    assert [type(event) for event in events[-2:]] == [Refused, Finished]


def test_a_control_counts_after_a_refusal(bench: Bench) -> None:
    """Only words were refused; whoever wants a person gets one."""
    bench.answers(Refuses(), Controls((ESCALATE,)))

    first, second = events_of(bench.agents.ask(QUESTION))

    assert isinstance(first, Refused)
    assert control_in([second]).calls[0].function == "escalate"


def test_masking_refuses_nothing(bench: Bench) -> None:
    """The text comes as the guardrail left it."""
    bench.answers(Masks(), Says("Llame al {PHONE}, por favor."))

    events = list(events_of(bench.agents.ask(QUESTION)))

    assert text_of(events) == "Llame al {PHONE}, por favor."
    assert not [event for event in events if isinstance(event, Refused)]


# ---- errors


def test_an_error_before_the_answer_says_whether_asking_again_can_help(bench: Bench) -> None:
    """The turn decides; the client never asks twice, and no error quotes the customer."""
    codes = [*((code, status, True) for code, status in bench.retryable.items())]
    codes += [(code, status, False) for code, status in bench.hopeless.items()]
    for calls, (code, status, retryable) in enumerate(codes, start=1):
        bench.refuses(code, status, "Value '¿Dónde está mi pedido?' is not allowed")

        events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

        assert (events, failure.code, failure.retryable) == ([], code, retryable)
        assert "pedido" not in str(failure)
        assert bench.calls == calls


def test_an_error_inside_the_answer_comes_after_what_was_said(bench: Bench) -> None:
    """There its code is in lower camel case; the turn has to know that the answer had begun."""
    for code in sorted(bench.in_stream):
        bench.answers(Says("Un momento.\n\n"), Fails(code, "Value '¿Dónde está mi pedido?' is not allowed"))

        events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

        assert text_of(events) == "Un momento.\n\n"
        assert (failure.code.lower(), failure.retryable) == (code.lower(), False)
        assert "pedido" not in str(failure)


@pytest.mark.parametrize("before", [[], [Says("Un momento.\n\n")]], ids=["at once", "after something"])
@pytest.mark.parametrize("inside", ["", "Ya está."], ids=["between events", "inside an event"])
def test_a_cut_connection_is_no_end(bench: Bench, before: list[Says], inside: str) -> None:
    """What was said stands, and half an answer does not pass for a whole one."""
    bench.answers(*before, Breaks(inside))

    events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert text_of(events) == "".join(each.text for each in before)
    assert failure.retryable is not bool(before)


def test_a_garbled_answer_is_none(bench: Bench) -> None:
    """Nobody knows what it would have said."""
    bench.answers(Garbles())

    events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert (events, failure.retryable) == ([], True)


def test_a_team_that_cannot_be_reached_may_be_asked_again(bench: Bench) -> None:
    """Networks come back."""
    bench.goes_away()

    events, failure = failure_of(events_of(bench.agents.ask(QUESTION)))

    assert (events, failure.retryable) == ([], True)


# ---- closing


def test_closing_hangs_up(bench: Bench) -> None:
    """It cancels the call: nobody pays for an answer that nobody will hear."""
    closed = threading.Event()
    bench.answers(Says("Un momento.\n\n"), Meanwhile(lambda: closed.wait(5)), *[Foreign()] * 2_000, Says("Ya está."))
    answer = bench.agents.ask(QUESTION)
    assert [next(answer), next(answer)] == [Asking(), Text("Un momento.\n\n")]

    close(answer)
    closed.set()

    assert bench.was_hung_up_on()
    assert list(answer) == []


def test_closing_ends_a_read_that_waits_in_another_thread(bench: Bench) -> None:
    """At the deadline the team is silent: the thread that listens to it must not stay behind."""
    quiet = threading.Event()
    bench.answers(Says("Un momento.\n\n"), Hangs(lambda: quiet.wait(5)))
    answer, events, begun = bench.agents.ask(QUESTION), list[AgentEvent](), threading.Event()

    def read() -> None:
        for event in events_of(answer):
            events.append(event)
            begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(5)

    close(answer)
    reader.join(2)
    quiet.set()

    assert not reader.is_alive()
    assert events == [Text("Un momento.\n\n")]


def test_a_call_that_was_closed_before_it_was_read_asks_nothing(bench: Bench) -> None:
    """See above: the call is the reader's."""
    bench.answers(Says("Hola."))
    answer = bench.agents.ask(QUESTION)

    close(answer)

    assert list(answer) == []
    assert bench.calls == 0


def test_closing_after_the_end_does_nothing(bench: Bench) -> None:
    """Whoever listened closes in any case."""
    bench.answers(Says("Hola."))
    answer = bench.agents.ask(QUESTION)
    list(answer)

    close(answer)

    assert list(answer) == []


# ---- the end of a session


def test_ending_a_session_reaches_the_backend(bench: Bench) -> None:
    """It forgets what it was told, at once."""
    bench.answers()

    bench.agents.end(SESSION)

    assert bench.ended() == [SESSION]


def test_a_session_that_cannot_be_ended_lapses(bench: Bench) -> None:
    """Best effort: the customer has long left."""
    bench.goes_away()

    bench.agents.end(SESSION)
