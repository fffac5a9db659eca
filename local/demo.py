"""`make demo`: a customer says what the team's demo.yaml says, is answered, and ends with a person.

It uses the stack on the given port, or starts one on a free port and stops it. Exit code 0 only if each line was
answered, and the customer reached a human for the reason they gave; otherwise 1, with one line that says what was
missing. The rule: nothing here knows a trade.
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
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from agents.demo import DEMO_FILE, load_demo
from agents.team import Team, load_team
from agents.yaml_source import InvalidTeam
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
from local.options import Parser, add_agents, add_model
from local.settings import StackSettings

PATIENCE_SECONDS: Final = 60.0
START_SECONDS: Final = 120.0
"""For a stack of its own; on a fresh machine it synthesizes the template first."""
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Courtesies:
    """What customer and human say to each other, in one language."""

    welcome: str
    thanks: str


CUSTOMER: Final = "Ana"
ENGLISH: Final = "en"
COURTESIES: Final[Mapping[str, Courtesies]] = {
    "en": Courtesies(
        welcome="Hello Ana, this is Lucía. I have your whole conversation here.",
        thanks="That was quick, thank you!",
    ),
    "es": Courtesies(
        welcome="Hola, Ana, soy Lucía. Aquí tengo toda su conversación.",
        thanks="¡Qué rapidez, muchas gracias!",
    ),
}
ROLES: Final = {"CUSTOMER": "customer", "CUSTOM_BOT": "assistant", "AGENT": "human", "SYSTEM": "flow"}


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    try:
        team = load_team(options.team)
        lines = _lines(team, options)
        with _stack(options) as place:
            _hold_conversation(place, team, lines, options)
    except (DemoFailed, InvalidTeam) as failed:
        print(f"demo: failed: {failed}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, OSError) as failed:
        print(f"demo: failed: the stack refused a call: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\ndemo: the customer was answered and reached a human, who already knew why.")
    return 0


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of a running stack; 0 starts one")
    add_agents(parser, team=StackSettings().team)
    add_model(parser)
    parser.add_argument(
        "--language",
        choices=sorted(COURTESIES),
        default=ENGLISH,
        help="of the customer; the flow of a stack that runs already goes on in its own",
    )
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="seconds the conversation may take")
    return parser.parse_args(arguments)


def _lines(team: Team, options: argparse.Namespace) -> tuple[str, ...]:
    """What the customer says; the last line asks for a person."""
    today = datetime.now(UTC).date()
    found = load_demo(options.team, team.functions, today=today).conversation.get(options.language)
    if not found:
        raise DemoFailed(f"{options.team / DEMO_FILE} has no conversation in '{options.language}' under 'demo'")
    return found


@contextlib.contextmanager
def _stack(options: argparse.Namespace) -> Iterator[Place]:
    running = Place.at(f"http://127.0.0.1:{options.port}") if options.port else None
    if running is not None:
        print(f"demo: using the stack on port {options.port}")
        yield running
        return
    print("demo: starting a stack on a free port …", flush=True)
    with Guard() as guard, _own_stack(options) as process, guard.guarding(process.pid):
        yield _address(process)


@contextlib.contextmanager
def _own_stack(options: argparse.Namespace) -> Iterator[subprocess.Popen[str]]:
    """In a process group of its own: Ctrl-C is for the demo, which then ends the stack."""
    command = [sys.executable, "-m", "local", "--port", "0", "--without-page", *chosen_for_a_stack(options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            yield process
        finally:
            process.terminate()


def chosen_for_a_stack(options: argparse.Namespace) -> list[str]:
    """English is what a stack's flow speaks anyway; with `make run` it then shares its template."""
    spoken = [] if options.language == ENGLISH else ["--language", options.language]
    return ["--team", str(options.team), "--backend", options.backend, "--model", options.model, *spoken]


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


def _hold_conversation(place: Place, team: Team, lines: Sequence[str], options: argparse.Namespace) -> None:
    running = place.facts["team"]["name"]
    if running != team.name:
        raise DemoFailed(f"the stack on port {options.port} runs the team '{running}', not '{team.name}'")
    customer = start_chat(place, name=CUSTOMER, language=options.language)
    try:
        _talk(place, customer, lines, COURTESIES[options.language], Patience.of(options.patience))
    finally:
        attributes = attributes_of(place, customer.contact_id)
        _show(customer.transcript(), attributes, flow_steps(place, customer.contact_id))
    _judge(attributes)
    customer.leave()


def _talk(
    place: Place, customer: Participant, lines: Sequence[str], courtesies: Courtesies, patience: Patience
) -> None:
    patience.wait_for("the assistant's greeting", lambda: _last_is(customer, "CUSTOM_BOT"))
    *questions, wish = lines
    for question in questions:
        customer.say(question)
        patience.wait_for(f"an answer to “{question}”", lambda: _last_is(customer, "CUSTOM_BOT"))
    customer.say(wish)
    patience.wait_for("the chat at the desk", lambda: desk_shows(place, customer.contact_id))
    human = accept_at_desk(place, customer.contact_id)
    human.say(courtesies.welcome)
    patience.wait_for(
        "the human's words at the customer's side", lambda: _said_to(customer, "AGENT", courtesies.welcome)
    )
    customer.say(courtesies.thanks)
    patience.wait_for("the customer's words at the desk", lambda: _said_to(human, "CUSTOMER", courtesies.thanks))


def _judge(attributes: Mapping[str, str]) -> None:
    for name, expected in {"handoff_outcome": "escalate", "handoff_reason": "customer_asked"}.items():
        if attributes.get(name) != expected:
            raise DemoFailed(f"{name} is '{attributes.get(name, '')}' and should be '{expected}'")
    if not attributes.get("handoff_summary"):
        raise DemoFailed("the human got no summary")


def _last_is(customer: Participant, role: str) -> bool | None:
    """Whether the last word so far is somebody's."""
    said = customer.transcript()
    return True if said and said[-1]["ParticipantRole"] == role else None


def _said_to(somebody: Participant, role: str, text: str) -> dict[str, Any] | None:
    return next(
        (one for one in somebody.transcript() if one["ParticipantRole"] == role and one["Content"] == text), None
    )


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
