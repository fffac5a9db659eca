"""DynamoDB's attribute values as plain values, and back.

Only what the tables here hold: strings, numbers, truth values, nothing, lists and maps. The rule: any other type is a
mistake in the data and raises, because a silent guess would be read out to a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an item; raises `ValueError` for a type that these tables do not hold."""
    return {name: _value(attribute) for name, attribute in item.items()}


def _value(attribute: Mapping[str, Any]) -> Any:
    match attribute:
        case {"S": value} | {"BOOL": value}:
            return value
        case {"N": number}:
            return float(number) if "." in number else int(number)
        case {"NULL": _}:
            return None
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
    """An item of such values, numbers whole; raises `ValueError` for anything else."""
    return {name: _attribute(value) for name, value in values.items()}


def _attribute(value: Any) -> AttributeValueTypeDef:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [_attribute(each) for each in value]}
        case Mapping():
            return {"M": attributes(value)}
        case _:
            raise ValueError(f"a {type(value).__name__} is not expected in this table")
