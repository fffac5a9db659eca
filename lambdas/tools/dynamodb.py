"""How patient the tools are with DynamoDB."""

from __future__ import annotations

from botocore.config import Config

QUICK = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
"""Three tries fit into the tool's 10 seconds."""
