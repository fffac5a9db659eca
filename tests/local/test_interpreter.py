"""Flows run as Connect runs them: block by block, branch by branch, without a clock or a chat in sight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from amazon_connect.blocks import BLOCKS
from amazon_connect.export import inbound_content
from amazon_connect.phrases import load_phrases
from local.flow_effects import (
    ContactData,
    Disconnect,
    Done,
    Effect,
    Entered,
    Failed,
    Happened,
    InvokeLambda,
    Reply,
    Returned,
    Say,
    SetAttributes,
    SetLogging,
    SetQueue,
    TransferToQueue,
    WaitFor,
)
from local.interpreter import _STEPS, InvalidFlow, NoWayOn, WrongReply, load, run

START_BOT_ARN = "arn:aws:lambda:local:000000000000:function:start-bot:live"
QUEUE_ARN = "arn:aws:connect:local:000000000000:instance/i/queue/q"
SENTENCES = load_phrases("en")
CHAT = ContactData(contact_id="c-1", initial_contact_id="c-1", channel="CHAT", instance_arn="arn:instance")


@dataclass
class World:
    """Answers effects: Lambdas by their `action`, waits one after another, transfers one after another."""

    contact: ContactData = CHAT
    lambdas: dict[str, Reply] = field(default_factory=dict)
    waits: list[Reply] = field(default_factory=list)
    transfers: list[Reply] = field(default_factory=list)
    failing: tuple[type[Effect], ...] = ()
    effects: list[Effect] = field(default_factory=list)

    def answer(self, effect: Effect) -> Reply:
        self.effects.append(effect)
        reply: Reply = Done()
        match effect:
            case Entered():
                reply = self.contact
            case InvokeLambda(parameters=parameters):
                reply = self.lambdas[parameters["action"]]
            case WaitFor():
                reply = self.waits.pop(0)
            case TransferToQueue() if self.transfers:
                reply = self.transfers.pop(0)
            case SetQueue(queue_arn=queue_arn):
                self.contact = replace(self.contact, queue_arn=queue_arn)
        return Failed(reason="as the test wants it") if isinstance(effect, self.failing) else reply

    def play(self, content: str | Mapping[str, Any]) -> World:
        flow = run(load(content))
        try:
            effect = next(flow)
            while True:
                effect = flow.send(self.answer(effect))
        except StopIteration:
            return self

    @property
    def blocks(self) -> list[str]:
        return [effect.block for effect in self.effects if isinstance(effect, Entered)]

    @property
    def said(self) -> list[str]:
        return [effect.text for effect in self.effects if isinstance(effect, Say)]

    @property
    def asked(self) -> list[Mapping[str, str]]:
        return [effect.parameters for effect in self.effects if isinstance(effect, InvokeLambda)]


def inbound(language: str = "en") -> str:
    """The flow as it is deployed: built, exported, and here parsed and run."""
    return inbound_content(language=language, start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN)


def status(value: str) -> Reply:
    return Returned(payload={"status": value})


def start_bot(**changes: Reply) -> dict[str, Reply]:
    usual = {"join": status("joined"), "watch": status("wait"), "leave": status("left"), "give_up": status("counted")}
    return {**usual, **changes}


def having(**attributes: str) -> ContactData:
    return replace(CHAT, attributes=attributes)


BOT_LEFT = Happened(event="BotParticipantDisconnected")
ROUND_OVER = Happened(event="WaitCompleted")


# The inbound flow


def test_the_bot_that_hands_over_leads_to_a_person() -> None:
    """The usual way: welcome, bot, outcome, a sentence, queue, transfer."""
    world = World(contact=having(handoff_outcome="escalate"), lambdas=start_bot(), waits=[BOT_LEFT])

    world.play(inbound())

    assert world.said == [SENTENCES["flow.welcome"], SENTENCES["flow.looking_for_a_person"]]
    assert world.effects[-3:] == [SetQueue(queue_arn=QUEUE_ARN), world.effects[-2], TransferToQueue()]
    assert world.effects[1] == SetLogging(enabled=True)


def test_the_outcome_end_ends_the_chat() -> None:
    """The one end that the bot decides."""
    world = World(contact=having(handoff_outcome="end"), lambdas=start_bot(), waits=[BOT_LEFT])

    world.play(inbound())

    assert world.effects[-1] == Disconnect()
    assert TransferToQueue() not in world.effects


def test_while_the_bot_talks_every_round_asks_whether_the_customer_is_answered() -> None:
    """A bot that no event reaches is found by this."""
    world = World(lambdas=start_bot(), waits=[ROUND_OVER, ROUND_OVER, BOT_LEFT]).play(inbound())

    assert [asked["action"] for asked in world.asked] == ["join", "watch", "watch"]
    assert WaitFor(seconds=90, events=("BotParticipantDisconnected",)) in world.effects


def test_an_unanswered_customer_is_taken_over() -> None:
    """Time that is over does not remove the bot, so the flow sends it out."""
    world = World(lambdas=start_bot(watch=status("take_over")), waits=[ROUND_OVER]).play(inbound())

    assert world.asked[-1] == {"action": "leave", "reason": "unanswered"}
    assert world.effects[-1] == TransferToQueue()


@pytest.mark.parametrize("answer", [Failed(), status("?"), Returned(payload={}), Returned(payload=None)])
def test_a_watch_that_fails_takes_over(answer: Reply) -> None:
    """An unknown answer is as good as none."""
    world = World(lambdas=start_bot(watch=answer), waits=[ROUND_OVER]).play(inbound())

    assert world.asked[-1] == {"action": "leave", "reason": "flow_error"}
    assert world.effects[-1] == TransferToQueue()


@pytest.mark.parametrize("answer", [Failed(), status("?")])
def test_a_join_that_ends_in_an_error_leaves_and_finds_a_person(answer: Reply) -> None:
    """The bot may be in the chat all the same."""
    world = World(lambdas=start_bot(join=answer)).play(inbound())

    assert [asked["action"] for asked in world.asked] == ["join", "leave"]
    assert world.effects[-1] == TransferToQueue()


def test_a_join_that_failed_finds_a_person_at_once() -> None:
    """StartBot has already seen to it that no bot is in the chat."""
    world = World(lambdas=start_bot(join=status("failed"))).play(inbound())

    assert [asked["action"] for asked in world.asked] == ["join"]
    assert world.effects[-1] == TransferToQueue()


def test_a_bot_that_left_before_the_wait_is_no_error() -> None:
    """It was quick; what it left behind as outcome counts."""
    nobody = Failed(error_type="ParticipantNotFound")
    world = World(contact=having(handoff_outcome="end"), lambdas=start_bot(), waits=[nobody]).play(inbound())

    assert [asked["action"] for asked in world.asked] == ["join"]
    assert world.effects[-1] == Disconnect()


def test_a_wait_that_breaks_sends_the_bot_out() -> None:
    """The bot would otherwise stay beside the person."""
    world = World(lambdas=start_bot(), waits=[Failed()]).play(inbound())

    assert world.asked[-1] == {"action": "leave", "reason": "flow_error"}
    assert world.effects[-1] == TransferToQueue()


@pytest.mark.parametrize("refusal", [Failed(error_type="QueueAtCapacity"), Failed()])
def test_a_full_queue_is_tried_again_ten_times(refusal: Reply) -> None:
    """A sentence and a minute each time; then the end of the chat is counted and told."""
    waits: list[Reply] = [BOT_LEFT, *[ROUND_OVER] * 10]
    world = World(lambdas=start_bot(), waits=waits, transfers=[refusal] * 11).play(inbound())

    assert world.said.count(SENTENCES["flow.still_looking"]) == 10
    assert world.effects.count(WaitFor(seconds=60)) == 10
    assert world.said[-1] == SENTENCES["flow.nobody_available"]
    assert world.asked[-1] == {"action": "give_up"}
    assert world.effects[-1] == Disconnect()


def test_a_place_that_becomes_free_is_taken() -> None:
    """The third try works and nobody is told that nobody came."""
    full = Failed(error_type="QueueAtCapacity")
    waits: list[Reply] = [BOT_LEFT, ROUND_OVER, ROUND_OVER]
    world = World(lambdas=start_bot(), waits=waits, transfers=[full, full, Done()]).play(inbound())

    assert world.said.count(SENTENCES["flow.still_looking"]) == 2
    assert world.effects[-1] == TransferToQueue()


def test_a_call_is_transferred_without_bot_and_without_wait() -> None:
    """The flow may be assigned to a phone number by mistake; the caller still gets a person."""
    world = World(contact=replace(CHAT, channel="VOICE")).play(inbound())

    assert world.said == [SENTENCES["flow.welcome"], SENTENCES["flow.voice"]]
    assert world.asked == []
    assert world.effects[-1] == TransferToQueue()


def test_a_call_that_finds_the_queue_full_is_tried_again_without_waiting() -> None:
    """Calls cannot wait; the Wait's error branch leads back to the queue, and the tries are still counted."""
    full = Failed(error_type="QueueAtCapacity")
    call = replace(CHAT, channel="VOICE")
    world = World(contact=call, lambdas=start_bot(), transfers=[full] * 11).play(inbound())

    assert not any(isinstance(effect, WaitFor) for effect in world.effects)
    assert world.blocks.count("pause") == 10
    assert world.effects[-1] == Disconnect()


def test_sentences_that_cannot_be_said_stop_nobody() -> None:
    """Every error branch leads on."""
    world = World(lambdas=start_bot(), waits=[BOT_LEFT], failing=(Say, SetQueue))
    world.contact = replace(CHAT, queue_arn=QUEUE_ARN)

    world.play(inbound())

    assert world.effects[-1] == TransferToQueue()


def test_the_first_message_is_handed_to_the_bot() -> None:
    """A customer who wrote with the start of the chat is not asked again."""
    contact = replace(CHAT, initial_message="¿Dónde está mi pedido?")
    world = World(contact=contact, lambdas=start_bot(), waits=[BOT_LEFT]).play(inbound("es"))

    assert world.asked[0] == {
        "action": "join",
        "initialMessage": "¿Dónde está mi pedido?",
        "subtype": "connect:Chat",
    }
    assert world.said[0] == load_phrases("es")["flow.welcome"]


# Single blocks


def action(kind: str, parameters: Mapping[str, Any] | None = None, **transitions: Any) -> dict[str, Any]:
    return {"Type": kind, "Parameters": dict(parameters or {}), "Transitions": transitions}


def content(**actions: dict[str, Any]) -> dict[str, Any]:
    """A flow of named blocks; the first starts it, `end` is always there."""
    named = [{"Identifier": name, **block} for name, block in actions.items()]
    end = {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    return {"Version": "2019-10-30", "StartAction": named[0]["Identifier"], "Metadata": {}, "Actions": [*named, end]}


def when(operand: str, target: str, operator: str = "Equals") -> dict[str, Any]:
    return {"NextAction": target, "Condition": {"Operator": operator, "Operands": [operand]}}


def on_error(target: str, error: str = "NoMatchingError") -> list[dict[str, str]]:
    return [{"NextAction": target, "ErrorType": error}]


def say(text: str) -> dict[str, Any]:
    return action("MessageParticipant", {"Text": text}, NextAction="end", Errors=on_error("end"))


def ask(attributes: Mapping[str, str], response: str = "STRING_MAP", then: str = "told") -> dict[str, Any]:
    parameters = {
        "LambdaFunctionARN": START_BOT_ARN,
        "InvocationTimeLimitSeconds": "5",
        "LambdaInvocationAttributes": {"action": "ask", **attributes},
        "ResponseValidation": {"ResponseType": response},
    }
    return action("InvokeLambdaFunction", parameters, NextAction=then, Errors=on_error("failed"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$.Attributes.name", "Ana"),
        ("Hola $.Attributes.name, $.Channel.", "Hola Ana, CHAT."),
        ("$.Attributes['order number']", "10020030"),
        ("$['Attributes']['name']", "Ana"),
        ("$.ContactId/$.InitialContactId/$.PreviousContactId", "c-2/c-1/c-1"),
        ("$.LanguageCode $.CustomerId $.Name", "es-US u-9 web"),
        ("$.Media.InitialMessage", "Hola"),
        ("$.Queue.Name $.Queue.ARN", f"BasicQueue {QUEUE_ARN}"),
        ("$.InstanceARN $.InitiationMethod", "arn:instance API"),
        ("[$.Attributes.nothing][$.External.status][$.Queue.Name.First]", "[][][]"),
        ("$1000", "$1000"),
    ],
)
def test_paths_are_replaced_by_what_the_contact_has(text: str, said: str) -> None:
    """Dots and brackets, whole values and texts with paths inside; what is missing is empty."""
    contact = ContactData(
        contact_id="c-2",
        initial_contact_id="c-1",
        previous_contact_id="c-1",
        channel="CHAT",
        instance_arn="arn:instance",
        language_code="es-US",
        customer_id="u-9",
        name="web",
        initial_message="Hola",
        attributes={"name": "Ana", "order number": "10020030"},
        queue_arn=QUEUE_ARN,
        queue_name="BasicQueue",
    )

    assert World(contact=contact).play(content(hello=say(text))).said == [said]


def test_attributes_are_read_at_the_block_that_names_them() -> None:
    """The bot writes them while the flow stands in its Wait."""
    first = action("UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Disabled"}, NextAction="hello")
    flow = run(load(content(first=first, hello=say("$.Attributes.name"))))

    assert next(flow) == Entered(block="first", type="UpdateFlowLoggingBehavior", detail="Disabled")
    assert flow.send(CHAT) == SetLogging(enabled=False)
    assert flow.send(Done()) == Entered(block="hello", type="MessageParticipant", detail="“$.Attributes.name”")
    assert flow.send(having(name="Ana")) == Say(text="Ana")


def test_a_prompt_without_words_takes_the_error_branch() -> None:
    """A path that leads to nothing says nothing."""
    world = World().play(content(hello=say("$.Attributes.nothing")))

    assert world.said == []
    reason = "NoMatchingError: there is nothing to say"
    assert world.effects[-2] == Entered(block="end", type="DisconnectParticipant", by=reason)


@pytest.mark.parametrize(
    ("conditions", "reached"),
    [
        ([when("20", "yes")], "yes"),
        ([when("2", "yes")], "no"),
        ([when("2", "yes", "TextStartsWith")], "yes"),
        ([when("3", "no", "NumberLessThan"), when("3", "yes", "NumberGreaterThan")], "yes"),
        ([when("20", "yes"), when("20", "no")], "yes"),
        ([when("$.Attributes.same", "yes")], "yes"),
    ],
)
def test_the_first_condition_that_holds_is_taken(conditions: list[dict[str, Any]], reached: str) -> None:
    """Without one it is NoMatchingCondition; operands may be paths."""
    compare = action(
        "Compare",
        {"ComparisonValue": "$.Attributes.age"},
        NextAction="no",
        Conditions=conditions,
        Errors=on_error("no", "NoMatchingCondition"),
    )
    flow = content(which=compare, yes=say("yes"), no=say("no"))

    assert World(contact=having(age="20", same="20")).play(flow).said == [reached]


@pytest.mark.parametrize(
    ("payload", "response", "told"),
    [
        ({"status": "open"}, "STRING_MAP", "open//open"),
        ({}, "STRING_MAP", "//"),
        ({"status": {"of": "order"}}, "JSON", "/order/"),
        ({"status": 3}, "JSON", "3//3"),
        ({"status": True}, "JSON", "true//true"),
        ({"status": ["a"]}, "JSON", "//"),
    ],
)
def test_what_a_lambda_answers_is_read_by_paths(payload: Any, response: str, told: str) -> None:
    """Flat texts, or nested values if the block says JSON; lists cannot be read."""
    text = "$.External.status/$.External.status.of/$.LambdaInvocation.ResultData.status"
    flow = content(ask=ask({}, response), told=say(text), failed=say("failed"))

    assert World(lambdas={"ask": Returned(payload=payload)}).play(flow).said == [told]


@pytest.mark.parametrize(
    ("payload", "response"),
    [
        ({"status": 3}, "STRING_MAP"),
        ({"status": None}, "STRING_MAP"),
        ({"status": {"of": "order"}}, "STRING_MAP"),
        (None, "STRING_MAP"),
        ("open", "STRING_MAP"),
        (["open"], "JSON"),
        ({"status": "x" * 32 * 1024}, "STRING_MAP"),
        ({"status": "ñ" * 16_377}, "JSON"),
    ],
)
def test_an_answer_of_the_wrong_form_takes_the_error_branch(payload: Any, response: str) -> None:
    """Anything but flat texts for STRING_MAP; 32 KB of UTF-8 and more for both."""
    flow = content(ask=ask({}, response), told=say("told"), failed=say("failed"))

    assert World(lambdas={"ask": Returned(payload=payload)}).play(flow).said == ["failed"]


def test_an_answer_just_below_the_limit_is_taken() -> None:
    """The limit counts the bytes of the answer as JSON."""
    payload = {"status": "x" * (32 * 1024 - 1 - len(json.dumps({"status": ""})))}
    flow = content(ask=ask({}), told=say("told"), failed=say("failed"))

    assert World(lambdas={"ask": Returned(payload=payload)}).play(flow).said == ["told"]


def test_only_the_latest_lambda_can_be_read() -> None:
    """And after a failed one nothing, so that no old answer decides."""
    again = ask({"action": "again"}, then="told")
    again["Transitions"]["Errors"] = on_error("told")
    flow = content(ask=ask({}, then="again"), again=again, told=say("[$.External.status]"), failed=say("failed"))

    assert World(lambdas={"ask": status("old"), "again": status("new")}).play(flow).said == ["[new]"]
    assert World(lambdas={"ask": status("old"), "again": Failed()}).play(flow).said == ["[]"]
    assert World(lambdas={"ask": status("old"), "again": Returned(payload=[])}).play(flow).said == ["[]"]


def test_the_lambdas_time_limit_goes_with_the_effect() -> None:
    """Who invokes keeps it."""
    flow = content(ask=ask({"name": "$.Attributes.name"}), told=say("told"), failed=say("failed"))

    world = World(contact=having(name="Ana"), lambdas={"ask": status("ok")}).play(flow)

    assert (
        InvokeLambda(function_arn=START_BOT_ARN, parameters={"action": "ask", "name": "Ana"}, time_limit_seconds=5)
        in world.effects
    )


def a_wait(parameters: Mapping[str, Any]) -> dict[str, Any]:
    wait = action(
        "Wait", parameters, NextAction="failed", Conditions=[when("WaitCompleted", "over")], Errors=on_error("failed")
    )
    return content(wait=wait, over=say("over"), failed=say("failed"))


@pytest.mark.parametrize(
    "parameters", [{"TimeLimitSeconds": "30"}, {"TimeoutSeconds": 30}, {"TimeLimitSeconds": "$.Attributes.pause"}]
)
def test_a_wait_takes_its_seconds_from_either_name_or_from_a_path(parameters: dict[str, Any]) -> None:
    """The console's name and the developer guide's; text and number."""
    world = World(contact=having(pause="30"), waits=[ROUND_OVER]).play(a_wait(parameters))

    assert WaitFor(seconds=30) in world.effects
    assert world.said == ["over"]


@pytest.mark.parametrize("seconds", ["$.Attributes.nothing", "0", "604801", "soon"])
def test_a_wait_without_a_possible_time_takes_the_error_branch(seconds: str) -> None:
    """One second to seven days."""
    assert World().play(a_wait({"TimeLimitSeconds": seconds})).said == ["failed"]


def test_only_chats_wait() -> None:
    """On a call the block fails at once."""
    assert World(contact=replace(CHAT, channel="VOICE")).play(a_wait({"TimeLimitSeconds": "30"})).said == ["failed"]


def a_loop(count: str, again: str, done: str) -> dict[str, Any]:
    conditions = [when("ContinueLooping", again), when("DoneLooping", done)]
    return action("Loop", {"LoopCount": count}, NextAction=done, Conditions=conditions)


def looping(count: str) -> dict[str, Any]:
    """Two rounds through one Loop block: done once, counted anew, done twice."""
    said_again = action("MessageParticipant", {"Text": "again"}, NextAction="loop", Errors=on_error("loop"))
    done = action("MessageParticipant", {"Text": "done"}, NextAction="more", Errors=on_error("more"))
    loop, more = a_loop(count, again="again", done="done"), a_loop("1", again="loop", done="end")
    return content(loop=loop, again=said_again, done=done, more=more)


@pytest.mark.parametrize(("count", "rounds"), [("3", 3), ("0", 0), ("$.Attributes.times", 2)])
def test_a_loop_counts_is_done_once_and_counts_anew(count: str, rounds: int) -> None:
    """Each Loop block has its own count; zero is done at once."""
    world = World(contact=having(times="2")).play(looping(count))

    assert world.said == [*["again"] * rounds, "done"] * 2


def test_a_loop_without_a_number_and_without_a_branch_for_that_stops_aloud() -> None:
    """The block has no error branch in the flow language."""
    with pytest.raises(NoWayOn, match="loop"):
        World().play(looping("$.Attributes.nothing"))


def test_attributes_are_written_with_paths_filled() -> None:
    """All or none is up to the chat."""
    setting = action(
        "UpdateContactAttributes",
        {"Attributes": {"greeted": "$.Channel"}, "TargetContact": "Current"},
        NextAction="end",
        Errors=on_error("end"),
    )

    assert SetAttributes(attributes={"greeted": "CHAT"}) in World().play(content(set=setting)).effects


def test_a_transfer_without_a_queue_takes_the_error_branch() -> None:
    """TransferContactToQueue names no queue itself."""
    transfer = action(
        "TransferContactToQueue",
        NextAction="failed",
        Errors=[*on_error("full", "QueueAtCapacity"), *on_error("failed")],
    )
    flow = content(transfer=transfer, full=say("full"), failed=say("failed"))

    assert World().play(flow).said == ["failed"]


def test_an_error_without_a_branch_of_its_own_takes_no_matching_error() -> None:
    """NoMatchingError means any other error."""
    transfer = action("TransferContactToQueue", NextAction="failed", Errors=on_error("failed"))
    flow = content(transfer=transfer, failed=say("failed"))
    full = Failed(error_type="QueueAtCapacity")

    assert World(contact=replace(CHAT, queue_arn=QUEUE_ARN), transfers=[full]).play(flow).said == ["failed"]


def test_an_error_without_any_branch_stops_aloud() -> None:
    """Connect would hang up there; whoever wrote the flow must learn why."""
    flow = content(hello=action("MessageParticipant", {"Text": "Hello"}, NextAction="end"))

    with pytest.raises(NoWayOn, match="'hello' ended with NoMatchingError"):
        World(failing=(Say,)).play(flow)


def test_a_reply_of_another_effect_is_refused() -> None:
    """A driver's mistake must not look like a flow's decision."""
    flow = run(load(content(hello=say("Hello"))))
    next(flow)

    with pytest.raises(WrongReply):
        flow.send(Done())


# Loading


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        (content(x=action("CheckHoursOfOperation", NextAction="end")), "'x' is of the type 'CheckHoursOfOperation'"),
        (content(x=action("TransferToQueue", NextAction="end")), "'x' is of the type 'TransferToQueue'"),
        (content(x=action("MessageParticipant", {"SSML": "<speak/>"}, NextAction="end")), "'x' has the parameter SSML"),
        (
            content(x=action("UpdateContactAttributes", {"Attributes": {}, "TargetContact": "Related"})),
            "'x' has the TargetContact Related",
        ),
        (
            content(x=action("InvokeLambdaFunction", {"InvocationType": "ASYNCHRONOUS"})),
            "'x' has the InvocationType ASYNCHRONOUS",
        ),
        (content(x=say("${QUEUE_ARN}")), "'x' still holds the placeholder"),
        (content(x=say("$.Metrics.Queue.Size waiting")), r"'x' reads \$.Metrics.Queue.Size"),
        (content(x=action("DisconnectParticipant", NextAction="nowhere")), "'x' leads to 'nowhere'"),
        (content(x=action("Compare", Conditions=[when("a", "end", "IsLike")])), "'x' has the condition 'IsLike'"),
        ({**content(x=say("Hi")), "StartAction": "y"}, "starts at 'y'"),
        ("{", "cannot be read: line 1"),
    ],
)
def test_a_flow_that_cannot_be_run_is_refused_before_it_starts(flow: str | dict[str, Any], told: str) -> None:
    """Never skipped in silence, never found in the middle of a chat."""
    with pytest.raises(InvalidFlow, match=told):
        load(flow)


def test_every_block_that_the_checker_knows_can_be_run() -> None:
    """A flow that is called sound runs here."""
    assert set(_STEPS) == set(BLOCKS)


def test_closing_a_flow_abandons_it() -> None:
    """The chat ended while the flow stood at a block."""
    flow = run(load(inbound()))
    next(flow)

    flow.close()

    with pytest.raises(StopIteration):
        next(flow)
