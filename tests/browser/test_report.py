"""The report of an evaluation as people open it: any screen, either colour scheme, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from local.evaluation_report import as_html
from tests.local.evaluated import report, run

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCREENSHOTS: Final = Path(__file__).resolve().parents[2] / "build" / "screenshots"
SCREENS: Final[dict[str, ViewportSize]] = {
    "wide": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
LONG: Final = "turn 1: " + "pneumonoultramicroscopicsilicovolcanoconiosis" * 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
async def test_a_report_fits_its_screen_and_shows_failures_first_hand(
    browser: Browser, tmp_path: Path, screen: str, scheme: Literal["light", "dark"]
) -> None:
    """A failed conversation is open, a good one is a line; long words break."""
    file = tmp_path / "report.html"
    file.write_text(as_html(report(run(), run(LONG, name="Other"), run(name="Other"))), encoding="utf-8")
    context = await browser.new_context(viewport=SCREENS[screen], color_scheme=scheme)
    asked: list[str] = []
    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(file.as_uri())

    await expect(page.get_by_role("heading", name="Evaluation of the team")).to_be_visible()
    await expect(page.get_by_text(LONG)).to_be_visible()
    await expect(page.get_by_text("readers <3 it")).to_have_count(2)
    await expect(page.get_by_text("readers <3 it").filter(visible=True)).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert asked == [file.as_uri()]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"report-{screen}-{scheme}.png", full_page=True)
    await context.close()
