"""Draws a flow as a Mermaid flowchart, which GitHub and most editors show as a picture.

Success and conditions are drawn through, errors dotted. Branches between the same two blocks share one arrow, and an
error that goes the way of success has none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from amazon_connect.blocks import BLOCKS, NO_MATCHING_CONDITION
from amazon_connect.description import describe
from amazon_connect.graph import Branch, branches_of
from amazon_connect.model import Action, Flow

_SHAPES: Mapping[str, tuple[str, str]] = {
    "Compare": ("{", "}"),
    "Loop": ("{", "}"),
    "Wait": ("([", "])"),
    "InvokeLambdaFunction": ("[[", "]]"),
    "TransferContactToQueue": ("[/", "/]"),
    "DisconnectParticipant": ("((", "))"),
}
_BOX = ("[", "]")


def mermaid(flow: Flow) -> str:
    """The flowchart's text, one line each for a block and an arrow."""
    names = {action.identifier: f"b{number}" for number, action in enumerate(flow.actions)}
    lines = ["flowchart TD", *(_node(names[action.identifier], action) for action in flow.actions)]
    for action in flow.actions:
        lines.extend(_arrows(action, names))
    return "\n".join(lines) + "\n"


def page(flow: Flow) -> str:
    """A Markdown page with the picture and a line on how to read it."""
    return (
        f"# {flow.name}\n\n{flow.description}\n\n"
        "Made by `python -m amazon_connect regenerate` from `amazon_connect/flows`; do not edit.\n"
        "Dotted arrows are error branches; an error that goes the way of success has no arrow of its own.\n\n"
        f"```mermaid\n{mermaid(flow)}```\n"
    )


def _node(name: str, action: Action) -> str:
    opening, closing = _SHAPES.get(action.type, _BOX)
    title = BLOCKS[action.type].title if action.type in BLOCKS else action.type
    lines = [f"<b>{_escaped(action.identifier)}</b>", _escaped(title), _escaped(describe(action))]
    label = "<br/>".join(line for line in lines if line)
    return f'    {name}{opening}"{label}"{closing}'


def _arrows(action: Action, names: Mapping[str, str]) -> Iterator[str]:
    ways: dict[str, list[Branch]] = {}
    for branch in branches_of(action):
        ways.setdefault(branch.target, []).append(branch)
    for target, together in ways.items():
        usual = [branch for branch in together if not _is_failure(branch)]
        words = ", ".join(_label(branch) for branch in usual or together if branch.label)
        label = f'|"{words}"|' if words else ""
        yield f"    {names[action.identifier]} {'-->' if usual else '-.->'}{label} {names.get(target, 'missing')}"


def _is_failure(branch: Branch) -> bool:
    return branch.kind == "error" and branch.label != NO_MATCHING_CONDITION


def _label(branch: Branch) -> str:
    return "otherwise" if branch.label == NO_MATCHING_CONDITION else _escaped(branch.label)


def _escaped(text: str) -> str:
    """Mermaid reads quotes, angle brackets and # as its own."""
    return "".join(f"#{ord(character)};" if character in '#"<>' else character for character in text)
