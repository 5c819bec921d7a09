"""The whole sale in a browser, from sign-up to an exact bill, on a running portal with real agents."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import market, steps
from tests.live import LivePortal
from tests.portal.accounts.people import credit_code

CARD = "nvidia-rtx5090-32g"
COMPANY = "太原新晋智能科技有限公司"
EMAIL = "newcomer@example.test"
TOPPED_UP = 5_000


def test_from_sign_up_to_an_exact_bill(portal: LivePortal, person: Callable[..., Page]):
    buyer, operator, finance, code = person(), person(), person(), credit_code(7001)
    steps.sign_up(buyer, portal, EMAIL, "Newcomer")
    steps.register_organisation(buyer, portal, COMPANY, code, "shanxi")
    steps.sign_in_as_staff(operator, portal, "operator@example.test")
    steps.verify_organisation(operator, portal, COMPANY)
    steps.sign_in_as_staff(finance, portal, "finance@example.test")
    steps.top_up(finance, portal, code, TOPPED_UP, "browser-1")
    four_and_two = wait_for_free(portal, [4, 2])

    address = steps.buy(buyer, portal, CARD, 6, 24)
    bought_at = time.monotonic()
    expect(buyer.locator(".lane")).to_have_count(2)
    expect(buyer.locator("#pill")).to_have_text("active", timeout=15_000)
    assert time.monotonic() - bought_at <= 12, "both lots active within 10 s, seen at the next poll"
    assert took_seconds(buyer) <= 10

    for place in range(2):
        opens_the_workspace(buyer, place)
    assert market.free_cards(portal, four_and_two) == [0, 0]

    for _order in range(2):
        end_first_order(buyer)
    expect(buyer.locator("#pill")).to_have_text("ended", timeout=15_000)
    expect(buyer.locator("main")).to_contain_text("The order has ended")
    assert market.free_cards(portal, four_and_two) == [4, 2]
    exact_bill(portal, buyer, address.rstrip("/").rpartition("/")[2])


def wait_for_free(portal: LivePortal, left: list[int]) -> list[dict]:
    """Agents have reported once, and the rest of the model is sold to somebody else."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        lots = market.leave_free(portal, CARD, left)
        if market.free_cards(portal, lots) == left:
            return lots
        time.sleep(1)
    raise AssertionError(portal.log("agent-one") + portal.log("agent-two"))


def took_seconds(page: Page) -> float:
    """The longest time from buying to a checked workspace that the lanes state."""
    asides = page.locator(".lane-head .push").all_inner_texts()
    assert len(asides) == 2, asides
    return max(float(text.removeprefix("took ").removesuffix(" s")) for text in asides)


def opens_the_workspace(page: Page, place: int) -> None:
    """The secret is shown, and the link it comes with opens JupyterLab."""
    row = page.locator("#access .secret").nth(place)
    row.locator("form [type=submit]").click()
    expect(row).to_contain_text("Open the workspace")
    with page.context.expect_page() as opened:
        row.get_by_role("link", name="Open the workspace").click()
    lab = opened.value
    lab.wait_for_selector("#jp-main-dock-panel, .jp-Launcher", timeout=60_000)
    assert "JupyterLab" in lab.title()
    lab.close()


def end_first_order(page: Page) -> None:
    form = page.locator("#end form").first
    form.locator("[name=confirm]").check()
    form.locator("[type=submit]").click()
    page.wait_for_load_state()


def exact_bill(portal: LivePortal, page: Page, purchase_id: str) -> None:
    bill = market.bill(portal, purchase_id)
    assert bill["charged"] == bill["captured"] == bill["reckoned"] > 0
    assert (bill["free"], bill["reserved"]) == (TOPPED_UP * 1_000_000 - bill["charged"], 0)
    page.goto(portal.url() + "/wallet/")
    whole, micro = divmod(bill["free"], 1_000_000)
    expect(page.locator(".figure .value").first).to_have_text(f"¥{whole:,}.{f'{micro:06d}'.rstrip('0').ljust(2, '0')}")
