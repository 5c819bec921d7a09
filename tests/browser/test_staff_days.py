"""A day of the regulator and a day of the data bureau, at the nation and in Shanxi, against the table of rights.

Each opens every list of both staff sites: those the table gives come up, with a row's page and the export; the others
answer 403. What the table keeps from a role is looked for in every page, every search and every file.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.permissions import table
from portal.accounts.roles import Role
from tests.browser import market, steps
from tests.live import LivePortal

SLOW = 60_000
"""Milliseconds: a page of a busy machine."""
NATIONAL = ("accounts", "checkout", "directory", "ledger", "tenants")
"""Apps whose objects stand on the national site; those of the others stand in each province."""


@pytest.fixture(scope="module")
def sold(portal: LivePortal) -> dict:
    """A purchase that runs in Shanxi, and the words by which its buyer and its amounts would be known."""
    return market.ask(
        portal,
        """
import time
from portal.accounts.models import User
from portal.checkout.actions import answer, make_quote, place_purchase
from portal.ranking.filling import CardRequest
from portal.directory.models import BaseModel, CardModel, OrderIndex
from portal.web.wording import money
from marketplace.catalog.models import PlanVersion
from marketplace.orders.models import OrderLine
buyer = User.objects.get(email="owner@example.test")
company = buyer.memberships.get().organisation
for _try in range(60):
    asks = [CardRequest(model.slug, 1, 7, provinces=("shanxi",)) for model in CardModel.objects.all()]
    asked = next((one for one in asks if answer(one).lines), None)
    if asked:
        break
    time.sleep(0.5)
bought = place_purchase(make_quote(asked, organisation=company), organisation=company, by=buyer)
order = OrderIndex.objects.get(purchase_id=bought.pk, province="shanxi")
with in_province("shanxi"):
    line = OrderLine.objects.get(order=order.pk)
    offered = PlanVersion.objects.filter(price_u__isnull=False).values_list("price_u", flat=True)[:20]
    lengths = set(BaseModel.objects.values_list("context_tokens", flat=True))  # 4,000,000 tokens are no price
    raw = [price for price in [*offered, line.price_u, order.total_u] if price >= 1_000_000 and price not in lengths]
    prices = [*map(str, raw), money(order.total_u)]
print(json.dumps(dict(
    number=order.number, order=str(order.pk), purchase=str(bought.pk), prices=prices,
    buyer=[company.name_zh, company.name_en, company.uscc, buyer.email, buyer.name],
)))
""",
    )


@pytest.fixture(scope="module")
def applied(portal: LivePortal) -> dict:
    """An application in Shanxi, with a contact and an account that the regulator does not see."""
    return market.ask(
        portal,
        """
from django.utils import timezone
from portal.accounts.models import Membership, Organisation, User
from tests.marketplace.onboarding import applying
owner, made = User.objects.get_or_create(email="applies@example.test")
facts = dict(name_zh="大同值守算力有限公司", province="shanxi", state="verified", verified_at=timezone.now())
company, made = Organisation.objects.get_or_create(uscc="91990014FAKE71234A", defaults=facts)
Membership.objects.get_or_create(user=owner, organisation=company, defaults=dict(role="owner"))
with in_province("shanxi"):
    application = applying.submitted(company, owner)
print(json.dumps(dict(pk=str(application.pk), kept=["0352-1234567", "duty@example.test", "3445", "值班员甲"])))
""",
    )


def lists_of(page: Page, host: str, place: str) -> dict[str, int]:
    """Label of each object of the table → status of its list on this site; 404 where the site does not have it."""
    labels = sorted({label for objects in table().values() for label in objects})
    here = [label for label in labels if (label.partition(".")[0] in NATIONAL) == (place == "nation")]
    return {label: status_of(page, f"{host}/staff/{label.replace('.', '/')}/") for label in here}


def status_of(page: Page, address: str) -> int:
    answer = page.goto(address)
    assert answer is not None
    return answer.status


def allowed(role: Role, found: dict[str, int]) -> dict[str, int]:
    """What the table of rights says of the lists this site has."""
    return {
        label: 404 if status == 404 else 200 if "view" in table()[role].get(label, ()) else 403
        for label, status in found.items()
    }


def everything_shown(page: Page, host: str, labels: list[str], words: list[str]) -> dict[str, str]:
    """Address → text of each list, of its first row's page and history, of each export, and of searches for words."""
    seen: dict[str, str] = {}
    for label in labels:
        address = f"{host}/staff/{label.replace('.', '/')}/"
        page.goto(address)
        seen[address] = page.content()
        row = page.locator("#result_list a[href*='/change/']").first
        target = row.get_attribute("href") if row.count() else None
        for word in words:
            page.goto(f"{address}?q={word}")
            seen[f"{address}?q="] = (
                page.locator("#result_list").inner_text() if page.locator("#result_list").count() else ""
            )
        seen[f"{address}export/csv/"] = page.evaluate(
            "url => fetch(url).then(answer => answer.text())", f"{address}export/csv/"
        )
        if target:
            for part in ("change/", "history/"):
                page.goto(f"{host}{target.partition('change/')[0]}{part}")
                seen[page.url] = page.content()
    return seen


def leaks(seen: dict[str, str], words: list[str]) -> list[tuple[str, str]]:
    return [(address, word) for address, text in seen.items() for word in words if word and word in text]


def test_the_regulators_day(portal: LivePortal, person: Callable[..., Page], sold, applied):
    page = person()
    page.context.set_default_timeout(SLOW)
    steps.sign_in_as_staff(page, portal, "regulator@example.test")
    everything(page, portal.url(), "nation", Role.REGULATOR, [*sold["buyer"], *sold["prices"]])
    here = person()
    here.context.set_default_timeout(SLOW)
    steps.sign_in_as_staff(here, portal, "regulator-shanxi@example.test")
    everything(here, portal.url("shanxi"), "province", Role.REGULATOR, [*sold["buyer"], *sold["prices"]])
    assert status_of(here, portal.url("henan") + "/staff/") == 403

    here.goto(f"{portal.url('shanxi')}/staff/orders/order/?q={sold['number']}")
    expect(here.locator("#result_list")).to_contain_text(sold["number"])
    here.goto(f"{portal.url('shanxi')}/staff/applications/{applied['pk']}/")
    text = here.content()
    assert "B1-20231234" in text
    assert [word for word in applied["kept"] if word in text] == []
    assert here.locator("main form[method=post]:not(.theme)").count() == 0, "nothing to decide for the regulator"


def test_the_data_bureaus_day(portal: LivePortal, person: Callable[..., Page], sold, applied):
    page = person()
    page.context.set_default_timeout(SLOW)
    steps.sign_in_as_staff(page, portal, "data-bureau@example.test")
    everything(page, portal.url(), "nation", Role.DATA_BUREAU, [])
    here = person()
    here.context.set_default_timeout(SLOW)
    steps.sign_in_as_staff(here, portal, "data-bureau-shanxi@example.test")
    seen = everything(here, portal.url("shanxi"), "province", Role.DATA_BUREAU, [])
    for kind in ("buyer", "prices"):
        assert leaks(seen, sold[kind]), "the control: what is kept from the regulator stands in the bureau's lists"
    assert status_of(here, portal.url("henan") + "/staff/") == 403

    here.goto(f"{portal.url('shanxi')}/staff/orders/order/?q={sold['number']}")
    row = here.locator("#result_list tbody tr").first
    expect(row).to_contain_text(sold["number"])
    assert any(name in row.inner_text() for name in sold["buyer"][:2]), "who audits vouchers knows the buyer"
    for act in ("pause", "end"):
        assert here.locator(f"a[href*='/act/{act}/']").count() == 0
    here.goto(f"{portal.url('shanxi')}/staff/applications/{applied['pk']}/")
    assert here.locator("main form[method=post]:not(.theme)").count() == 0, "the bureau reads, it does not decide"


def everything(page: Page, host: str, place: str, role: Role, kept: list[str]) -> dict[str, str]:
    """Every list answers as the table says, and nothing that is kept stands anywhere on it."""
    found = lists_of(page, host, place)
    assert found == allowed(role, found)
    opened = [label for label, status in found.items() if status == 200]
    assert opened, "a role that opens nothing proves nothing"
    seen = everything_shown(page, host, opened, kept[:1])
    assert leaks(seen, kept) == []
    for act in ("verify", "suspend", "pause", "end", "book"):
        assert not any(f"/act/{act}/" in text for text in seen.values()), act
    return seen
