"""A provider's first day in a browser: application, return, correction, two officers, notice, workspace, first sale."""

import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.runtime import processes
from tests.browser import market, steps
from tests.live import LivePortal
from tests.marketplace.onboarding.applying import PDF
from tests.portal.accounts.people import credit_code

COMPANY, SHORT, WORD = "大同新晋算力科技有限公司", "新晋算力", "xinjin"
EMAIL = "new-provider@example.test"
CODE = credit_code(7101)
CARD = "cambricon-mlu370-x4"
"""Nobody else sells this model in the sample world."""
REASON = "许可证已过期，请上传有效的许可证。"
SLOW = 60_000
"""Milliseconds: a page of a busy machine."""
PROOFS = ("business_licence", "telecom_licence", "data_centre", "security_filing")


def test_from_the_application_to_the_first_card_sold(portal: LivePortal, person: Callable[..., Page], tmp_path: Path):
    provider, first, second = person(), person(), person()
    for page in (provider, first, second):
        page.context.set_default_timeout(SLOW)
    steps.sign_up(provider, portal, EMAIL, "New Provider")
    steps.register_organisation(provider, portal, COMPANY, CODE, "shanxi")
    provider.goto(portal.url("shanxi") + "/apply/")
    expect(provider.locator("main")).to_contain_text("not verified by national staff yet")
    nation = person()
    steps.sign_in_as_staff(nation, portal, "operator@example.test")
    steps.verify_organisation(nation, portal, COMPANY)

    apply(provider, portal, tmp_path)
    steps.sign_in_as_staff(first, portal, "operator-shanxi@example.test")
    open_case(first, portal)
    fault(first, "telecom_licence", REASON)
    first.get_by_role("button", name="Return for correction (1 attribute)").click()
    correct(provider, portal, tmp_path)

    open_case(first, portal)
    waiting = first.get_by_role("button", name="Accept: ")
    for left in reversed(range(waiting.count())):
        waiting.first.click()
        expect(waiting).to_have_count(left)
    expect(first.locator("main")).to_contain_text("somebody else must approve it")
    steps.sign_in_as_staff(second, portal, "operator-shanxi-second@example.test")
    open_case(second, portal)
    second.get_by_role("link", name="Approve and begin the notice").click()
    second.get_by_role("button", name="Approve and begin the notice").click()
    expect(second.locator("main")).to_contain_text("is on public notice now")
    on_notice(person(), portal)

    becomes_provider(provider, portal)
    mail = steps.link_in_mail(provider, portal, EMAIL, "/provider")
    provider.goto(mail)
    expect(provider.locator("main")).to_contain_text(COMPANY)

    registers_supply(provider, portal, tmp_path)
    agent_starts(provider, portal, tmp_path)
    offers(provider, portal)
    sells_its_first_card(person(), portal)


def registers_supply(page: Page, portal: LivePortal, folder: Path) -> None:
    """Site and pool by forms, cards by CSV: a bad row in the middle is named and nothing is imported."""
    page.goto(portal.url("shanxi") + "/provider/sites/new/")
    for name, value in {"name_zh": "云冈机房", "city_zh": "大同", "pue": "1.21"}.items():
        page.fill(f"main [name={name}]", value)
    page.get_by_role("button", name="Register the site").click()
    expect(page.locator("main")).to_contain_text("云冈机房")
    page.goto(portal.url("shanxi") + "/provider/pools/new/")
    page.select_option("main [name=site]", index=1)
    page.select_option("main [name=card_model]", CARD)
    page.get_by_role("button", name="Register the pool").click()
    pool = page.locator(".head-meta code").first.inner_text()

    cards = [f"SN-{WORD}-{number},{pool},gpu-node-01" for number in range(1, 9)]
    bad = [*cards[:4], f"SN-{WORD}-9,{pool}-typo,gpu-node-01", *cards[4:]]
    checked(page, portal, folder, "cards", ["serial,pool,node", *bad])
    expect(page.locator("main")).to_contain_text("The file has 1 fault. Nothing was imported.")
    wrong = page.locator("section:has(#faults) tbody tr")
    expect(wrong).to_have_count(1)
    expect(wrong.locator("th")).to_have_text("6")
    expect(wrong).to_contain_text("pool")
    expect(wrong).to_contain_text(f"{pool}-typo")
    assert registered_cards(portal) == 0
    checked(page, portal, folder, "cards", ["serial,pool,node", *cards])
    page.get_by_role("button", name="Import 8 rows").click()
    page.wait_for_load_state()
    assert registered_cards(portal) == 8


def offers(page: Page, portal: LivePortal) -> None:
    """Drafted, priced, published."""
    page.goto(portal.url("shanxi") + "/provider/offers/new/")
    page.fill("main [name=name_zh]", "寒武纪散卡")
    page.select_option("main [name=pool]", index=1)
    page.get_by_role("button", name="Save the draft").click()
    page.fill("main [name=price_u]", "3.20")
    page.select_option("main [name=unit]", "card-hour")
    page.get_by_role("button", name="Save the price").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("main")).to_contain_text("is on sale now")


def checked(page: Page, portal: LivePortal, folder: Path, kind: str, lines: list[str]) -> None:
    file = folder / f"{kind}.csv"
    file.write_text("\n".join(lines) + "\n")
    page.goto(f"{portal.url('shanxi')}/provider/tables/{kind}/")
    page.set_input_files("main input[type=file]", file)
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/uploads/*/")


def registered_cards(portal: LivePortal) -> int:
    return int(
        market.ask(
            portal,
            f"""
from marketplace.catalog.models import Card
with in_province("shanxi"):
    print(json.dumps(Card.objects.filter(pool__provider__slug="{WORD}").count()))
""",
        )
    )


def agent_starts(page: Page, portal: LivePortal, folder: Path) -> None:
    """The command of the agents' page is typed, and the provider's own agent runs and reports its cards."""
    page.goto(portal.url("shanxi") + "/provider/agents/")
    page.get_by_role("button", name="Make an enrolment code").click()
    typed = shlex.split(page.locator("#agent-command").inner_text())
    state = portal.data / "agents" / WORD
    typed[typed.index("--state") + 1] = str(state)
    where = typed.index("--portal") + 1
    typed[where] = typed[where].replace("portal.localhost", "127.0.0.1")  # Python's resolver knows no *.localhost
    assert typed[0] == "suanli-agent"
    said = subprocess.run([*processes.agent_command(), *typed[1:]], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    mine = next(part for part in processes.agents(portal.data, portal.port) if part.name == f"agent-{WORD}")
    portal.start(mine)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page.goto(portal.url("shanxi") + "/provider/agents/")
        if not page.get_by_text("Pools that no agent has reported").count():
            return
        time.sleep(1)
    pytest.fail("the agent has not reported within 60 s:\n" + portal.log(f"agent-{WORD}"))


def sells_its_first_card(buyer: Page, portal: LivePortal) -> None:
    buyer.context.set_default_timeout(SLOW)
    steps.sign_in(buyer, portal, "owner@example.test")
    buyer.goto(f"{portal.url()}/cards/?card_model={CARD}&hours=1")
    buyer.fill("[name=cards]", "1")
    expect(buyer.locator("#lock")).to_be_visible(timeout=SLOW)
    buyer.click("#lock")
    buyer.wait_for_url("**/quotes/*/")
    expect(buyer.locator("main")).to_contain_text(COMPANY)
    buyer.click('form[action$="/buy/"] [type=submit]')
    buyer.wait_for_url("**/purchases/*/")
    expect(buyer.locator("#pill")).to_have_text("active", timeout=SLOW)
    expect(buyer.locator(".lane")).to_have_count(1)


def apply(page: Page, portal: LivePortal, folder: Path) -> None:
    """Found from the organisation's page; every section filled in, four proofs uploaded, submitted."""
    page.goto(portal.url() + "/organisation/")
    page.get_by_role("link", name="Become a provider in Shanxi").click()
    page.get_by_role("button", name="Begin the application").click()
    expect(page.locator("main")).to_contain_text("8 sections are not complete")
    fill(page, portal, "profile", {"short_zh": SHORT, "slug": WORD}, {"kind": "cloud"})
    fill(page, portal, "business_licence", {"valid_until": "2040-12-31"})
    fill(page, portal, "telecom_licence", {"number": "B1-20231234", "valid_until": "2030-12-31"})
    fill(page, portal, "data_centre", {"name": "云冈机房", "address": "大同市平城区", "racks": "40"}, {"tenure": "own"})
    fill(page, portal, "service", {}, {"categories": "intelligent", "region": "nation"})
    fill(page, portal, "security_filing", {"number": "14020243001-00001"}, {"level": "3"})
    fill(page, portal, "contact", {"name": "值班员", "phone": "0352-1234567", "email": "duty@example.test"})
    fill(page, portal, "bank_account", {"bank": "中国银行大同分行", "number": "6222020200112233445"})
    for slug in PROOFS:
        upload(page, portal, slug, folder, slug)
    page.goto(portal.url("shanxi") + "/apply/")
    page.get_by_role("button", name="Submit the application").click()
    expect(page.locator("main")).to_contain_text("in examination")


def fill(
    page: Page, portal: LivePortal, slug: str, texts: dict[str, str], choices: dict[str, str] | None = None
) -> None:
    page.goto(f"{portal.url('shanxi')}/apply/{slug}/")
    for name, value in texts.items():
        page.fill(f"main [name={name}]", value)
    for name, value in (choices or {}).items():
        page.check(f"main [name={name}][value='{value}']", force=True)
    page.get_by_role("button", name="Save this section").click()
    expect(page.locator("#notices")).to_contain_text("is saved")


def upload(page: Page, portal: LivePortal, slug: str, folder: Path, mark: str) -> None:
    file = folder / f"{slug}-{mark}.pdf"
    file.write_bytes(PDF + mark.encode())
    page.goto(f"{portal.url('shanxi')}/apply/{slug}/")
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Upload the file").click()
    expect(page.locator(".file").last).to_contain_text(file.name)


def open_case(page: Page, portal: LivePortal) -> None:
    """From the first page of the province's staff site to the application."""
    page.goto(portal.url("shanxi") + "/staff/")
    page.get_by_role("link", name=COMPANY).first.click()
    expect(page.locator("h1")).to_have_text(COMPANY)


def fault(page: Page, slug: str, reason: str) -> None:
    card = page.locator(f"section#{slug}")
    card.locator("summary").click()
    card.locator("[name=reason]").fill(reason)
    card.get_by_role("button", name="Mark with this reason").click()
    expect(page.locator(f"section#{slug}")).to_contain_text(reason)


def correct(page: Page, portal: LivePortal, folder: Path) -> None:
    """The mail names the reason; only that section is open; corrected, submitted again."""
    page.goto(steps.link_in_mail(page, portal, EMAIL, "/apply"))
    expect(page.locator("main")).to_contain_text(REASON)
    page.goto(portal.url("shanxi") + "/apply/contact/")
    assert page.get_by_role("button", name="Save this section").count() == 0
    upload(page, portal, "telecom_licence", folder, "new")
    page.goto(portal.url("shanxi") + "/apply/")
    page.get_by_role("button", name="Submit the application").click()
    expect(page.locator("main")).to_contain_text("in examination")


def on_notice(visitor: Page, portal: LivePortal) -> None:
    """A visitor finds the notice on the national list and reads it at the province."""
    visitor.goto(portal.url() + "/notices/")
    visitor.get_by_role("link", name=COMPANY).click()
    expect(visitor.locator("main")).to_contain_text(CODE)
    text = visitor.locator("main").inner_text()
    assert "0352-1234567" not in text
    assert "3445" not in text


def becomes_provider(page: Page, portal: LivePortal) -> None:
    """When the notice is over, by itself."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        page.goto(portal.url("shanxi") + "/apply/")
        if page.get_by_text("You are a provider in this province").count():
            return
        time.sleep(1)
    pytest.fail("no provider 90 s after the approval:\n" + portal.log("worker") + portal.log("beat"))
