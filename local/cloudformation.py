"""CloudFormation's DescribeStacks, for programs that find the functions by the stack's outputs, as `make replay` does.

The query protocol: a form comes in, XML goes out. There is one stack, and it is as old as this program. Rule: any other
action is refused aloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response

from local.intrinsics import arn
from local.template import STACK_NAME
from local.wire import iso8601, read_body

NAMESPACE: Final = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
STACK_ID: Final = arn("cloudformation", f"stack/{STACK_NAME}/00000000-0000-0000-0000-000000000000")
FORM_LIMIT_BYTES: Final = 65_536


class CloudFormation:
    """`outputs` are those of the template that runs now; `created_at` is in seconds since the epoch."""

    def __init__(self, *, outputs: Callable[[], Mapping[str, str]], created_at: float) -> None:
        self._outputs = outputs
        self._created_at = created_at

    async def serve(self, request: Request) -> Response:
        """Answer a request of the query protocol."""
        body = await read_body(request, FORM_LIMIT_BYTES) or b""
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("Action") != "DescribeStacks":
            return _error("InvalidAction", f"{form.get('Action', 'a call without Action')} is not emulated")
        if form.get("StackName", STACK_NAME) not in {STACK_NAME, STACK_ID}:
            return _error("ValidationError", f"Stack with id {form['StackName']} does not exist")
        return _xml(self._described(), status=200)

    def _described(self) -> Element:
        answer = Element("DescribeStacksResponse", xmlns=NAMESPACE)
        stack = SubElement(SubElement(SubElement(answer, "DescribeStacksResult"), "Stacks"), "member")
        _put(stack, StackId=STACK_ID, StackName=STACK_NAME, CreationTime=iso8601(self._created_at))
        _put(stack, StackStatus="CREATE_COMPLETE")
        outputs = SubElement(stack, "Outputs")
        for name, value in self._outputs().items():
            _put(SubElement(outputs, "member"), OutputKey=name, OutputValue=value)
        return answer


def _put(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _error(code: str, message: str) -> Response:
    answer = Element("ErrorResponse", xmlns=NAMESPACE)
    _put(SubElement(answer, "Error"), Type="Sender", Code=code, Message=message)
    return _xml(answer, status=400)


def _xml(answer: Element, *, status: int) -> Response:
    return Response(tostring(answer, encoding="utf-8"), status_code=status, media_type="text/xml")
