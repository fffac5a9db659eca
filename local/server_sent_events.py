"""Server-sent events on their way through: whole events out of bytes, and a failure among them.

The failure is an event of the project's own protocol between ChatBot and the Runtime's program. It knows no process.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable

from local.event_stream import StreamFailure

END = b"\n\n"


async def fail_after(pieces: AsyncIterable[bytes], failure: StreamFailure) -> AsyncGenerator[bytes, None]:
    """So many events of the stream as they are, then the failure as the last one."""
    left, kept = failure.after_events, b""
    async for piece in pieces:
        kept += piece
        while left and END in kept:
            event, _, kept = kept.partition(END)
            yield event + END
            left -= 1
        if not left:
            break
    told = {"error": {"code": failure.code, "message": failure.message}}
    yield f"data: {json.dumps(told)}".encode() + END
