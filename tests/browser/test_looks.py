"""How the page looks and what it says to assistive technology: every view, in both colour schemes and on both screens.

Saves its screenshots in build/screenshots/; with HANDOFF_PICTURES=1 those of the README also go to docs/pictures/.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, ViewportSize, expect

from local.model import LocalModel
from local.npm_packages import bring
from local.stack import Stack
from tests.browser.conftest import OpenPage, page_stack
from tests.browser.people import Customer, Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROOT: Final = Path(__file__).resolve().parents[2]
SCREENSHOTS: Final = ROOT / "build" / "screenshots"
PICTURES: Final = ROOT / "docs" / "pictures"
IN_THE_README: Final = {"wide-all-light", "wide-all-dark", "phone-customer-light", "phone-desk-dark"}

SCREENS: Final[dict[str, ViewportSize]] = {
    "wide": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
SCHEMES: Final = ("light", "dark")
VIEWS: Final = {"wide": ("all", "desk"), "phone": ("customer", "between", "desk")}
LOOKS: Final = [(screen, view, scheme) for screen, views in VIEWS.items() for view in views for scheme in SCHEMES]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_stack() -> AsyncIterator[Stack]:
    """A stack of its own: on the pictures the desk has no contacts of other tests."""
    async with page_stack() as stack:
        yield stack


async def show(page: Page, view: str, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    await page.locator(f".views a[data-view={view}]").click()
    await expect(page.locator(f"main[data-view={view}]")).to_be_visible()


async def save(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled", caret="hide")
    if os.environ.get("HANDOFF_PICTURES") == "1" and name in IN_THE_README:
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCREENSHOTS / f"{name}.png", PICTURES)


async def violations(page: Page) -> list[str]:
    """What axe-core finds on the page, one line each."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate((bring("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run()")
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


async def hold_a_conversation(page: Page) -> None:
    """Bot, briefing and person, and a second contact that waits."""
    customer, person = Customer(page), Person(page)
    await customer.starts("Ana Morales")
    await customer.says("Hi! Where is my order 10020030? My document is 12345678-9.")
    await customer.reads("scheduled")
    await customer.asks_for_a_person()
    await customer.panel.get_by_role("button", name="New chat").click()
    await customer.starts("Tomás Rey")
    await customer.asks_for_a_person()
    await customer.panel.get_by_role("button", name="Ana Morales").click()
    await person.accepts("Ana Morales")
    await person.says("Hello Ana, I have your whole story here. Let me look at the order.")
    await customer.says("Wonderful, thank you!")
    await person.reads("Wonderful, thank you!")


async def test_every_view_is_free_of_axe_violations_during_a_conversation(open_page: OpenPage) -> None:
    """On both screens and in both colour schemes; the screenshots show what was judged."""
    page = await open_page("/")
    await hold_a_conversation(page)

    found: dict[str, list[str]] = {}
    for screen, view, scheme in LOOKS:
        await page.set_viewport_size(SCREENS[screen])
        await show(page, view, scheme)
        found[f"{screen}-{view}-{scheme}"] = await violations(page)
        await save(page, f"{screen}-{view}-{scheme}")

    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_empty_page_is_free_of_axe_violations(open_page: OpenPage, screen: str, scheme: str) -> None:
    """The first thing a newcomer sees."""
    page = await open_page("/", viewport=SCREENS[screen], color_scheme=scheme)
    await expect(page.get_by_role("heading", name="Start a conversation")).to_be_visible()

    found = await violations(page)
    await save(page, f"{screen}-start-{scheme}")

    assert found == []


async def test_the_question_before_an_end_is_free_of_axe_violations(open_page: OpenPage) -> None:
    """A dialog has rules of its own."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Carl")
    await customer.panel.get_by_role("button", name="End chat").click()

    assert await violations(customer.page) == []


async def test_a_phone_shows_one_panel_at_a_time(open_page: OpenPage) -> None:
    """Three columns on a phone would be three unreadable ones."""
    page = await open_page("/", viewport=SCREENS["phone"])
    await expect(page.locator(".panel").filter(visible=True)).to_have_count(1)

    await page.get_by_role("link", name="Desk").click()

    await expect(page.get_by_role("region", name="Desk")).to_be_visible()
    await expect(page.locator(".panel").filter(visible=True)).to_have_count(1)
    assert page.url.endswith("?view=desk")


async def test_a_phone_shows_the_whole_briefing_of_a_contact_that_waits(open_page: OpenPage) -> None:
    """Whoever decides on a phone whether to accept reads first what matters, and then the story without scrolling."""
    page = await open_page("/")
    customer, person = Customer(page), Person(page)
    await customer.starts("Berta")
    await customer.says("My lamp flickers. " * 30 + "My order is 10020030. I would like to talk to a person, please.")
    await person.chooses("Berta")

    await page.set_viewport_size(SCREENS["phone"])
    await page.get_by_role("link", name="Desk").click()
    story = page.locator(".contact-story").filter(visible=True)

    await expect(person.briefing).to_be_in_viewport(ratio=1)
    assert await story.evaluate("story => story.scrollHeight <= story.clientHeight")
    said = await person.briefing.inner_text()
    assert said.index("Order\n10020030") < said.index("My lamp flickers.")


async def test_the_page_says_that_a_scripted_model_answers(open_page: OpenPage) -> None:
    """Nobody should take the demo's answers for a language model's, or expect to find them again."""
    page = await open_page("/")

    note = "A scripted model answers, on an emulated AgentCore Runtime. Everything is gone when you stop it."
    await expect(page.get_by_text(note)).to_be_visible()


async def test_the_page_names_a_real_model_and_nothing_of_where_it_is(open_page: OpenPage, stack: Stack) -> None:
    """Whoever looks over one's shoulder learns which model answers, not the way to it."""
    facts = {**stack.facts(), "model": LocalModel("openai:clever@http://secret-place.test/v1").facts()}
    page = await open_page("/")
    await page.route("**/local.json", lambda route: route.fulfill(json=facts))

    await page.reload()

    await expect(
        page.get_by_text(
            "openai:clever answers, on an emulated AgentCore Runtime. Everything is gone when you stop it."
        )
    ).to_be_visible()
    assert "secret-place" not in await page.content()
