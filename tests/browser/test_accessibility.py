"""axe on every page of the sale, light and dark, wide and narrow, in both languages; and no page scrolls sideways."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import Page

from tests.browser import market, steps
from tests.live import LivePortal

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ONLY_WHAT_FAILS = {"resultTypes": ["violations"], "preload": False}
"""Preloading, axe writes style sheets into the page, which the portal's policy refuses."""
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
from portal.ranking.filling import CardRequest
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
    findings = [found for path in [*VISITOR, sold["offer"]] for found in faults_and_words(visitor, portal.url(), path)]
    for path in ("/", "/sites/", "/offers/"):
        findings += faults_and_words(visitor, portal.url(sold["province"]), path)
    steps.sign_in(member, portal, "owner@example.test")
    for path in [*MEMBER, sold["quote"], sold["purchase"]]:
        findings += faults_and_words(member, portal.url(), path)
    assert findings == []


WORKPLACES = {
    "provider": ("provider-shanxi", "shanxi", "/provider/", "zh-dark-narrow"),
    "operator-of-a-province": ("operator-shanxi", "shanxi", "/staff/", "zh-light-wide"),
    "national-operator": ("operator", None, "/staff/", "en-light-narrow"),
}
FILES = re.compile(r"/export/|/documents/|\.csv$")


@pytest.mark.parametrize("workplace", list(WORKPLACES.values()), ids=list(WORKPLACES))
def test_the_same_of_every_page_a_workplace_leads_to(portal: LivePortal, person: Callable[..., Page], sold, workplace):
    """From link to link inside it, one page of each kind."""
    who, province, start, look = workplace
    page = person(**LOOKS[look])
    sign_in = steps.sign_in_as_staff if start == "/staff/" else steps.sign_in
    sign_in(page, portal, f"{who}@example.test")
    host, urls = portal.url(province), f"portal.urls_{'province' if province else 'national'}"
    waiting, seen, findings = [start], set(), []
    while waiting:
        path = waiting.pop(0)
        if (kind := resolve(urlsplit(path).path, urls).view_name) not in seen:
            seen.add(kind)
            findings += faults(page, host, path)
            waiting += [path for path in links(page, host) if path.startswith(start) and not FILES.search(path)]
    assert findings == []
    assert len(seen) >= 20, f"{who} was led to no more than {sorted(seen)}"


def links(page: Page, host: str) -> list[str]:
    """Paths on this host to which a page leads, files left out."""
    addresses = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
    return [address.removeprefix(host) for address in addresses if address.startswith(host + "/")]


def faults(page: Page, host: str, path: str) -> Iterator[str]:
    answer = page.goto(host + path)
    assert answer is not None
    if answer.status >= 500:
        yield f"{path}: {answer.status}"
    found = Axe().run(page, options=ONLY_WHAT_FAILS).response["violations"]
    for one in found:
        if one["impact"] in ("serious", "critical"):
            yield f"{path}: {one['id']}: {one['nodes'][0]['html'][:200]}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{path}: scrolls {wide} px sideways"


def faults_and_words(page: Page, host: str, path: str) -> Iterator[str]:
    yield from faults(page, host, path)
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
