"""The AWS wire: requests and answers held against botocore's own service models.

`violations` is the whole check (required, type, length, range, pattern, enum); `Operation` reads a request, checks it,
and renders the answer or the error as AWS does. It knows no chat and keeps no state. Rule: an error code leaves this
stack only if the operation documents it, or if AWS's front door gives it to every operation (`FRONT_DOOR`).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NoReturn

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MAX_BODY_BYTES: Final = 1_048_576
"""More than any valid request of the emulated operations can take, with every character escaped."""

MALFORMED: Final = ("InvalidRequestException", "ValidationException", "InvalidParameterException")
CONSTRAINT: Final = ("InvalidParameterException", "ValidationException", "InvalidRequestException")
THROTTLED: Final = ("ThrottlingException", "TooManyRequestsException")
FRONT_DOOR: Final = {"TooManyRequestsException": 429, "UnknownOperationException": 404}
"""Codes without a shape in the models, with their HTTP status."""

NO_QUERY: Final[Mapping[str, str]] = {}
INTEGER_RANGES: Final = {"integer": 2**31, "long": 2**63}

Handler = Callable[[dict[str, Any], Request], Mapping[str, Any]]


class AwsError(Exception):
    """What an AWS client is told. `code` is the exact name of the error, `details` are further members of its shape."""

    def __init__(self, code: str, message: str, **details: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details


class AnswerViolatesModelError(Exception):
    """This stack made an answer that AWS could not have given: a bug here, never the caller's fault."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One place of a value that does not fit its shape. `path` reads `ParticipantDetails.DisplayName`, `Type[0]`."""

    path: str
    rule: str
    wanted: str

    def __str__(self) -> str:
        return f"Value at '{self.path}' {self.wanted}"


def violations(shape: Shape, value: object, path: str = "", *, closed: bool = False) -> Iterator[Violation]:
    """Yield every violation of `shape`; a `closed` check also refuses members that the shape does not have."""
    if getattr(shape, "is_document_type", False):
        return  # any JSON
    if getattr(shape, "is_document_type", False):
        return  # any JSON
    match shape:
        case StructureShape():
            yield from _structure_violations(shape, value, path, closed=closed)
        case ListShape():
            yield from _list_violations(shape, value, path, closed=closed)
        case MapShape():
            yield from _map_violations(shape, value, path, closed=closed)
        case StringShape():
            yield from _string_violations(shape, value, path)
        case _:
            yield from _scalar_violations(shape, value, path)


def _structure_violations(shape: StructureShape, value: object, path: str, *, closed: bool) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation(path, "type", "must be an object")
        return
    for name, member in shape.members.items():
        at = f"{path}.{name}" if path else name
        if value.get(name) is not None:
            yield from violations(member, value[name], at, closed=closed)
        elif name in shape.required_members:
            yield Violation(at, "required", "must not be null")
    if closed:
        for name in value.keys() - shape.members.keys():
            yield Violation(f"{path}.{name}" if path else name, "unknown", f"is no member of {shape.name}")


def _list_violations(shape: ListShape, value: object, path: str, *, closed: bool) -> Iterator[Violation]:
    if not isinstance(value, list | tuple):
        yield Violation(path, "type", "must be a list")
        return
    yield from _size_violations(shape, len(value), path, "items")
    for position, item in enumerate(value):
        yield from violations(shape.member, item, f"{path}[{position}]", closed=closed)


def _map_violations(shape: MapShape, value: object, path: str, *, closed: bool) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation(path, "type", "must be an object")
        return
    yield from _size_violations(shape, len(value), path, "entries")
    for key, item in value.items():
        yield from violations(shape.key, key, f"{path} (key)", closed=closed)
        yield from violations(shape.value, item, f"{path}.{key[:40]}", closed=closed)


def _string_violations(shape: StringShape, value: object, path: str) -> Iterator[Violation]:
    if not isinstance(value, str) or not _is_unicode(value):
        yield Violation(path, "type", "must be a string of valid Unicode")
        return
    yield from _size_violations(shape, len(value), path, "characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield Violation(path, "pattern", f"must match {pattern}")
    if shape.enum and value not in shape.enum:
        yield Violation(path, "enum", f"must be one of {', '.join(shape.enum)}")


def _scalar_violations(shape: Shape, value: object, path: str) -> Iterator[Violation]:
    kind = shape.type_name
    if kind == "boolean":
        fits, wanted = isinstance(value, bool), "must be true or false"
    elif kind == "blob":
        fits, wanted = _is_base64(value), "must be base64"
    elif kind in INTEGER_RANGES:
        limit = INTEGER_RANGES[kind]
        fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
        wanted = "must be a whole number"
    else:
        fits, wanted = isinstance(value, int | float) and not isinstance(value, bool), f"must be a {kind}"
    if not fits:
        yield Violation(path, "type", wanted)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size_violations(shape, value, path, "")


def _size_violations(shape: Shape, size: float, path: str, unit: str) -> Iterator[Violation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield Violation(path, "min", f"must be at least {least} {unit}".rstrip())
    if most is not None and size > most:
        yield Violation(path, "max", f"must be at most {most} {unit}".rstrip())


def _is_base64(value: object) -> bool:
    """Blobs travel as base64 text in a JSON body."""
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except ValueError:
        return False


def _is_unicode(text: str) -> bool:
    """Tell text from half surrogate pairs, which JSON can carry but UTF-8 cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


@cache
def service_model(service: str) -> ServiceModel:
    """Botocore's model of a service, by the name boto3 knows it by."""
    return botocore.session.get_session().get_service_model(service)


class Operation:
    """One operation of a service, bound to its model. `name` is the model's, for example `StartChatContact`."""

    def __init__(self, service: str, name: str) -> None:
        self.service = service
        self.name = name
        model = service_model(service).operation_model(name)
        self._input = model.input_shape
        self._output = model.output_shape
        self._method: str = model.http["method"]
        self._path: str = model.http["requestUri"]
        self.documented: Final = frozenset(shape.name for shape in model.error_shapes)

    def route(self, handle: Handler, admit: Callable[[str], bool], *, label: str = "label") -> Route:
        """A route that calls `handle` with the checked request; `admit` says whether the rate allows the call.

        `label` is how a label of the URI is read: `path` where it may be an ARN, which has slashes.
        """

        async def serve(request: Request) -> Response:
            try:
                body = await self._body(request)
                if not admit(self.name):
                    self._refuse(THROTTLED, "Too Many Requests")
                return self.render(handle(self.read(request.path_params, request.headers, body), request))
            except AwsError as error:
                return render_error(self.service, error)

        path = self._path.replace("}", f":{label}}}")
        return Route(path, serve, methods=[self._method], name=f"{self.service}.{self.name}")

    def read(
        self, labels: Mapping[str, str], headers: Mapping[str, str], body: bytes, *, query: Mapping[str, str] = NO_QUERY
    ) -> dict[str, Any]:
        """Parse and check a request; raises the `AwsError` that this operation documents for a bad one."""
        if self._input is None:
            return {}
        members = self._members(body)
        for name, member in self._input.members.items():
            match member.serialization.get("location"):
                case "uri":
                    members[name] = labels[name]
                case "header":
                    members[name] = headers.get(member.serialization["name"])
                case "querystring":
                    members[name] = query.get(member.serialization["name"])
        for violation in violations(self._input, members):
            self._refuse(MALFORMED if violation.rule == "type" else CONSTRAINT, str(violation))
        known: dict[str, Any] = _known(self._input, members)
        return known

    def render(self, answer: Mapping[str, Any]) -> Response:
        """The answer as JSON; raises `AnswerViolatesModelError` if AWS could not have given it."""
        for violation in violations(self._output, answer, closed=True) if self._output else ():
            raise AnswerViolatesModelError(f"{self.service}.{self.name}: {violation}")
        return JSONResponse(dict(answer))

    async def _body(self, request: Request) -> bytes:
        body = await read_body(request, MAX_BODY_BYTES)
        if body is None:
            self._refuse(MALFORMED, f"The request is cut off or larger than {MAX_BODY_BYTES} bytes")
        return body

    def _members(self, body: bytes) -> dict[str, Any]:
        """What the body says: one member as it is, as base64 like every blob, or all of them as JSON."""
        whole = self._input.serialization.get("payload") if self._input else None
        return {whole: base64.b64encode(body).decode()} if whole else self._parse(body)

    def _parse(self, body: bytes) -> dict[str, Any]:
        try:
            members = json.loads(body, parse_constant=_refuse_constant) if body.strip() else {}
        except (ValueError, RecursionError):
            self._refuse(MALFORMED, "The request is not valid JSON")
        if not isinstance(members, dict):
            self._refuse(MALFORMED, "The request is not a JSON object")
        return members

    def _refuse(self, codes: tuple[str, ...], message: str) -> NoReturn:
        """Raise the first of `codes` that this operation documents, or that the front door gives."""
        raise AwsError(next(code for code in codes if code in self.documented or code in FRONT_DOOR), message)


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """The body, or None if it is longer or was cut off.

    A longer one is read to its end and dropped, because a client that is still sending would not hear the answer.
    """
    kept = bytearray()
    try:
        async for part in request.stream():
            kept += part[: max_bytes + 1 - len(kept)]
    except ClientDisconnect:
        return None
    return bytes(kept) if len(kept) <= max_bytes else None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _known(shape: Shape, value: Any) -> Any:
    """The value without members that are null or that the shape does not have; AWS ignores both."""
    if getattr(shape, "is_document_type", False):
        return value
    match shape:
        case StructureShape():
            members = shape.members
            return {name: _known(members[name], value[name]) for name in members if value.get(name) is not None}
        case ListShape():
            return [_known(shape.member, item) for item in value]
        case MapShape():
            return {key: _known(shape.value, item) for key, item in value.items()}
        case _:
            return value


def render_error(service: str, error: AwsError) -> Response:
    """The error with the status, header and body that clients of this service expect."""
    model = service_model(service)
    shape = model.shape_for(error.code) if error.code in model.shape_names else None
    status = shape.metadata["error"]["httpStatusCode"] if shape else FRONT_DOOR[error.code]
    said = "message" if isinstance(shape, StructureShape) and "message" in shape.members else "Message"
    return JSONResponse(
        {said: error.message, **error.details}, status_code=status, headers={"x-amzn-ErrorType": error.code}
    )


async def refuse_unknown_operation(request: Request) -> Response:
    """Answer what no route answers, naming the operation if Connect has one there. Mount it after everything else."""
    asked = f"{request.method} {request.url.path}"
    name = next((name for service in ("connect", "connectparticipant") if (name := _name_of(service, asked))), None)
    message = f"{name} is not emulated" if name else f"{asked} is no operation of an emulated service"
    return render_error("connect", AwsError("UnknownOperationException", message))


def _name_of(service: str, asked: str) -> str | None:
    """The operation of `service` that answers `METHOD /path`."""
    model = service_model(service)
    for name in model.operation_names:
        http = model.operation_model(name).http
        wanted = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(f"{http['method']} {http['requestUri'].split('?')[0]}"))
        if re.fullmatch(wanted, asked):
            return f"{service}:{name}"
    return None


class LabelConvertor(Convertor[str]):
    """A URI label that may be empty, so that an empty one is refused by its length and not as an unknown path."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("label", LabelConvertor())


def served_at(request: Request) -> str:
    """`host:port` the server listens at. Not the Host header: ChatJS accepts `127.0.0.1` but not `localhost`."""
    host, port = request.scope["server"]
    return f"{host}:{port}"


def iso8601(seconds: float) -> str:
    """Seconds since the epoch as Connect writes a moment: `2026-11-20T10:15:02.113Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
