"""The record in DynamoDB: how it is kept. What every keeper must do is in `test_stays_contract`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar, cast

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from lambdas.adapters.contact_items import contact_item, contact_record
from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.attribute_values import attributes
from lambdas.conversation.contact import LEASE_SECONDS, Session, State
from lambdas.conversation.errors import IllegalMove, LeaseLost, RecordUnavailable
from lambdas.conversation.inbox import Message
from lambdas.conversation.ports import NotTaken, Taken
from tests.lambdas.adapters.moto_tables import OneWriteAtATime, dynamodb, item_bytes, new_table
from tests.lambdas.adapters.records import (
    CONTACT,
    NOW,
    WEEK,
    a_contact,
    a_handoff,
    fresh,
    in_its_second_stay,
    joined,
    says,
    seen,
    taken,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Given = TypeVar("Given")
Answer = TypeVar("Answer")

WRITE_UNIT_BYTES = 1_024
LEASE_OVER = NOW + LEASE_SECONDS + 1


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with dynamodb() as client:
        yield client


@pytest.fixture
def table(client: DynamoDBClient) -> str:
    return new_table(client)


@pytest.fixture
def stays(client: DynamoDBClient, table: str) -> DynamoDBContacts:
    return DynamoDBContacts(ContactsTable(client, table))


def stored(client: DynamoDBClient, table: str, item: str) -> dict[str, Any]:
    return dict(client.get_item(TableName=table, Key={"contact_id": {"S": CONTACT}, "item": {"S": item}})["Item"])


# ---- what is kept


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        (22, {}),
        (17, {"name": "Ana María González Etcheverry", "customer_number": "00012345678", "plan": "premium"}),
    ],
)
def test_a_typical_turn_is_one_write_unit(
    client: DynamoDBClient, table: str, stays: DynamoDBContacts, turns: int, told: dict[str, str]
) -> None:
    """Every turn writes it twice: a message of 200 bytes, ids as AWS makes them, and so many turns in ten minutes."""
    identifier = "7a0f6a0e-3f2b-4d43-9a55-6f1d5c9b8e21"
    stays.begin_joining(replace(fresh(), session=Session(id=identifier, used_at=NOW), told=told), now=NOW)
    stays.become_bot(fresh(), now=NOW)
    earlier = taken(stays, says(id=identifier), owner=identifier)
    done = tuple(says(id=str(number), at=NOW + number).mark for number in range(turns - 1))
    stays.release(earlier, owner=identifier, answered=replace(earlier, done=done, heard=identifier))

    taken(stays, says("ñ" * 100, id=identifier, at=NOW + 5), owner=identifier)

    assert item_bytes(stored(client, table, "turn")) < WRITE_UNIT_BYTES


def test_an_item_of_an_earlier_version_is_read(client: DynamoDBClient, table: str, stays: DynamoDBContacts) -> None:
    """Chats go on while a new version is deployed; what it did not know has not happened."""
    joined(stays)
    key = {"contact_id": {"S": CONTACT}, "item": {"S": "turn"}}
    client.update_item(TableName=table, Key=key, UpdateExpression="REMOVE refused, refusals, heard")

    record = taken(stays)

    assert (record.refused, record.refusals, record.heard) == ((), 0, "")
    assert stays.release(record, owner="me", answered=replace(record, refused=("m1",))) is None


def test_tokens_lie_in_the_other_item(client: DynamoDBClient, table: str, stays: DynamoDBContacts) -> None:
    """They may be 1,000 characters each, and no turn needs to write them."""
    joined(stays)
    contact = a_contact()

    stays.save_contact(contact, expires_at=NOW + WEEK)

    assert stored(client, table, "contact")["participant_token"] == {"S": contact.participant_token}
    assert contact.participant_token not in str(stored(client, table, "turn"))
    assert contact.connection_token not in str(stored(client, table, "turn"))


def test_what_an_earlier_version_has_finished_is_not_answered_again(
    client: DynamoDBClient, table: str, stays: DynamoDBContacts
) -> None:
    """It kept whole keys; the first turn of this one keeps marks instead of them."""
    joined(stays)
    key = {"contact_id": {"S": CONTACT}, "item": {"S": "turn"}}
    before, now, after = (says(id=f"7a0f6a0e-{number}", at=NOW + number) for number in range(3))
    client.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET done = :done",
        ExpressionAttributeValues={":done": {"L": [{"S": before.key}]}},
    )

    assert isinstance(stays.take(CONTACT, before, owner="me", now=NOW), NotTaken)
    record = taken(stays, now)
    assert record.done == (before.mark,)
    stays.release(record, owner="me", answered=replace(record, done=(before.mark, now.mark)))

    assert [isinstance(stays.take(CONTACT, one, owner="me", now=NOW), NotTaken) for one in (before, now, after)] == [
        True,
        True,
        False,
    ]


def test_what_an_earlier_version_was_asked_is_asked_again_after_a_takeover(
    client: DynamoDBClient, table: str, stays: DynamoDBContacts
) -> None:
    """Its lease named messages by their keys."""
    joined(stays)
    message = says(id="7a0f6a0e-1")
    left = taken(stays, message, owner="an earlier version")
    client.update_item(
        TableName=table,
        Key={"contact_id": {"S": CONTACT}, "item": {"S": "turn"}},
        UpdateExpression="SET #lease.asks = :asks",
        ExpressionAttributeNames={"#lease": "lease"},
        ExpressionAttributeValues={":asks": {"L": [{"S": message.key}]}},
    )

    taken_over = stays.take_over(left, owner="me", now=LEASE_OVER)

    assert taken_over is not None
    assert taken_over.asked() == (message,)


@pytest.mark.parametrize("item", ["turn", "contact"])
def test_both_items_expire_in_whole_seconds(
    client: DynamoDBClient, table: str, stays: DynamoDBContacts, item: str
) -> None:
    """DynamoDB's time to live reads seconds and ignores everything else."""
    stays.begin_joining(replace(fresh(), expires_at=NOW + WEEK + 0.7), now=NOW)
    stays.save_contact(a_contact(), expires_at=NOW + WEEK + 0.7)

    assert stored(client, table, item)["expires_at"] == {"N": str(int(NOW + WEEK))}


def test_times_are_kept_to_the_millisecond(stays: DynamoDBContacts) -> None:
    """Connect's own times have three digits; a key made of one must come back the same."""
    joined(stays)
    message = says(at=NOW + 0.113)

    assert taken(stays, message, now=NOW + 0.2).inbox[0].key == message.key


# ---- requests


def test_every_method_is_one_request(stays: DynamoDBContacts) -> None:
    """An ordinary turn has exactly one AWS call in front of the agent call; only joining again reads first."""
    calls: list[str] = []
    stays.table.client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="count"
    )

    record = joined(stays)
    joining = calls.copy()
    calls.clear()
    record = taken(stays)
    record = stays.renew(record, owner="me", now=NOW + 10)
    stays.release(record, owner="me", answered=record)
    stays.read(CONTACT, now=NOW)
    stays.table.client.meta.events.unregister("before-call.dynamodb", unique_id="count")

    assert joining == ["PutItem", "UpdateItem"]
    assert calls == ["UpdateItem", "UpdateItem", "UpdateItem", "GetItem"]


def test_the_record_is_read_as_it_is_now(stays: DynamoDBContacts) -> None:
    """An eventually consistent read could show the bot in a chat it has left."""
    reads: list[bool] = []
    stays.table.client.meta.events.register(
        "provide-client-params.dynamodb.GetItem",
        lambda params, **_: reads.append(params.get("ConsistentRead", False)),
        unique_id="reads",
    )

    stays.read(CONTACT, now=NOW)
    stays.read_contact(CONTACT)
    stays.table.client.meta.events.unregister("provide-client-params.dynamodb.GetItem", unique_id="reads")

    assert reads == [True, True]


def test_no_expression_holds_a_reserved_word(stays: DynamoDBContacts) -> None:
    """DynamoDB refuses them, moto does not always; the list is moto's copy of the developer guide's."""
    expressions: list[str] = []

    def keep(params: dict[str, Any], **_: object) -> None:
        expressions.extend(params.get(name, "") for name in ("UpdateExpression", "ConditionExpression"))

    stays.table.client.meta.events.register("provide-client-params.dynamodb", keep, unique_id="expressions")
    write_everything(stays)
    stays.table.client.meta.events.unregister("provide-client-params.dynamodb", unique_id="expressions")

    grammar = {"SET", "REMOVE", "ADD", "AND", "OR", "NOT", "IN", "CONTAINS", "SIZE"}
    words = {word.upper() for text in expressions for word in re.findall(r"(?<![#:\w])[A-Za-z_]+", text)}
    listed = resources.files("moto.dynamodb.parsing").joinpath("reserved_keywords.txt").read_text()
    assert len(expressions) > 20
    assert words & set(listed.split()) <= grammar


def test_however_much_waits_the_contact_can_leave(stays: DynamoDBContacts) -> None:
    """DynamoDB takes expressions of 4 KB (developer guide, limits; read 2026-11), and moto longer ones."""
    longest: list[int] = []

    def keep(params: dict[str, Any], **_: object) -> None:
        longest.extend(len(params.get(name, "")) for name in ("UpdateExpression", "ConditionExpression"))

    joined(stays)
    for number in range(150):
        stays.take(CONTACT, says(id=f"waiting-{number}", at=NOW + number), owner="me", now=NOW)
    record = seen(stays)
    stays.table.client.meta.events.register("provide-client-params.dynamodb.UpdateItem", keep, unique_id="length")
    decided = stays.begin_handoff(record, a_handoff(), owner="me", now=NOW, seize=False)
    stays.become_human(decided, now=NOW)
    stays.table.client.meta.events.unregister("provide-client-params.dynamodb.UpdateItem", unique_id="length")

    assert max(longest) < 1_000
    assert (seen(stays).state, len(seen(stays).done)) == (State.HUMAN, 150)


def test_a_contact_of_an_earlier_version_has_not_refused_markdown_yet() -> None:
    """Chats that are open while a deployment runs go on."""
    item = attributes(contact_item(a_contact(), NOW + WEEK))
    del item["shows_markdown"]

    assert contact_record(item) == a_contact()


def write_everything(stays: DynamoDBContacts) -> None:
    """Each write of the adapter once, each allowed."""
    record = joined(stays)
    stays.save_contact(a_contact(), expires_at=NOW + WEEK)
    record = taken(stays)
    taken_over = stays.take_over(record, owner="me", now=LEASE_OVER)
    assert taken_over is not None
    record = stays.renew(taken_over, owner="me", now=LEASE_OVER)
    stays.keep_pending(record, owner="me", pending="i1")
    stays.keep_pending(record, owner="me", pending=None)
    stays.go_round(record, owner="me", answered=record, asks=())
    stays.release(replace(record, lease=None), owner="me", answered=record)
    record = stays.begin_handoff(record, a_handoff(), owner="me", now=NOW, seize=True)
    stays.become_human(record, now=NOW)
    stays.become_ended(CONTACT, now=NOW)


# ---- an answer lost on the way


class AnswersAreLost:
    """A network that loses the first answer to each write: botocore then sends the request again."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)

        def sent_twice(**request: Any) -> Any:
            call(**request)
            return call(**request)

        return sent_twice


@pytest.fixture
def repeating(client: DynamoDBClient, table: str) -> DynamoDBContacts:
    return DynamoDBContacts(ContactsTable(cast("DynamoDBClient", AnswersAreLost(client)), table))


def test_a_repeated_take_finds_the_turn_its_own(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """It must not take its own message for a known one: the turn would be held by nobody who answers."""
    joined(stays)

    answer = repeating.take(CONTACT, says(), owner="me", now=NOW)

    assert answer == Taken(seen(stays))


def test_a_repeated_take_of_a_held_turn_leaves_it_to_its_holder(
    stays: DynamoDBContacts, repeating: DynamoDBContacts
) -> None:
    """The message waits; whoever holds the turn goes round with it."""
    joined(stays)
    taken(stays, owner="other")

    answer = repeating.take(CONTACT, says(id="m2", at=NOW + 1), owner="me", now=NOW + 1)

    assert answer == NotTaken(seen(stays))
    assert len(seen(stays).inbox) == 2


def test_a_repeated_take_over_finds_the_turn_its_own(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """Else nobody would answer before the lease ran out again, and no event would come to look."""
    joined(stays)
    record = taken(stays, owner="crashed")

    now_mine = repeating.take_over(record, owner="me", now=LEASE_OVER)

    assert now_mine == seen(stays)
    assert now_mine is not None
    assert now_mine.takeovers == 1


def test_a_repeated_release_is_done(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """What it should finish is finished; it must not look like a lost turn."""
    joined(stays)
    record = taken(stays)

    assert repeating.release(record, owner="me", answered=replace(record, done=(says().mark,))) is None
    assert seen(stays).done == (says().mark,)


def test_a_repeated_going_round_is_done(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """The lease is still mine, so the same write fits again."""
    joined(stays)
    record = taken(stays)
    second = says(id="m2", at=NOW + 1)
    stays.take(CONTACT, second, owner="other", now=NOW + 1)

    after = repeating.go_round(record, owner="me", answered=replace(record, done=(says().mark,)), asks=(second.mark,))

    assert after == seen(stays)
    assert after is not None
    assert after.asked() == (second,)


def test_a_repeated_decision_to_hand_off_stands(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """Else the customer would wait for Lambda's retry in the middle of a hand-off; it is counted once."""
    joined(stays)
    record = taken(stays)

    after = repeating.begin_handoff(record, a_handoff(), owner="me", now=NOW + 1, seize=False)

    assert after == seen(stays)
    assert (after.state, after.handoffs) == (State.HANDING_OFF, 1)


def test_a_repeated_entry_has_entered(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """Else the bot would stand in the chat without a greeting, deaf to what was written before."""
    record = stays.begin_joining(fresh(), now=NOW)

    assert repeating.become_bot(record, now=NOW + 1)
    assert not repeating.become_bot(replace(record, stay=2), now=NOW + 1)


def test_repeated_joining_goes_on_with_its_stay(stays: DynamoDBContacts, repeating: DynamoDBContacts) -> None:
    """The second try finds the record of the first."""
    first = joined(stays)
    stays.become_human(first, now=NOW)

    assert repeating.begin_joining(fresh(), now=NOW).stay == 2
    assert seen(stays).stay == 2


# ---- races


@pytest.fixture
def shared(client: DynamoDBClient, table: str) -> DynamoDBContacts:
    return DynamoDBContacts(ContactsTable(cast("DynamoDBClient", OneWriteAtATime(client)), table))


def test_of_many_messages_at_once_one_takes_the_turn_and_none_is_missing(shared: DynamoDBContacts) -> None:
    """Lambda starts an execution for each; all messages are in the inbox, and exactly one execution answers."""
    joined(shared)
    burst = [says(id=f"m{number}", at=NOW + number) for number in range(16)]

    answers = at_once(lambda message: shared.take(CONTACT, message, owner=message.id, now=NOW), burst)

    holders = [answer.record for answer in answers if isinstance(answer, Taken)]
    assert len(holders) == 1
    assert holders[0].lease == seen(shared).lease
    assert seen(shared).inbox == tuple(burst)


def test_of_many_duplicates_at_once_one_takes_the_turn(shared: DynamoDBContacts) -> None:
    """SNS may deliver the same message several times, also at the same moment."""
    joined(shared)

    answers = at_once(
        lambda owner: shared.take(CONTACT, says(), owner=owner, now=NOW), [f"o{number}" for number in range(16)]
    )

    assert sum(isinstance(answer, Taken) for answer in answers) == 1
    assert seen(shared).inbox == (says(),)


def test_of_many_that_take_over_at_once_one_succeeds(shared: DynamoDBContacts) -> None:
    """And the takeover counts once."""
    joined(shared)
    record = taken(shared, owner="crashed")

    answers = at_once(
        lambda owner: shared.take_over(record, owner=owner, now=LEASE_OVER), [f"o{number}" for number in range(16)]
    )

    assert sum(answer is not None for answer in answers) == 1
    assert seen(shared).takeovers == 1


def test_of_many_that_hand_off_at_once_one_decides(shared: DynamoDBContacts) -> None:
    """The holder and the flow, in any order: the loser learns it."""
    joined(shared)
    record = taken(shared, owner="o0")

    def decide(owner: str) -> bool:
        try:
            shared.begin_handoff(record, a_handoff(), owner=owner, now=NOW, seize=owner != "o0")
        except LeaseLost:
            return False
        return True

    assert sum(at_once(decide, [f"o{number}" for number in range(16)])) == 1
    assert seen(shared).handoffs == 1


def test_of_many_that_join_at_once_all_go_on_with_one_stay(shared: DynamoDBContacts) -> None:
    """The flow's three tries may overlap."""
    in_its_second_stay(shared)
    shared.become_human(seen(shared), now=NOW)
    tries = [replace(fresh(), session=Session(id=f"session-{number}")) for number in range(8)]

    answers = at_once(lambda record: shared.begin_joining(record, now=NOW), tries)

    assert {(answer.stay, answer.session) for answer in answers} == {(3, seen(shared).session)}


class Meanwhile:
    """A client after whose first read something happens."""

    def __init__(self, client: DynamoDBClient, happening: Callable[[], object]) -> None:
        self._client = client
        self._happenings = [happening]

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        while self._happenings:
            self._happenings.pop()()
        return answer


def test_a_chat_that_ends_while_the_bot_is_joining_stays_ended(
    client: DynamoDBClient, table: str, stays: DynamoDBContacts
) -> None:
    """Between the read and the write of joining; what was read is not what is there."""
    stays.become_human(joined(stays), now=NOW)
    ends = cast("DynamoDBClient", Meanwhile(client, lambda: stays.become_ended(CONTACT, now=NOW + 1)))

    with pytest.raises(IllegalMove):
        DynamoDBContacts(ContactsTable(ends, table)).begin_joining(fresh(), now=NOW + 1)

    assert seen(stays).state is State.ENDED


def test_a_stay_that_passes_while_the_bot_is_joining_keeps_its_number(
    client: DynamoDBClient, table: str, stays: DynamoDBContacts
) -> None:
    """Numbers of stays are never given twice: late writes are told apart by them."""

    def another_stay() -> None:
        stays.begin_joining(fresh(), now=NOW)
        stays.become_human(seen(stays), now=NOW)

    stays.become_human(joined(stays), now=NOW)
    passes = cast("DynamoDBClient", Meanwhile(client, another_stay))

    assert DynamoDBContacts(ContactsTable(passes, table)).begin_joining(fresh(), now=NOW).stay == 3


def test_no_message_is_left_behind_by_a_release(shared: DynamoDBContacts) -> None:
    """A message and the release of the turn cross in any order: either the turn goes round or the message takes it."""
    joined(shared)
    answered: list[str] = []

    def bring(message: Message) -> None:
        taken_turn = shared.take(CONTACT, message, owner=message.id, now=NOW)
        record = taken_turn.record if isinstance(taken_turn, Taken) else None
        while record is not None:
            asked = [asked.mark for asked in record.asked()]
            answered.extend(asked)
            finished = replace(record, done=(*record.done, *asked))
            found = shared.release(record, owner=message.id, answered=finished)
            if found is None:
                return
            asks = tuple(waiting.mark for waiting in found.inbox if waiting.mark not in asked)
            record = shared.go_round(record, owner=message.id, answered=finished, asks=asks)
            assert record is not None

    burst = [says(id=f"m{number:02}", at=NOW + number) for number in range(24)]
    at_once(bring, burst)

    assert sorted(answered) == sorted(message.mark for message in burst)
    assert (seen(shared).inbox, seen(shared).lease) == ((), None)


def at_once(work: Callable[[Given], Answer], given: Sequence[Given]) -> list[Answer]:
    with ThreadPoolExecutor(max_workers=len(given)) as threads:
        return list(threads.map(work, given))


# ---- errors


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "AccessDeniedException", "InternalServerError"]
)
def test_an_error_of_the_table_has_one_type_and_its_code(code: str) -> None:
    """What it says beside the code could quote the item."""
    client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t")
    with Stubber(client) as stubber:
        for operation in ("update_item", "get_item", "put_item"):
            stubber.add_client_error(operation, code, "the message 'quiero mi pedido' is not allowed")
        stays = DynamoDBContacts(ContactsTable(client, "contacts"))

        for attempt in (
            lambda: stays.take(CONTACT, says(), owner="me", now=NOW),
            lambda: stays.read(CONTACT, now=NOW),
            lambda: stays.save_contact(a_contact(), expires_at=NOW),
        ):
            with pytest.raises(RecordUnavailable) as raised:
                attempt()
            assert raised.value.code == code
            assert "pedido" not in str(raised.value)
    client.close()


def test_a_table_that_cannot_be_reached_is_unavailable() -> None:
    """No answer at all is the same to the turn: it cannot be sure, so it raises."""
    nobody = boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="t",
        aws_secret_access_key="t",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )

    with pytest.raises(RecordUnavailable) as raised:
        DynamoDBContacts(ContactsTable(nobody, "contacts")).read(CONTACT, now=NOW)

    assert raised.value.code == "EndpointConnectionError"
    nobody.close()
