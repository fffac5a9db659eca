"""Every safeguard that is taken away once, to see that a test notices."""

from __future__ import annotations

from typing import Final

from tests.mutants.the_record import THE_RECORD

SAFEGUARDS: Final = (*THE_RECORD,)
