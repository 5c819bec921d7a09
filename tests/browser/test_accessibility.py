"""axe on every page of the sale, light and dark, wide and narrow, in both languages; and no page scrolls sideways."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import market, steps
from tests.live import LivePortal

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
VISITOR = ["/", "/provinces/", "/ranking/", "/about/data/", "/about/accessibility/", "/about/privacy/", "/catalogue/"]
VISITOR += ["/catalogue/models/", "/cards/", "/cards/?cards=500&latency_ms=5", "/cards/?cards=many", "/nowhere/"]
VISITOR += ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
MEMBER = ["/organisation/", "/organisation/members/", "/organisation/keys/", "/purchases/", "/wallet/"]
MEMBER += ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"]


@pytest.fixture(scope="module")
def sold(portal: LivePortal) -> dict[str, str]:
    """A quote, a purchase and an offer to look at."""
    return market.ask(
        portal,
        """
import time
from portal.accounts.models import User
from portal.checkout.actions import answer, make_quote, place_purchase
from portal.checkout.filling import CardRequest
from portal.directory.models import OfferIndex
buyer = User.objects.get(email="owner@example.test")
company = buyer.memberships.get().organisation
asked = CardRequest("ascend-910b3", 3, 2)
for _try in range(60):
    if answer(asked).lines:
        break
    time.sleep(0.5)
open_quote = make_quote(asked, organisation=company)
bought = place_purchase(make_quote(asked, organisation=company), organisation=company, by=buyer)
offer = max(OfferIndex.objects.with_identifier(), key=lambda offer: len(offer.identifier or ""))  # the widest to set
print(json.dumps(dict(quote=f"/quotes/{open_quote.pk}/", purchase=f"/purchases/{bought.pk}/",
    offer=f"/catalogue/{offer.province}/{offer.slug}/", province=offer.province)))
""",
    )


LOOKS = {
    "zh-light-wide": {"locale": "zh-CN", "color_scheme": "light", "viewport": WIDE},
    "en-dark-wide": {"locale": "en", "color_scheme": "dark", "viewport": WIDE},
    "zh-dark-narrow": {"locale": "zh-CN", "color_scheme": "dark", "viewport": NARROW},
    "en-light-narrow": {"locale": "en", "color_scheme": "light", "viewport": NARROW},
}


@pytest.mark.parametrize("look", list(LOOKS.values()), ids=list(LOOKS))
def test_no_serious_finding_and_no_sideways_scroll(portal: LivePortal, person: Callable[..., Page], sold, look):
    visitor, member = person(**look), person(**look)
    findings = [found for path in [*VISITOR, sold["offer"]] for found in faults(visitor, portal.url(), path)]
    for path in ("/", "/sites/", "/offers/"):
        findings += faults(visitor, portal.url(sold["province"]), path)
    steps.sign_in(member, portal, "owner@example.test")
    for path in [*MEMBER, sold["quote"], sold["purchase"]]:
        findings += faults(member, portal.url(), path)
    assert findings == []


def faults(page: Page, host: str, path: str) -> Iterator[str]:
    answer = page.goto(host + path)
    assert answer is not None
    assert answer.status < 500, path
    found = Axe().run(page).response["violations"]
    for one in found:
        if one["impact"] in ("serious", "critical"):
            yield f"{path}: {one['id']}: {one['nodes'][0]['html'][:200]}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{path}: scrolls {wide} px sideways"
    if page.evaluate("document.documentElement.lang").startswith("en"):
        yield from (f"{path}: Chinese on an English page: {text}" for text in chinese_outside_names(page))


def chinese_outside_names(page: Page) -> list[str]:
    """Sentences in Chinese on an English page.

    Names in the sample world are no sentences, and error pages say one sentence in the other language, marked so.
    """
    text = page.locator("main").evaluate("""main => {
        const own = main.cloneNode(true);
        own.querySelectorAll("[lang]").forEach(other => other.remove());
        return own.textContent;
    }""")
    return re.findall(r"[^\n]*[\u4e00-\u9fff]{2,}[，。；][^\n]*", text)
