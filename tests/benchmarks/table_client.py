"""The benchmark's own table behind the methods of boto3's client that the adapter uses."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.services.tables import Tables


class TableClient:
    """Without a wire between."""

    def __init__(self) -> None:
        self._tables = Tables()

    def get_item(self, **request: Any) -> Any:
        return self._call("GetItem", request)

    def put_item(self, **request: Any) -> Any:
        return self._call("PutItem", request)

    def update_item(self, **request: Any) -> Any:
        return self._call("UpdateItem", request)

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        counted = self._tables.serve(operation, json.dumps(request).encode())
        answer = json.loads(counted.body)
        if counted.status != 200:
            refused: Any = {**answer, "Error": {"Code": answer["__type"].rpartition("#")[2]}}
            raise ClientError(refused, operation)
        return answer
