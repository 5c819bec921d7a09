"""Every page of one's own account stands in our frame and works."""

import re

import pytest
from django.urls import reverse

from portal.accounts.models import User
from tests.portal.accounts.people import PASSWORD, code_now, person, sign_in, with_second_factor
from tests.portal.accounts.post import deliver

NATION = "portal.urls_national"
OWN_PAGES = [
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "usersessions_list",
]


def at(name: str) -> str:
    return reverse(name, NATION)


@pytest.mark.parametrize("name", OWN_PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_stands_in_our_frame(db, client_at, name, language):
    client = sign_in(client_at(), person("li"))
    client.cookies["django_language"] = language
    answer = client.get(at(name), follow=True)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="mast"' in html
    assert html.count("<h1") == 1
    assert not re.search(r"\sstyle=|\son\w+=", html)
    assert not any("src=" not in tag and "application/json" not in tag for tag in re.findall(r"<script[^>]*>", html))


def test_a_wrong_password_says_what_did_not_happen(db, client_at):
    person("li")
    client = client_at()
    client.cookies["django_language"] = "en"
    answer = client.post(at("account_login"), {"login": "li@example.test", "password": "wrong"})
    assert "Address or password is wrong; you were not signed in." in answer.content.decode()


def test_signing_up_sends_a_link_that_signs_in(db, client_at):
    client = client_at()
    client.cookies["django_language"] = "en"
    typed = {"email": "new@example.test", "name": "New", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(at("account_signup"), typed, follow=True)
    assert "one step is missing" in answer.content.decode()
    [letter] = deliver()
    assert letter.subject == "Confirm your e-mail address"
    link = re.search(r"http://portal\.localhost:8000(/accounts/confirm-email/\S+)", letter.body)[1]
    page = client.get(link).content.decode()
    assert "<b>new@example.test</b>" in page
    client.post(link)
    answer = client.post(at("account_login"), {"login": "new@example.test", "password": PASSWORD})
    assert answer.status_code == 302
    assert User.objects.get(email="new@example.test").name == "New"


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Short-1", "The password needs at least 10 characters."),
        ("7391846205", "The password needs more than digits."),
        ("password123", "The password is on the list of common passwords."),
        ("new@example.test", "The password resembles your name or address."),
    ],
)
def test_a_weak_password_is_refused_with_one_sentence(db, client_at, password, fault):
    client = client_at()
    client.cookies["django_language"] = "en"
    typed = {"email": "new@example.test", "name": "New", "password1": password, "password2": password}
    html = client.post(at("account_signup"), typed).content.decode()
    assert fault in html
    assert html.count('class="wrong"') == 1
    assert not User.objects.exists()


def test_the_second_step_asks_for_six_digits_and_accepts_them(db, client_at):
    with_second_factor(person("tang"))
    client = client_at()
    client.cookies["django_language"] = "en"
    answer = client.post(at("account_login"), {"login": "tang@example.test", "password": PASSWORD}, follow=True)
    assert "Six digits, or a recovery code" in answer.content.decode()
    answer = client.post(at("mfa_authenticate"), {"code": "000000"})
    assert "The code is wrong or out of date." in answer.content.decode()
    assert client.post(at("mfa_authenticate"), {"code": code_now()}).status_code == 302


def test_setting_up_the_app_shows_key_and_picture_without_a_style(db, client_at):
    html = sign_in(client_at(), person("li")).get(at("mfa_activate_totp"), follow=True).content.decode()
    assert re.search(r'<img src="data:image/svg\+xml;[^"]+" width="220" height="220" alt="[^"]+">', html)
    assert re.search(r'<code id="authenticator_secret">[A-Z2-7]{16,}</code>', html)


def test_a_used_link_for_a_new_password_says_that_nothing_changed(db, client_at):
    client = client_at()
    client.cookies["django_language"] = "en"
    html = client.get("/accounts/password/reset/key/3-set-password/").content.decode()
    assert "The password was not changed" in html


def test_too_many_requests_meet_our_page_not_the_librarys(db, client_at, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    client = client_at()
    client.post(at("account_signup"), {})
    answer = client.post(at("account_signup"), {})
    assert answer.status_code == 429
    assert 'class="mast"' in answer.content.decode()
