"""Figure 8: what a turn costs: units of DynamoDB, processor time and messages, and the price at each size of memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.figure import Figure, ratio
from benchmarks.prices import Price, messages_in, price_of, read_prices, seconds_at
from benchmarks.stage import BACKENDS, CHAT_BOT, stage
from benchmarks.turns import Round, of
from benchmarks.words import MOST_OVER_FLOOR, SENT
from cdk.settings import Settings

GROUP = "cost"
MEMORY_GROUP = "memory"
MOST_WRITE_UNITS = 2
MOST_CPU = 1.2
MESSAGE_BYTES = 199
CHAT_TURNS = 20
"""As many as a customer writes in ten minutes, for which finished messages are remembered; at the stub's pace they are
over sooner."""
MEMORIES_MB = (256, 384, 512, 640, 768, 896, 1024, 1280, 1536, 1769)
DEFAULT = Settings.model_fields["memory_mb"].default
BACKEND = Settings.model_fields["backend"].default
ANSWERS = ("short", "long")
"""A list begins like a long answer, so it tells no more of the memory."""


def measure(runs: int) -> list[Figure]:
    rounds = {backend: of(runs, backend, *ANSWERS) for backend in BACKENDS}
    return [
        *_write_units(runs),
        *(_cpu(rounds[backend], backend) for backend in BACKENDS),
        *(figure for answer in ANSWERS for figure in _by_answer(_answered(rounds[BACKEND], answer), answer)),
        *(_memory(rounds, memory) for memory in MEMORIES_MB),
    ]


def _write_units(runs: int) -> Iterator[Figure]:
    chats = list(_chats(runs))
    for name, turn in (("first turn of a chat", 0), (f"turn {CHAT_TURNS} within ten minutes", CHAT_TURNS - 1)):
        samples = tuple(float(chat[turn]) for chat in chats)
        yield Figure(group=GROUP, name=f"write units, {name}", samples=samples, at_most=MOST_WRITE_UNITS, unit="units")
    yield Figure(
        group=GROUP,
        name=f"turns of {CHAT_TURNS} within ten minutes that keep to {MOST_WRITE_UNITS} write units",
        samples=tuple(float(sum(units <= MOST_WRITE_UNITS for units in chat)) for chat in chats),
        unit="turns",
    )


def _chats(runs: int) -> Iterator[list[int]]:
    """The write units of each turn, where the customer writes again as soon as the answer is there."""
    with stage() as there:
        for _ in range(runs):
            contact_id, _ = there.join()
            chat = []
            for _ in range(CHAT_TURNS):
                there.turn(CHAT_BOT, BACKEND, "short", contact_id=contact_id, message_bytes=MESSAGE_BYTES)
                chat.append(sum(call.write_units for call in there.calls()))
            yield chat


def _cpu(rounds: Sequence[Round], backend: str) -> Figure:
    return ratio(
        GROUP,
        f"Lambda CPU per turn / plain bot, {backend}",
        ("bot", (one.bot.cpu for one in rounds)),
        ("plain bot", (one.plain.cpu for one in rounds)),
        at_most=MOST_CPU,
        more={
            "calls of the bot": tuple(one.bot.calls_cpu for one in rounds),
            "calls of the plain bot": tuple(one.plain.calls_cpu for one in rounds),
        },
    )


def _by_answer(rounds: Sequence[Round], answer: str) -> Iterator[Figure]:
    """Messages, and the price with the memory that is the default."""
    yield ratio(
        GROUP,
        f"messages the bot says / plain bot, {answer} answer",
        ("bot, messages", (float(messages_in(one.calls)) for one in rounds)),
        ("plain bot, messages", (float(messages_in(one.plain_calls)) for one in rounds)),
    )
    prices = read_prices()
    bot = [price_of(prices, one.bot, one.calls, memory_mb=DEFAULT) for one in rounds]
    plain = [price_of(prices, one.plain, one.plain_calls, memory_mb=DEFAULT) for one in rounds]
    for who, priced in (("bot", bot), ("plain bot", plain)):
        yield _price(f"1,000 turns of the {who} at {DEFAULT} MB, {answer} answer", priced)


def _price(name: str, prices: Sequence[Price]) -> Figure:
    parts = {
        "Connect, $": tuple(one.connect for one in prices),
        "Lambda, $": tuple(one.functions for one in prices),
        "DynamoDB, $": tuple(one.table for one in prices),
    }
    return Figure(group=GROUP, name=name, samples=tuple(one.whole for one in prices), unit="$", parts=parts)


def _memory(rounds: Mapping[str, Sequence[Round]], memory_mb: int) -> Figure:
    """Of the backend and answer that keep it worst; the price is the default backend's."""
    groups = [_answered(of_backend, answer) for of_backend in rounds.values() for answer in ANSWERS]
    priced = {
        f"Lambda for 1,000 turns, {answer} answer, $": _functions(_answered(rounds[BACKEND], answer), memory_mb)
        for answer in ANSWERS
    }
    return max((first_words(group, memory_mb, priced) for group in groups), key=lambda figure: figure.median)


def first_words(rounds: Sequence[Round], memory_mb: int, more: Mapping[str, tuple[float, ...]] | None = None) -> Figure:
    """Over the floor of a whole processor."""
    reckoned = (seconds_at(memory_mb, one.bot.until("ended", SENT), one.bot.cpu_until("ended", SENT)) for one in rounds)
    return ratio(
        MEMORY_GROUP,
        f"first words / floor at {memory_mb} MB",
        ("first words", reckoned),
        ("floor", (one.floor.until("ended", SENT) for one in rounds)),
        at_most=MOST_OVER_FLOOR,
        more=more,
    )


def _functions(rounds: Sequence[Round], memory_mb: int) -> tuple[float, ...]:
    prices = read_prices()
    return tuple(price_of(prices, one.bot, one.calls, memory_mb=memory_mb).functions for one in rounds)


def _answered(rounds: Sequence[Round], answer: str) -> list[Round]:
    return [one for one in rounds if one.answer == answer]
