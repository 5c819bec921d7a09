"""A provider's first day in a browser: application, return, correction, two officers, notice, workspace, first sale."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.live import LivePortal
from tests.marketplace.onboarding.applying import PDF
from tests.portal.accounts.people import credit_code

COMPANY, SHORT, WORD = "大同新晋算力科技有限公司", "新晋算力", "xinjin"
EMAIL = "new-provider@example.test"
CODE = credit_code(7101)
REASON = "许可证已过期，请上传有效的许可证。"
SLOW = 60_000
"""Milliseconds: a page of a busy machine."""
PROOFS = ("business_licence", "telecom_licence", "data_centre", "security_filing")


def test_from_the_application_to_the_workspace(portal: LivePortal, person: Callable[..., Page], tmp_path: Path):
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
    while first.get_by_role("button", name="Accept: ").count():
        first.get_by_role("button", name="Accept: ").first.click()
        first.wait_for_load_state()
    expect(first.locator("main")).to_contain_text("somebody else must approve it")
    steps.sign_in_as_staff(second, portal, "operator-shanxi-second@example.test")
    open_case(second, portal)
    second.get_by_role("link", name="Approve and begin the notice").click()
    second.get_by_role("button", name="Approve and begin the notice").click()
    expect(second.locator("main")).to_contain_text("is on public notice now")
    on_notice(person(), portal)

    becomes_provider(provider, portal)
    mail = steps.link_in_mail(provider, portal, EMAIL, "/provider/")
    provider.goto(mail)
    expect(provider.locator("h1")).to_be_visible()
    expect(provider.locator("main")).to_contain_text(COMPANY)


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
    page.goto(steps.link_in_mail(page, portal, EMAIL, "/apply/"))
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
