"""Texts of a certain form: a pattern for the machine, and its meaning in words for whoever gets it wrong.

The rule: no message shows a regular expression.
"""

from __future__ import annotations

import re

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

WRONG_FORM = "wrong_form"
"""The type of the error in pydantic's findings; its context holds the `words`."""


def in_form(pattern: str, words: str) -> AfterValidator:
    """For `Annotated[str, in_form(…)]`: all of the text has the form, or the message says that `words` are expected."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise PydanticCustomError(WRONG_FORM, "expected {words}", {"words": words})
        return text

    return AfterValidator(check)
