"""The people of the browser tests: what a customer and the person at the desk do and see on the page."""

from __future__ import annotations

from typing import Final

from playwright.async_api import Locator, Page, Route, expect

PATIENCE_MS: Final = 20_000
"""A cold worker and an agent turn fit in; a test that meets it passes at once, so it costs nothing."""

expect.set_options(timeout=PATIENCE_MS)


class Participant:
    """Somebody who reads and writes in a conversation on the screen."""

    def __init__(self, page: Page, panel: str) -> None:
        self.page = page
        self.panel: Locator = page.locator(f".panel.{panel}")

    @property
    def conversation(self) -> Locator:
        return self.panel.get_by_role("log", name="Conversation").filter(visible=True)

    @property
    def field(self) -> Locator:
        return self.panel.get_by_role("textbox", name="Message").filter(visible=True)

    @property
    def dots(self) -> Locator:
        return self.panel.locator(".typing").filter(visible=True)

    async def says(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")
        await self.reads(text)

    async def says_in_markdown(self, text: str) -> None:
        """As a page or a desk would that lets people format what they write."""
        await self.page.route("**/participant/message", as_markdown)
        async with self.page.expect_response("**/participant/message"):
            await self.field.fill(text)
            await self.field.press("Enter")
        await self.page.unroute("**/participant/message")

    async def types(self, text: str) -> None:
        """Writes without sending, key by key, as a person does."""
        await self.field.press_sequentially(text)

    async def reads(self, text: str) -> None:
        """Sees the text as a message or a notice."""
        await expect(self.conversation.get_by_text(text).last).to_be_visible()

    async def sees_no(self, text: str) -> None:
        await expect(self.panel.get_by_text(text)).to_have_count(0)


async def as_markdown(route: Route) -> None:
    said = route.request.post_data_json or {}
    await route.continue_(post_data={**said, "ContentType": "text/markdown"})


class Customer(Participant):
    """The customer's panel."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "customer")

    async def starts(self, name: str) -> None:
        await self.panel.get_by_label("Your name").fill(name)
        await self.panel.get_by_role("button", name="Start the chat").click()
        await self.is_greeted()

    async def is_greeted(self) -> None:
        await self.reads("virtual assistant. What can I do")

    async def asks_for_a_person(self) -> None:
        await self.says("I would like to talk to a person, please.")
        await expect(self.status).to_have_text("Looking for a person")

    async def ends(self) -> None:
        await self.panel.get_by_role("button", name="End chat").click()
        await self.page.get_by_role("dialog").get_by_role("button", name="End chat").click()

    @property
    def status(self) -> Locator:
        return self.panel.locator(".status").filter(visible=True)


class Person(Participant):
    """The person at the desk."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "desk")

    def row(self, customer: str) -> Locator:
        return self.panel.get_by_role("list", name="Contacts").get_by_role("button").filter(has_text=customer)

    async def chooses(self, customer: str) -> None:
        await self.row(customer).click()
        await expect(self.panel.get_by_role("heading", name=customer)).to_be_visible()

    async def accepts(self, customer: str) -> None:
        await self.chooses(customer)
        await self.panel.get_by_role("button", name="Accept", exact=True).click()
        await self.reads("You joined")

    async def ends(self) -> None:
        await self.panel.get_by_role("button", name="End", exact=True).click()
        await self.page.get_by_role("dialog").get_by_role("button", name="End", exact=True).click()

    @property
    def briefing(self) -> Locator:
        return self.panel.get_by_role("region", name="Briefing")
