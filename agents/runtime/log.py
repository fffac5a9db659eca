"""What the program logs: one JSON object a line.

The libraries in this process put messages and arguments of tools into what they log, and exceptions quote them. The
rule: of anybody else's record only the place and the kind of an error are written, never its words; our own hold none
of a customer's.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

OURS: Final = "agents."
SDK: Final = "bedrock_agentcore.app"


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.startswith(OURS)
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if ours else f"{record.module}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def configure() -> None:
    """Once, before the SDK makes its own handler: it makes none where there is one."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS.rstrip(".")).setLevel(logging.INFO)
    logging.getLogger(SDK).addHandler(logging.NullHandler())
    logging.getLogger(SDK).setLevel(logging.WARNING)
    # A caller that hangs up closes generators in another task: OpenTelemetry complains and nothing is wrong.
    logging.getLogger("opentelemetry.context").setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
