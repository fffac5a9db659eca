"""What happens between customer and desk is shown while it happens."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from local.stack import Stack
from tests.browser.conftest import OpenPage
from tests.browser.people import Customer, Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def between(page: Page) -> Locator:
    return page.get_by_role("region", name="In between")


async def test_the_flows_position_and_every_aws_call_are_shown(open_page: OpenPage) -> None:
    """Whoever learns how it works sees which block waits, and what each turn asked of AWS."""
    page = await open_page("/")
    customer = Customer(page)
    await customer.starts("Sara")
    await expect(between(page).locator(".stages [aria-current=step]")).to_have_text("Assistants")

    await customer.says("Where is my order 10020030? My document is 12345678-9.")
    await customer.reads("scheduled")

    await expect(between(page).locator(".blocks > li").first).to_contain_text("Wait")
    await expect(between(page).locator(".run").filter(has_text="InvokeAgentRuntime").first).to_contain_text("ms")


async def test_the_attributes_of_a_hand_off_appear(open_page: OpenPage) -> None:
    """They are what routes the contact and what the person is told."""
    page = await open_page("/")
    customer = Customer(page)
    await customer.starts("Tina")

    await customer.asks_for_a_person()

    attribute = between(page).locator(".raw > div").filter(has_text="handoff_reason")
    await expect(attribute).to_contain_text("customer_asked")
    await expect(between(page).locator(".stages [aria-current=step]")).to_have_text("Queue")


async def test_a_failed_call_stands_out(open_page: OpenPage, stack: Stack) -> None:
    """An error must not have to be searched for in a log."""
    page = await open_page("/")
    customer = Customer(page)
    await customer.starts("Uma")
    stack.switches.fail(stack.agents.operation, "ThrottlingException", status=429)

    try:
        await customer.says("Where is my order 10020030?")
        await expect(customer.status).to_have_text("Looking for a person")
    finally:
        stack.switches.clear()

    await expect(between(page).locator(".call.failed").first).to_contain_text("429")


async def test_a_condition_that_is_not_met_is_no_failure(open_page: OpenPage, stack: Stack) -> None:
    """Of two deliveries of a message one is refused by the inbox; that is how it works, and nothing to worry about."""
    page = await open_page("/")
    customer = Customer(page)
    await customer.starts("Ulla")
    stack.delivery.switches.copies = 2

    try:
        await customer.says("Where is my order 10020030?")
        refused = between(page).locator(".call").filter(has_text="condition not met").first
        await expect(refused).to_contain_text("ms")
        # Both ran at once, and each has its own calls.
        second = between(page).locator(".run").filter(has=page.get_by_text("condition not met"))
        await expect(second.locator(".call")).to_have_count(1)
        await expect(between(page).locator(".call.failed")).to_have_count(0)
    finally:
        stack.delivery.switches.copies = 1


@pytest.mark.parametrize(
    ("language", "words"), [("English", "tried again after 60 s"), ("Español", "se reintenta a los 60 s")]
)
async def test_a_failed_try_says_when_the_next_one_is(
    open_page: OpenPage, stack: Stack, language: str, words: str
) -> None:
    """In the language of the page; what the function said about its failure stays as it is."""
    page = await open_page("/")
    customer = Customer(page)
    await customer.starts("Urs")
    await page.get_by_label("Language").select_option(language)
    stack.switches.fail("UpdateItem", "InternalServerError", function="ChatBot")

    try:
        await customer.panel.get_by_role("textbox").filter(visible=True).fill("Where is my order 10020030?")
        await page.keyboard.press("Enter")
        await expect(page.locator(".run .outcome").get_by_text(words)).to_be_visible()
        await expect(page.locator(".run-error").get_by_text("TurnFailed")).to_be_visible()
    finally:
        stack.switches.clear()


async def test_a_rescue_is_told_in_plain_words(open_page: OpenPage, stack: Stack) -> None:
    """Whoever sees RescueBot run must not have to guess what failed before, and what became of the customer."""
    page = await open_page("/")
    customer = Customer(page)
    await customer.starts("Rita")
    stack.delivery.switches.refused = True

    try:
        await customer.says("Where is my order 10020030?")
        await expect(customer.status).to_have_text("Looking for a person")
        rescue = between(page).locator(".run").filter(has_text="RescueBot").first
        await expect(rescue).to_contain_text("Amazon SNS could not deliver an event of this chat.")
        await expect(rescue).to_contain_text("The customer was handed to a person.")
    finally:
        stack.delivery.switches.refused = False


async def test_the_panel_follows_the_chat_in_front(open_page: OpenPage) -> None:
    """With several chats side by side one must know whose story it is."""
    page = await open_page("/")
    customer, person = Customer(page), Person(page)
    await customer.starts("Vera")
    await customer.asks_for_a_person()
    await customer.panel.get_by_role("button", name="New chat").click()
    await customer.starts("Wanda")
    await expect(between(page).locator(".stages [aria-current=step]")).to_have_text("Assistants")

    await person.chooses("Vera")

    await expect(between(page).locator(".stages [aria-current=step]")).to_have_text("Queue")


async def test_what_the_stack_says_about_an_edit_is_shown(open_page: OpenPage, stack: Stack) -> None:
    """Whoever edits a team sees at once whether the next chat runs it."""
    page = await open_page("/")

    stack.activity.add("notice", None, text="not taken over: team.yaml, line 7")

    await expect(between(page)).to_contain_text("not taken over: team.yaml, line 7")


async def test_a_stack_that_does_not_answer_is_told_and_comes_back(open_page: OpenPage) -> None:
    """A page that silently stands still would be taken for a broken bot."""
    page = await open_page("/")
    await page.route("**/local/activity", lambda route: route.abort())
    await page.reload()
    await expect(page.get_by_role("alert").filter(has_text="make run")).to_be_visible()

    await page.unroute("**/local/activity")

    await expect(page.get_by_role("alert").filter(has_text="make run")).to_be_hidden()
