"""Wording that tries to turn an agent against its instructions, as a stand-in for a guardrail where there is none.

A few plain phrases in English and Spanish, so that an intervention can be seen without an account. It protects nobody:
in AWS a Bedrock guardrail judges, and it knows far more. The rule: what is no attack in its plainest words passes.
"""

from __future__ import annotations

import re

_PHRASES = (
    r"(ignore|forget|disregard) (all )?(of )?(your|the|any|previous|earlier)( previous| earlier)? (instructions|rules)",
    r"(show|tell|give|reveal|print)( me)? your (system )?(prompt|instructions)",
    r"(ignora|olvida|olvide|ignore)( todas)? (tus|sus|las)( anteriores)? (instrucciones|reglas|órdenes)",
    r"(muéstrame|muestra|dime|dame|revela) (tu|tus|las) (prompt|instrucciones)",
)
_ATTACK = re.compile("|".join(_PHRASES), re.IGNORECASE)


def looks_like_an_attack(text: str) -> bool:
    return _ATTACK.search(" ".join(text.split())) is not None
