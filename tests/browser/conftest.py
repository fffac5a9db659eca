"""One Chromium and one stack for all browser tests; every test gets its own customers and an empty desk."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from local.npm_packages import OF_THE_PAGE, bring
from local.settings import StackSettings
from local.stack import Stack

WIDE: Final = {"width": 1440, "height": 900}
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
HOW_TO_GET_IT: Final = "there is no Chromium. Try: apt install chromium, or: .venv/bin/playwright install chromium"

OpenPage = Callable[..., Awaitable[Page]]
"""Opens an address of the stack in a browser of its own, as another person would."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says once how to get what skipped tests need; pytest keeps the reasons of skips to itself."""
    skipped = [report for report in terminalreporter.getreports("skipped") if HOW_TO_GET_IT in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests skipped: {HOW_TO_GET_IT}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The Chromium of this machine, else Playwright's own."""
    async with async_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail(HOW_TO_GET_IT) if os.environ.get("CI") == "true" else pytest.skip(HOW_TO_GET_IT)
        chromium = await playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_stack() -> AsyncIterator[Stack]:
    """Started once; tests leave it nothing but ended contacts, which the desk lists for an hour."""
    async with page_stack() as stack:
        yield stack


def page_stack() -> Stack:
    """A stack that can serve the page; edits made while tests run do not disturb it."""
    for name in OF_THE_PAGE:
        bring(name)
    return Stack(StackSettings(port=0, watch=False))


@pytest_asyncio.fixture(loop_scope="session")
async def stack(browser: Browser, shared_stack: Stack) -> AsyncIterator[Stack]:
    """A stack with nobody in it; asking for the browser first skips without starting a stack."""
    yield shared_stack
    for contact_id in {entry.contact_id for entry in shared_stack.activity.entries()} - {None}:
        shared_stack.chats.end(str(contact_id), "API")


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, stack: Stack) -> AsyncIterator[OpenPage]:
    """Opens pages and closes them again. Whatever a page reports as an error fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def open_one(address: str = "/", **options: Any) -> Page:
        settings: dict[str, Any] = {"viewport": WIDE, "locale": "en-US", "base_url": stack.origin, **options}
        context = await browser.new_context(**settings)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{error.name}: {error.message}"))
        page.on("console", lambda line: complaints.append(line.text) if is_complaint(line.text) else None)
        await page.goto(address)
        await page.locator("main[data-view]").wait_for()  # set when all parts are in place
        return page

    yield open_one
    for context in contexts:
        await context.close()
    assert complaints == []


def is_complaint(line: str) -> bool:
    """What the browser says when a page breaks the rules it gave itself."""
    return "Content Security Policy" in line or "TrustedScript" in line or "TrustedHTML" in line
