"""One handler for both forms of events: the same tool, the same answer, and nothing that stops a turn."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.conversation.errors import InvalidEvent
from lambdas.tools import answering
from lambdas.tools.answering import answer
from lambdas.tools.appointments_table import Appointments
from lambdas.tools.customers_table import Customers
from lambdas.tools.gateway import TOOL_NAME
from lambdas.tools.orders_table import Orders
from lambdas.tools.tickets_table import Tickets
from lambdas.tools.tool_call import LONGEST_ARGUMENT, Function, Result, ToolCall, UnfitArgument
from tests.lambdas.tools.calls import ClientContext, Context, event, result, table, through_gateway

NOON = 1_795_176_000.0


def echo(call: ToolCall) -> Result:
    return {"status": "echoed", **call.arguments}


def refuse(call: ToolCall) -> Result:
    raise UnfitArgument("too_loud", "Speak softly.")


FUNCTIONS = {"echo": echo, "refuse": refuse}


def ask_both(tool: str, arguments: Mapping[str, Any], functions: Mapping[str, Function] = FUNCTIONS) -> tuple[Any, Any]:
    """The result as an action group and through a Gateway."""
    as_group = result(answer(event(tool, **arguments), None, functions))
    return as_group, json.loads(json.dumps(answer(dict(arguments), through_gateway(f"target___{tool}"), functions)))


@pytest.mark.parametrize(
    ("arguments", "answered"),
    [
        ({"word": "sí"}, {"status": "echoed", "word": "sí"}),
        ({"word": "a\x00b\ud800"}, {"status": "echoed", "word": "a b"}),
        ({"word": "x" * LONGEST_ARGUMENT}, {"status": "echoed", "word": "x" * LONGEST_ARGUMENT}),
        ({"word": None, "n": 3, "b": False, "f": 2.0}, {"status": "echoed", "n": "3", "b": "false", "f": "2"}),
    ],
)
def test_both_forms_are_answered_alike(arguments: Mapping[str, Any], answered: Mapping[str, Any]) -> None:
    """A tool does not know who called."""
    assert ask_both("echo", arguments) == (answered, answered)


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("refuse", {}, "too_loud"),
        ("shout", {}, "unknown_function"),
        ("echo", {"word": "x" * (LONGEST_ARGUMENT + 1)}, "too_long"),
        ("echo", {"word": ["a"]}, "unfit_argument"),
        ("echo", {"word": {"a": {}}}, "unfit_argument"),
        ("echo", {"word": float("nan")}, "unfit_argument"),
        ("echo", {"word": 10**5_000}, "unfit_argument"),
    ],
)
def test_what_cannot_be_done_is_an_answer_the_agent_can_use(tool: str, arguments: Mapping[str, Any], code: str) -> None:
    """An exception would end the turn; a code and a sentence let the agent go on."""
    for answered in ask_both(tool, arguments):
        assert answered["error"] == code
        assert answered["explanation"].endswith(".")


@pytest.mark.parametrize("broken", [None, [], "text", 3])
def test_an_event_that_is_no_object_is_refused_aloud(broken: Any) -> None:
    """No service sends it."""
    for context in (None, through_gateway("target___echo")):
        with pytest.raises(InvalidEvent):
            answer(broken, context, FUNCTIONS)


def test_logs_tell_how_it_went_and_nothing_of_the_customer() -> None:
    """Arguments are personal, and so may be whatever stands in place of a tool's name."""
    log = io.StringIO()
    handler = answering.logger.registered_handler
    before = handler.setStream(log)  # type: ignore[attr-defined]  # Powertools logs to a stream handler

    answer(event("echo", word="44444444-4"), None, FUNCTIONS)
    answer({"word": "44444444-4"}, through_gateway("target___44444444-4"), FUNCTIONS)

    handler.setStream(before)  # type: ignore[attr-defined]  # as above
    known, unknown = (json.loads(line) for line in log.getvalue().splitlines())
    assert (known["tool"], known["outcome"]) == ("echo", "echoed")
    assert (unknown["tool"], unknown["outcome"]) == ("unknown", "unknown_function")
    assert "44444444-4" not in log.getvalue()


ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.just("9" * 5_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
TOOLS = (
    "find_free_times",
    "find_appointments",
    "book_appointment",
    "move_appointment",
    "cancel_appointment",
    "find_customer",
    "get_order_status",
    "open_ticket",
    "get_ticket",
)
NAMES = (
    "phone_or_email",
    "order_number",
    "identity_document_number",
    "ticket_number",
    "description",
    "service",
    "day",
    "time",
    "date_of_birth",
    "appointment_number",
)
NEARLY_FIT = st.sampled_from(["44444444-4", "1980-05-24", "dentistry", "tomorrow", "10:30", "3pm", "0-0", "99", "2-30"])
ARGUMENTS = st.dictionaries(st.sampled_from(NAMES) | ANY_TEXT, ANY_VALUE | NEARLY_FIT, max_size=8)


@pytest.fixture(scope="module")
def tools() -> Iterator[Mapping[str, Function]]:
    with ExitStack() as tables:
        orders = Orders(*tables.enter_context(table("order_number", named="orders")))
        tickets = Tickets(*tables.enter_context(table("ticket_number", named="tickets")))
        customers = Customers(*tables.enter_context(table("contact_point", named="customers")))
        appointments = Appointments(*tables.enter_context(table("entry_key", named="appointments")))
        more = appointments.functions(now=NOON)
        yield {**more, **customers.functions(), **orders.functions(), **tickets.functions(now=NOON)}


@settings(max_examples=150)
@given(tool=st.sampled_from(TOOLS) | ANY_TEXT, arguments=ARGUMENTS)
def test_whatever_a_model_writes_is_answered(
    tools: Mapping[str, Function], tool: str, arguments: Mapping[str, Any]
) -> None:
    """Huge, nested, wrong or half a character: the customer's turn goes on."""
    as_group = event(tool)
    as_group["parameters"] = [{"name": name, "type": "string", "value": value} for name, value in arguments.items()]

    by_group = result(answer(as_group, Context(), tools))
    by_gateway = answer(arguments, through_gateway(f"target___{tool}"), tools)

    for answered in (by_group, by_gateway):
        json.dumps(answered)
        assert "error" in answered or "status" in answered
        assert ("error" in answered) == ("explanation" in answered)


def test_an_argument_that_no_tool_takes_is_refused_also_where_the_tool_has_no_name() -> None:
    """The event of a Gateway holds arguments only, whatever they are called."""
    answered = answer({"function": ["x"], "card": {"deep": 1}}, through_gateway(""), FUNCTIONS)

    assert answered["error"]


ANY_EVENT = st.dictionaries(
    st.sampled_from(["actionGroup", "function", "parameters", "sessionAttributes", "sessionId"]) | ANY_TEXT, ANY_VALUE
)


CUSTOM = ANY_VALUE | st.fixed_dictionaries({TOOL_NAME: ANY_VALUE})


@settings(max_examples=150)
@given(broken=ANY_EVENT | ANY_VALUE, custom=CUSTOM)
def test_what_no_service_sends_is_refused_by_name_and_by_nothing_else(broken: Any, custom: Any) -> None:
    """Any other exception than `InvalidEvent` would be a mistake of ours."""
    for context in (None, custom, Context(custom), Context({"custom": custom}), Context(ClientContext(custom))):
        with suppress(InvalidEvent):
            assert answer(broken, context, FUNCTIONS)
