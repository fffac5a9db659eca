"""What comes as Markdown is shown formatted, on both sides, and can do no more than text can."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import Customer, Person
from tests.browser.test_looks import SCHEMES, SCREENS, save, show, violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANSWER: Final = """Your order **10020030** has *two* parcels:

- a lamp, **on its way**
- two ~~bulbs~~ light bulbs
  1. one warm
  2. one cold

| Parcel | Arrives | Costs |
| --- | --- | ---: |
| Lamp | Monday | $ 59.90 |
| Bulbs | Tuesday | $ 7 |

### What you can do
Follow it [here](https://shop.example/track?order=10020030), with the code `AB-12`. Or write to
<help@shop.example>:

> My parcel is late.

```
order 10020030
```"""
ARABIC: Final = """طلبك **10020030** في الطريق:

- مصباح واحد
- لمبتان

| الطرد | الوصول |
| --- | --- |
| مصباح | الاثنين |

Follow it at https://shop.example/track"""

LINK: Final = 'target="_blank" rel="noopener noreferrer nofollow"'
WEB: Final = f'<a href="https://a.example/b_c" {LINK}>'

SHOWN: Final = {
    "a line of its own": ("one\ntwo", '<p dir="auto">one<br>two</p>'),
    "emphasis": ("**a** *b* ~~c~~", '<p dir="auto"><strong>a</strong> <em>b</em> <s>c</s></p>'),
    "marks that mark nothing": ("5 * 3 * 2, snake_case_name", '<p dir="auto">5 * 3 * 2, snake_case_name</p>'),
    "code": ("`a * b`", '<p dir="auto"><code>a * b</code></p>'),
    "code in lines": ("```py\na\n b\n```", "<pre><code>a\n b</code></pre>"),
    "a heading of any level": ("###### a", '<h3 dir="auto">a</h3>'),
    "a list": ("- a\n- b", '<ul dir="auto"><li>a\n</li>\n<li>b\n</li>\n</ul>'),
    "a list that goes on": ("4. a", '<ol dir="auto" start="4"><li>a\n</li>\n</ol>'),
    "a quotation": ("> a", '<blockquote dir="auto"><p dir="auto">a</p>\n</blockquote>'),
    "a rule": ("a\n\n---", '<p dir="auto">a</p>\n<hr>'),
    "a link": ("[a *b*](https://a.example/b_c)", f'<p dir="auto">{WEB}a <em>b</em></a></p>'),
    "an address": ("https://a.example/b_c.", f'<p dir="auto">{WEB}https://a.example/b_c</a>.</p>'),
    "a number to call": ("[call](tel:+5691)", f'<p dir="auto"><a href="tel:+5691" {LINK}>call</a></p>'),
    "a mail": ("<a@b.example>", f'<p dir="auto"><a href="mailto:a@b.example" {LINK}>a@b.example</a></p>'),
    "a picture": ("![a](https://a.example/b_c)", f'<p dir="auto">{WEB}a</a></p>'),
    "a picture without words": ("![](https://a.example/b_c)", f'<p dir="auto">{WEB}https://a.example/b_c</a></p>'),
    "a picture in a link": ("[![a](https://x.example)](https://a.example/b_c)", f'<p dir="auto">{WEB}a</a></p>'),
    "a link to code": ("[a](javascript:alert(1))", '<p dir="auto">[a](javascript:alert(1))</p>'),
    "a link that hides code": ("[a](java&#115;cript:x)", '<p dir="auto">[a](javascript:x)</p>'),
    "a picture of data": ("![a](data:image/png;base64,x)", '<p dir="auto">![a](data:image/png;base64,x)</p>'),
    "a link into the page": ("[a](/local.json)", '<p dir="auto">[a](/local.json)</p>'),
    "markup": ("<b onclick=x>a</b>", '<p dir="auto">&lt;b onclick=x&gt;a&lt;/b&gt;</p>'),
    "markup in lines": ("<script>\na\n</script>", '<p dir="auto">&lt;script&gt;<br>a<br>&lt;/script&gt;</p>'),
    "a link's definition": ("[a]: b", '<p dir="auto">[a]: b</p>'),
}
NODES: Final = """async (text) => {
    const { markdownNodes } = await import("/page/js/markdown_text.js");
    return markdownNodes(text)[0].innerHTML.trim();
}"""
WORDS: Final = """async (text) => {
    const { markdownWords } = await import("/page/js/markdown_text.js");
    return markdownWords(text);
}"""
MILLISECONDS: Final = """async (text) => {
    const { markdownNodes } = await import("/page/js/markdown_text.js");
    const begun = performance.now();
    markdownNodes(text);
    return performance.now() - begun;
}"""

MOST: Final = 16_384
PATIENCE_MS: Final = 5_000
ENDLESS: Final = ("[", "*a ", "> ", "**", "- a\n", "`", "![", "<https://", "|a", "~~a", "a@", "&", "1. ")


async def in_conversation(page: Page, name: str) -> tuple[Customer, Person]:
    customer, person = Customer(page), Person(page)
    await customer.starts(name)
    await customer.asks_for_a_person()
    await person.accepts(name)
    return customer, person


async def test_a_formatted_message_is_shown_formatted_to_the_customer_and_at_the_desk(open_page: OpenPage) -> None:
    """Asterisks and bars are for machines."""
    customer, person = await in_conversation(await open_page("/"), "Marisol")

    await person.says_in_markdown(ANSWER)
    await customer.says_in_markdown("I want the **lamp**:\n- today\n- or never")

    for_customer = customer.conversation.locator(".message[data-role=AGENT] .bubble").last
    await expect(for_customer.get_by_role("listitem").first).to_have_text("a lamp, on its way")
    await expect(for_customer.get_by_role("columnheader")).to_have_text(["Parcel", "Arrives", "Costs"])
    await expect(for_customer.get_by_role("heading", name="What you can do")).to_be_visible()
    await expect(for_customer.get_by_role("link", name="here")).to_have_attribute("rel", "noopener noreferrer nofollow")
    at_the_desk = person.conversation.locator(".message[data-role=CUSTOMER] .bubble").last
    await expect(at_the_desk.locator("strong")).to_have_text("lamp")
    await expect(at_the_desk.get_by_role("listitem")).to_have_text(["today", "or never"])


async def test_plain_text_with_marks_is_shown_as_it_was_written(open_page: OpenPage) -> None:
    """Whoever writes `2 * 3` or an asterisk in plain text means it."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Noelia")

    await customer.says("**two** - [a](https://a.example)\n- x")

    sent = customer.panel.locator(".message.own .bubble")
    assert await sent.evaluate("bubble => bubble.textContent") == "**two** - [a](https://a.example)\n- x"
    await expect(sent.locator(".markdown")).to_have_count(0)


async def test_a_formatted_message_is_still_formatted_after_a_reload(open_page: OpenPage) -> None:
    """The transcript is read anew, and it must be the same conversation."""
    customer, person = await in_conversation(await open_page("/"), "Olaf")
    await person.says_in_markdown("It is **ready**.")

    await customer.page.reload()

    await expect(customer.conversation.locator("[data-role=AGENT] strong")).to_have_text("ready")


async def test_a_formatted_message_is_told_without_its_marks(open_page: OpenPage) -> None:
    """A screen reader would read every asterisk."""
    page = await open_page("/")
    _, person = await in_conversation(page, "Paloma")

    await person.says_in_markdown("It is **ready**:\n\n- [here](https://a.example)\n- `now`")

    await expect(page.locator("#announcer")).to_have_text("Alex: It is ready: here now")


async def test_each_kind_of_markdown_becomes_its_element_and_nothing_else(open_page: OpenPage) -> None:
    """Links lead to the web, a mail or a call; nothing is loaded, nothing runs, and the rest stays readable."""
    page = await open_page("/")

    shown = {kind: await page.evaluate(NODES, text) for kind, (text, _) in SHOWN.items()}

    assert shown == {kind: markup for kind, (_, markup) in SHOWN.items()}


async def test_a_table_keeps_the_side_of_its_columns(open_page: OpenPage) -> None:
    """Amounts stand below each other."""
    page = await open_page("/")

    markup = await page.evaluate(NODES, "| a | b |\n| --- | ---: |\n| 1 | 2 |")

    assert '<th style="text-align: right;">b</th>' in markup
    assert '<td style="text-align: right;">2</td>' in markup
    assert markup.startswith('<table dir="auto" tabindex="0">')


async def test_words_of_neighbouring_blocks_are_not_joined(open_page: OpenPage) -> None:
    """Whoever hears or copies them gets words, not one long one."""
    page = await open_page("/")

    words = await page.evaluate(WORDS, "# a\nb\n- c\n- d\n\n| e | f |\n| - | - |\n| g | h |")

    assert words.split() == list("abcdefgh")


async def test_a_message_of_nothing_but_marks_does_not_stop_the_page(open_page: OpenPage) -> None:
    """What a message may hold at most, of the worst that can be in it; most take some milliseconds."""
    page = await open_page("/")

    took = {mark: await page.evaluate(MILLISECONDS, (mark * MOST)[:MOST]) for mark in ENDLESS}

    assert {mark: ms for mark, ms in took.items() if ms > PATIENCE_MS} == {}


async def test_a_wide_table_scrolls_by_itself(open_page: OpenPage) -> None:
    """On a phone a page that scrolls sideways is hard to read."""
    page = await open_page("/", viewport=SCREENS["phone"])
    customer = Customer(page)
    await customer.starts("Quim")
    row = "| " + " | ".join(["column"] * 12) + " |"

    await customer.says_in_markdown(f"{row}\n{row.replace('column', '---')}\n{row}\n\n" + "W" * 500)
    await page.reload()  # one's own message is shown as it was written until Connect tells it

    await expect(customer.conversation.get_by_role("table")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await customer.conversation.evaluate("list => list.scrollWidth <= list.clientWidth")
    assert await customer.conversation.get_by_role("table").evaluate("table => table.scrollWidth > table.clientWidth")


async def test_each_part_of_a_message_has_the_direction_of_its_words(open_page: OpenPage) -> None:
    """Arabic lists have their marks on the right, and an English sentence among them begins on the left."""
    customer, person = await in_conversation(await open_page("/"), "Rania")

    await person.says_in_markdown(ARABIC)

    bubble = customer.conversation.locator("[data-role=AGENT] .markdown")
    await expect(bubble).to_be_visible()
    directions = await bubble.evaluate("root => [...root.children].map((part) => getComputedStyle(part).direction)")
    assert directions == ["rtl", "rtl", "rtl", "ltr"]


async def test_formatted_messages_are_free_of_axe_violations(open_page: OpenPage) -> None:
    """On both screens and in both colour schemes; the screenshots show what was judged."""
    page = await open_page("/")
    customer, person = await in_conversation(page, "Salome")
    await customer.says_in_markdown(f"I was told this:\n\n{ANSWER}")
    await person.says_in_markdown(ARABIC)
    await person.says_in_markdown(ANSWER)
    await expect(customer.conversation.get_by_role("table").last).to_be_visible()
    await page.reload()
    await person.chooses("Salome")
    await expect(person.conversation.get_by_role("table")).to_have_count(3)

    found: dict[str, Any] = {}
    for screen in SCREENS:
        for view in ("customer", "desk"):
            for scheme in SCHEMES:
                await page.set_viewport_size(SCREENS[screen])
                await show(page, view, scheme)
                found[f"{screen}-{view}-{scheme}"] = await violations(page)
                await save(page, f"markdown-{screen}-{view}-{scheme}")

    assert {where: what for where, what in found.items() if what} == {}
