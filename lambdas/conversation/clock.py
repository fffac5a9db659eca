"""The system's time."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """`Clock` in AWS; the laptop stack brings its own with each invocation."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)
