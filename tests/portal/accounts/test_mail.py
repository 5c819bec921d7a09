"""E-mails leave by the outbox: no request waits for the mail server, and what it refuses waits for a person."""

import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from portal.accounts import mail as letters_mail
from portal.accounts.models import User
from tenants import outbox
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox import invariants
from tenants.outbox.models import Letter
from tests.portal.accounts.people import PASSWORD, person, sign_in, staff
from tests.portal.accounts.post import deliver, mail_server

pytestmark = pytest.mark.django_db
NEW = {"email": "new@example.test", "name": "New", "password1": PASSWORD, "password2": PASSWORD}


def at(name: str) -> str:
    return reverse(name, "portal.urls_national")


def letters() -> list[Letter]:
    with in_province(NATION):
        return list(Letter.objects.order_by("pk"))


def ask_for_mail(client_at) -> list[int]:
    """Sign up, ask for a new password, add a second address: what each request was answered."""
    signed_in = sign_in(client_at(), person("li"))
    client = client_at()
    return [
        client.post(at("account_signup"), NEW).status_code,
        client.post(at("account_reset_password"), {"email": "li@example.test"}).status_code,
        signed_in.post(at("account_email"), {"action_add": "", "email": "second@example.test"}).status_code,
    ]


class TestTheRequest:
    def test_it_leaves_letters_and_sends_nothing(self, client_at):
        assert ask_for_mail(client_at) == [302, 302, 302]
        assert mail.outbox == []
        assert [one.topic for one in letters()] == ["accounts.mail"] * 3
        assert [one.to for one in deliver()] == [["new@example.test"], ["li@example.test"], ["second@example.test"]]

    def test_a_server_that_is_down_changes_no_answer(self, client_at, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assert ask_for_mail(client_at) == [302, 302, 302]
        assert deliver() == []
        assert {(one.done_at, one.attempts) for one in letters()} == {(None, 1)}
        assert {one.last_error for one in letters()} == {"The mail server cannot be reached: ConnectionRefusedError"}

    def test_the_account_and_its_letter_are_one_transaction(self, client_at, monkeypatch):
        def fail(*_args, **_more):
            raise DatabaseError("no room")

        monkeypatch.setattr(outbox, "leave", fail)
        client = client_at()
        client.raise_request_exception = False
        assert client.post(at("account_signup"), NEW).status_code == 500
        assert not User.objects.filter(email=NEW["email"]).exists()

    def test_a_link_lies_sealed_and_only_until_it_is_sent(self, client_at):
        client_at().post(at("account_signup"), NEW)
        [letter] = letters()
        with in_province(NATION), connection.cursor() as cursor:
            cursor.execute("SELECT payload::text FROM outbox_letter")
            kept = cursor.fetchone()[0]
        [sent] = deliver()
        link = re.search(r"/accounts/confirm-email/\S+", sent.body)[0]
        assert not any(word in kept for word in (link, NEW["email"], "confirm"))
        [letter] = letters()
        assert (letter.payload, letter.done_at is None) == ({}, False)

    def test_a_longer_address_than_the_database_holds_is_refused_and_not_cut(self, client_at):
        client = client_at()
        client.cookies["django_language"] = "en"
        long = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.example.test"
        for _again in range(2):
            answer = client.post(at("account_signup"), NEW | {"email": long})
            assert "longer than 254 characters" in answer.content.decode()
        assert (letters(), User.objects.count(), EmailAddress.objects.count()) == ([], 0, 0)


class TestTheServer:
    def test_it_gets_an_automatic_mail_with_a_number_of_its_own(self, client_at, settings):
        client_at().post(at("account_signup"), NEW)
        [letter] = letters()
        with mail_server(settings) as server:
            deliver()
        [taken] = server.taken
        assert "Auto-Submitted: auto-generated\r\n" in taken
        assert f"Message-ID: <letter-nation-{letter.pk}@portal.localhost>\r\n" in taken

    def test_a_refused_mail_is_tried_for_a_day_then_waits_for_a_person(self, client_at, settings):
        client_at().post(at("account_signup"), NEW)
        start = timezone.now()
        with mail_server(settings) as server, time_machine.travel(start, tick=False) as clock:
            server.refuses = "550 5.1.1 <new@example.test> no such mailbox"
            for _attempt in range(40):
                deliver()
                clock.shift(timedelta(hours=1))
        [letter] = letters()
        assert letter.attempts == 11
        assert timedelta(hours=12) < letter.given_up_at - start <= timedelta(hours=30)
        assert letter.last_error == "The mail server answered 550 5.1.1 <…> no such mailbox"

    def test_a_server_that_does_not_answer_holds_two_threads_at_most(self, client_at, monkeypatch):
        client_at().post(at("account_signup"), NEW)
        for _held in range(2):
            assert letters_mail._turns.acquire(timeout=1)
        try:
            assert deliver() == []
            [letter] = letters()
            assert (letter.attempts, letter.done_at) == (0, None)
            assert timedelta(seconds=3) < letter.due_at - timezone.now() <= timedelta(seconds=5)
        finally:
            for _held in range(2):
                letters_mail._turns.release()

    def test_the_operator_delivers_it_again(self, client_at, settings):
        operator, letter = self.given_up(client_at, settings)
        url = f"/staff/outbox/letter/{letter.pk}/act/retry/"
        sign_in(client_at("nation"), operator, second_factor=True).post(url)
        assert [one.to for one in deliver()] == [["new@example.test"]]
        [letter] = letters()
        assert (letter.done_at is None, letter.given_up_at, letter.payload) == (False, None, {})

    def test_the_operator_sets_it_aside_and_its_text_is_gone(self, client_at, settings):
        operator, letter = self.given_up(client_at, settings)
        url = f"/staff/outbox/letter/{letter.pk}/act/set_aside/"
        sign_in(client_at("nation"), operator, second_factor=True).post(url)
        assert deliver() == []
        [letter] = letters()
        assert (letter.done_at is None, letter.payload) == (False, {})
        with in_province(NATION):
            assert list(invariants.findings_in_province()) == []
            assert Record.objects.filter(act="letter.set_aside", subject_id=str(letter.pk)).count() == 1

    def test_doctor_names_it(self, client_at, settings):
        _operator, letter = self.given_up(client_at, settings)
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("doctor", stdout=said, stderr=said)
        assert f"nation: Letter {letter.pk} (accounts.mail) waits for an operator" in said.getvalue()

    def given_up(self, client_at, settings):
        client_at().post(at("account_signup"), NEW)
        [letter] = letters()
        with in_province(NATION):
            Letter.objects.update(attempts=10)
        with mail_server(settings) as server:
            server.refuses = "550 no"
            deliver()
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        [letter] = letters()
        assert letter.given_up_at is not None
        return staff("operator", province=NATION), letter


class TestLinks:
    @pytest.mark.parametrize("host", ["portal.localhost:6666", "evil.portal.localhost:6666", "evil.example.cn"])
    def test_a_foreign_host_or_port_is_answered_400_and_mails_nothing(self, client_at, host):
        person("li")
        for name, typed in (("account_reset_password", {"email": "li@example.test"}), ("account_signup", NEW)):
            assert client_at().post(at(name), typed, headers={"host": host}).status_code == 400
        assert letters() == []

    def test_every_link_begins_with_the_portals_own_address(self, client_at):
        person("li")
        client = client_at()
        for name, email in (("reset_password", "li@example.test"), ("reset_password", "nobody@example.test")):
            client.post(at(f"account_{name}"), {"email": email}, headers={"host": "portal.localhost"})
        for email in ("new@example.test", "li@example.test"):
            client.post(at("account_signup"), NEW | {"email": email}, headers={"host": "portal.localhost"})
        found = [link for one in deliver() for link in re.findall(r"https?://[^/\s]*", one.body)]
        assert len(found) >= 8
        assert set(found) == {"http://portal.localhost:8000"}
