"""What must hold of a customer's chat: each question has its answer once, its parts together and in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.load.repeating_team import ANSWER, PARTS, QUESTION


def faults(asked: Sequence[str], answers: Sequence[str], *, in_order: bool = False) -> Iterator[str]:
    """A line for each thing that is wrong with what the bot said; `answers` are its messages after the greeting.

    `in_order` holds where SNS kept the order: then the answers come as the questions did.
    """
    parts = [part for text in answers for part in ANSWER.findall(text)]
    numbers = [number for text in asked for number in QUESTION.findall(text)]
    times = Counter(parts)
    for number in numbers:
        for part in PARTS:
            if times[number, part] != 1:
                yield f"the {part} part of {number} was said {times[number, part]} times"
    if strange := sorted({number for number, _ in parts} - set(numbers)):
        yield f"answered and never asked: {strange}"
    yield from (f"not an answer: {text!r}" for text in answers if not ANSWER.search(text))
    firsts = [number for number, part in parts if part == PARTS[0]]
    if parts != [(number, part) for number in firsts for part in PARTS]:
        yield f"parts apart or out of order: {parts}"
    if in_order and firsts != numbers:
        yield f"answered in another order than asked: {firsts}"


def heard_all(heard: Sequence[str], said: Sequence[tuple[str, float]], *, listens_at: float) -> bool:
    """Whether the socket brought all that was said, in order; before it listened it need not have."""
    missed = len(said) - len(heard)
    texts = [text for text, _ in said]
    return missed >= 0 and list(heard) == texts[missed:] and all(at < listens_at for _, at in said[:missed])
