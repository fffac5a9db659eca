"""English and Spanish: the page's own words, and the language a chat is held in."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from local.agent_faces import BACKENDS
from local.stack import Stack
from tests.browser.conftest import OpenPage
from tests.browser.people import Customer, Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_chosen_language_is_that_of_the_page_and_of_the_next_chat(open_page: OpenPage) -> None:
    """The bot greets in it, and the desk sees it."""
    page = await open_page("/")
    customer, person = Customer(page), Person(page)

    await page.get_by_label("Language").select_option("Español")
    await page.get_by_label("Su nombre").fill("Quique")
    await page.get_by_role("button", name="Iniciar el chat").click()

    conversation = customer.panel.get_by_role("log", name="Conversación")
    await expect(conversation).to_contain_text("Soy el asistente virtual")
    await customer.panel.get_by_role("textbox", name="Mensaje").fill("Quiero hablar con una persona.")
    await page.keyboard.press("Enter")
    await expect(customer.status).to_have_text("Buscando a una persona")
    await expect(person.panel).to_contain_text("En espera · español")
    await expect(page.locator("html")).to_have_attribute("lang", "es")


async def test_a_browser_in_spanish_gets_the_page_in_spanish(open_page: OpenPage) -> None:
    """Whoever reads Spanish should not have to search for the switch."""
    page = await open_page("/", locale="es-CO")

    await expect(page.get_by_role("heading", name="Empiece una conversación")).to_be_visible()


async def test_changing_the_language_leaves_a_running_chat_as_it_is(open_page: OpenPage) -> None:
    """What was said stays, what the page says about it is translated."""
    page = await open_page("/?view=customer")
    customer = Customer(page)
    await customer.starts("Rita")

    await page.get_by_label("Language").select_option("Español")

    await expect(customer.panel.get_by_text("What can I do for you today?")).to_be_visible()
    await expect(customer.panel.get_by_role("button", name="Terminar")).to_be_visible()


async def test_suggestions_are_shown_in_the_chosen_language(open_page: OpenPage) -> None:
    """What can be tried must be understood by whoever tries it."""
    page = await open_page("/")
    suggestions = page.locator(".suggestion")
    english = await suggestions.all_inner_texts()

    await page.get_by_label("Language").select_option("Español")

    await expect(suggestions).to_have_count(len(english))
    assert set(await suggestions.all_inner_texts()).isdisjoint(english)


BRIEFING = """async (language) => {
    const { createBriefing } = await import("/page/js/desk/briefing.js");
    const { Language } = await import("/page/js/language.js");
    const attributes = { handoff_urgent: "true", handoff_is_minor: "False", handoff_topic: "truel" };
    const papers = [{ name: "urgent", label: { en: "Urgent", es: "Urgente" } }];
    const words = new Language();
    words.choose(language);
    const briefing = createBriefing(attributes, { papers, values: { urgent: ["true"] } }, words);
    return [...briefing.querySelectorAll(".facts dd")].map((value) => value.textContent);
}"""


@pytest.mark.parametrize(("language", "words"), [("en", ["yes", "no", "truel"]), ("es", ["sí", "no", "truel"])])
async def test_the_briefing_says_yes_and_no_as_people_do(open_page: OpenPage, language: str, words: list[str]) -> None:
    """Attributes are for flows, the briefing is for people."""
    page = await open_page("/")

    assert await page.evaluate(BRIEFING, language) == words


NOTES = {
    "bedrock-agents": (
        "A scripted model answers, on emulated Amazon Bedrock Agents.",
        "Responde un modelo con guion, en unos Amazon Bedrock Agents simulados.",
    ),
    "agentcore-runtime": (
        "A scripted model answers, on an emulated AgentCore Runtime.",
        "Responde un modelo con guion, en un AgentCore Runtime simulado.",
    ),
    "agentcore-harness": (
        "A scripted model answers, on an emulated AgentCore Harness.",
        "Responde un modelo con guion, en un AgentCore Harness simulado.",
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_note_names_each_backend_as_its_language_does(
    open_page: OpenPage, stack: Stack, backend: str
) -> None:
    """Some names are of one thing and some of several."""
    page = await open_page("/")
    await page.route("**/local.json", lambda route: route.fulfill(json={**stack.facts(), "backend": backend}))
    await page.reload()
    note = page.locator(".note")

    english, spanish = NOTES[backend]
    await expect(note).to_contain_text(english)
    await page.get_by_label("Language").select_option("Español")
    await expect(note).to_contain_text(spanish)
