"""DynamoDB for the stack: moto's own rules behind the one front, without a server or a thread of its own.

The tables live in this process and are gone with it. Every call runs to its end in the event loop before the next one
begins; that is the lock that moto needs under concurrent writes (measured, 2026-11). Rule: an operation that is not in
`OPERATIONS` is refused aloud.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from moto.core.request import Request as MotoRequest
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler
from starlette.requests import Request
from starlette.responses import Response

from lambdas.attribute_values import attributes
from local.intrinsics import ACCOUNT, REGION
from local.template import Table

TARGET: Final = "DynamoDB_20120810"
OPERATIONS: Final = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "CreateTable",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "ListTables",
        "PutItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "UpdateItem",
    }
)
CONTENT_TYPE: Final = "application/x-amz-json-1.0"
_URL: Final = f"https://dynamodb.{REGION}.amazonaws.com/"


class DynamoDbError(Exception):
    """The stack's own call was refused; `code` is DynamoDB's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class DynamoDb:
    """The tables of one stack."""

    def __init__(self) -> None:
        self._backend = DynamoDBBackend(REGION, ACCOUNT)

    def create(self, tables: Iterable[Table]) -> None:
        """Create the tables that are not there yet."""
        there = set(self._call("ListTables", {})["TableNames"])
        for table in tables:
            if table.name not in there:
                self._call("CreateTable", table.definition)

    def put(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write plain rows (strings, whole numbers, booleans, lists and maps), over those with the same key."""
        for row in rows:
            self._call("PutItem", {"TableName": table, "Item": attributes(row)})

    async def serve(self, request: Request) -> Response:
        """Answer a request whose target is DynamoDB's."""
        status, headers, body = self.answer(dict(request.headers), await request.body())
        return Response(body, status_code=status, headers=headers)

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        """Status, headers and body for a request as it came over the wire."""
        target = headers.get("x-amz-target", "")
        service, _, operation = target.partition(".")
        if service != TARGET or operation not in OPERATIONS:
            return _refusal("UnknownOperationException", f"{operation or 'this call'} is not emulated")
        # The region and the account are the stack's, whatever a client's signature says.
        told = {"X-Amz-Target": target, "Content-Type": CONTENT_TYPE, "x-moto-account-id": ACCOUNT}
        try:
            json.loads(body)
        except ValueError:
            return _refusal("SerializationException", "the request is not JSON")
        status, answered, text = self._handle(MotoRequest.from_primitives("POST", _URL, told, body))
        kept = {
            name: str(value) for name, value in answered.items() if name.lower() not in {"status", "date", "server"}
        }
        return status, {**kept, "content-type": CONTENT_TYPE}, text

    def _handle(self, request: MotoRequest) -> tuple[int, dict[str, Any], str]:
        handler = _Handler(self._backend)
        handler.setup_class(request)
        status, headers, body = handler.call_action()
        return status, headers, body if isinstance(body, str) else body.decode()

    def _call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        status, _, text = self.answer({"x-amz-target": f"{TARGET}.{operation}"}, json.dumps(request).encode())
        answer: dict[str, Any] = json.loads(text)
        if status != 200:
            raise DynamoDbError(answer.get("__type", str(status)).rpartition("#")[2], answer.get("message", ""))
        return answer


class _Handler(DynamoHandler):
    """moto's handler, on tables of our own instead of moto's global ones: two stacks in one process stay apart."""

    def __init__(self, backend: DynamoDBBackend) -> None:
        super().__init__()
        self._backend = backend

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        return self._backend


def _refusal(code: str, message: str) -> tuple[int, dict[str, str], str]:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})
    return 400, {"content-type": CONTENT_TYPE, "x-amzn-errortype": code}, body
