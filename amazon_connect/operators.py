"""How conditions compare: the operators of the flow language, each a function of value and operand.

Both sides are text. Text compares by case; a numeric comparison in which either side is no number is false.
Source: Connect developer guide, "Flow language", read 2026-11-20.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

_NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]+)?\s*")


def _numeric(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str, str], bool]:
    def compared(value: str, operand: str) -> bool:
        if not _NUMBER.fullmatch(value) or not _NUMBER.fullmatch(operand):
            return False
        return compare(Decimal(value.strip()), Decimal(operand.strip()))

    return compared


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": operator.eq,
    "TextStartsWith": str.startswith,
    "TextEndsWith": str.endswith,
    "TextContains": operator.contains,
    "NumberGreaterThan": _numeric(operator.gt),
    "NumberGreaterOrEqualTo": _numeric(operator.ge),
    "NumberLessThan": _numeric(operator.lt),
    "NumberLessOrEqualTo": _numeric(operator.le),
}
