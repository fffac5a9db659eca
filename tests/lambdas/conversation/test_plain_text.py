"""Markdown as text that reads well where no formatting is shown: the table is the specification."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from lambdas.conversation.phrases import languages, phrases
from lambdas.conversation.pieces import Pieces
from lambdas.conversation.plain_text import plain

MARKED = [
    ("## Your order", "Your order"),
    ("# Order #7 #", "Order #7"),
    ("### Plan **Plus**\nIt costs $5.", "Plan Plus\nIt costs $5."),
    ("Your order\n---\nIt left.", "Your order\n\nIt left."),
    ("Your order\n===", "Your order"),
    ("It **left** *today*, ***really*** __so__ _so_.", "It left today, really so so."),
    ("Costs ~~$20~~ $15.", "Costs $20 $15."),
    ("**Total:** $5, and (**no more**).", "Total: $5, and (no more)."),
    ("**Total:**$5", "Total:$5"),
    ("**two\nlines**", "two\nlines"),
    ("Type `npm i`, or ``a`b``, or `` `x` ``.", "Type npm i, or a`b, or `x`."),
    ("\\``", "``"),
    ("Type `**kwargs`.", "Type **kwargs."),
    ("```python\nif a:\n\n\n    b = c**2  # `c`\n```\nDone.", "if a:\n\n\n    b = c**2  # `c`\nDone."),
    ("~~~\n- a\n~~~", "- a"),
    ("```\nnever closed_\n# x", "never closed_\n# x"),
    ("See [the shop](https://shop.example/a_b_c).", "See the shop (https://shop.example/a_b_c)."),
    ('[the shop](https://shop.example "Our shop")', "the shop (https://shop.example)"),
    ("[the **shop**](<https://shop.example>)", "the shop (https://shop.example)"),
    ("[https://shop.example](https://shop.example)", "https://shop.example"),
    ("[shop.example](https://shop.example/)", "https://shop.example/"),
    ("[Bar (a_b)](https://w.example/Bar_(a_b))", "Bar (a_b) (https://w.example/Bar_(a_b))"),
    ("[write us](mailto:hi@shop.example)", "write us (hi@shop.example)"),
    ("[hi@shop.example](mailto:hi@shop.example)", "hi@shop.example"),
    ("[call](tel:+56912345678)", "call (+56912345678)"),
    ("[nowhere]()", "nowhere"),
    ("![a red bag](https://i.example/1.png)", "a red bag (https://i.example/1.png)"),
    ("![](https://i.example/1.png)", "https://i.example/1.png"),
    ("<https://shop.example/a_b> <hi@shop.example> <tel:+569>", "https://shop.example/a_b hi@shop.example +569"),
    ("_https://shop.example/a_", "https://shop.example/a"),
    ("- One\n- Two\n  - Three\n\n* Four\n+ Five", "• One\n• Two\n  • Three\n\n• Four\n• Five"),
    ("- *One\n- Two*", "• *One\n• Two*"),
    ("1. **One**\n2. Two\n10) Three", "1. One\n2. Two\n10) Three"),
    ("- [ ] Pay\n- [x] Order", "☐ Pay\n☑ Order"),
    ("> It *left*.\n>\n> > Today.", "It left.\n\nToday."),
    ("> - One\n> - Two\n\nBye.", "• One\n• Two\n\nBye."),
    ("> ```\n> # a\n> ```\nBye.", "# a\nBye."),
    ("| Day | Hours |\n| --- | :-: |\n| Mo | **9-5** |\n| Tu | 9\\|5 |", "Day: Hours\nMo: 9-5\nTu: 9|5"),
    ("Plan | Price | Time\n-|-|-\nA | $5 | 2<br>3\nB || 4", "Plan: A, Price: $5, Time: 2, 3\nPlan: B, Time: 4"),
    ("|a|b|c|\n|-|-|-|\n|1|2|3|4|", "a: 1, b: 2, c: 3, 4"),
    ("|Only heads|\n|-|", "Only heads"),
    ("|Item|Sum|\n|-|-|\n|**Total:**|$5|", "Item: Sum\nTotal: $5"),
    ("|Plan|Price:|Time|\n|-|-|-|\n|A|$5|2|", "Plan: A, Price: $5, Time: 2"),
    ("Your PIN:\n****\nKeep it **safe**.", "Your PIN:\n****\nKeep it safe."),
    ("**-5 °C** and **.env**", "-5 °C and .env"),
    ("One.\n\n---\n\n***\n\n\n\nTwo.", "One.\n\nTwo."),
    ("\\*one\\* \\# \\$5 1\\. a\\\\b", "*one* # $5 1. a\\b"),
    ("One<br>two<br />three\\\nfour  \n*five*", "One\ntwo\nthree\nfour\nfive"),
    ("**Tu pedido** llegó: ¿quieres _algo_ más?", "Tu pedido llegó: ¿quieres algo más?"),
    ("- **Envío:** 3 días\n- **Garantía:** 1 año", "• Envío: 3 días\n• Garantía: 1 año"),
    ("Am **3. Mai** für *49,90 €*, **„heute“**.", "Am 3. Mai für 49,90 €, „heute“."),
    ("これは**重要**です。**「重要」**です。*注意*", "これは重要です。「重要」です。注意"),
    ("| 商品 | 価格 |\n| - | - |\n| 鞄 | **五千円** |", "商品: 価格\n鞄: 五千円"),
    ("**이것**은 **“가방”**입니다", "이것은 “가방”입니다"),
    ("**السعر:** ٥٠ ريال\n- *اليوم*", "السعر: ٥٠ ريال\n• اليوم"),
    ("**हिन्दी**में", "हिन्दीमें"),
]


@pytest.mark.parametrize(("marked", "text"), MARKED)
def test_marks_go_and_what_they_mark_stays(marked: str, text: str) -> None:
    """As somebody would write it who has no formatting."""
    assert plain(marked) == text


UNMARKED = [
    "5 * 3 * 2 = 30, 2*3*4 = 24, a*b*c, x**2 + y**2",
    "snake_case_name and _private, also *.txt and **kwargs",
    "#1 is ready, #2 is not",
    "C:\\dir\\file",
    "+56 9 1234 5678, -5 °C, >5, <3, ~5 to ~8 days",
    "$5.990 or $ 5,990.00* (*taxes apart)",
    "https://shop.example/a_b_c_(d_e)_f?x=_y_&z=*1",
    "hi_there_@shop.example",
    "Name: ____ Date: ____ (____) (____)",
    "a | b",
    "[1] and [sic] and [a](b",
    "A $10 (*) and B $20 (**)\n(*) taxes apart",
    "Tarif A: 5 €*), Tarif B: 7 €*)",
    "ID 12.***.***-9, 12.345.***-*",
    "[_] yes [_] no (___) (___)",
    "< 5 kg: $5\n> 5 kg: $10",
    "Subtotal: $100\n+ $5 post\n= $105",
    "Sign here:\n________",
    "A_1 and 2*3*4 \n\n\nend",
    "An `odd tick",
    "1. One\n2. Two",
    "One.\n\n\nTwo.   ",
    "-",
    "**",
    "---",
    "¿Qué tal? ¡Bien! – dijo",
    "שלום *עולם, ٥*٣",
    "价格：5*3元，注意！",
    "👍🏽 👩‍👩‍👧",
]


@pytest.mark.parametrize("text", UNMARKED)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    """A sum, a name, a price, an address: taking a sign away would change what is said."""
    assert plain(text) == text


def test_no_sentence_of_the_bot_has_marks() -> None:
    """They are said as they stand, and recognised by that in the transcript."""
    sentences = [sentence for language in languages() for sentence in phrases(language).sentences.values()]

    assert [plain(sentence) for sentence in sentences] == sentences


LETTERS = st.sampled_from("aZ9ñé重ب ")
MARKS = st.sampled_from(
    ["*", "**", "_", "~~", "`", "``", "#", "# ", "> ", "- ", "1. ", "\\", "[", "](", ")", "!", "\n"]
)


def letters_of(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


@given(st.lists(LETTERS | MARKS, max_size=60).map("".join))
def test_no_letter_is_lost_or_moved(text: str) -> None:
    """Whatever becomes of the marks, and of those that are none."""
    assert letters_of(plain(text)) == letters_of(text)


@given(st.text(st.characters(exclude_characters="*_`~\\[<|#>+=-", exclude_categories=["Cs"])))
def test_text_without_marks_stays_as_it_is(text: str) -> None:
    """White space and all."""
    assert plain(text) == text


CELLS = st.lists(st.text("aé重9 *_"), min_size=3, max_size=3).filter(lambda cells: letters_of("".join(cells)))


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_every_cell_of_a_table_is_said(rows: list[list[str]]) -> None:
    """Each row on a line of its own."""
    lines = [["head"] * 3, ["-"] * 3, *rows]

    told = plain("\n".join(f"|{'|'.join(cells)}|" for cells in lines))

    assert [letters_of(line.replace("head: ", "")) for line in told.split("\n")] == [
        letters_of("".join(cells)) for cells in rows
    ]


HOSTILE = (
    *("*a ", "a* ", "**a", "_a ", "*a _b ", "_a *b* c_ ", "*_", "a*_ ", "~~a "),
    *("[", "![", "]", "[a](", "](b", "](<a", '](a "', "](a '", "](a (b", "](\\(", "[a](b) ", "[a](b)[", "http://("),
    *("`", "`a``b", "```\n", "<a", "<a@", "<br ", "\\", "\\*", "|", "|\n", "|-\n", "a|b\n-|-\n"),
    *(">", "> ", "> \n", ">> ", "- ", "-  ", "* * ", "#", "# ", "1. ", " ", "\t", "\n", "=", "&"),
)


@pytest.mark.parametrize("mark", HOSTILE)
def test_the_time_grows_with_the_text_alone(mark: str) -> None:
    """A customer may make the agent repeat anything: 100,000 signs take a moment, where a square takes minutes."""
    marks = mark * (100_000 // len(mark))
    started = time.process_time()

    plain(f"{marks}x")
    plain(f"*{marks}")

    assert time.process_time() - started < 5


def test_ticks_of_every_length_are_looked_for_once() -> None:
    """No run finds a partner, and none is looked for from each of them anew."""
    started = time.process_time()

    plain("a".join("`" * length for length in range(1, 1_000)))

    assert time.process_time() - started < 5


CORPUS = [
    "## Order **PED-42**\n\nIt left *today*:\n\n- Item: `A_1`\n- Price: ~~$20~~ **$15**\n\n> Arrives on Monday.\n",
    "Hello **Ana**,\n\n1. Open [your account](https://shop.example/me).\n2. Choose *Returns*.\n3. Print a ***label***.",
    "¡Hola! Tu pedido **PED-7** está _en camino_.\n\n* Llega: **mañana**\n* Paga: $5.990\n\n---\n\n¿Algo más?",
    "| Día | Horario |\n|---|---|\n| Lunes | **9 a 18** |\n| Sábado | 10 a 14 |\n\nTe esperamos.",
    "**Öffnungszeiten**\n\n- Mo–Fr: 9 bis 18 Uhr\n- Sa: *geschlossen*\n\nMehr auf <https://laden.example/zeiten>.",
    "ご注文は**発送済み**です。\n\n1. 追跡番号: `123`\n2. お届け: *明日*\n",
    "طلبك **جاهز**.\n\n- السعر: *٥٠*\n- التسليم: غدا\n",
    "Run this:\n\n```bash\nexport A_B=1 # *x*\n```\n\nThen **restart**.",
    "Use `*args` or `__init__`, but 2 * 3 * 4 and snake_case stay.\n",
    "Line one  \nline two\\\nline three <ana@shop.example>",
    "- One\n  - Two **bold**\n    - Three\n- Four\n\n  More of four.\n",
    "A **bold *both* bold** and *it **both** it* end.",
    "Escaped \\*not\\* \\_this\\_ \\[nor\\](this) \\`that\\`.",
    "Heading\n=======\n\nOther\n-----\n\n### Third ###\ntext",
    "![logo](https://i.example/l.png) [![b](https://i.example/b.png)](https://shop.example)",
]


@pytest.mark.parametrize("text", CORPUS)
def test_a_reader_of_markdown_sees_the_same_words(text: str) -> None:
    """A whole implementation of Markdown agrees about what is a mark and what is not."""
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)

    assert words_of(plain(text)) == words_of(" ".join(shown(parsed)))


def words_of(text: str) -> list[str]:
    """Signs included, but for what stands for a mark or parts cells and links."""
    return re.findall(r"[^\s()•:]+", text.replace("mailto:", ""))


def shown(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "inline":
                yield "".join(chain.from_iterable(inline(token.children or [])))
            case "fence" | "code_block":
                yield token.content
            case "list_item_open" if token.info:
                yield token.info + token.markup


def inline(tokens: list[Token]) -> Iterator[str]:
    addresses = list[str]()
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                yield "\n"
            case "link_open":
                addresses.append("" if token.info == "auto" else f" ({token.attrs['href']})")
            case "link_close":
                yield addresses.pop()
            case "image":
                yield f"{token.content} ({token.attrs['src']})"
            case _:
                yield token.content


@given(st.lists(st.sampled_from([marked for marked, _ in MARKED]), max_size=4), st.integers(1, 9))
def test_pieces_are_converted_each_by_itself(texts: list[str], size: int) -> None:
    """As they are said: what is a mark in the whole answer is one in its paragraph."""
    answer = "\n\n".join(texts)
    pieces = Pieces(first_sentence=True)

    said = [piece for start in range(0, len(answer), size) for piece in pieces.hear(answer[start : start + size])]
    said += pieces.take()

    apart = "".join(plain(piece.strip()) for piece in said)
    assert letters_of(apart) == letters_of(plain(answer))
