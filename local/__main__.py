"""`make run`: the laptop stack in the foreground, until Ctrl-C.

Prints its address and what somebody has to mend: a line for each thing, at the start as after an edit. Rule: however it
ends, every child process ends with it; a second Ctrl-C does not wait for anybody.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterator

from amazon_connect.phrases import languages
from local import npm_packages
from local.options import Parser, add_agents, add_model
from local.settings import CannotStart, StackSettings

EXIT_AT_ONCE = 130


def main() -> int:
    options = _options()
    logging.basicConfig(format="handoff: %(message)s", level=logging.WARNING)
    # Nothing here is traced, and Strands' spans complain with a traceback of every answer that is cut off.
    logging.getLogger("opentelemetry.context").setLevel(logging.CRITICAL)
    try:
        if options.page:
            for name in npm_packages.OF_THE_PAGE:
                npm_packages.bring(name)
        return asyncio.run(_run(_settings(options)))
    except (CannotStart, npm_packages.NpmPackageError) as problem:
        for line in str(problem).splitlines():
            print(f"handoff: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return EXIT_AT_ONCE


async def _run(settings: StackSettings) -> int:
    from local.stack import Stack  # noqa: PLC0415  (takes two seconds; a wrong option or Ctrl-C is answered at once)

    with contextlib.suppress(asyncio.CancelledError), _ending_on_signals():
        async with Stack(settings) as stack:
            print(f"\n  Handoff is running at  {stack.origin}   (Ctrl-C ends it)\n", flush=True)
            await asyncio.Event().wait()
    return 0


@contextlib.contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the program in order; a second one at once, and the guard ends the children."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    heard: list[signal.Signals] = []

    def end(heard_signal: signal.Signals) -> None:
        if heard:
            os._exit(EXIT_AT_ONCE)
        heard.append(heard_signal)
        if task is not None:
            task.cancel()

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, end, each)
    try:
        yield
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)


def _options() -> argparse.Namespace:
    defaults = StackSettings()
    parser = Parser(prog="python -m local", description="Handoff on this machine, without an account.")
    parser.add_argument("--port", type=_port, default=defaults.port, help="of 127.0.0.1; 0 takes a free one")
    add_agents(parser, team=defaults.team)
    parser.add_argument(
        "--language", choices=languages(), help="of the flow's sentences, as `cdk deploy -c language=…`"
    )
    add_model(parser)
    parser.add_argument("--quotas", action="store_true", help="hold Amazon Connect's quotas")
    parser.add_argument("--without-page", dest="page", action="store_false", help="need no npm package")
    return parser.parse_args()


def _settings(options: argparse.Namespace) -> StackSettings:
    return StackSettings(
        port=options.port,
        team=options.team.resolve(),
        backend=options.backend,
        model=options.model,
        quotas=options.quotas,
        context={"language": options.language} if options.language else {},
    )


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65_535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port: a number from 0 to 65535")


if __name__ == "__main__":
    sys.exit(main())
