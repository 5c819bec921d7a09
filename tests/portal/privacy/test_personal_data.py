"""Personal data is accounted for: every field is classified, a closed account names nobody, terms are kept."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from portal.accounts import actions
from portal.accounts.models import IdempotentAnswer, Invitation, Organisation, User
from portal.accounts.roles import MembershipRole, Role
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase
from portal.privacy import own_data, register
from portal.privacy.register import lines, registered
from portal.privacy.tasks import forget
from tenants.acts import Refusal
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests import market
from tests.portal.accounts.people import member, organisation, person, sign_in, staff

pytestmark = pytest.mark.django_db


class TestRegister:
    def test_every_field_is_in_the_register_or_named_as_not_personal(self):
        """A new one: put it into the `retention.py` of its app: PERSONAL, or with the reason NOT_PERSONAL."""
        assert list(register.open_fields()) == []

    def test_nothing_is_named_that_is_gone(self):
        assert register.stale_fields() == set()

    def test_no_field_has_two_lines(self):
        named = [field for line in lines() for field in line.fields]
        named += register.not_personal()
        assert sorted({field for field in named if named.count(field) > 1}) == []

    @pytest.mark.parametrize(
        ("field", "label"),
        [
            (models.CharField(max_length=9), "catalog.card.nickname"),
            (models.ForeignKey(User, models.PROTECT, related_name="+"), "catalog.card.keeper"),
            (models.JSONField(), "catalog.card.notes"),
            (models.GenericIPAddressField(), "catalog.card.seen_from"),
        ],
    )
    def test_a_field_nobody_thought_about_is_found(self, monkeypatch, field, label):
        model = apps.get_model("catalog", "card")
        field.set_attributes_from_name(label.rpartition(".")[2])
        field.model = model
        monkeypatch.setattr(model._meta, "local_fields", [*model._meta.local_fields, field])
        assert list(register.open_fields()) == [label]

    def test_a_plain_field_about_a_person_is_found_too(self, monkeypatch):
        field = models.DateField()
        field.set_attributes_from_name("born_on")
        monkeypatch.setattr(User._meta, "local_fields", [*User._meta.local_fields, field])
        assert list(register.open_fields()) == ["accounts.user.born_on"]

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_the_page_is_public_and_shows_every_field(self, client_at, language):
        client = client_at()
        client.cookies["django_language"] = language
        html = client.get("/about/privacy/register/").content.decode()
        assert [field for field in registered() if f"<code>{field}</code>" not in html] == []
        assert "/about/privacy/register/" in client.get("/about/privacy/").content.decode()


class TestClosing:
    @pytest.fixture
    def anna(self):
        return person("anna")

    def close(self, client):
        return client.post("/accounts/close/", {"understood": "yes"}, follow=True)

    def test_nothing_says_any_more_who_it_was(self, client_at, anna):
        colleague = organisation("公司", person("boss"))
        member(anna, colleague)
        client = sign_in(client_at(), anna)
        client.get("/organisation/")
        self.close(client)
        anna.refresh_from_db()
        assert (anna.email, anna.name, anna.phone) == (f"closed-{anna.pk}@account.invalid", "", "")
        assert (anna.is_active, anna.has_usable_password(), anna.last_login) == (False, False, None)
        for model in (EmailAddress, Authenticator, UserSession):
            assert model.objects.filter(user=anna).count() == 0
        assert not any(anna.pk == int(one.get_decoded().get("_auth_user_id", 0)) for one in Session.objects.all())
        assert list(anna.memberships.values_list("active", flat=True)) == [False]
        with in_province(NATION):
            record = Record.objects.get(act="account.closed")
        assert (record.actor_id, record.subject_id, record.facts) == (str(anna.pk), str(anna.pk), {})

    def test_the_box_must_be_ticked_and_the_page_alone_changes_nothing(self, client_at, anna):
        client = sign_in(client_at(), anna)
        assert client.get("/accounts/close/").status_code == 200
        client.post("/accounts/close/")
        anna.refresh_from_db()
        assert anna.is_active

    def test_an_old_sign_in_is_asked_for_the_password_first(self, client_at, anna):
        client = sign_in(client_at(), anna)
        session = client.session
        session["account_authentication_methods"] = [{"method": "password", "at": timezone.now().timestamp() - 3600}]
        session.save()
        assert "/accounts/reauthenticate/" in client.post("/accounts/close/", {"understood": "yes"}).url
        anna.refresh_from_db()
        assert anna.is_active

    def test_accounting_rows_stay(self):
        buyer = market.buyer(role=MembershipRole.BUYER)
        member(person("boss"), buyer.organisation, MembershipRole.OWNER)
        market.on_sale("shanxi", 2)
        bought = place_purchase(market.quote_for(buyer, 1), organisation=buyer.organisation, by=buyer.user)
        actions.close_account(buyer.user, by=buyer.user)
        assert Purchase.objects.get(pk=bought.pk).requested_by_id == buyer.user.pk

    def test_the_only_owner_of_running_orders_stays(self, english):
        owner = market.buyer(role=MembershipRole.OWNER)
        market.on_sale("shanxi", 2)
        place_purchase(market.quote_for(owner, 1), organisation=owner.organisation, by=owner.user)
        with pytest.raises(Refusal, match="has 1 running orders and you are its only owner"):
            actions.close_account(owner.user, by=owner.user)
        owner.user.refresh_from_db()
        assert owner.user.is_active

    def test_the_only_owner_of_money_or_of_colleagues_stays(self, english, anna):
        rich = market.buyer(5, role=MembershipRole.OWNER)
        with pytest.raises(Refusal, match=r"still has ¥5\.00"):
            actions.close_account(rich.user, by=rich.user)
        company = organisation("公司", anna)
        member(person("ben"), company)
        with pytest.raises(Refusal, match="Make somebody else owner first; nothing was closed"):
            actions.close_account(anna, by=anna)

    def test_the_only_owner_of_offers_on_sale_stays(self, english, anna, shanxi):
        seller = market.on_sale("shanxi", 2).offer.provider.organisation
        member(anna, seller, MembershipRole.OWNER)
        with pytest.raises(Refusal, match="has offers on sale in a province"):
            actions.close_account(anna, by=anna)
        anna.refresh_from_db()
        assert anna.is_active

    def test_with_a_second_owner_it_goes(self, anna):
        company = organisation("公司", anna)
        member(person("ben"), company, MembershipRole.OWNER)
        actions.close_account(anna, by=anna)
        assert Organisation.objects.get(pk=company.pk).memberships.filter(active=True).count() == 1

    def test_keys_of_an_organisation_that_nobody_has_left_stop_working(self, anna):
        company = organisation("公司", anna)
        key, _text = actions.create_api_key(company, name="robot", scopes=["wallet:read"], by=anna)
        actions.close_account(anna, by=anna)
        key.refresh_from_db()
        assert key.revoked_at is not None

    def test_the_last_operator_of_the_nation_stays(self, english):
        operator = staff("operator")
        with pytest.raises(Refusal, match="last operator of the nation"):
            actions.close_account(operator, by=operator)

    def test_a_colleague_and_a_stranger_keep_theirs(self, anna):
        ben = person("ben")
        member(anna, organisation("公司", ben))
        stranger = staff("stranger", Role.OPERATOR, "henan")
        actions.close_account(anna, by=anna)
        for other in (ben, stranger):
            other.refresh_from_db()
            assert other.is_active
            assert EmailAddress.objects.filter(user=other).count() == 1


class TestOwnData:
    def test_the_file_holds_what_is_kept_about_me_and_nobody_else(self, client_at):
        anna, ben = person("anna"), person("ben")
        company = organisation("公司", anna)
        member(ben, company)
        actions.invite(company, email="guest@example.test", role="viewer", by=anna)
        text = sign_in(client_at(), anna).get("/accounts/data/download/").content.decode()
        data = json.loads(text)
        assert data["person"]["email"] == "anna@example.test"
        assert [one["organisation__name_zh"] for one in data["memberships"]] == ["公司"]
        assert [act["act"] for act in data["acts"]] == ["member.invited"]
        assert "ben@" not in text
        assert "guest@" not in text
        assert "pbkdf2" not in text

    def test_no_file_is_given_that_lacks_a_province(self, monkeypatch):
        def ill(province, user):
            raise RuntimeError(f"{province.slug} is ill")

        monkeypatch.setattr(own_data, "_acts", ill)
        with pytest.raises(RuntimeError, match="is ill"):
            own_data.everything_about(person("anna"))

    def test_the_page_leads_there(self, client_at):
        html = sign_in(client_at(), person("anna")).get("/accounts/data/").content.decode()
        assert "/accounts/data/download/" in html
        assert "/accounts/close/" in html


class TestTerms:
    def test_what_is_past_its_term_is_removed_and_the_rest_stays(self):
        anna, now = person("anna"), timezone.now()
        company = organisation("公司", anna)
        for days, email in ((40, "old@example.test"), (3, "new@example.test")):
            invitation = actions.invite(company, email=email, role="viewer", by=anna)
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=now - timedelta(days=days))
        for days, key in ((8, "old"), (6, "new")):
            IdempotentAnswer.objects.create(
                organisation=company, key=key, request_hash="x", created_at=now - timedelta(days=days)
            )
        for days, ip in ((31, "10.0.0.1"), (29, "10.0.0.2")):
            session = UserSession.objects.create(user=anna, ip=ip, session_key=ip, user_agent="x")
            UserSession.objects.filter(pk=session.pk).update(last_seen_at=now - timedelta(days=days))
        for province in (NATION, "shanxi"):
            with in_province(province):
                Letter.objects.all().delete()
                for days, topic in ((91, "old"), (89, "new")):
                    Letter.objects.create(topic=topic, subject_id="1", done_at=now - timedelta(days=days))
                Letter.objects.create(topic="open", subject_id="1")
        forget()
        assert set(Invitation.objects.values_list("email", flat=True)) & {"old@example.test"} == set()
        assert Invitation.objects.filter(email="new@example.test").count() == 1
        assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["new"]
        assert list(UserSession.objects.values_list("ip", flat=True)) == ["10.0.0.2"]
        for province in (NATION, "shanxi"):
            with in_province(province):
                assert set(Letter.objects.values_list("topic", flat=True)) == {"new", "open"}

    def test_it_runs_every_day(self, settings):
        assert settings.CELERY_BEAT_SCHEDULE["accounts.forget"]["schedule"] == 86400.0
