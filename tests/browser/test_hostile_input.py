"""Whatever a customer writes is text, and stays where it belongs."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import Customer, Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MARKUP = '<img src=x onerror="document.title=`owned`"><script>document.title=`owned`</script><b>bold</b>'
ODD_TEXTS = ("مرحبا، أين طلبي؟", "👩‍👩‍👧‍👦 🎉", "\u202egnp.exe", "&lt;b&gt; &amp;", "  two\n\n  lines")


async def is_wider_than_the_screen(page: Page) -> bool:
    wider: bool = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider


async def test_markup_is_shown_as_what_was_written_on_both_sides(open_page: OpenPage) -> None:
    """A customer must not be able to run anything in the browser of the person who helps them."""
    page = await open_page("/")
    customer, person = Customer(page), Person(page)
    await customer.starts("<i>Xaver</i>")
    await customer.says(MARKUP)
    await customer.asks_for_a_person()

    await person.accepts("<i>Xaver</i>")

    await person.reads(MARKUP)
    assert await page.locator(".bubble :is(img, script, b), bdi i").count() == 0
    await expect(page).to_have_title("Handoff")


async def test_only_web_addresses_become_links(open_page: OpenPage) -> None:
    """`javascript:` and the like are words; a link opens elsewhere and takes nothing of this page with it."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Yara")

    await customer.says("javascript:alert(1) https://example.com/a_(b)?x=1&y=2). data:text/html,x http://[broken")

    links = customer.conversation.locator("a")
    await expect(links).to_have_count(1)
    await expect(links).to_have_attribute("href", "https://example.com/a_(b)?x=1&y=2")
    await expect(links).to_have_attribute("rel", "noopener noreferrer nofollow")


@pytest.mark.parametrize("text", ODD_TEXTS, ids=["right to left", "emoji", "direction override", "entities", "spaces"])
async def test_odd_texts_arrive_unchanged(open_page: OpenPage, text: str) -> None:
    """Nothing is escaped twice, cut inside a character or folded together."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Zoe")

    await customer.field.fill(text)
    await customer.field.press("Enter")

    sent = customer.panel.locator(".message.own .bubble")
    await expect(sent).to_have_count(1)
    assert await sent.evaluate("bubble => bubble.textContent") == text.strip()


async def test_one_very_long_word_does_not_widen_the_page(open_page: OpenPage) -> None:
    """On a phone a page that scrolls sideways is hard to read."""
    customer = Customer(await open_page("/?view=customer", viewport={"width": 390, "height": 844}))
    await customer.starts("N" * 200)

    await customer.says("W" * 2_000)

    assert not await is_wider_than_the_screen(customer.page)


async def test_a_message_at_the_limit_is_sent_and_a_longer_one_is_not(open_page: OpenPage) -> None:
    """Connect takes 16,384 bytes of UTF-8; beyond it the page says how much is too much."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Abel")
    await customer.field.fill("é" * 8_192 + "!!!")
    await expect(customer.panel.get_by_text("3 bytes too long")).to_be_visible()
    await customer.field.press("Enter")
    await expect(customer.panel.locator(".message.own")).to_have_count(0)

    await customer.field.fill("é" * 8_192)
    await customer.field.press("Enter")

    await expect(customer.panel.locator(".message.own")).to_have_count(1)
    await expect(customer.panel.locator(".delivery").filter(has_text="Sent")).to_be_visible()


async def test_the_list_stays_where_the_reader_is(open_page: OpenPage) -> None:
    """Whoever reads something older must not be thrown to the end by a new message."""
    page = await open_page("/", viewport={"width": 1440, "height": 500})
    customer, person = Customer(page), Person(page)
    await customer.starts("Bela")
    await customer.says("word\n" * 100)
    await customer.asks_for_a_person()
    await person.accepts("Bela")
    await customer.conversation.evaluate("list => { list.scrollTop = 40; }")

    await person.says("Something new")

    newer = customer.panel.get_by_role("button", name="New messages")
    await expect(newer).to_be_visible()
    assert await customer.conversation.evaluate("list => list.scrollTop") == 40
    await newer.click()
    await expect(customer.conversation.get_by_text("Something new")).to_be_in_viewport()
