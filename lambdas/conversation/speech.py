"""Turning the agent's text into messages of the channel.

Text arrives in pieces of any size. `Speech` hands out what is complete: the first sentence at once and then paragraphs
as they end, or paragraphs only, or the whole at the end. No message exceeds the channel's limit, in the channel's own
unit, and none is cut inside a character.

Limits: 16,384 UTF-8 bytes on the web, 1,024 characters on SMS, 4,096 on WhatsApp and Apple Messages for Business
(Amazon Connect service limits, read 2026-11).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

from lambdas.conversation.pieces import Pieces
from lambdas.conversation.sentences import ends_whole

Manner = Literal["first-sentence", "paragraph", "whole"]
MANNERS: tuple[Manner, ...] = get_args(Manner)

PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*")
PAUSES = (PARAGRAPH_END, re.compile(r"\n"), re.compile(r"[.!?…。！？]['\")\]»”]*\s"), re.compile(r"\s"))
"""Where a message may end, the best first: a paragraph, a line, a sentence, a word."""

SENTENCE_END = re.compile(r"[.!?…][\'\")\]»”]*\s|[。！？][\'\")\]»”」』]*(?=.)|\n[ \t]*\n", re.DOTALL)
"""Where something more has begun, so that what came before is whole."""

NOTHING = re.compile(r"[\s*_=-]*")
"""White space, or a rule that was drawn between paragraphs: no message of its own."""

ZERO_WIDTH_JOINER = "\u200d"
VIRAMA_CLASS = 9
"""Canonical combining class of the signs that tie two letters of Indic scripts together."""
CLINGING = re.compile(
    "[\u200c\u200d"  # joiners
    "\u0e33\u0eb3"  # spacing vowels of Thai and Lao
    "\u1160-\u11ff\ud7b0-\ud7fb"  # vowels and finals of Korean syllables in parts
    "\U0001f3fb-\U0001f3ff"  # skin tones
    "\U000e0020-\U000e007f]"  # letters of the flags of regions
)
"""Drawn together with the character before, beside the marks (categories M*); after Unicode Standard Annex 29."""

HALF_PAIRS = range(0xD800, 0xE000)
"""Surrogates: half a character, which no encoding can carry."""
DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Embeddings, overrides and isolates: they make a text look like another, up to the end of its line."""
INVISIBLE = dict.fromkeys(
    (
        *(code for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\n\t"),
        *HALF_PAIRS,
        *DIRECTIONS,
    )
)


@dataclass(frozen=True, slots=True)
class Channel:
    """How large a message may be, and in which unit that is counted."""

    limit: int
    measure: Callable[[str], int]


def utf8_bytes(text: str) -> int:
    return len(text.encode())


WEB = Channel(16_384, utf8_bytes)
CHANNELS = {
    "connect:SMS": Channel(1_024, len),
    "connect:WhatsApp": Channel(4_096, len),
    "connect:Apple": Channel(4_096, len),
}


def channel_of(subtype: str) -> Channel:
    """The channel of a Connect subtype; everything not listed is a web or mobile chat."""
    return CHANNELS.get(subtype, WEB)


@dataclass(slots=True)
class Speech:
    """What the agent has said and the customer has not heard yet."""

    manner: Manner
    _pieces: Pieces = field(init=False)
    _whole: list[str] = field(default_factory=list)
    """What is said only when the agent has finished."""
    _spoken: bool = field(default=False)
    _refused: bool = field(default=False)

    def __post_init__(self) -> None:
        self._pieces = Pieces(first_sentence=self.manner == "first-sentence")

    @property
    def refused(self) -> bool:
        """A guardrail stepped in."""
        return self._refused

    @property
    def spoken(self) -> bool:
        """Something was handed out for speaking."""
        return self._spoken

    def hear(self, text: str, *, is_whole: bool = False) -> list[str]:
        """Take in a piece; returns what is complete now. `is_whole`: with this piece the first sentence is."""
        text = clean(text)
        if self.manner == "whole":
            self._whole.append(text)
            return []
        spoken = self._hand_out(self._pieces.hear(text))
        if is_whole and self.manner == "first-sentence" and not self._spoken:
            return self._hand_out(self._pieces.take())
        return spoken

    def pause(self) -> list[str]:
        """The agent has fallen silent: whole sentences need not wait for what may come."""
        if self.manner != "first-sentence" or not ends_whole(self._pieces.rest):
            return []
        return self._hand_out(self._pieces.take())

    def _take(self) -> str:
        """What is kept, which is then kept no more."""
        whole, self._whole = self._whole, []
        return "".join([*whole, *self._pieces.take()])

    def finish(self) -> list[str]:
        """The rest, when the agent has said everything."""
        return self._hand_out([self._take()])

    def keep(self, text: str) -> None:
        """What was handed out could not be said: it comes again at the end, with everything that follows, as one."""
        rest = self._take()
        self.manner = "whole"
        self._whole = [text, "\n\n", rest]

    def refuse(self) -> list[str]:
        """A guardrail stepped in: the last sentence, at which it may have, is not worth hearing; returns those before.

        One that nothing follows counts as the last, even if it is whole.
        """
        self._refused = True
        text = self._take()
        ends = [match.end() for match in SENTENCE_END.finditer(text)]
        return self._hand_out([text[: ends[-1]]] if ends else [])

    def _hand_out(self, texts: list[str]) -> list[str]:
        speakable = [text.strip() for text in texts if not NOTHING.fullmatch(text)]
        self._spoken = self._spoken or bool(speakable)
        return speakable


def clean(text: str) -> str:
    """Without the characters that no chat window shows, or that deceive it; line breaks and tabs stay."""
    return text.replace("\r\n", "\n").translate(INVISIBLE)


def split(text: str, channel: Channel) -> Iterator[str]:
    """Messages that together say `text`, each within the channel's limit.

    Cut after a paragraph, else a line, else a sentence, else a word, else (a word longer than a message) between two
    characters that do not belong together.
    """
    text = text.strip()
    while channel.measure(text) > channel.limit:
        cut = _cut(text, _longest_prefix(text, channel))
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _longest_prefix(text: str, channel: Channel) -> int:
    """How many code points fit, by bisection: measuring grows with the text."""
    low, high = 1, min(len(text), channel.limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if channel.measure(text[:middle]) <= channel.limit else (low, middle - 1)
    return low


def _cut(text: str, fits: int) -> int:
    """The best place at or before `fits`, but not in the first half: that would make many small messages."""
    head = text[:fits]
    for pause in PAUSES:
        last = max((match.end() for match in pause.finditer(head)), default=0)
        if last > fits // 2:
            return last
    return _between_characters(text, fits)


def _between_characters(text: str, fits: int) -> int:
    """Move left while the cut would part a letter from its accent, or an emoji from its parts."""
    cut = fits
    while cut and _parts_a_character(text, cut):
        cut -= 1
    return cut or fits


def _parts_a_character(text: str, cut: int) -> bool:
    """Whether a reader would take what is on both sides of the cut for one character."""
    before, after = text[cut - 1], text[cut]
    return (
        CLINGING.match(after) is not None
        or unicodedata.category(after).startswith("M")
        or before == ZERO_WIDTH_JOINER
        or unicodedata.combining(before) == VIRAMA_CLASS
        or _parts_a_flag(text, cut)
    )


def _parts_a_flag(text: str, cut: int) -> bool:
    """Flags are pairs of regional indicators: an odd number of them before the cut means a pair is parted."""
    run = 0
    while run < cut and _is_regional(text[cut - 1 - run]):
        run += 1
    return run % 2 == 1 and _is_regional(text[cut])


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
