"""Every required member, minimum, maximum, pattern and enum of every emulated operation, broken one at a time.

The cases come from botocore's model, so they cannot be forgotten; how many there must be is counted a second time from
the model's raw JSON, by other code. Each refusal must carry a code that the operation documents and name the place that
was broken, so a refusal for another reason does not count. Requests are raw HTTP, because boto3 would stop some itself.
Left out are missing URI labels, which change the path, and the missing bearer, which is no fault of the request.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

from local.wire import service_model
from tests.local.chat_rooms import FLOW, TOPIC
from tests.local.serving import Served, serving

OPERATIONS = {
    "connect": (
        "StartChatContact",
        "CreateParticipant",
        "StartContactStreaming",
        "StopContactStreaming",
        "UpdateContactAttributes",
        "GetContactAttributes",
        "DescribeContact",
        "StopContact",
    ),
    "connectparticipant": (
        "CreateParticipantConnection",
        "SendMessage",
        "SendEvent",
        "GetTranscript",
        "DisconnectParticipant",
        "StartAttachmentUpload",
        "CompleteAttachmentUpload",
        "GetAttachment",
    ),
}
NAMES = [(service, name) for service, names in OPERATIONS.items() for name in names]
BEARER = "X-Amz-Bearer"

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One broken constraint: at `path`, `value` breaks `rule`; no value means that the member is missing."""

    path: Path
    rule: str
    value: Any = None
    is_key: bool = False


# The cases, from botocore's model


def cases_of(shape: Shape, path: Path = (), seen: frozenset[str] = frozenset()) -> Iterator[Case]:
    """Every way to break one constraint in or below `shape`; a shape within itself is entered once."""
    if shape.name in seen and isinstance(shape, StructureShape):
        return
    inside = seen | {shape.name}
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                if name in shape.required_members and not member.serialization.get("location"):
                    yield Case(path=(*path, name), rule="required")
                yield from cases_of(member, (*path, name), inside)
        case ListShape():
            yield from size_cases(shape, path, lambda size: [sample(shape.member)] * size)
            yield from cases_of(shape.member, (*path, 0), inside)
        case MapShape():
            yield from (
                Case(path=path, rule=case.rule, value=case.value, is_key=True) for case in cases_of(shape.key, path)
            )
            yield from cases_of(shape.value, (*path, "key"), inside)
        case StringShape():
            yield from string_cases(shape, path)
        case _:
            yield from number_cases(shape, path)


def size_cases(shape: Shape, path: Path, of_size: Any) -> Iterator[Case]:
    if shape.metadata.get("min", 0) > 0:
        yield Case(path=path, rule="min", value=of_size(shape.metadata["min"] - 1))
    if "max" in shape.metadata:
        yield Case(path=path, rule="max", value=of_size(shape.metadata["max"] + 1))


def string_cases(shape: StringShape, path: Path) -> Iterator[Case]:
    yield from size_cases(shape, path, lambda size: "x" * size)
    if "pattern" in shape.metadata:
        yield Case(path=path, rule="pattern", value="\N{PILE OF POO}")
    if shape.enum:
        yield Case(path=path, rule="enum", value=f"NOT_{shape.enum[0]}")


def number_cases(shape: Shape, path: Path) -> Iterator[Case]:
    for bound, step in (("min", -1), ("max", 1)):
        if bound in shape.metadata:
            yield Case(path=path, rule=bound, value=shape.metadata[bound] + step)


def input_of(operation: OperationModel) -> StructureShape:
    assert operation.input_shape is not None
    return operation.input_shape


def sample(shape: Shape) -> Any:
    """The smallest value that fits a shape."""
    match shape:
        case StructureShape():
            return {name: sample(shape.members[name]) for name in shape.required_members}
        case ListShape():
            return [sample(shape.member)] * shape.metadata.get("min", 0)
        case MapShape():
            return {}
        case StringShape():
            return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
        case _ if shape.type_name == "boolean":
            return True
        case _:
            return shape.metadata.get("min", 1)


# How many there must be, from the raw JSON


def counted(service: str, operation: str) -> int:
    model = Loader().load_service_model(service, "service-2")
    shapes = model["shapes"]

    def below(name: str, parents: tuple[str, ...]) -> int:
        shape = shapes[name]
        has_min = "min" in shape if shape["type"] in {"integer", "long"} else shape.get("min", 0) > 0
        own = sum(trait in shape for trait in ("max", "pattern", "enum")) + has_min
        if shape["type"] == "map":
            assert own == 0, "no map of an emulated operation has had a size so far; make cases for it"
            return below(shape["key"]["shape"], parents) + below(shape["value"]["shape"], (*parents, name))
        if shape["type"] == "list":
            return own + below(shape["member"]["shape"], (*parents, name))
        if shape["type"] != "structure":
            return own
        if name in parents:
            return 0
        members = shape.get("members", {})
        required = sum("location" not in members[member] for member in shape.get("required", []))
        return required + sum(below(member["shape"], (*parents, name)) for member in members.values())

    return below(model["operations"][operation]["input"]["shape"], ())


# Sending one


@dataclass
class Chat:
    """A live chat with a customer, an uploaded file and a stream, for requests that are right but for one place."""

    served: Served

    def __post_init__(self) -> None:
        started = self.served.connect.start_chat_contact(
            InstanceId=self.served.chats.instance_id,
            ContactFlowId=FLOW,
            ParticipantDetails={"DisplayName": "Ana"},
            ConnectionTypes=["CONNECTION_CREDENTIALS"],
            ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC},
        )
        self.contact_id = started["ContactId"]
        self.streaming_id = started["StreamingId"]
        self.participant_token = started["ParticipantToken"]
        self.token = started["ConnectionCredentials"]["ConnectionToken"]
        self.uploaded = self.upload("a")
        self.completed = self.upload("b")
        self.served.participant.complete_attachment_upload(
            AttachmentIds=[self.completed], ClientToken="c", ConnectionToken=self.token
        )

    def upload(self, token: str) -> str:
        upload = self.served.participant.start_attachment_upload(
            ConnectionToken=self.token,
            ContentType="text/plain",
            AttachmentSizeInBytes=1,
            AttachmentName="a.txt",
            ClientToken=token,
        )
        metadata = upload["UploadMetadata"]
        self.served.http.put(metadata["Url"], content=b"x", headers=metadata["HeadersToInclude"]).raise_for_status()
        return upload["AttachmentId"]

    def valid(self, operation: str) -> dict[str, Any]:
        """A request that the operation answers with 200."""
        of_contact = {"InstanceId": self.served.chats.instance_id, "ContactId": self.contact_id}
        of_attributes = {"InstanceId": self.served.chats.instance_id, "InitialContactId": self.contact_id}
        requests: dict[str, dict[str, Any]] = {
            "StartChatContact": {
                "InstanceId": self.served.chats.instance_id,
                "ContactFlowId": FLOW,
                "ParticipantDetails": {"DisplayName": "Ana"},
            },
            "CreateParticipant": {
                **of_contact,
                "ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
            },
            "StartContactStreaming": {
                **of_contact,
                "ChatStreamingConfiguration": {"StreamingEndpointArn": TOPIC},
                "ClientToken": "c",
            },
            "StopContactStreaming": {**of_contact, "StreamingId": self.streaming_id},
            "UpdateContactAttributes": {**of_attributes, "Attributes": {"key": "value"}},
            "GetContactAttributes": of_attributes,
            "DescribeContact": of_contact,
            "StopContact": of_contact,
            "CreateParticipantConnection": {
                "ParticipantToken": self.participant_token,
                "Type": ["CONNECTION_CREDENTIALS"],
            },
            "SendMessage": {"ConnectionToken": self.token, "ContentType": "text/plain", "Content": "Hola"},
            "SendEvent": {
                "ConnectionToken": self.token,
                "ContentType": "application/vnd.amazonaws.connect.event.typing",
            },
            "GetTranscript": {"ConnectionToken": self.token},
            "DisconnectParticipant": {"ConnectionToken": self.token},
            "StartAttachmentUpload": {
                "ConnectionToken": self.token,
                "ContentType": "text/plain",
                "AttachmentSizeInBytes": 1,
                "AttachmentName": "a.txt",
                "ClientToken": "d",
            },
            "CompleteAttachmentUpload": {
                "ConnectionToken": self.token,
                "AttachmentIds": [self.uploaded],
                "ClientToken": "e",
            },
            "GetAttachment": {"ConnectionToken": self.token, "AttachmentId": self.completed},
        }
        return requests[operation]


def broken(request: Mapping[str, Any], case: Case, shape: Shape) -> dict[str, Any]:
    """The request with one constraint broken; what leads to the place is filled in with samples."""
    changed = copy.deepcopy(dict(request))
    place: Any = changed
    *way, last = case.path
    for step in way:
        shape, place = descend(shape, place, step)
    if case.is_key:
        _, place = descend(shape, place, last)
        place[case.value] = "value"
    elif case.rule == "required":
        place.pop(last, None)
    elif isinstance(place, list):
        place[:] = [case.value]
    else:
        place[last] = case.value
    return changed


def descend(shape: Shape, place: Any, step: str | int) -> tuple[Shape, Any]:
    """One step towards the broken place, made if it is not there yet."""
    match shape:
        case StructureShape():
            inner = shape.members[str(step)]
            return inner, place.setdefault(step, sample(inner))
        case MapShape():
            return shape.value, place.setdefault(step, sample(shape.value))
        case ListShape():
            place[:] = place[:1] or [sample(shape.member)]
            return shape.member, place[0]
        case _:
            raise AssertionError(f"nothing is inside a {shape.type_name}")


def send(http: httpx.Client, operation: OperationModel, members: Mapping[str, Any]) -> httpx.Response:
    """The request as it travels, checked by nobody."""
    path, headers, body = operation.http["requestUri"], {}, {}
    for name, value in members.items():
        shape = input_of(operation).members[name]
        if shape.serialization.get("location") == "uri":
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        elif shape.serialization.get("location") == "header":
            headers[shape.serialization["name"]] = value
        else:
            body[name] = value
    return http.request(operation.http["method"], path, headers=headers, json=body)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def chat(served: Served) -> Chat:
    return Chat(served)


@pytest.mark.parametrize(("service", "name"), NAMES)
def test_the_model_yields_as_many_cases_as_its_json_has_constraints(service: str, name: str) -> None:
    """Two countings agree and neither is nothing, so no operation passes by having no cases."""
    cases = list(cases_of(input_of(service_model(service).operation_model(name))))

    assert len(cases) == counted(service, name) > 0


@pytest.mark.parametrize(("service", "name"), NAMES)
def test_the_request_the_cases_are_made_from_is_right(served: Served, service: str, name: str) -> None:
    """Otherwise every case would be refused for a reason of its own."""
    answer = send(served.http, service_model(service).operation_model(name), Chat(served).valid(name))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("service", "name"), NAMES)
def test_every_broken_constraint_is_refused_with_a_documented_code(
    served: Served, chat: Chat, service: str, name: str
) -> None:
    """botocore checks neither maximum, pattern nor enum; in AWS the service does, so here the emulator must."""
    operation = service_model(service).operation_model(name)
    documented = {shape.name for shape in operation.error_shapes}

    for case in cases_of(input_of(operation)):
        answer = send(served.http, operation, broken(chat.valid(name), case, input_of(operation)))
        code, said = answer.headers.get("x-amzn-ErrorType"), answer.text

        assert 400 <= answer.status_code < 500, (case, said)
        assert code in documented, (case, code)
        if case.path[0] in {"ConnectionToken", "ParticipantToken"}:
            continue  # A bearer that is wrong in any way may be an access fault as well.
        place = re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, case.path)))
        assert f"'{place} (key)'" in said if case.is_key else f"'{place}'" in said, (case, said)
