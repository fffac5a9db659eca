"""A customer and a person side by side, each in a browser of their own, through whole conversations."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import Customer, Person

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ORDER_QUESTION = "Where is my order 10020030? My document is 12345678-9."


async def a_customer_and_a_person(open_page: OpenPage) -> tuple[Customer, Person]:
    return Customer(await open_page("/?view=customer")), Person(await open_page("/?view=desk"))


async def in_conversation(open_page: OpenPage, name: str) -> tuple[Customer, Person]:
    """Both have got as far as talking with each other."""
    customer, person = await a_customer_and_a_person(open_page)
    await customer.starts(name)
    await customer.asks_for_a_person()
    await person.accepts(name)
    return customer, person


async def test_a_customer_is_answered_and_then_continues_with_a_person(open_page: OpenPage) -> None:
    """This is what Handoff is for: nobody has to tell their story twice."""
    customer, person = await a_customer_and_a_person(open_page)

    await customer.starts("Ana")
    await customer.says(ORDER_QUESTION)
    await customer.reads("scheduled")
    await customer.asks_for_a_person()
    await person.accepts("Ana")
    await person.says("Hello Ana, I have read everything.")

    await expect(person.briefing).to_contain_text("Asked for a person")
    await person.reads(ORDER_QUESTION)
    await customer.reads("You are now talking with Alex")
    await customer.reads("Hello Ana, I have read everything.")
    await customer.says("That was quick!")
    await person.reads("That was quick!")


async def test_a_ticket_opened_with_the_bot_is_in_the_briefing(open_page: OpenPage) -> None:
    """Otherwise the person would open a second one, or ask for a number the customer has just been told."""
    customer, person = await a_customer_and_a_person(open_page)
    await customer.starts("Berta")
    await customer.says("My Luma One arrived broken, please open a ticket. My ID is 12345678-9.")
    await customer.reads("I have opened ticket")
    said = await customer.conversation.get_by_text("I have opened ticket").last.inner_text()
    number = re.search(r"T-\d+", said)
    assert number is not None

    await customer.asks_for_a_person()
    await person.accepts("Berta")

    await expect(person.briefing).to_contain_text(number.group())


async def test_a_reload_resumes_the_chat_for_the_customer(open_page: OpenPage) -> None:
    """Whoever reloads a page must not lose their place in the queue, nor what was said."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Bruno")
    await customer.says(ORDER_QUESTION)
    await customer.reads("scheduled")

    await customer.page.reload()

    await customer.reads(ORDER_QUESTION)
    await customer.reads("scheduled")
    await customer.asks_for_a_person()


async def test_a_reload_resumes_the_conversation_at_the_desk(open_page: OpenPage) -> None:
    """The person who accepted a contact stays the one who has it."""
    customer, person = await in_conversation(open_page, "Carla")

    await person.page.reload()
    await person.chooses("Carla")

    await person.reads("You joined")
    await person.says("I am back.")
    await customer.reads("I am back.")


async def test_two_chats_run_side_by_side_and_stay_apart(open_page: OpenPage) -> None:
    """A customer may have two matters; what belongs to one must not show in the other."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("First")
    await customer.panel.get_by_role("button", name="New chat").click()
    await customer.starts("Second")

    await customer.says(ORDER_QUESTION)
    await customer.reads("scheduled")
    await customer.panel.get_by_role("button", name="First").click()

    await customer.is_greeted()
    await expect(customer.conversation.get_by_text(ORDER_QUESTION)).to_have_count(0)
    await customer.panel.get_by_role("button", name="Second").click()
    await customer.reads(ORDER_QUESTION)


async def test_a_failed_send_is_marked_and_can_be_tried_again(open_page: OpenPage) -> None:
    """A message that did not get through is not lost, and the customer is told."""
    customer = Customer(await open_page("/?view=customer"))
    await customer.starts("Dora")
    await customer.page.route("**/participant/message", lambda route: route.abort())
    await customer.says(ORDER_QUESTION)
    await customer.reads("Not sent.")

    await customer.page.unroute("**/participant/message")
    await customer.panel.get_by_role("button", name="Try again").click()

    await customer.reads("scheduled")
    await customer.sees_no("Not sent.")


async def test_what_is_written_while_connecting_is_sent_when_the_line_stands(open_page: OpenPage) -> None:
    """Whoever writes faster than the network connects loses nothing."""
    customer = Customer(await open_page("/?view=customer"))
    connected = asyncio.Event()

    async def connect_later(route: Route) -> None:
        await connected.wait()
        await route.continue_()

    await customer.page.route("**/participant/connection", connect_later)
    await customer.panel.get_by_role("button", name="Start the chat").click()
    await customer.says(ORDER_QUESTION)
    await customer.reads("Sending …")

    connected.set()

    await customer.reads("scheduled")


async def test_a_message_whose_answer_was_lost_is_not_said_twice(open_page: OpenPage) -> None:
    """Trying again repeats the client token, so Connect knows the message already."""
    customer, person = await in_conversation(open_page, "Elsa")
    await customer.page.route("**/participant/message", deliver_but_lose_the_answer)
    await customer.says("Only once, please.")
    await person.reads("Only once, please.")

    await customer.page.unroute("**/participant/message")
    await customer.says("And this?")

    await person.reads("And this?")
    await expect(person.conversation.get_by_text("Only once, please.")).to_have_count(1)
    await expect(customer.conversation.get_by_text("Only once, please.")).to_have_count(1)


async def deliver_but_lose_the_answer(route: Route) -> None:
    await route.fetch()
    await route.abort()


async def test_dots_show_the_customer_that_the_person_is_typing(open_page: OpenPage) -> None:
    """They go when the message comes."""
    customer, person = await in_conversation(open_page, "Fede")

    await person.types("One moment")

    await expect(customer.dots).to_contain_text("Alex is typing")
    await person.field.press("Enter")
    await customer.reads("One moment")
    await expect(customer.dots).to_have_count(0)


async def test_dots_show_the_person_that_the_customer_is_typing(open_page: OpenPage) -> None:
    """They go by themselves 12 seconds after the last sign."""
    customer = Customer(await open_page("/?view=customer"))
    person = Person(await open_page("/?view=desk"))
    await person.page.clock.install()
    await customer.starts("Gema")
    await customer.asks_for_a_person()
    await person.accepts("Gema")
    await customer.page.reload()  # ChatJS sends a sign every 10 s at most, and asking for a person was one
    await person.says("I am listening.")
    await customer.reads("I am listening.")  # it is connected again, so a sign can be sent

    await customer.types("It is about")

    await expect(person.dots).to_contain_text("Gema is typing")
    await person.page.clock.fast_forward(12_000)
    await expect(person.dots).to_have_count(0)


async def test_the_desk_sees_that_the_customer_has_left(open_page: OpenPage) -> None:
    """The person must not go on writing to nobody."""
    customer, person = await in_conversation(open_page, "Hugo")

    await customer.ends()

    await expect(customer.status).to_have_text("This chat has ended")
    await person.reads("The customer has left")
    await expect(person.row("Hugo")).to_contain_text("Customer left")
    await expect(person.field).to_have_count(0)


async def test_a_customer_who_leaves_the_queue_is_no_longer_waiting(open_page: OpenPage) -> None:
    """Nobody should accept a contact that is gone."""
    customer, person = await a_customer_and_a_person(open_page)
    await customer.starts("Irma")
    await customer.asks_for_a_person()
    await expect(person.row("Irma")).to_contain_text("Waiting")

    await customer.ends()

    await expect(person.row("Irma")).to_contain_text(re.compile("Ended|Customer left"))
    await expect(person.page).to_have_title("Handoff")


async def test_the_person_ends_the_contact_for_both(open_page: OpenPage) -> None:
    """The customer keeps what was said, also after a reload."""
    customer, person = await in_conversation(open_page, "Jana")
    await person.says("Goodbye, Jana.")
    await customer.reads("Goodbye, Jana.")

    await person.ends()

    await expect(person.row("Jana")).to_contain_text("Ended")
    await expect(customer.status).to_have_text("This chat has ended")
    await customer.page.reload()
    await customer.reads("Goodbye, Jana.")
    await expect(customer.field).to_have_count(0)


async def test_the_tab_title_counts_who_is_waiting(open_page: OpenPage) -> None:
    """The person sees it without looking at the desk."""
    person = Person(await open_page("/?view=desk"))
    for name in ("Karla", "Luis"):
        customer = Customer(await open_page("/?view=customer"))
        await customer.starts(name)
        await customer.asks_for_a_person()
    await expect(person.page).to_have_title("(2) Handoff")

    await person.accepts("Karla")

    await expect(person.page).to_have_title("(1) Handoff")


async def test_a_file_reaches_the_person(open_page: OpenPage, tmp_path: Path) -> None:
    """The bot cannot open files; the person who takes over can."""
    customer, person = await a_customer_and_a_person(open_page)
    await customer.starts("Mara")
    picture = tmp_path / "broken box.txt"
    picture.write_text("a picture in words")
    await customer.panel.locator("input[type=file]").filter(has_not_text="x").set_input_files(picture)
    await customer.reads("I can't open files myself")
    await customer.asks_for_a_person()
    await person.accepts("Mara")

    async with person.page.expect_download() as coming:
        await person.panel.get_by_role("button", name="Download broken box.txt").click()

    download = await coming.value
    assert Path(await download.path()).read_text() == "a picture in words"


async def test_a_suggestion_begins_a_chat_and_is_answered(open_page: OpenPage) -> None:
    """A newcomer gets to a first answer with one click."""
    customer = Customer(await open_page("/?view=customer"))

    await customer.panel.get_by_role("button").filter(has_text="10020030").first.click()

    await expect(customer.panel).to_contain_text("is scheduled and leaves our warehouse")


async def test_the_page_asks_nothing_of_any_other_place(open_page: OpenPage) -> None:
    """It works without a network, and what customers write stays on this machine."""
    page = await open_page("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    customer = Customer(page)

    await customer.starts("Nora")

    assert [address for address in asked if not address.startswith(origin_of(page))] == []


def origin_of(page: Page) -> str:
    return "/".join(page.url.split("/")[:3]) + "/"
