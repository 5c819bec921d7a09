"""A broken link: pages, catalogue and alarms while it lasts, and that everything returns.

The agent of one province is stopped; the agent of a provider in another reports ten times its cards and a pool nobody
knows, and sends what cannot be read. Real agents, web, worker and beat; only the waiting times are shorter.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from marketplace.site_agent import enrolments, signing
from portal.runtime.mail import mailbox
from tests.browser import market
from tests.live import LivePortal, live_copy

STOPPED, CONFUSED = "liaoning", "henan"
LIKE_PRODUCTION_BUT_SOONER = {"ALARM_AFTER_SECONDS": "4", "LINK_CHECK_SECONDS": "2"}


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[LivePortal]:
    """The sample world, with one agent for Liaoning and one for a single provider of Henan beside the usual two."""
    with pytest.MonkeyPatch.context() as environment:
        for variable, value in LIKE_PRODUCTION_BUT_SOONER.items():
            environment.setenv(variable, value)
        with live_copy("sample", tmp_path_factory.mktemp("links")) as portal:
            portal.manage("enrol_sample_agents")
            _own_agent(portal, STOPPED, most=10)
            _own_agent(portal, CONFUSED, most=1)
            portal.start_agents()
            yield portal


def _own_agent(portal: LivePortal, province: str, most: int) -> None:
    """Move enrolments of the province to a state folder, and so to a process, of their own."""
    agents = portal.data / "agents"
    files = sorted(agents.glob(f"*/{enrolments.FOLDER}/{province}.*.json"))[:most]
    assert files
    target = agents / province / enrolments.FOLDER
    target.mkdir(parents=True, mode=0o700)
    for file in files:
        shutil.move(file, target / file.name)


def folder_of(portal: LivePortal, province: str) -> Path:
    return portal.data / "agents" / province


def get(portal: LivePortal, path: str) -> Any:
    base = f"http://127.0.0.1:{portal.port}"
    return httpx.get(f"{base}/api/v1/{path}", headers={"accept-language": "en"}, timeout=30).raise_for_status().json()


def link(portal: LivePortal, province: str) -> dict[str, Any]:
    return next(one for one in get(portal, "provinces/")["results"] if one["slug"] == province)["link"]


def wait_for(what: str, answer: Callable[[], Any], wanted: Any, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while (found := answer()) != wanted:
        assert time.monotonic() < deadline, f"{what}: still {found!r}, not {wanted!r}"
        time.sleep(0.5)


def states(portal: LivePortal) -> tuple[str, str]:
    return link(portal, STOPPED)["state"], link(portal, CONFUSED)["state"]


def on_sale(portal: LivePortal, province: str) -> dict[str, bool]:
    """Whether each instant offer of the province can be bought now, by pool."""
    offers = get(portal, f"offers/?province={province}&mode=instant&page_size=100")["results"]
    return {offer["pool"]: offer["on_sale_now"] for offer in offers if offer["pool"]}


def open_alarms(portal: LivePortal) -> list[str]:
    return market.ask(
        portal,
        """
from portal.overview.models import Alarm
print(json.dumps(sorted(f"{one.province} {one.kind}" for one in Alarm.objects.open().of_links())))
""",
    )


def a_minute_passes(portal: LivePortal, province: str) -> None:
    """What the province last reported is a minute older."""
    market.ask(
        portal,
        f"""
from datetime import timedelta
from django.db.models import F
from marketplace.activation.models import Agent
from portal.directory.models import Availability
minute = timedelta(seconds=61)
Availability.objects.filter(province="{province}").update(measured_at=F("measured_at") - minute)
with in_province("{province}"):
    Agent.objects.update(reported_at=F("reported_at") - minute)
print(1)
""",
    )


def quoted(portal: LivePortal, card_model: str, province: str) -> int:
    """Cards that a visitor's quote for one hour finds in the province."""
    body = {"card_model": card_model, "cards": 1, "hours": 1, "provinces": [province]}
    told = httpx.post(f"http://127.0.0.1:{portal.port}/api/v1/quotes/", json=body, timeout=30)
    assert told.status_code == 201, told.text
    return sum(line["cards"] for line in told.json()["lines"])


class Nonsense(threading.Thread):
    """The agent of one provider of Henan claims ten times its cards, and once a pool of nobody's."""

    def __init__(self, portal: LivePortal) -> None:
        super().__init__(daemon=True)
        self.portal, self.over = portal, threading.Event()
        portal.kill(f"agent-{CONFUSED}")
        (self.enrolment,) = enrolments.load_all(folder_of(portal, CONFUSED))

    def run(self) -> None:
        claims = [{"pool": slug, "cards": 10 * len(pool.serials)} for slug, pool in self.enrolment.pools.items()]
        while not self.over.wait(3):
            self.send({"capacity": claims})

    def send(self, body: dict[str, Any] | bytes) -> int:
        content = body if isinstance(body, bytes) else json.dumps({"wait_seconds": 0, **body}).encode()
        headers = signing.headers_for(
            self.enrolment.private_key, self.enrolment.key_id, "POST", "/agent/v1/lease", content
        )
        host = f"portal.localhost:{self.portal.port}"
        return httpx.post(
            f"http://127.0.0.1:{self.portal.port}/agent/v1/lease",
            content=content,
            headers={**headers, "Content-Type": "application/json", "Host": host},
            timeout=30,
        ).status_code

    def pools(self) -> set[str]:
        return set(
            market.ask(
                self.portal,
                f"""
from marketplace.catalog.models import Pool
with in_province("{CONFUSED}"):
    pools = Pool.objects.filter(slug__in={sorted(self.enrolment.pools)!r})
    print(json.dumps([str(one) for one in pools.values_list("pk", flat=True)]))
""",
            )
        )

    def talk_sense_again(self) -> None:
        self.over.set()
        self.join()
        self.portal.start_agents_of(CONFUSED)


def mails_about_links(portal: LivePortal) -> dict[str, str]:
    """What the national operator was told: subjects by mail."""
    found = mailbox.newest_first(portal.data / "mail")
    return {mail.key: mail.subject for mail in found if mail.to == "operator@example.test" and "alarm" in mail.subject}


def test_a_broken_link_is_seen_sells_nothing_and_returns_by_itself(portal: LivePortal, person: Callable[..., Page]):
    wait_for("all agents report", lambda: states(portal), ("up", "up"))
    before = {province: on_sale(portal, province) for province in (STOPPED, CONFUSED)}
    assert all(before[STOPPED].values())
    assert len(before[STOPPED]) > 1
    card = get(portal, f"offers/?province={STOPPED}&mode=instant&in_stock=true")["results"][0]["card_model"]
    assert quoted(portal, card, STOPPED) == 1
    wait_for("no alarm", lambda: open_alarms(portal), [])
    told_before = set(mails_about_links(portal))

    # -- it breaks -----------------------------------------------------------------------------------------------
    portal.kill(f"agent-{STOPPED}")
    a_minute_passes(portal, STOPPED)
    nonsense = Nonsense(portal)
    nonsense.start()
    assert nonsense.send({"capacity": [{"pool": "no-such-pool", "cards": 1}]}) == 422
    assert nonsense.send(b'{"capacity": [{"pool": ') == 400
    wait_for("states", lambda: states(portal), ("late", "refused"))
    reasons = {"too_many_cards", "unknown_pool", "malformed"}
    wait_for("reasons", lambda: set(link(portal, CONFUSED)["refused_reasons_24h"]), reasons)
    assert link(portal, STOPPED)["agents_reporting"] == 0
    assert link(portal, STOPPED)["providers_silent"] == link(portal, STOPPED)["providers"] > 0

    assert set(on_sale(portal, STOPPED).values()) == {False}
    sold = on_sale(portal, CONFUSED)
    assert {pool for pool, sells in sold.items() if not sells} == nonsense.pools() & set(sold)
    assert any(sold.values()), "the other providers of the province sell on"
    assert quoted(portal, card, STOPPED) == 0
    wait_for("alarms", lambda: open_alarms(portal), [f"{CONFUSED} refused", f"{STOPPED} late"])
    _look_at_the_broken_link(portal, person())
    wait_for("e-mail", lambda: _times_told(portal, told_before), {"Liaoning": 1, "Henan": 1})

    # -- it returns ----------------------------------------------------------------------------------------------
    portal.start_agents_of(STOPPED)
    nonsense.talk_sense_again()
    wait_for("states", lambda: states(portal), ("up", "up"))
    wait_for("alarms", lambda: open_alarms(portal), [])
    assert {province: on_sale(portal, province) for province in (STOPPED, CONFUSED)} == before
    assert quoted(portal, card, STOPPED) == 1
    _look_at_what_returned(portal, person())
    assert _times_told(portal, told_before) == {"Liaoning": 1, "Henan": 1}


def _times_told(portal: LivePortal, before: set[str]) -> dict[str, int]:
    """How often the operator was told of each province since then."""
    new = [subject for key, subject in mails_about_links(portal).items() if key not in before]
    return {name: sum(name in subject for subject in new) for name in ("Liaoning", "Henan")}


def _look_at_the_broken_link(portal: LivePortal, page: Page) -> None:
    page.goto(portal.url() + "/provinces/?state=late&state=refused")
    row = page.locator("tbody tr", has_text="Liaoning").first
    expect(row).to_contain_text("min late")
    expect(row).to_contain_text("0 / ")
    expect(page.locator("tbody tr", has_text="Henan").first).to_contain_text("more cards than registered")
    expect(page.locator("#alarms + div, section:has(#h-alarms)").first).to_contain_text("reports late")

    page.goto(f"{portal.url()}/catalogue/?province={STOPPED}&mode=instant")
    offers = page.locator("li.offer").filter(has_not_text="not counted by card")
    assert offers.count() > 1
    for place in range(offers.count()):
        expect(offers.nth(place)).to_contain_text("stock to be confirmed")
        expect(offers.nth(place)).to_have_class("offer stale")

    page.goto(portal.url(STOPPED) + "/")
    expect(page.locator("main")).to_contain_text("the latest report is older than 60 s")
    expect(page.locator("#sale tbody")).not_to_contain_text("free")
    expect(page.locator("#sale tbody")).to_contain_text("to be confirmed")
    expect(page.locator("#reports tbody tr").first).to_contain_text("late")
    link_to_offer = page.locator("#sale tbody th a").first.get_attribute("href")
    page.goto(str(link_to_offer))
    expect(page.locator("main")).to_contain_text("Nothing can be bought here at this moment.")

    page.goto(portal.url() + "/")
    row = page.locator("table tbody tr", has_text="Liaoning").first
    expect(row.locator("td").last).to_have_text("0")
    page.context.add_cookies(
        [{"name": "django_language", "value": "zh-hans", "domain": ".portal.localhost", "path": "/"}]
    )
    page.goto(f"{portal.url()}/catalogue/?province={STOPPED}&mode=instant")
    expect(page.locator("li.offer.stale").first).to_contain_text("库存待确认")


def _look_at_what_returned(portal: LivePortal, page: Page) -> None:
    page.goto(f"{portal.url()}/catalogue/?province={STOPPED}&mode=instant")
    expect(page.locator("li.offer.stale")).to_have_count(0)
    page.goto(portal.url() + "/provinces/")
    expect(page.locator("section:has(#h-alarms)")).to_contain_text("closed")
    expect(page.locator("section:has(#h-alarms)")).not_to_contain_text("open")
    page.goto(portal.url(STOPPED) + "/")
    expect(page.locator("#reports")).not_to_contain_text("late")
