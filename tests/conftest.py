"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no mistake of the code: examples are not timed.
settings.register_profile("handoff", deadline=None)
settings.load_profile("handoff")
