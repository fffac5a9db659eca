"""What the program logs: one JSON object a line.

The libraries in this process put messages and arguments of tools into what they log, and exceptions quote them. The
rule: of anybody else's record only the place and the kind of an error are written, never its words; our own hold none
of a customer's. Only uvicorn may say its own, which tell of the port and of connections.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Final

OURS: Final = "agents"
MAY_SPEAK: Final = (f"{OURS}.", "uvicorn.")
SDK: Final = "bedrock_agentcore.app"

logger = logging.getLogger(__name__)


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        speaks = record.name.startswith(MAY_SPEAK)
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if speaks else f"{record.module}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def configure() -> None:
    """Once, before the SDK makes its own handler: it makes none where there is one."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)
    logging.getLogger(SDK).addHandler(logging.NullHandler())
    logging.getLogger(SDK).setLevel(logging.WARNING)
    # It warns each session that it is to be used from asynchronous code, which it is.
    logging.getLogger("bedrock_agentcore.memory").setLevel(logging.ERROR)
    # A caller that hangs up closes generators in another task: OpenTelemetry complains and nothing is wrong.
    logging.getLogger("opentelemetry.context").setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
    # What nobody catches would be printed with its words.
    threading.excepthook = lambda caught: logger.error("a thread failed: %s", caught.exc_type.__name__)
    sys.unraisablehook = lambda caught: logger.error("something could not be cleaned up: %s", caught.exc_type.__name__)
