"""The price that is fixed is that of the form as it stands, whether or not the panel beside it has caught up."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.live import LivePortal


def configure(page: Page, portal: LivePortal, hours: int) -> None:
    page.goto(f"{portal.url()}/cards/?cards=1&hours={hours}")
    expect(page.locator("#preview")).to_contain_text(f"× {hours} hours")


def test_what_stands_in_the_form_is_quoted_before_the_panel_has_followed(
    portal: LivePortal, person: Callable[..., Page]
):
    page = person()
    configure(page, portal, 24)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(lambda address: "/cards/?" in address, lambda route: None)
    page.fill("[name=hours]", "1")
    page.click("#lock")
    page.wait_for_url("**/quotes/*/")
    expect(page.locator("main")).to_contain_text("× 1 hour,")
    assert [one for one in asked if "csrf" in one] == []


def test_it_is_so_without_script(portal: LivePortal, person: Callable[..., Page]):
    page = person(java_script_enabled=False)
    configure(page, portal, 24)
    page.fill("[name=hours]", "1")
    page.click("#lock")
    page.wait_for_url("**/quotes/*/")
    expect(page.locator("main")).to_contain_text("× 1 hour,")


def test_a_form_that_makes_no_sense_is_not_quoted(portal: LivePortal, person: Callable[..., Page]):
    page = person(java_script_enabled=False)
    configure(page, portal, 24)
    page.fill("[name=hours]", "")
    page.click("#lock")
    expect(page.locator("#preview")).to_contain_text("No quote yet")


def test_the_panel_follows_the_enter_key_and_its_button_and_the_page_stays(
    portal: LivePortal, person: Callable[..., Page]
):
    page = person()
    configure(page, portal, 24)
    address, sent = page.url, []
    page.on("request", lambda request: sent.append(request.method))
    page.fill("[name=hours]", "2")
    page.press("[name=hours]", "Enter")
    expect(page.locator("#preview")).to_contain_text("× 2 hours")
    page.get_by_role("button", name="Update the quote").click()
    for hours in (3, 4):
        page.fill("[name=hours]", str(hours))
        page.focus("#lock")  # the next stop of the tab key: whoever passes it has not pressed it
        expect(page.locator("#preview")).to_contain_text(f"× {hours} hours")
    page.wait_for_timeout(1_000)  # longer than the form waits before it asks
    assert set(sent) == {"GET"}
    assert page.url == address
    assert page.locator("#preview").count() == 1
