"""The same sale through the API, with a key made on the organisation's page."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser import market, steps
from tests.live import LivePortal

CARD = "metax-c500-pcie"
SCOPES = ["quotes:write", "purchases:write", "orders:read", "orders:write", "credentials:read", "wallet:read"]


@pytest.fixture
def api(portal: LivePortal, person: Callable[..., Page]) -> Iterator["Program"]:
    program = Program(portal, made_key(portal, person()))
    yield program
    program.client.close()


def test_a_program_buys_six_cards_uses_them_and_pays_exactly(portal: LivePortal, api: "Program"):
    lots = left_free(portal, [4, 2])
    before = api.get("wallet/")

    quote = api.post("quotes/", {"card_model": CARD, "cards": 6, "hours": 3})
    assert [(line["cards"], line["price_u"]) for line in quote["lines"]] == [
        (4, lots[0]["price_u"]),
        (2, lots[1]["price_u"]),
    ]
    purchase = api.buy(quote["id"], key := uuid.uuid4().hex)
    assert api.buy(quote["id"], key) == purchase
    began = time.monotonic()
    orders = [f"orders/{one['province']}/{one['number']}/" for one in purchase["orders"]]
    for order in orders:
        api.wait_until(order, "active")
    assert time.monotonic() - began <= 10

    for order in orders:
        for access in api.get(f"{order}credentials/"):
            answers_with_jupyterlab(access)
    for order in orders:
        api.post(f"{order}end/", key=uuid.uuid4().hex)
    ended = [api.wait_until(order, "ended") for order in orders]
    assert market.free_cards(portal, lots) == [4, 2]

    charged = sum(order["charged_u"] for order in ended)
    bill = market.bill(portal, purchase["id"])
    assert charged == bill["charged"] == bill["reckoned"] > 0
    assert sum(order["released_u"] for order in ended) == purchase["total_u"] - charged
    after = api.get("wallet/")
    assert after["free_u"] == before["free_u"] - charged
    assert after["reserved_u"] == before["reserved_u"]


class Program:
    def __init__(self, portal: LivePortal, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{portal.port}/api/v1/", headers=headers, timeout=20)

    def get(self, path: str) -> Any:
        return self._answer(self.client.get(path))

    def post(self, path: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self._answer(self.client.post(path, json=body or {}, headers=headers))

    def buy(self, quote: str, key: str) -> Any:
        return self.post("purchases/", {"quote": quote}, key)

    def wait_until(self, order: str, state: str) -> Any:
        deadline = time.monotonic() + 20
        while (found := self.get(order))["state"] != state:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        return found

    def _answer(self, response: httpx.Response) -> Any:
        assert response.status_code in (200, 201), response.text
        return response.json()


def made_key(portal: LivePortal, page: Page) -> str:
    steps.sign_in(page, portal, "owner@example.test")
    page.goto(portal.url() + "/organisation/keys/")
    page.fill("[name=name]", "nightly training")
    for scope in SCOPES:
        page.check(f"[name=scopes][value='{scope}']", force=True)
    page.locator("form:has([name=scopes]) [type=submit]").click()
    return page.locator("#new-key").inner_text().strip()


def left_free(portal: LivePortal, left: list[int]) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 30
    while market.free_cards(portal, lots := market.leave_free(portal, CARD, left)) != left:
        assert time.monotonic() < deadline, lots
        time.sleep(1)
    return lots


def answers_with_jupyterlab(access: dict[str, Any]) -> None:
    base = access["endpoint"].removesuffix("/lab").rstrip("/")
    signed = httpx.get(f"{base}/api/status", headers={"Authorization": f"token {access['secret']}"}, timeout=10)
    assert signed.status_code == 200, signed.text
    assert httpx.get(f"{base}/api/status", timeout=10).status_code == 403
