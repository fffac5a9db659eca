"""Where a first sentence ends, in many languages, and where it must not be cut."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.conversation.sentences import FirstSentence, ends_whole


def first_of(text: str) -> str:
    """The first sentence; empty if no end of one is certain."""
    end = FirstSentence().hear(text)
    return text[:end].strip() if end else ""


@pytest.mark.parametrize(
    ("sentence", "more"),
    [
        ("Your order is in the warehouse.", " It leaves tomorrow."),
        ("Is it the blue one?", " Tell me more."),
        ("Great news!", " It left."),
        ("¡Buenas noticias!", " ¿Quiere saber más?"),
        ("¿Cuál es su número de pedido?", " Lo encuentra en el correo."),
        ("Su pedido salió el lunes.", " Llega el viernes."),
        ("Ihre Bestellung ist unterwegs.", " Sie kommt am Freitag."),
        ("Bonjour !", " Votre commande est partie."),
        ("Bonjour\u202f!", " Votre commande est partie."),
        ("Il suo ordine è partito.", " Arriva venerdì."),
        ("O seu pedido saiu ontem.", " Chega na sexta."),
        ("Ваш заказ отправлен.", " Он придёт завтра."),
        ("Η παραγγελία σας έφυγε.", " Φτάνει αύριο."),
        ("您的订单已寄出。", "周五到达。"),
        ("ご注文は発送済みです。", "金曜日に届きます。"),
        ("你好！", "有什么可以帮您？"),
        ("주문이 발송되었습니다.", " 금요일에 도착합니다."),
        ("كيف يمكنني مساعدتك؟", " أنا هنا."),
        ("آپ کا آرڈر روانہ ہو گیا ہے۔", " وہ جمعہ کو پہنچے گا۔"),
        ("आपका ऑर्डर भेज दिया गया है।", " वह कल आएगा।"),
        ("Ձեր պատվերը ուղարկված է։", " Այն կգա վաղը։"),
        ("ትዕዛዝዎ ተልኳል።", " ነገ ይደርሳል።"),
    ],
)
def test_a_sentence_ends_at_its_mark(sentence: str, more: str) -> None:
    """Of whatever language, once another has begun; before that it may go on."""
    assert first_of(sentence + more) == sentence
    assert first_of(sentence) == ""
    assert ends_whole(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "It weighs 1.5 kg and costs 1.000,50 € at No. 3 Main St. Albans Road today.",
        "See approx. Five of them, e.g. Ten, i.e. All from Acme Inc. Berlin at 5 p.m. Monday please.",
        "Ask Dr. J. R. Smith or Mrs. Jones of the U.S. Embassy about it.",
        "Version 3. Next to it lies the box.",
        "Kpt. Nowak will call you back.",
        "La Sra. García y el Dr. Ruiz viven en los EE. UU. Desde Av. Goya 3 llega, p. ej. El lunes, el paquete.",
        "Hable con Ud. Pérez en la pág. Doce del núm. Tres sin falta.",
        "Das ist z. B. Am 3. Mai um ca. Acht bei der Str. Zehn bzw. Elf mit Hr. Müller möglich.",
        "M. Dupont et Mme. Durand habitent av. Foch, c.-à-d. Là-bas, env. Dix minutes.",
        "Il sig. Rossi e la dott. Bianchi, ecc. Anche loro vengono.",
        "O Sr. Silva e a Dra. Costa, pág. Dez, moram na Av. Brasil agora.",
        "Улица им. Ленина и т. д. Стоит сто руб. Спросите проф. Иванова завтра.",
        "डॉ. शर्मा और श्री. वर्मा कल आएंगे।",
        "Wait... Nothing is lost, and so... Here it is at last.",
        "Look at https://example.com/a.html?x=1. Then at www.example.com. It is there for you.",
        "Write to help@example.com. Somebody reads it every day.",
        "She said “It left. It is on its way.” Then she hung up on us.",
        'She said "It left. It is on its way." Then she hung up on us.',
        "Sie sagte „Es ist weg. Es kommt bald.“ Dann legte sie auf.",
        "Il a dit « C’est parti. Tout va bien. » Puis il a raccroché hier.",
        "彼は「発送した。すぐ届く。」と言いました。",
        "It left (on Monday. At noon) with the truck.",
        "It left **on Monday. At noon** with the truck.",
        "It left _on Monday. At noon_ with the truck.",
        "Run `make. Then go` on your machine.",
        "Read [the page. All of it](https://example.com/a.b?c=d. E) before you go.",
        "Set snake_case_name or 5 * 3 to it today.",
        "Wow! that is what they all say today.",
    ],
)
def test_a_sentence_is_not_cut_in_the_middle(sentence: str) -> None:
    """When in doubt it goes on: the customer then reads a little later, but nothing that looks like a mistake."""
    assert first_of(f"{sentence} Zwanzig") == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("**Your order left.** It arrives.", "**Your order left.**"),
        ("**Your order left**. It arrives.", "**Your order left**."),
        ("Your order left. **It** arrives.", "Your order left."),
        ("Your order [left](https://a.example/b.c). It arrives.", "Your order [left](https://a.example/b.c)."),
        ("It left. [Here](https://a.example) it is.", "It left."),
        ("It left! 🎉 It arrives.", "It left! 🎉"),
        ("It left?! It arrives.", "It left?!"),
        ("(It left.) It arrives.", "(It left.)"),
        ("## Your order. New\nIt left on Monday. It arrives.", "## Your order. New\nIt left on Monday."),
        ("You need this today.\n- A pen. Blue\n- Paper", "You need this today."),
        ("It is in\nthe warehouse. It leaves.", "It is in\nthe warehouse."),
        ("Your order is A-1042. It left.", "Your order is A-1042."),
        ("It costs 12,50 €. It left.", "It costs 12,50 €."),
    ],
)
def test_markdown_stays_whole(text: str, sentence: str) -> None:
    """Whatever was opened is closed before the cut, and a heading belongs to what it is about."""
    assert first_of(text) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "- It left. It arrives.\n- It is big. Very",
        "1. Open the box. Take it.\n2. Close it. Done",
        "* One. Two. Three",
        "• One. Two. Three",
        "| It left. | It arrives. |\n| --- | --- |\n| A. B | C. D |",
        "Name | Price. More\n--- | ---\nIt left. It | C. D",
        "> It left. It arrives.\n> It is. Big",
        "```\nprint. It\nIt left. It arrives.\n\nIt is. Big",
        "    code. It is. Big",
        "- An item that goes\non here. It is. Big",
        "พัสดุของคุณจัดส่งแล้ว จะถึงในวันพรุ่งนี้ ขอบคุณค่ะ",
        "It left “on Monday. It arrives. It is big",
        "Yes",
    ],
)
def test_nothing_ends_inside_a_list_a_table_or_code(text: str) -> None:
    """Nor where a quotation never ends, nor in a language without marks: that is for the paragraph to end."""
    assert first_of(text) == ""


@pytest.mark.parametrize(
    ("announcement", "more"),
    [
        ("These lamps are on their way:", "\n\n- a"),
        ("These lamps are on their way:", "\n- a"),
        ("These lamps are on their way: ", "\n\n\n* **A"),
        ("Estas lámparas están en camino:", "\n\n• u"),
        ("Diese Lampen sind unterwegs:", "\n\n- [ ] e"),
        ("Ces lampes sont en route :", "\n\n- ✅ u"),
        ("这些灯正在路上：", "\n\n- 一"),
        ("次のランプが配送中です：", "\n\n1. 真"),
        ("هذه المصابيح في الطريق:", "\n\n- م"),
        ("ये लैंप रास्ते में हैं:-", "\n\n- ए"),
        ("ចង្កៀងទាំងនេះ៖", "\n\n- ច"),
        ("እነዚህ መብራቶች፦", "\n\n- መ"),
        ("Do this:", "\n\n1. O"),
        ("Do this:", "\n\n1) O"),
        ("The prices are:", "\n\n| N"),
        ("Run this:", "\n\n```s"),
        ("Run this:", "\n~~~\n"),
        ("## Your order\n\nThese lamps are on their way:", "\n\n- a"),
        ("Your order is\nin **three** parcels (of 5 kg):", "\n\n- a"),
    ],
)
def test_what_announces_a_list_is_said_before_it(announcement: str, more: str) -> None:
    """In any language, as soon as the list, the table or the code has certainly begun, and not a character before."""
    assert first_of(announcement + more) == announcement.strip()
    assert first_of((announcement + more)[:-1]) == ""


@pytest.mark.parametrize(
    "text",
    [
        "These lamps are on their way:",
        "These lamps are on their way:\n\nA brass lamp, and another",
        "The difference is:\n\n-5 EUR",
        "The difference is:\n\n- ",
        "Here it ends:\n\n---\n\n* * *",
        "Wir kommen am:\n\n3. Mai",
        "It is **important**:\n\n*very* much so",
        "It is so:\n\n~~not~~ it is",
        "The size is:\n\n|x| + 1",
        "These lamps are\n- on their way:\n- a",
        "Lamp | Price:\n- a",
        "These lamps (see:\n- a",
        "She said “see:\n- a",
        "## Your order:\n\n- a lamp",
        "**Your order**:\n\n- a lamp",
        "**Your order:**\n\n- a lamp",
        "> She said:\n\n- a lamp",
        "These lamps:\n\n  - an indent that would be lost",
        "::\n\n- a lamp",
        "```\nlamps:\n- a lamp",
    ],
)
def test_nothing_is_announced_unless_it_is_certain(text: str) -> None:
    """What may be a number, a date, a rule or plain words, and a heading, which stands with what it is about."""
    assert first_of(text) == ""


PIECES = (
    *("These:\n", "These:\n\n- a", "：", "- a", "* ", "| a"),
    *("Dr", ".", " ", "It", " left", "!", "?", "\n", "\n\n", "- ", "1. ", "**", "*", "_", "`", "```\n", "[", "](", ")"),
    *('"', "'", "“", "”", "「", "」", "。", "؟", "3", "5", "|", "# ", "a", "🎉", "www", "..", ":", "é", "的"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.data())
def test_the_end_does_not_depend_on_how_the_text_came(pieces: list[str], data: st.DataObject) -> None:
    """A stream may be cut anywhere."""
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(text)), max_size=8)))
    in_pieces = FirstSentence()

    ends = [in_pieces.hear(text[start:end]) for start, end in itertools.pairwise([0, *cuts, len(text)])]

    assert next((end for end in ends if end), None) == FirstSentence().hear(text)


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_an_end_is_certain(pieces: list[str]) -> None:
    """Whatever comes later cannot move it, and something was said before it."""
    text = "".join(pieces)
    end = FirstSentence().hear(text)

    for more in ("", "It", " it", "\n\n- It", "**"):
        assert end is None or FirstSentence().hear(text + more) == end
    assert end is None or any(character.isalnum() for character in text[:end])


@pytest.mark.parametrize(
    "text", ["It left", "I mean Dr.", "- It left.", "It is 3.", "It left...", "It (left.", "", " \n"]
)
def test_a_pause_does_not_end_what_is_not_whole(text: str) -> None:
    """The agent may only be thinking about the next word."""
    assert not ends_whole(text)


@pytest.mark.parametrize(
    "text", ["It left. It arrives.", "**It left.**", "Look it up! 🎉", "Is it here?\n", '"It left".']
)
def test_a_pause_may_come_behind_a_whole_sentence(text: str) -> None:
    """Then it need not wait for what may come."""
    assert ends_whole(text)


def test_a_long_text_costs_no_more_than_its_length() -> None:
    """Also one long word, and one that opens without end."""
    started = time.process_time()
    for text in ("lorem ipsum ", "x", "(", "*a", "a.a", "\n", "“"):
        reader = FirstSentence()
        for _ in range(20_000):
            assert reader.hear(text) is None

    assert time.process_time() - started < 10
