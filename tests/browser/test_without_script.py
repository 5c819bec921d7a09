"""The sale with scripts switched off: every act is a link or a form."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.live import LivePortal


def test_a_buyer_without_script_buys_looks_and_ends(portal: LivePortal, person: Callable[..., Page]):
    page = person(java_script_enabled=False)
    steps.sign_in(page, portal, "buyer@example.test")
    page.goto(portal.url() + "/cards/?card_model=mthreads-s4000")
    page.fill("[name=cards]", "2")
    page.get_by_role("button", name="Update the quote").click()
    expect(page.locator("#preview")).to_contain_text("2 cards of")
    page.click("#lock")
    page.click('form[action$="/buy/"] [type=submit]')
    wait_for(page, "active")

    page.get_by_role("button", name="Show for 30 seconds").click()
    expect(page.locator("#access")).to_contain_text("Open the workspace")
    page.goto(page.url.split("orders/")[0])
    expect(page.locator("#access")).to_contain_text("••••")

    page.check("#end [name=confirm]")
    page.click("#end form [type=submit]")
    wait_for(page, "ended")
    expect(page.locator("main")).to_contain_text("returned to the wallet")


def wait_for(page: Page, state: str) -> None:
    deadline = time.monotonic() + 20
    while page.locator("#pill").inner_text().strip() != state:
        assert time.monotonic() < deadline, page.locator("#lanes-h").locator("xpath=ancestor::section").inner_text()
        time.sleep(0.5)
        page.reload()
