"""Every safeguard that is taken away once, to see that a test notices."""

from __future__ import annotations

from typing import Final

from tests.mutants.connect import CONNECT_CALLS
from tests.mutants.the_hand_off import THE_HAND_OFF
from tests.mutants.the_record import THE_RECORD
from tests.mutants.the_rescue import THE_RESCUE
from tests.mutants.the_stay import THE_STAY
from tests.mutants.the_template import THE_TEMPLATE
from tests.mutants.the_turn import THE_TURN

SAFEGUARDS: Final = (
    *THE_RECORD,
    *THE_TURN,
    *THE_HAND_OFF,
    *CONNECT_CALLS,
    *THE_STAY,
    *THE_RESCUE,
    *THE_TEMPLATE,
)
