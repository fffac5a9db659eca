"""Of the AWS SDK's data, what the Lambdas use: `lambdas.services` names the services.

botocore describes every service of AWS, and all versions of it: 28 MB, read from a slow disk at a cold start. The rule:
only data goes, and of it only what no call reads; code stays as its authors made it, so that a stack trace means what
it says.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

MODEL = "service-2"
RULES = "endpoint-rule-set-1"
ENDPOINTS = "endpoints.json"


class UnknownService(Exception):
    """The SDK has no data of a service; the message names it."""


def keep_only(services: Collection[str], packages: Path) -> None:
    """Shrink the SDK installed in `packages`. Raises `UnknownService`."""
    data = packages / "botocore" / "data"
    for folder in _folders(data):
        if folder.name not in services:
            shutil.rmtree(folder)
    prefixes = {_shrink(data / service) for service in sorted(services)}
    _keep_endpoints(data / ENDPOINTS, prefixes)
    for unused in ("data", "examples"):  # resources, which are another way to the same calls
        shutil.rmtree(packages / "boto3" / unused, ignore_errors=True)


def _shrink(service: Path) -> str:
    """Keep the newest version's model and endpoint rules; returns the name that its endpoints go by."""
    if not service.is_dir():
        raise UnknownService(f"botocore has no data of {service.name}")
    *older, newest = _folders(service)
    for version in older:
        shutil.rmtree(version)
    kept = {name: _read(newest / f"{name}.json.gz") for name in (MODEL, RULES)}
    for file in newest.iterdir():
        file.unlink()
    for name, content in kept.items():
        _write(newest / f"{name}.json", _undocumented(content))
    return str(kept[MODEL]["metadata"]["endpointPrefix"])


def _keep_endpoints(file: Path, prefixes: Collection[str]) -> None:
    """Regions and partitions stay whole."""
    endpoints = json.loads(file.read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in prefixes}
    _write(file, endpoints)


def _undocumented(node: Any) -> Any:
    """Texts for readers; a shape's member of the same name is no text."""
    match node:
        case dict():
            return {
                name: _undocumented(value)
                for name, value in node.items()
                if not (name == "documentation" and isinstance(value, str))
            }
        case list():
            return [_undocumented(each) for each in node]
        case _:
            return node


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _read(file: Path) -> Any:
    return json.loads(gzip.decompress(file.read_bytes()))


def _write(file: Path, content: Any) -> None:
    """Not compressed, which the zip does anyway: a cold start reads it faster."""
    file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
