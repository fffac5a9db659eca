"""The tools' side of DynamoDB: items as plain values and back, and how patient a client is.

Only what the tools' tables hold: strings, numbers, truth values, lists and maps. The rule: any other type is a mistake
in the data and raises, because a silent guess would be read out to a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

QUICK = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
"""Three tries fit into the tool's 10 seconds."""


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an item; raises `ValueError` for a type that these tables do not hold."""
    return {name: _value(attribute) for name, attribute in item.items()}


def _value(attribute: Mapping[str, Any]) -> Any:
    match attribute:
        case {"S": value} | {"BOOL": value}:
            return value
        case {"N": number}:
            return float(number) if "." in number else int(number)
        case {"L": values}:
            return [_value(value) for value in values]
        case {"M": values}:
            return plain(values)
        case _:
            raise ValueError(f"an attribute of type {', '.join(attribute)} is not expected in this table")


def strings(values: Mapping[str, str]) -> dict[str, AttributeValueTypeDef]:
    """An item of strings."""
    return {name: {"S": value} for name, value in values.items()}


def attributes(values: Mapping[str, Any]) -> dict[str, AttributeValueTypeDef]:
    """An item of strings, whole numbers, truth values, lists and maps; raises `ValueError` for anything else."""
    return {name: _attribute(value) for name, value in values.items()}


def _attribute(value: Any) -> AttributeValueTypeDef:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [_attribute(each) for each in value]}
        case Mapping():
            return {"M": attributes(value)}
        case _:
            raise ValueError(f"a {type(value).__name__} is not expected in this table")
