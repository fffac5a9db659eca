"""The services of AWS that the bots call, in a process of their own: `python -m benchmarks.services`.

Each call is answered a fixed time after its first byte came, whatever was computed meanwhile; an agent's tokens come at
their own moments. The port it listens at is the first line of its output. What was called is told at `GET /calls`,
which forgets it.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from benchmarks.services.calls import Calls
from benchmarks.services.http import Connection, Reply, Request
from benchmarks.services.operations import Operations


async def main() -> None:
    calls = Calls()
    operations = Operations(calls)

    async def serve(request: Request, reply: Reply) -> None:
        if request.path == "/calls":
            reply.whole(200, {}, json.dumps([asdict(call) for call in calls.take()]).encode())
        else:
            await operations.serve(request, reply)

    server = await asyncio.get_running_loop().create_server(lambda: Connection(serve), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
