"""Everything can be done with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import Customer, Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MOST_STEPS = 40


async def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until the wanted element has the focus."""
    for _ in range(MOST_STEPS):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never reached {wanted}")


async def test_a_whole_conversation_works_with_the_keyboard_alone(open_page: OpenPage) -> None:
    """Some people have no mouse; neither side of the chat may need one."""
    page = await open_page("/")
    keyboard, customer, person = page.keyboard, Customer(page), Person(page)

    await tab_to(page, customer.panel.get_by_label("Your name"))
    await keyboard.type("Olga")
    await keyboard.press("Enter")
    await customer.is_greeted()
    await keyboard.type("Where is my order 10020030?")
    await keyboard.press("Shift+Enter")
    await keyboard.type("My document is 12345678-9.")
    await keyboard.press("Enter")
    await customer.reads("scheduled")
    await keyboard.type("I would like to talk to a person, please.")
    await keyboard.press("Enter")
    await expect(person.row("Olga")).to_be_visible()

    await tab_to(page, person.row("Olga"))
    await keyboard.press("Enter")
    await expect(person.panel.get_by_role("button", name="Accept", exact=True)).to_be_focused()
    await keyboard.press("Enter")
    await expect(person.field).to_be_focused()
    await keyboard.type("Hello Olga")
    await keyboard.press("Enter")
    await customer.reads("Hello Olga")

    await tab_to(page, customer.panel.get_by_role("button", name="End chat"))
    await keyboard.press("Enter")
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(customer.status).to_have_text("This chat has ended")


async def test_escape_keeps_the_chat(open_page: OpenPage) -> None:
    """A question that was opened by mistake goes away with Escape, and nothing has happened."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Pia")
    await customer.panel.get_by_role("button", name="End chat").press("Enter")
    await expect(customer.page.get_by_role("dialog")).to_be_visible()

    await customer.page.keyboard.press("Escape")

    await expect(customer.page.get_by_role("dialog")).to_be_hidden()
    await customer.says("Where is my order 10020030? My document is 12345678-9.")
    await customer.reads("scheduled")


async def test_the_first_tab_skips_to_the_chat(open_page: OpenPage) -> None:
    """Nobody should have to pass the head line again and again."""
    page = await open_page("/")

    await page.keyboard.press("Tab")

    await expect(page.get_by_role("link", name="Skip to the chat")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
