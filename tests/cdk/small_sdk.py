"""An SDK with next to no data, in botocore's folders and forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

MODEL = {
    "metadata": {"endpointPrefix": "participant.connect"},
    "documentation": "<p>What readers want to know.</p>",
    "operations": {"SendMessage": {"name": "SendMessage", "documentation": "<p>Sends.</p>"}},
    "shapes": {"Paper": {"type": "structure", "members": {"documentation": {"shape": "Text", "documentation": "x"}}}},
}
ENDPOINTS = {
    "partitions": [
        {
            "partition": "aws",
            "regions": {"eu-west-1": {}},
            "services": {"participant.connect": {"endpoints": {}}, "s3": {"endpoints": {}}},
        }
    ]
}


def put_sdk(packages: Path, *services: str) -> None:
    data = packages / "botocore" / "data"
    for service in (*services, "s3"):
        _put_service(data / service)
    _put(data / "endpoints.json", ENDPOINTS)
    _put(data / "partitions.json", {"partitions": []})
    _put(packages / "boto3" / "data" / "s3" / "2006-03-01" / "resources-1.json", {})


def _put_service(folder: Path) -> None:
    for version in ("2011-12-05", "2018-09-07"):
        for name, content in {"service-2": MODEL, "endpoint-rule-set-1": {"rules": [version]}}.items():
            file = folder / version / f"{name}.json.gz"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(gzip.compress(json.dumps(content).encode()))
        _put(folder / version / "paginators-1.json", {"pagination": {}})


def _put(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
