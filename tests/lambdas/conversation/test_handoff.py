"""The hand-off policy: what a control of the team leads to, and what the person gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.handoff import (
    ACTION_GROUP,
    ATTEMPTS,
    CLOSING_SENTENCE,
    FUNCTION_NAME,
    LANGUAGE,
    OUTCOME,
    QUEUE,
    REASON,
    SUMMARY,
    SUMMARY_CHARACTERS,
    Call,
    Control,
    Decision,
    Handoff,
    Outcome,
    Parameter,
    ParameterType,
    Policy,
    Reason,
    complete,
    fits,
    masked,
    parse_policy,
    read_policy,
    shrunk,
    to_a_person,
    without_secrets,
)
from tests.stage import POLICY, escalates

DOCUMENT: dict[str, dict[str, dict[str, object]]] = {
    "controls": {
        "escalate": {
            "outcome": "escalate",
            "reason": "customer_asked",
            "queue": "Orders",
            "summary": "description",
            "parameters": {
                "description": {"type": "string", "required": True, "max_length": 1000, "mask": False},
                "identity_document_number": {"type": "string", "required": False, "max_length": 40, "mask": True},
            },
        },
        "say_goodbye": {"outcome": "end", "reason": "finished"},
    }
}
A_DECISION = Decision(outcome=Outcome.ESCALATE, reason=Reason.DEADLINE, attributes={})


def completed(decision: Decision = A_DECISION, *, stale: tuple[str, ...] = (), summary: str = "") -> Handoff:
    return complete(decision, language="es", attempts=2, summary=summary, stale=stale, sentence="Gracias.")


# ---- deciding


def test_attributes_hold_only_characters_that_people_and_flows_can_read() -> None:
    """The team's values are as hostile as its text: control characters, half characters, turned directions."""
    decision = POLICY.decide([escalates("Order\x00 1002\ud83d0030\u202e is late\x9b")])
    unknown = POLICY.decide([Call(function="trans\x1bfer\ud800")])

    assert decision.attributes[SUMMARY] == "Order 10020030 is late"
    assert unknown.attributes == {FUNCTION_NAME: "transfer"}
    assert POLICY.decide([Call(function="esc\x00alate")]).reason is Reason.UNKNOWN_CONTROL
    assert completed(summary="I want\x07 a\u202e person").attributes[SUMMARY] == "I want a person"


def test_a_wish_for_a_person_goes_to_the_queue_of_the_control() -> None:
    """With everything the team was told, each parameter an attribute of its own."""
    decision = POLICY.decide([escalates("Order 10020030 is late", order_number="10020030")])

    assert decision == Decision(
        outcome=Outcome.ESCALATE,
        reason=Reason.CUSTOMER_ASKED,
        attributes={
            FUNCTION_NAME: "escalate",
            ACTION_GROUP: "escalation",
            QUEUE: "Orders",
            SUMMARY: "Order 10020030 is late",
            "handoff_description": "Order 10020030 is late",
            "handoff_order_number": "10020030",
        },
    )


def test_a_backend_that_knows_no_action_groups_still_tells_the_control_s_own() -> None:
    """A flow that reads it must not change with the backend; what the wire does tell comes first."""
    policy = Policy({"escalate": Control(outcome=Outcome.ESCALATE, reason=Reason.CUSTOMER_ASKED, action_group="own")})

    assert policy.decide([Call(function="escalate")]).attributes[ACTION_GROUP] == "own"
    assert policy.decide([Call(function="escalate", action_group="told")]).attributes[ACTION_GROUP] == "told"


def test_a_control_the_policy_does_not_know_goes_to_a_person() -> None:
    """A mistake in the team must never strand a customer."""
    decision = POLICY.decide([Call(function="transfer_to_moon" * 20)])

    assert (decision.outcome, decision.reason) == (Outcome.ESCALATE, Reason.UNKNOWN_CONTROL)
    assert decision.attributes[FUNCTION_NAME].startswith("transfer_to_moon")
    assert len(decision.attributes[FUNCTION_NAME]) == 100


def test_a_control_without_a_call_goes_to_a_person() -> None:
    """A backend may return control and name nothing."""
    decision = POLICY.decide([])

    assert (decision.outcome, decision.reason) == (Outcome.ESCALATE, Reason.UNKNOWN_CONTROL)


@pytest.mark.parametrize(
    "call",
    [
        escalates(""),
        escalates("x" * 1_001),
        escalates("Help", order_number="1" * 21),
        escalates("Help", colour="blue"),
        Call(function="escalate"),
    ],
    ids=["required but empty", "too long", "another too long", "not in the policy", "missing"],
)
def test_a_parameter_that_does_not_fit_goes_to_a_person(call: Call) -> None:
    """Whatever the control was for; what does fit goes along."""
    decision = POLICY.decide([call])

    assert (decision.outcome, decision.reason) == (Outcome.ESCALATE, Reason.UNFIT_CONTROL)
    assert decision.attributes[QUEUE] == "Orders"
    assert "handoff_colour" not in decision.attributes


def test_a_parameter_given_empty_counts_as_not_given() -> None:
    """Models send an empty string for what they do not know."""
    decision = POLICY.decide([escalates("Help", order_number="", colour="")])

    assert decision.reason is Reason.CUSTOMER_ASKED
    assert "handoff_order_number" not in decision.attributes


def test_of_several_controls_the_first_that_leaves_the_chat_decides() -> None:
    """A note taken on the way must not keep a customer from the person."""
    decision = POLICY.decide([Call(function="note"), escalates(), Call(function="say_goodbye")])

    assert decision.reason is Reason.CUSTOMER_ASKED


def test_controls_that_all_stay_are_all_noted() -> None:
    """The team is told that each was; so each must be."""
    decision = POLICY.decide(
        [
            Call(function="note", parameters={"topic": "delivery"}),
            Call(function="note", parameters={"order_number": "10020030"}),
        ]
    )

    assert decision.outcome is Outcome.STAY
    assert decision.attributes["handoff_topic"] == "delivery"
    assert decision.attributes["handoff_order_number"] == "10020030"


def test_only_the_last_four_characters_of_a_masked_parameter_are_shown() -> None:
    """The person needs to recognise the document, not to read it."""
    decision = POLICY.decide([escalates("Help", identity_document_number="12345678-9")])

    assert decision.attributes["handoff_identity_document_number"] == "••••••78-9"


def test_a_summary_is_masked_like_any_parameter() -> None:
    """Otherwise the same value would be hidden in one attribute and shown in two others."""
    control = Control(
        outcome=Outcome.ESCALATE,
        reason=Reason.CUSTOMER_ASKED,
        summary="document",
        parameters={"document": Parameter(mask=True)},
    )

    decision = Policy({"verify": control}).decide([Call(function="verify", parameters={"document": "12345678-9"})])

    assert decision.attributes[SUMMARY] == decision.attributes["handoff_document"] == "••••••78-9"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("My document is 12345678-9.", "My document is ••••••78-9."),
        ("DNI12345678-9", "DNI••••••78-9"),
        ("It is 12.345.678 - 9, and 123456789!", "It is ••.•••.•78 - 9, and ••••••789!"),
        ("١٢٣٤٥٦٧٨-٩", "••••••٧٨-٩"),
        ("12345678, written\non 9 May", "12345678, written\non 9 May"),
        ("Order 10020030", "Order 10020030"),
    ],
    ids=["the same", "without a gap", "other separators", "other digits", "too far apart", "another number"],
)
def test_what_is_masked_stands_in_no_other_attribute(told: str, shown: str) -> None:
    """Neither in the summary nor in what else the team passed on: a mask beside the value would hide nothing."""
    decision = POLICY.decide([escalates(told, order_number="10020030", identity_document_number="12345678-9")])

    assert decision.attributes[SUMMARY] == decision.attributes["handoff_description"] == shown
    assert decision.attributes["handoff_order_number"] == "10020030"


def test_a_masked_value_passed_on_as_another_parameter_is_masked_there_too() -> None:
    """Models put a number wherever it seems to fit."""
    decision = POLICY.decide([escalates("Help", order_number="12345678 9", identity_document_number="12345678-9")])

    assert decision.attributes["handoff_order_number"] == "••••••78 9"


def test_a_masked_number_is_hidden_also_without_what_is_written_before_it() -> None:
    """The kind of document tells nothing; the number does."""
    decision = POLICY.decide([escalates("It is 12345678-9", identity_document_number="DNI 12345678-9")])

    assert decision.attributes[SUMMARY] == "It is ••••••78-9"


def test_a_masked_value_that_does_not_fit_is_hidden_all_the_same() -> None:
    """It is as much the customer's as one that does."""
    number = "1234567890" * 5

    decision = POLICY.decide([escalates(f"It is {number}", identity_document_number=number)])

    assert decision.reason is Reason.UNFIT_CONTROL
    assert decision.attributes[SUMMARY] == f"It is {masked(number)}"


def test_the_customers_own_words_do_not_tell_what_is_masked() -> None:
    """They are the summary where the team wrote none; a value cut off at their end would be half told."""
    policy = Policy(
        {
            "verify": Control(
                outcome=Outcome.ESCALATE,
                reason=Reason.CUSTOMER_ASKED,
                parameters={"document": Parameter(mask=True), "pin": Parameter(mask=True)},
            )
        }
    )
    decision = policy.decide([Call(function="verify", parameters={"document": "12345678-9", "pin": "0420"})])

    words = completed(decision, summary="Soy Ana, 12 345 678 9, pin 0420, pedido 10042030.").attributes[SUMMARY]
    cut = completed(decision, summary="x" * (SUMMARY_CHARACTERS - 4) + "12345678-9").attributes[SUMMARY]

    assert words == "Soy Ana, •• ••• •78 9, pin ••••, pedido 10042030."
    assert cut == "x" * (SUMMARY_CHARACTERS - 4) + "••••"


def test_what_one_control_masks_no_other_of_the_same_answer_tells() -> None:
    """A note and a wish for a person may come together."""
    note = Control(outcome=Outcome.STAY, reason=Reason.TEAM_DECIDED, parameters={"topic": Parameter()})
    policy = Policy({**POLICY.controls, "note": note, "verify": replace(note, parameters={"id": Parameter(mask=True)})})
    verify = Call(function="verify", parameters={"id": "12345678-9"})

    stays = policy.decide([Call(function="note", parameters={"topic": "Lost 12345678-9"}), verify])
    leaves = policy.decide([escalates("Lost 12345678-9"), verify])

    assert stays.attributes["handoff_topic"] == leaves.attributes[SUMMARY] == "Lost ••••••78-9"


def test_a_masked_yes_or_no_hides_no_other_one() -> None:
    """A flow reads them, and one tells nothing of the other."""
    parameters = {"is_minor": Parameter(type="boolean", mask=True), "urgent": Parameter(type="boolean")}
    policy = Policy(
        {"escalate": Control(outcome=Outcome.ESCALATE, reason=Reason.CUSTOMER_ASKED, parameters=parameters)}
    )

    decision = policy.decide([Call(function="escalate", parameters={"is_minor": "true", "urgent": "true"})])

    assert decision.attributes["handoff_urgent"] == "true"


def test_a_decision_does_not_print_what_is_masked() -> None:
    """Errors and logs print what they are given."""
    decision = POLICY.decide([escalates("Help", identity_document_number="12345678-9")])

    assert "12345678" not in repr(decision)


def test_values_that_overlap_are_hidden_each() -> None:
    """The second would be shown by the end of the first."""
    assert without_secrets("1212121", ["12121"]) == "•2•2121"
    assert without_secrets("9" * 20_000, ["9" * 10_000]) == "•" * 19_996 + "9999"


@given(
    st.text(alphabet="12aé .-", max_size=12),
    st.text(alphabet="12aé .-", max_size=30),
    st.text(alphabet="12aé .-", max_size=30),
)
def test_no_text_tells_a_masked_value(secret: str, before: str, after: str) -> None:
    """Wherever it stands, and the rest of the text keeps its length and its signs."""
    text = f"{before} {secret} {after}"

    shown = without_secrets(text, [secret])

    assert all(one in {other, "•"} for one, other in zip(shown, text, strict=True))
    if any(map(str.isalnum, secret)):
        assert f" {secret} " not in shown


def test_nothing_is_shown_of_a_value_of_four_characters() -> None:
    """It would be all of it."""
    assert masked("1234") == "••••"
    assert masked("12345") == "•2345"
    assert masked("1-2-3-4") == "•••••••"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["", "anything"], []),
        ("integer", ["10020030", "-1"], ["1.5", "ten", ""]),
        ("number", ["1.5", "-2", "1e3"], ["a lot", ""]),
        ("boolean", ["true", "False"], ["yes", "1", ""]),
    ],
)
def test_a_value_fits_its_type(kind: ParameterType, good: list[str], bad: list[str]) -> None:
    """Values are always strings on the wire; the type says how they must read."""
    assert all(fits(value, Parameter(type=kind)) for value in good)
    assert not any(fits(value, Parameter(type=kind)) for value in bad)


parameters = st.builds(
    Parameter,
    type=st.sampled_from(["string", "integer", "number", "boolean"]),
    required=st.booleans(),
    max_length=st.integers(min_value=0, max_value=2_000),
    mask=st.booleans(),
)
names = st.sampled_from(["description", "order_number", "topic", ""])
controls = st.builds(
    Control,
    outcome=st.sampled_from(Outcome),
    reason=st.sampled_from(Reason),
    queue=st.text(max_size=20),
    summary=names,
    parameters=st.dictionaries(names, parameters),
)
calls = st.builds(
    Call,
    function=st.sampled_from(["escalate", "note", "unheard_of", ""]),
    action_group=st.text(max_size=20),
    parameters=st.dictionaries(names | st.text(max_size=5), st.text() | st.text(max_size=1_500) | st.just("9" * 5_000)),
)


@given(st.dictionaries(st.sampled_from(["escalate", "note"]), controls), st.lists(calls, max_size=4))
def test_any_control_at_all_leads_to_a_hand_off_connect_can_take(
    policy: Mapping[str, Control], returned: list[Call]
) -> None:
    """Nothing a team returns may raise, and attributes are strings."""
    decision = Policy(policy).decide(returned)
    handoff = completed(decision)

    assert all(isinstance(value, str) for value in handoff.attributes.values())
    assert len(handoff.attributes[SUMMARY]) <= SUMMARY_CHARACTERS
    assert handoff.attributes[OUTCOME] == decision.outcome.value
    assert handoff.attributes[REASON] in set(Reason)


# ---- completing


def test_a_hand_off_says_why_where_to_and_how_often() -> None:
    """Also one that no control decided: queues and reports rely on the same attributes."""
    handoff = completed(summary="Where is my order?")

    assert handoff.attributes == {
        FUNCTION_NAME: "",
        ACTION_GROUP: "",
        QUEUE: "",
        SUMMARY: "Where is my order?",
        OUTCOME: "escalate",
        REASON: "deadline",
        LANGUAGE: "es",
        ATTEMPTS: "2",
    }
    assert handoff.sentence == "Gracias."


def test_the_summary_of_the_control_comes_before_the_customers_words() -> None:
    """The team understood; the words are in the transcript."""
    decision = POLICY.decide([escalates("Order is late")])

    assert completed(decision, summary="I want a person").attributes[SUMMARY] == "Order is late"


def test_a_long_summary_is_shortened() -> None:
    """All attributes of a contact together may have 32 KB."""
    assert len(completed(summary="x" * 5_000).attributes[SUMMARY]) == SUMMARY_CHARACTERS


def test_nothing_of_an_earlier_hand_off_is_still_shown() -> None:
    """Connect merges attributes: what is not overwritten would stay, and send the customer to the last queue."""
    stale = tuple(POLICY.parameter_attributes())

    attributes = completed(stale=stale).attributes

    assert {attributes[name] for name in (*stale, FUNCTION_NAME, ACTION_GROUP, QUEUE)} == {""}


def test_every_parameter_of_every_control_may_be_stale() -> None:
    """The earlier hand-off may have been another control's."""
    assert POLICY.parameter_attributes() == {
        "handoff_description",
        "handoff_order_number",
        "handoff_identity_document_number",
        "handoff_topic",
    }


def test_refused_attributes_shrink_to_what_routes() -> None:
    """A hand-off without a briefing is better than none."""
    shrunken = shrunk(completed(POLICY.decide([escalates()])))

    assert shrunken.attributes == {OUTCOME: "escalate", REASON: "customer_asked", QUEUE: "Orders"}


def test_an_end_the_flow_takes_back_becomes_a_hand_over() -> None:
    """The customer has not heard the goodbye, so nobody may hang up on them."""
    ending = completed(POLICY.decide([Call(function="say_goodbye")]))

    taken_back = to_a_person(ending, Reason.UNANSWERED)

    assert (taken_back.outcome, taken_back.reason) == (Outcome.ESCALATE, Reason.UNANSWERED)
    assert (taken_back.attributes[OUTCOME], taken_back.attributes[REASON]) == ("escalate", "unanswered")
    assert to_a_person(completed(), Reason.UNANSWERED) == completed()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_goodbye_in_a_way_of_its_own_or_not_at_all(reason: Reason) -> None:
    """The table is complete; where the flow took the contact back, the flow speaks."""
    assert (CLOSING_SENTENCE[reason] is None) == (reason in {Reason.UNANSWERED, Reason.FLOW_ERROR})


# ---- reading


def test_the_policy_is_read_from_the_file_the_build_wrote(tmp_path: Path) -> None:
    """Missing members have the defaults of the type."""
    path = tmp_path / "handoff_policy.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")

    policy = read_policy(path)

    assert policy == Policy(
        {
            "escalate": Control(
                outcome=Outcome.ESCALATE,
                reason=Reason.CUSTOMER_ASKED,
                queue="Orders",
                summary="description",
                parameters={
                    "description": Parameter(required=True),
                    "identity_document_number": Parameter(max_length=40, mask=True),
                },
            ),
            "say_goodbye": Control(outcome=Outcome.END, reason=Reason.FINISHED),
        }
    )


@pytest.mark.parametrize("change", [{"outcome": "explode"}, {"reason": "because"}])
def test_a_policy_outside_the_closed_lists_stops_the_start(change: dict[str, str]) -> None:
    """Better no bot than one that hands over for reasons nobody routes."""
    document = {"controls": {"escalate": {**DOCUMENT["controls"]["escalate"], **change}}}

    with pytest.raises(ValueError, match="is not a valid"):
        parse_policy(document)
