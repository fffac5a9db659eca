"""Where the first sentence of an answer ends.

The text is read character by character, so nothing depends on the pieces it came in. An end is certain only when
something follows that begins another sentence, and the rule is: when in doubt, the sentence goes on. Then the customer
reads a little later; a message cut behind `Dr.` would read like a mistake.

No end is found inside a list, a table, code, a quotation, brackets, emphasis or a link, behind an address, an initial,
a short number or an abbreviation, nor in an ellipsis. A language without sentence marks (Thai) is spoken by paragraph.

A line that announces a list, a table or code with a colon is a first sentence, too, once that has certainly begun.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from dataclasses import dataclass, field

from lambdas.conversation.paragraphs import COLONS, FENCE

MARKS = ".!?"
"""End a sentence only before white space."""
SURE_MARKS = "。！？｡؟۔।॥։።៕។။"
"""Of scripts that write nothing else with them: Chinese and Japanese, Arabic and Urdu, Devanagari, Armenian, Ethiopic,
Khmer, Burmese. Some put no space behind them."""

BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》", "〈": "〉"}
QUOTES = {"„": "“”", "“": "”", "”": "”", "«": "»", "»": "«", "‹": "›", "›": "‹", "‚": "‘", "「": "」", "『": "』"}
"""Opening and what closes; some languages write them the other way round."""
APOSTROPHES = "'’‘"
RUNS = "*_~`"
"""Markdown's emphasis and code, in runs of equal characters."""
WRAPPING = "".join((*RUNS, *APOSTROPHES, *BRACKETS, *BRACKETS.values(), *QUOTES, '"¿¡'))
CLOSING = frozenset(BRACKETS.values())
NEEDS_NEXT = frozenset((*RUNS, *APOSTROPHES, '"'))
"""What these mean is known only with the character behind them."""

STRUCTURE = re.compile(r"[-+*•‣◦·–—]\s|\d{1,3}[.)]|\w{1,2}\)|[|>#<=]|---|```|~~~")
"""Begins a line of a list, a table, a quotation, a heading or code."""
ANNOUNCED = re.compile(r"(?:[-*•‣◦]|1[.)]|\|)\s+\W*\w|```|~~~")
"""Certainly begins a list, a table or code behind a line that ends with a colon: `-` alone may become a rule or a
negative number, and `3.` a date."""
CODE_INDENT = 4
LINE_BEGINNING = 8
"""So many characters of a line tell what it is."""

LONGEST_WORD = 60
"""Longer ones are addresses, or no words."""
ADDRESS = re.compile(r"://|@|\bwww\.|[^\W\d]\.[^\W\d]")
LAST_LETTERS = re.compile(r"[^\W\d_]+$")
LAST_DIGITS = re.compile(r"\d+$")
ORDINAL_DIGITS = 3
"""German and others write ordinals with a full stop: `am 3. Mai`."""
SHORT_ANSWER = 4
"""A first word of so few letters may be a title no list knows: `Kpt. Nowak`."""
VOWELS = frozenset("aeiouyæœøı")
ACRONYM = 3
SHORT_IN_OTHER_SCRIPTS = 3

SHORTENED = {
    "en": "approx appt apt asst assn ave avg blvd capt co col corp dept ed eds eg encl esp esq est etc ext fig gen gov "
    "hon inc incl lieut max messrs min misc nos para prof ref rep rev sec sen sgt tel univ viz vol vols al "
    "mon tue tues wed thu thurs fri sat sun",
    "es": "admón aprox apdo arq art arts atte av avda cap cía cod cód depto dir doña dña dpto dto ee ej excmo fdo gral "
    "ing izda izq lic máx mín núm núms pág págs pja profa sra sras srta srtas telf teléf tfno ud uds uu vd vds",
    "de": "abb abs abt allg allgem anm aufl ausg bzgl ca dipl ehem eigtl einschl ev evang evtl exkl fa folg fr geb "
    "gegr gem ges hrsg inh inkl jan kath okt dez österr reg rel sog st str usw verf vgl vorm zus zzgl",
    "fr": "adr apr arr boul chap cie coll dép éd édit env excl fasc hab hebd janv févr avr juil déc mgr mlle mlles "
    "mme mmes paragr réf resp suiv tél",
    "it": "arch avv cav cit comm dott dottssa ecc egr fam gent geom giu pagg profssa rag rif sig sigg sigra spett",
    "pt": "apto cel cia coord dra dras drs eng exa exma exmo ilmo obs pe rem",
    "nl": "bijv dhr enz evt mevr zgn",
    "ru": "акад кварт корп млн млрд обл пер просп проф руб стр тыс ул",
    "el": "κος σελ στρ τηλ",
    "hi": "डॉ प्रो श्री",
}
"""Words that end in a full stop without ending a sentence. Those without a vowel are known by that, and those that
stand before numbers (`No. 3`) by the number."""
ABBREVIATIONS = frozenset(word for words in SHORTENED.values() for word in words.split())


def ends_whole(text: str) -> bool:
    """Whether the text, as far as it has come, ends with a whole sentence."""
    while (end := (reader := FirstSentence()).hear(text)) is not None:
        text = text[end:]
    return reader.rests


@dataclass(slots=True)
class FirstSentence:
    """Reads a text until the end of its first sentence is certain."""

    _read: int = 0
    _held: str = ""
    """A run whose next character is not known yet."""
    _before: str = "\n"
    _word: str = ""
    """What has come since the last white space."""
    _says: bool = False
    """A letter or a number was among what has come."""
    _last_word: str = ""
    """The one before; empty at the beginning."""
    _line: str = ""
    """How the line begins, without its indent."""
    _indent: int = 0
    _fence: str = ""
    _structured: bool = False
    """The lines since the last empty one belong to a list or a table."""
    _open: list[str] = field(default_factory=list)
    """What would close the quotations, brackets and emphasis under way."""
    _mark: str = ""
    """Ended a sentence, if what follows begins another."""
    _spaced: bool = False
    _broken: bool = False
    """The white space behind the mark ended a line."""
    _announcement: int = 0
    """Characters up to the end of a line that announces what follows; 0 if the last line does not."""

    def hear(self, text: str) -> int | None:
        """How many of all characters heard belong to the first sentence; `None` until that is certain."""
        for character in text:
            end = self._hear(character)
            if end is not None:
                return end
        return None

    @property
    def rests(self) -> bool:
        """If the text ended here, its only sentence would be whole."""
        if not self._held:
            return bool(self._mark) and not self._open
        ended = copy.deepcopy(self)
        ended.hear(" ")
        return ended.rests

    def _hear(self, here: str) -> int | None:
        end = None
        if self._held and here != self._held[0]:
            end = self._end_run(here)
        if end is None and here in NEEDS_NEXT and not self._fence:
            self._held += here
        elif end is None:
            end = self._meet(here)
            self._before = here
        self._read += 1
        return end

    # ---- one character

    def _meet(self, here: str) -> int | None:
        if here == "\n":
            self._end_line()
        elif here.isspace():
            self._end_word()
            self._indent += not self._line
            self._line += here if 0 < len(self._line) < LINE_BEGINNING else ""
        elif self._fence or self._is_code():
            self._add(here)
        elif here in MARKS or here in SURE_MARKS:
            if self._mark and self._spaced:
                self._mark = ""
            self._meet_mark(here)
        elif self._open and here in self._open[-1]:
            self._close(here)
        elif self._mark and not self._broken and _is_decoration(here):
            self._begin_line(here)
        elif self._begins_another(here):
            return self._read
        else:
            self._mark = ""
            self._add(here)
            self._open_with(BRACKETS.get(here) or QUOTES.get(here))
        return self._announced()

    def _add(self, here: str) -> None:
        self._begin_line(here)
        self._says = self._says or here.isalnum()
        if len(self._word) < 2 * LONGEST_WORD:
            self._word += here
        if here == "|":
            self._structured = True

    def _begin_line(self, here: str) -> None:
        if len(self._line) < LINE_BEGINNING:
            self._line += here

    def _open_with(self, closing: str | None) -> None:
        if closing:
            self._open.append(closing)

    def _close(self, here: str) -> None:
        """A sentence inside a quotation may go on behind it: `"Why?" she asked`."""
        closing = self._open.pop()
        if closing not in CLOSING:
            self._mark = ""
        self._add(here)

    def _meet_mark(self, here: str) -> None:
        ellipsis = here == "." and self._before == "."
        if ellipsis or not self._is_prose() or not self._may_end(here):
            self._mark = ""
        else:
            self._mark, self._spaced, self._broken = here, False, False
        self._add(here)

    def _begins_another(self, here: str) -> bool:
        """Whether this begins a new sentence behind the mark."""
        if not self._mark or self._open or not (self._spaced or self._mark in SURE_MARKS):
            return False
        if here.isalpha():
            return not here.islower()
        if here.isdigit():
            return self._broken or self._mark != "."
        return self._broken or here in "¿¡" or here in BRACKETS or here in QUOTES

    def _announced(self) -> int | None:
        """Where the announcement ends, if what it announces has certainly begun."""
        has_begun = self._announcement and not self._indent and ANNOUNCED.match(self._line)
        return self._announcement if has_begun else None

    # ---- runs

    def _end_run(self, after: str) -> int | None:
        """Quotation marks and emphasis: opening, closing or neither, by what stands on both sides."""
        run, self._held = self._held, ""
        begins_at = self._read - len(run)
        before, self._before = self._before, run[-1]
        if run[0] in RUNS and self._open and self._open[-1] == run and not before.isspace():
            self._open.pop()
        elif self._is_code() or self._is_fence(run):
            pass
        elif run[0] not in RUNS and self._open and self._open[-1] == run and not after.isalnum():
            self._open.pop()
            self._mark = ""
        elif _opens(run, before, after):
            if self._begins_with_run():
                return begins_at
            self._mark = ""
            self._open.append("’" if run == "‘" else run)
        for character in run:
            self._add(character)
        return self._announced()

    def _begins_with_run(self) -> bool:
        return bool(self._mark) and not self._open and (self._spaced or self._mark in SURE_MARKS)

    def _is_code(self) -> bool:
        """Nothing means anything there but its end."""
        return bool(self._open) and self._open[-1][0] == "`"

    def _is_fence(self, run: str) -> bool:
        return not self._line and len(run) >= len("```") and run[0] in "`~"

    # ---- words and lines

    def _end_word(self) -> None:
        self._last_word, self._word = self._word or self._last_word, ""
        self._spaced = True

    def _end_line(self) -> None:
        if self._line:
            self._announcement = self._read + len("\n") if self._announces() else 0
        fence = FENCE.match(self._line)
        if not self._line:
            self._structured, self._mark = False, ""
            self._open.clear()
        elif self._fence:
            self._fence = "" if self._line.startswith(self._fence) else self._fence
        elif fence:
            self._fence = fence[0]
        elif STRUCTURE.match(self._line) and not self._line.startswith("#"):
            self._structured = True
        self._end_word()
        self._broken, self._line, self._indent = True, "", 0

    def _announces(self) -> bool:
        """A line that begins with emphasis may be a heading, which stands with what it is about."""
        last_word = self._word or self._last_word
        return (
            self._says
            and last_word.endswith(COLONS)
            and not self._open
            and not self._line.startswith(("**", "__"))
            and self._is_prose()
        )

    def _is_prose(self) -> bool:
        structured = self._fence or self._structured or self._indent >= CODE_INDENT
        return not structured and STRUCTURE.match(self._line) is None

    def _may_end(self, mark: str) -> bool:
        """Whether a sentence may end behind the word that this mark follows."""
        if mark in SURE_MARKS or not self._says:
            return self._says
        if (self._mark and not self._spaced) or self._before in CLOSING:
            return True  # one of several marks, or behind a bracket, which ends whatever stood in it
        word = (self._word or (self._last_word if mark != "." else "")).strip(WRAPPING)  # French: `Bonjour !`
        if not word or len(word) >= LONGEST_WORD or ADDRESS.search(word):
            return False
        return mark != "." or not self._may_be_short(word)

    def _may_be_short(self, word: str) -> bool:
        """A number, an initial or an abbreviation."""
        if digits := LAST_DIGITS.search(word):
            return len(digits[0]) <= ORDINAL_DIGITS
        letters = LAST_LETTERS.search(_without_marks(word))
        if letters is None:
            return False
        return _is_abbreviation(letters[0]) or (not self._last_word and len(letters[0]) <= SHORT_ANSWER)


def _opens(run: str, before: str, after: str) -> bool:
    if after.isspace():
        return False
    if run[0] in "*`":
        return not (before.isdigit() and after.isdigit())
    if run[0] == "~":
        return len(run) > 1
    return not before.isalnum() and (run[0] != "’") and (run[0] not in APOSTROPHES or after.isalnum())


def _is_abbreviation(letters: str) -> bool:
    small = letters.casefold()
    if len(letters) == 1 or small in ABBREVIATIONS:
        return True
    if not all(_is_latin(letter) for letter in letters):
        return len(letters) <= SHORT_IN_OTHER_SCRIPTS
    is_acronym = letters.isupper() and len(letters) >= ACRONYM
    return not is_acronym and not VOWELS.intersection(_without_accents(small))


def _without_marks(word: str) -> str:
    return "".join(character for character in word if not unicodedata.category(character).startswith("M"))


def _without_accents(word: str) -> str:
    return _without_marks(unicodedata.normalize("NFD", word))


def _is_latin(letter: str) -> bool:
    return letter < "\u0250" or "\u1e00" <= letter <= "\u1eff"


def _is_decoration(character: str) -> bool:
    """An emoji, or a part of one, belongs to the sentence before it."""
    return unicodedata.category(character) in {"So", "Sk", "Mn", "Me", "Cf"}
