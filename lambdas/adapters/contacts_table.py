"""Requests to the table of contacts: a read, a conditional put, a conditional change.

The table has the partition key `contact_id` and the sort key `item`. Nothing is decided here; errors of AWS become
those of `conversation.errors`, and a refused condition is an answer, not an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.adapters.contact_items import Attributes, turn_record
from lambdas.attribute_values import attributes
from lambdas.conversation.contact import TurnRecord
from lambdas.conversation.errors import RecordUnavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_USUAL_NAMES = {
    "#lease": "lease",
    "#owner": "owner",
    "#session": "session",
    "#state": "state",
    "#stay": "stay",
    "#until": "until",
}
"""Most of these are reserved words of DynamoDB, which also refuses an alias that an expression does not use."""


@dataclass(frozen=True, slots=True)
class Written:
    done: bool
    record: TurnRecord | None
    """After the write; as it is, if the condition refused it."""


@dataclass(frozen=True, slots=True)
class ContactsTable:
    """The table `name`. Raises `RecordUnavailable`."""

    client: DynamoDBClient
    name: str

    def read(self, contact_id: str, item: str) -> Attributes | None:
        with _translated():
            answer = self.client.get_item(TableName=self.name, Key=_key(contact_id, item), ConsistentRead=True)
        return answer.get("Item")

    def put(self, item: Attributes, condition: str, values: Attributes) -> bool:
        """Whether the condition allowed it."""
        try:
            with _translated():
                self.client.put_item(
                    TableName=self.name,
                    Item=attributes(item),
                    ConditionExpression=condition,
                    ExpressionAttributeNames=_usual_names(condition),
                    ExpressionAttributeValues=attributes(values),
                )
        except _ConditionFailed:
            return False
        return True

    def change_turn(
        self,
        contact_id: str,
        change: str,
        condition: str,
        *,
        values: Attributes,
        names: Mapping[str, str] | None = None,
        returns: Any = "ALL_NEW",
    ) -> Written:
        """A conditional change of the turn item; `names` are aliases beyond the usual ones."""
        try:
            with _translated():
                answer = self.client.update_item(
                    TableName=self.name,
                    Key=_key(contact_id, "turn"),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={**_usual_names(change + condition), **(names or {})},
                    ExpressionAttributeValues=attributes(values),
                    ReturnValues=returns,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except _ConditionFailed as refused:
            return Written(done=False, record=turn_record(refused.found) if refused.found else None)
        return Written(done=True, record=turn_record(answer["Attributes"]))


def _usual_names(expressions: str) -> dict[str, str]:
    return {alias: name for alias, name in _USUAL_NAMES.items() if alias in expressions}


def _key(contact_id: str, item: str) -> dict[str, Any]:
    return {"contact_id": {"S": contact_id}, "item": {"S": item}}


class _ConditionFailed(Exception):
    def __init__(self, found: Attributes | None) -> None:
        super().__init__("the condition of a write did not hold")
        self.found = found


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        answer: Mapping[str, Any] = error.response
        code = answer["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise _ConditionFailed(answer.get("Item")) from error
        raise RecordUnavailable(code) from error
    except BotoCoreError as error:
        raise RecordUnavailable(type(error).__name__) from error
