"""The clients of AWS: all that the Lambdas make are made here, once per container, from one session.

The package holds the data of these services and of no others. The rule: what every event needs is made at the start
(`client`), what few events need when one of them comes (`when_needed`).
"""

from __future__ import annotations

import threading
from typing import Any, Literal

import botocore.session
from botocore.config import Config

Service = Literal[
    "bedrock-agent-runtime",
    "bedrock-agentcore",
    "bedrock-runtime",
    "connect",
    "connectparticipant",
    "dynamodb",
    "lambda",
    "sqs",
]

_SESSION = botocore.session.get_session()
"""Shared, so that each file of botocore's data is read once. Without boto3, whose resources nobody uses here."""
_MAKING = threading.RLock()
"""A session may be used by one thread at a time."""


def client(service: Service, *, config: Config, region: str | None = None) -> Any:
    """A client for the life of the container; without a `region` the function's own."""
    with _MAKING:
        return _SESSION.create_client(service, region_name=region, config=_EVERY_CLIENT.merge(config))


def when_needed(service: Service, *, config: Config) -> Any:
    """The same client, made at its first call."""
    return _Later(service, config)


_EVERY_CLIENT = Config(tcp_keepalive=True, user_agent=_SESSION.user_agent())
"""botocore puts its name together anew for each request, a tenth of a call's work, unless it is told one."""


class _Later:
    def __init__(self, service: Service, config: Config) -> None:
        self._service = service
        self._config = config
        self._made: Any = None

    def __getattr__(self, operation: str) -> Any:
        with _MAKING:
            self._made = self._made or client(self._service, config=self._config)
        return getattr(self._made, operation)
