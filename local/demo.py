"""`make demo`: a scripted customer goes through a whole conversation and ends with a person.

It uses the stack on the given port, or starts one on a free port and stops it. Exit code 0 only if the customer was
told the order's status, and reached a human for the reason they gave; otherwise 1, with one line that says what was
missing.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.demo_people import (
    DemoFailed,
    Participant,
    Patience,
    Place,
    accept_at_desk,
    attributes_of,
    desk_shows,
    flow_steps,
    start_chat,
)
from local.guard import Guard

PATIENCE_SECONDS: Final = 60.0
START_SECONDS: Final = 120.0
"""For a stack of its own; on a fresh machine it synthesizes the template first."""
ORDER: Final = "10020030"
DOCUMENT: Final = "12345678-9"
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Lines:
    """What is said, in one language."""

    name: str
    question: str
    status: str
    """A word of the answer that only the right status has."""
    wish: str
    welcome: str
    thanks: str


LINES: Final[Mapping[str, Lines]] = {
    "en": Lines(
        name="Ana",
        question=f"Good morning! Where is my order {ORDER}? My document is {DOCUMENT}.",
        status="scheduled",
        wish="Thanks, but I'd like to talk to a person about it.",
        welcome="Hello Ana, this is Lucía. I have your whole conversation here.",
        thanks="That was quick, thank you!",
    ),
    "es": Lines(
        name="Ana",
        question=f"¡Buenos días! ¿Dónde está mi pedido {ORDER}? Mi documento es el {DOCUMENT}.",
        status="programado",
        wish="Gracias, pero prefiero hablarlo con una persona.",
        welcome="Hola, Ana, soy Lucía. Aquí tengo toda su conversación.",
        thanks="¡Qué rapidez, muchas gracias!",
    ),
}
ROLES: Final = {"CUSTOMER": "customer", "CUSTOM_BOT": "assistant", "AGENT": "human", "SYSTEM": "flow"}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        with _stack(options.port) as place:
            _hold_conversation(place, LINES[options.language], options)
    except DemoFailed as failed:
        print(f"demo: failed: {failed}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, OSError) as failed:
        print(f"demo: failed: the stack refused a call: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\ndemo: the customer was answered and reached a human, who already knew why.")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of a running stack; 0 starts one")
    parser.add_argument("--language", choices=sorted(LINES), default="en")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="seconds the conversation may take")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _stack(port: int) -> Iterator[Place]:
    running = Place.at(f"http://127.0.0.1:{port}") if port else None
    if running is not None:
        print(f"demo: using the stack on port {port}")
        yield running
        return
    print("demo: starting a stack on a free port …", flush=True)
    with Guard() as guard, _own_stack() as process, guard.guarding(process.pid):
        yield _address(process)


@contextlib.contextmanager
def _own_stack() -> Iterator[subprocess.Popen[str]]:
    """In a process group of its own: Ctrl-C is for the demo, which then ends the stack."""
    command = [sys.executable, "-m", "local", "--port", "0", "--without-page"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            yield process
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> Place:
    """The stack's own line with its address; it prints nothing else that looks like one."""
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    try:
        for line in process.stdout or ():
            found = ADDRESS.search(line)
            place = Place.at(found.group()) if found else None
            if place is not None:
                return place
    finally:
        too_late.cancel()
    raise DemoFailed("the stack did not start (see above)")


def _hold_conversation(place: Place, lines: Lines, options: argparse.Namespace) -> None:
    customer = start_chat(place, name=lines.name, language=options.language)
    try:
        _talk(place, customer, lines, Patience.of(options.patience))
    finally:
        attributes = attributes_of(place, customer.contact_id)
        _show(customer.transcript(), attributes, flow_steps(place, customer.contact_id))
    _judge(attributes)
    customer.leave()


def _talk(place: Place, customer: Participant, lines: Lines, patience: Patience) -> None:
    patience.wait_for("the assistant's greeting", lambda: _last(customer, "CUSTOM_BOT"))
    customer.say(lines.question)
    patience.wait_for(f"the status of order {ORDER}", lambda: _answer_with(customer, ORDER, lines.status))
    customer.say(lines.wish)
    patience.wait_for("the chat at the desk", lambda: desk_shows(place, customer.contact_id))
    human = accept_at_desk(place, customer.contact_id)
    human.say(lines.welcome)
    patience.wait_for("the human's words at the customer's side", lambda: _answer_with(customer, lines.welcome))
    customer.say(lines.thanks)
    patience.wait_for("the customer's words at the desk", lambda: _said_by(human, "CUSTOMER", lines.thanks))


def _judge(attributes: Mapping[str, str]) -> None:
    for name, expected in {"functionName": "escalate", "handoff_reason": "customer_asked"}.items():
        if attributes.get(name) != expected:
            raise DemoFailed(f"{name} is '{attributes.get(name, '')}' and should be '{expected}'")
    if not attributes.get("handoff_summary"):
        raise DemoFailed("the human got no summary")


def _last(customer: Participant, role: str) -> dict[str, Any] | None:
    return next((item for item in reversed(customer.transcript()) if item["ParticipantRole"] == role), None)


def _said_by(somebody: Participant, role: str, text: str) -> dict[str, Any] | None:
    return next(
        (one for one in somebody.transcript() if one["ParticipantRole"] == role and one["Content"] == text), None
    )


def _answer_with(customer: Participant, *words: str) -> dict[str, Any] | None:
    """Something said to the customer that has all these words."""
    heard = (item for item in customer.transcript() if item["ParticipantRole"] != "CUSTOMER")
    return next((item for item in heard if all(word in item["Content"] for word in words)), None)


def _show(transcript: list[dict[str, Any]], attributes: Mapping[str, str], steps: list[str]) -> None:
    print("\nTranscript")
    for item in transcript:
        at = datetime.fromisoformat(item["AbsoluteTime"]).astimezone()
        print(f"  {at:%H:%M:%S}  {ROLES[item['ParticipantRole']]:<10} {item['Content']}")
    print("\nFlow steps\n  " + " → ".join(steps))
    print("\nContact attributes")
    for name, value in sorted(attributes.items()):
        print(f"  {name:<34} {value}")


if __name__ == "__main__":
    raise SystemExit(main())
