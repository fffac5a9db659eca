"""The command line for whoever brings the flow into Amazon Connect: export, check, diagram.

It is written for an administrator who never saw JSON: what goes wrong is said in one sentence with what to do next, and
nothing is written unless it is whole. `regenerate` is for those who change the flow's source.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from amazon_connect.checker import FaultyFlow, check
from amazon_connect.content import UnreadableFlow, from_content
from amazon_connect.diagram import mermaid
from amazon_connect.export import COMMITTED_LANGUAGE, committed_files, inbound_file, inbound_in, open_placeholders
from amazon_connect.flows.inbound import QUEUE, START_BOT
from amazon_connect.model import Flow
from amazon_connect.phrases import MissingPhrase, UnknownLanguage, UnreadablePhrases, languages

PROGRAM = "python -m amazon_connect"
_LAMBDA_ARN = re.compile(r"arn:[a-z0-9-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?")
_QUEUE_ARN = re.compile(r"arn:[a-z0-9-]+:connect:[a-z0-9-]+:[0-9]{12}:instance/[A-Za-z0-9-]+/queue/[A-Za-z0-9-]+")
_WHERE_LAMBDA = (
    "It is the ARN of the StartBot function with its alias, as the stack's outputs show it: "
    "arn:…:lambda:…:function:…:live. The function must also be added to the instance (Flows, AWS Lambda)."
)
_WHERE_QUEUE = (
    "In Amazon Connect open Routing, Queues, the queue, and 'Show additional queue information': "
    "arn:…:connect:…:instance/…/queue/…"
)


class Refused(Exception):
    """What the person at the keyboard asked for cannot be done; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when done, 1 when it was refused (the reason is on standard error)."""
    asked = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = asked.run
    try:
        run(asked)
    except (Refused, FaultyFlow, UnreadableFlow, UnknownLanguage, MissingPhrase, UnreadablePhrases) as refusal:
        _tell(str(refusal))
        return 1
    except OSError as error:
        _tell(f"{error.filename}: {error.strerror}.")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Handoff's contact flow for Amazon Connect.")
    commands = parser.add_subparsers(required=True, metavar="export | check | diagram | regenerate")

    export = commands.add_parser("export", help="write the flow as a file to import in Amazon Connect")
    export.add_argument("--start-bot-arn", default="", help=_WHERE_LAMBDA)
    export.add_argument("--queue-arn", default="", help=_WHERE_QUEUE)
    export.add_argument("--language", default=COMMITTED_LANGUAGE, help=f"one of {', '.join(languages())}")
    export.add_argument("--out", type=Path, help="the file to write; without it the flow is printed")
    export.set_defaults(run=_export)

    checking = commands.add_parser("check", help="say what is wrong with a flow file, if anything")
    checking.add_argument("file", type=Path)
    checking.set_defaults(run=_check)

    diagram = commands.add_parser("diagram", help="print a flow as a Mermaid flowchart")
    diagram.add_argument("file", type=Path, nargs="?", help="a flow file; without it Handoff's own flow")
    diagram.set_defaults(run=_diagram)

    regenerate = commands.add_parser("regenerate", help="write the committed export and picture anew")
    regenerate.set_defaults(run=_regenerate)
    return parser


def _export(asked: argparse.Namespace) -> None:
    placeholders = {
        START_BOT.name: _arn("--start-bot-arn", asked.start_bot_arn, _LAMBDA_ARN, _WHERE_LAMBDA),
        QUEUE.name: _arn("--queue-arn", asked.queue_arn, _QUEUE_ARN, _WHERE_QUEUE),
    }
    written = inbound_file(language=asked.language, placeholders=placeholders)
    if asked.out is None:
        sys.stdout.write(written)
        return
    asked.out.write_text(written, encoding="utf-8")
    _tell(f"{asked.out} is ready. In Amazon Connect: Routing, Flows, Create flow, then Import in the menu beside Save.")


def _arn(option: str, given: str, form: re.Pattern[str], where: str) -> str:
    if not given:
        raise Refused(f"{option} is missing. {where}")
    if not form.fullmatch(given):
        raise Refused(f"{option}: '{given}' is not such an ARN. {where}")
    return given


def _check(asked: argparse.Namespace) -> None:
    flow = _read(asked.file)
    if problems := check(flow):
        raise FaultyFlow(tuple(problems))
    if placeholders := open_placeholders(flow):
        raise Refused(
            f"The flow is sound, but {' and '.join(placeholders)} are still to be filled in. "
            f"Make a finished file with: {PROGRAM} export --start-bot-arn … --queue-arn …"
        )
    _tell(f"{asked.file}: {len(flow.actions)} blocks, no problem found.")


def _read(file: Path) -> Flow:
    try:
        return from_content(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not a text file. Choose the file that Amazon Connect exported.") from error
    except UnreadableFlow as error:
        raise Refused(f"{file}: {error}. Choose a flow that Amazon Connect exported, unchanged.") from error


def _diagram(asked: argparse.Namespace) -> None:
    flow = inbound_in(COMMITTED_LANGUAGE) if asked.file is None else _read(asked.file)
    sys.stdout.write(mermaid(flow))


def _regenerate(_asked: argparse.Namespace) -> None:
    for file, text in committed_files().items():
        file.write_text(text, encoding="utf-8")
        _tell(f"{file.name} is up to date.")


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
