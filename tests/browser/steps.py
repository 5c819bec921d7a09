"""What people do at the portal, as one step each."""

import hashlib
import hmac
import re
import struct
import time
from base64 import b32decode

from playwright.sync_api import Page, expect

from portal.runtime.sample.people import PASSWORD, TOTP_SECRET
from tests.live import LivePortal

OWN_PASSWORD = "a-long-enough-one-4711"


def sign_in(page: Page, portal: LivePortal, email: str, password: str = PASSWORD) -> None:
    page.goto(portal.url() + "/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main form [type=submit]")
    page.wait_for_load_state()


def sign_in_as_staff(page: Page, portal: LivePortal, email: str) -> None:
    """With the second factor, and a code that no sign-in of this run has used."""
    sign_in(page, portal, email)
    page.fill("[name=code]", fresh_code(email))
    page.click("main form:has([name=code]) [type=submit]")
    page.wait_for_url(lambda url: "/accounts/2fa/" not in url)


_used: set[tuple[str, int]] = set()


def fresh_code(email: str) -> str:
    """Six digits of an authenticator app; each code is accepted once, so a used one is waited out."""
    counter = int(time.time()) // 30
    while (email, counter) in _used:
        time.sleep(0.5)
        counter = int(time.time()) // 30
    _used.add((email, counter))
    digest = hmac.new(b32decode(TOTP_SECRET), struct.pack(">Q", counter), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_up(page: Page, portal: LivePortal, email: str, name: str) -> None:
    """Sign up, follow the link in the mail, and be signed in."""
    page.goto(portal.url() + "/accounts/signup/")
    page.fill("[name=email]", email)
    page.fill("[name=name]", name)
    page.fill("[name=password1]", OWN_PASSWORD)
    page.fill("[name=password2]", OWN_PASSWORD)
    page.click("main form [type=submit]")
    page.wait_for_url("**/accounts/confirm-email/")
    page.goto(link_in_mail(page, portal, email, "/accounts/confirm-email/"))
    page.click("main form [type=submit]")
    page.wait_for_load_state()
    if page.locator("[name=password]").count():
        sign_in(page, portal, email, OWN_PASSWORD)


def link_in_mail(page: Page, portal: LivePortal, to: str, path: str) -> str:
    """The address in the newest mail to somebody, as the file backend wrote it a moment after the act."""
    for _second in range(20):
        page.goto(portal.url() + "/dev/mail/")
        if page.locator("tr", has_text=to).count():
            break
        time.sleep(0.5)
    page.locator("tr", has_text=to).first.locator("a").first.click()
    found = re.search(rf"http://\S+{re.escape(path)}[^\s<\"]+", page.locator("main").inner_text())
    assert found, page.locator("main").inner_text()
    return found.group()


def register_organisation(page: Page, portal: LivePortal, name: str, code: str, province: str) -> None:
    page.goto(portal.url() + "/organisation/new/")
    page.fill("[name=name_zh]", name)
    page.fill("[name=uscc]", code)
    page.check("[name=kind][value=buyer]", force=True)
    page.select_option("[name=province]", province)
    page.click("main form [type=submit]")
    page.wait_for_url("**/organisation/")
    page.locator('form[action$="/organisation/submit/"] [type=submit]').click()
    expect(page.locator("main")).to_contain_text("waiting for verification")


def verify_organisation(page: Page, portal: LivePortal, name: str) -> None:
    """The national operator looks at the queue and verifies."""
    page.goto(portal.url() + "/staff/verification/")
    case = page.locator("section.sheet", has_text=name)
    case.locator('form[action*="/verify/"] [type=submit]').click()
    page.wait_for_load_state()


def top_up(page: Page, portal: LivePortal, code: str, yuan: int, reference: str) -> None:
    """Finance records a bank transfer of an organisation in the national administration."""
    page.goto(portal.url() + "/staff/ledger/topup/add/")
    page.fill("[name=credit_code]", code)
    page.fill("[name=amount]", str(yuan))
    page.fill("[name=bank_reference]", reference)
    page.click("[name=_save]")
    expect(page.locator("#result_list, .notices").first).to_contain_text(reference)


def buy(page: Page, portal: LivePortal, card_model: str, cards: int, hours: int) -> str:
    """Configure, fix the quote, buy; returns the address of the purchase."""
    page.goto(f"{portal.url()}/cards/?card_model={card_model}&hours={hours}")
    page.fill("[name=cards]", str(cards))
    expect(page.locator("#preview")).to_contain_text(f"{cards} cards of")
    page.click("#lock")
    page.wait_for_url("**/quotes/*/")
    page.click('form[action$="/buy/"] [type=submit]')
    page.wait_for_url("**/purchases/*/")
    return page.url
