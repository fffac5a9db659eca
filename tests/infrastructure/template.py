"""A synthesized template, read so that an expectation can be written down literally.

`plain` turns intrinsic functions into text: Ref of a parameter becomes `${instanceId}`, of a resource `${ChatBot}` (its
logical id without CDK's hash), an attribute `${Contacts.Arn}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HASH = re.compile(r"[0-9A-F]{8}([0-9a-f]{32})?$")


@dataclass(frozen=True, slots=True)
class Template:
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Template:
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def all(self, resource_type: str) -> dict[str, Mapping[str, Any]]:
        """The properties of all resources of a type, in plain text, by their names."""
        return {
            short(logical_id): plain(resource.get("Properties", {}))
            for logical_id, resource in self.content["Resources"].items()
            if resource["Type"] == resource_type
        }

    def one(self, resource_type: str) -> Mapping[str, Any]:
        (properties,) = self.all(resource_type).values()
        return properties

    def resource(self, name: str) -> Mapping[str, Any]:
        """A whole resource, with its policies and dependencies."""
        (found,) = [each for logical_id, each in self.content["Resources"].items() if short(logical_id) == name]
        resource: Mapping[str, Any] = plain(found)
        return resource

    def resources(self) -> Iterator[Mapping[str, Any]]:
        for resource in self.content["Resources"].values():
            yield plain(resource)

    def outputs(self) -> dict[str, str]:
        return {name: plain(output["Value"]) for name, output in self.content["Outputs"].items()}


def short(logical_id: str) -> str:
    return _HASH.sub("", logical_id)


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(member) for member in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name in _INTRINSICS:
            return _INTRINSICS[name](argument)
    return {
        key: [short(name) for name in member] if key == "DependsOn" else plain(member) for key, member in value.items()
    }


_INTRINSICS: Mapping[str, Callable[[Any], str]] = {
    "Ref": lambda name: f"${{{short(name)}}}",
    "Fn::GetAtt": lambda path: f"${{{short(path[0])}.{path[1]}}}",
    "Fn::Join": lambda join: str(join[0]).join(plain(part) for part in join[1]),
    "Fn::Sub": str,
}
