"""Where AWS's behaviour is not confirmed, and what the emulator does there.

Every field is a point that no documentation and no service model settles (aws-facts, Open points, 2026-11). Rule: code
under test must survive each of the values, so a test may set any of them; the defaults are the likely ones.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoints:
    """The emulator's answer to each open point."""

    second_custom_participant: str = "ServiceQuotaExceededException"
    """CreateParticipant while a custom participant is in the chat; the other candidate is ConflictException."""
    custom_participant_beside_agent: str = "ConflictException"
    """CreateParticipant while an agent is in the chat."""
    custom_bot_reads_transcript: bool = True
    """Whether GetTranscript answers a custom bot; if not, it gets AccessDeniedException."""
    custom_bot_sends_interactive: bool = False
    """Whether a custom bot may send interactive messages."""
    streams_beside_agent: bool = True
    """Whether SNS streaming goes on once an agent is connected."""
