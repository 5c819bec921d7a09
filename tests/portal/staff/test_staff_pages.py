"""Staff pages: sign-in at the nation, a role here, a second factor used in this session; nothing deleted."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import translation

from portal.accounts.models import OrganisationState, StaffRole
from portal.accounts.roles import Role
from portal.accounts.signin import mfa
from portal.staff import vocabulary
from portal.staff.sites import national_site, province_site
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tests.portal.accounts.people import PASSWORD, code_now, organisation, person, sign_in, staff, with_second_factor

pytestmark = pytest.mark.django_db
NATIONAL = "http://portal.localhost:8000"
SHANXI = "http://shanxi.portal.localhost:8000"
STAFF_PAGES = ["/staff/", "/staff/accounts/organisation/", "/staff/verification/", "/staff/roles/"]


def next_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["next"][0]


@pytest.fixture
def national(client_at):
    return client_at()


@pytest.mark.parametrize("path", STAFF_PAGES)
class TestDoor:
    def test_visitors_sign_in_at_the_nation(self, national, path):
        response = national.get(path, follow=True)
        address, status = response.redirect_chain[-1]
        assert (urlsplit(address).path, status) == ("/accounts/login/", 302)
        assert next_of(address) in (path, f"{NATIONAL}{path}")

    def test_people_without_a_role_are_refused(self, national, path):
        anna = with_second_factor(person("anna"))
        response = sign_in(national, anna, second_factor=True).get(path, follow=True)
        assert response.status_code == 403

    def test_staff_of_a_province_are_refused_at_the_nation(self, national, path):
        local = staff("local", province="shanxi")
        assert sign_in(national, local, second_factor=True).get(path, follow=True).status_code == 403

    def test_a_password_alone_is_not_enough(self, national, path):
        response = sign_in(national, staff("operator")).get(path, follow=True)
        assert response.redirect_chain[-1][0].startswith(f"{NATIONAL}/accounts/2fa/reauthenticate/?next=")

    def test_staff_without_a_second_factor_are_led_to_set_one_up(self, national, path):
        bare = person("bare")
        StaffRole.objects.create(user=bare, province=NATION, role=Role.OPERATOR)
        response = sign_in(national, bare).get(path, follow=True)
        assert urlsplit(response.redirect_chain[-1][0]).path == "/accounts/2fa/totp/activate/"

    def test_with_role_and_second_factor_it_opens(self, national, path):
        assert sign_in(national, staff("operator"), second_factor=True).get(path).status_code == 200


@pytest.mark.parametrize(("site", "place"), [(national_site, NATION), (province_site, "shanxi")])
def test_every_app_has_a_page_of_its_lists(client_at, site, place):
    """Django's own page extends one that django-tenants replaces, and fails at the nation."""
    at_work = sign_in(
        client_at(None if place == NATION else place), staff("operator", province=place), second_factor=True
    )
    apps = {model._meta.app_label for model in site._registry}
    assert {app: at_work.get(f"/staff/{app}/").status_code for app in apps} == dict.fromkeys(apps, 200)
    assert at_work.get("/staff/nothing/").status_code == 404


def test_a_province_sends_to_the_nation_and_back(client_at, national):
    local = staff("local", province="shanxi")
    at_home = client_at("shanxi")
    asked = at_home.get(at_home.get("/staff/orders/").url).url
    assert asked.startswith(f"{NATIONAL}/accounts/login/?next=")
    assert next_of(asked) == f"{SHANXI}/staff/orders/"
    form = {"login": local.email, "password": PASSWORD, "next": next_of(asked)}
    answer = national.post("/accounts/login/", form)
    assert urlsplit(answer.url).path == "/accounts/2fa/authenticate/"
    answer = national.post("/accounts/2fa/authenticate/", {"code": code_now()})
    assert answer.url == f"{SHANXI}/staff/orders/"
    at_home.cookies = national.cookies
    assert at_home.get("/staff/").status_code == 200
    elsewhere = client_at("henan")
    elsewhere.cookies = national.cookies
    assert elsewhere.get("/staff/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "http://portal.localhost:8001/",
        "http://evil.portal.localhost:8000/",
        "http://portal.localhost.evil.example:8000/",
        "//evil.example/",
        "http://portal.localhost:8000@evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
        "\\\\evil.example",
    ],
)
def test_sign_in_leads_nowhere_else(national, evil):
    anna = person("anna")
    answer = national.post("/accounts/login/", {"login": anna.email, "password": PASSWORD, "next": evil})
    assert answer.url == f"{NATIONAL}/"


@pytest.mark.parametrize("wanted", ["http://[", "https://evil.example/", "\0"])
def test_the_staff_door_comes_back_to_its_own_first_page_only(national, wanted):
    assert next_of(national.get("/staff/login/", {"next": wanted}).url) == f"{NATIONAL}/staff/"


def test_signing_in_without_a_second_factor_leads_staff_to_set_it_up(national):
    bare = person("bare")
    StaffRole.objects.create(user=bare, province="shanxi", role=Role.OPERATOR)
    form = {"login": bare.email, "password": PASSWORD, "next": f"{SHANXI}/staff/"}
    assert national.post("/accounts/login/", form).url == "/accounts/2fa/totp/activate/"


def test_setting_up_the_first_factor_opens_the_staff_pages(national, monkeypatch):
    """The transaction of the test never commits, so what waits for the commit is done at once."""
    from allauth.mfa.totp.internal import auth as totp
    from allauth.mfa.totp.internal import flows

    monkeypatch.setattr(flows.transaction, "on_commit", lambda done: done())
    bare = person("bare")
    StaffRole.objects.create(user=bare, province=NATION, role=Role.OPERATOR)
    national.post("/accounts/login/", {"login": bare.email, "password": PASSWORD})
    national.get("/accounts/2fa/totp/activate/")
    secret = national.session[totp.SECRET_SESSION_KEY]
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert national.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    assert mfa.factors(bare).count() == 1
    assert national.get("/staff/").status_code == 200


def test_the_secret_of_a_factor_is_encrypted_at_rest():
    from tests.portal.accounts.people import SECRET

    anna = with_second_factor(person("anna"))
    assert SECRET not in str(mfa.factors(anna).get().data)


def test_staff_keep_their_last_factor(national):
    operator = staff("operator")
    sign_in(national, operator, second_factor=True)
    national.post("/accounts/2fa/totp/deactivate/")
    assert mfa.factors(operator).count() == 1
    anna = with_second_factor(person("anna"))
    sign_in(national, anna, second_factor=True)
    national.post("/accounts/2fa/totp/deactivate/")
    assert mfa.factors(anna).count() == 0, "others may give theirs up"


def test_an_ended_role_closes_the_door_at_once(national):
    operator = staff("operator")
    sign_in(national, operator, second_factor=True)
    assert national.get("/staff/").status_code == 200
    StaffRole.objects.filter(user=operator).update(active=False)
    assert national.get("/staff/", follow=True).status_code == 403


class TestVerification:
    @pytest.fixture
    def waiting(self):
        return organisation("待核验一号", person("anna"), OrganisationState.PENDING)

    def test_the_queue_shows_every_fact(self, national, waiting):
        html = sign_in(national, staff("operator"), second_factor=True).get("/staff/verification/").content.decode()
        for fact in (waiting.name_zh, waiting.uscc, "anna@example.test", "山西"):
            assert fact in html

    def test_an_operator_verifies(self, national, waiting):
        sign_in(national, staff("operator"), second_factor=True).post(f"/staff/verification/{waiting.pk}/verify/")
        waiting.refresh_from_db()
        assert waiting.state == OrganisationState.VERIFIED

    def test_a_rejection_without_a_reason_changes_nothing(self, national, waiting):
        sign_in(national, staff("operator"), second_factor=True)
        assert national.post(f"/staff/verification/{waiting.pk}/reject/", {"reason": " "}).status_code == 422
        waiting.refresh_from_db()
        assert waiting.state == OrganisationState.PENDING
        national.post(f"/staff/verification/{waiting.pk}/reject/", {"reason": "名称不符"})
        waiting.refresh_from_db()
        assert (waiting.state, waiting.rejection_reason) == (OrganisationState.REJECTED, "名称不符")

    @pytest.mark.parametrize("act", ["verify", "reject"])
    def test_a_colleague_without_the_right_does_not(self, national, waiting, act):
        sign_in(national, staff("finance", Role.FINANCE), second_factor=True)
        assert national.get("/staff/verification/").status_code == 200, "finance may look"
        assert national.post(f"/staff/verification/{waiting.pk}/{act}/", {"reason": "x"}).status_code == 403
        waiting.refresh_from_db()
        assert waiting.state == OrganisationState.PENDING

    def test_the_administration_acts_through_the_same_action(self, national, waiting):
        sign_in(national, staff("operator"), second_factor=True)
        page = f"/staff/accounts/organisation/{waiting.pk}/"
        assert "act/verify/" in national.get(f"{page}change/").content.decode()
        assert national.get(f"{page}act/verify/").status_code == 200
        assert national.post(f"{page}act/verify/").status_code == 302
        waiting.refresh_from_db()
        assert waiting.state == OrganisationState.VERIFIED
        with in_province(NATION):
            acts = list(Record.objects.filter(subject_id=str(waiting.pk)).values_list("act", flat=True))
        assert acts == ["organisation.verified"]
        assert national.post(f"{page}act/verify/").status_code == 302, "a second time is refused with a sentence"
        assert LogEntry.objects.count() == 0


class TestAdministration:
    def test_nothing_is_deleted_anywhere(self, rf):
        for site in (national_site, province_site):
            assert site._registry
            for admin in site._registry.values():
                request = rf.get("/")
                request.user = person(f"p{id(admin)}")
                assert admin.has_delete_permission(request) is False, admin
                assert "delete_selected" not in dict(site.actions), site.name

    def test_every_field_shown_has_a_name_in_the_vocabulary(self):
        """A new model's administration must not show English field names on Chinese pages."""
        for site in (national_site, province_site):
            for model, admin in site._registry.items():
                assert model._meta.label_lower in vocabulary.objects(), model
                shown = [*admin.list_display, *(admin.fields or [field.name for field in model._meta.fields])]
                fields = {field.name: field for field in model._meta.fields}
                for name in set(shown) & set(fields) - {"id"}:
                    named = fields[name]._verbose_name is not None
                    assert named or name in vocabulary.words("FIELDS"), (model, name)

    def test_one_of_each_and_several_have_names_of_their_own_in_english(self):
        shown = [model for site in (national_site, province_site) for model in site._registry]
        with translation.override("en"):
            several = {str(model._meta.verbose_name_plural) for model in shown}
            assert {str(model._meta.verbose_name) for model in shown} & several == set()
        with translation.override("zh-hans"):
            names = {(str(model._meta.verbose_name), str(model._meta.verbose_name_plural)) for model in shown}
            assert [pair for pair in names if len(set(pair)) > 1] == []

    def test_what_was_added_is_named_as_one(self, national):
        person("anna")
        sign_in(national, staff("operator"), second_factor=True)
        national.cookies["django_language"] = "en"
        form = {"email": "anna@example.test", "province": "shanxi", "role": "operator"}
        answer = national.post("/staff/accounts/rolegrant/add/", form, follow=True)
        told = [str(one) for one in answer.context["messages"]]
        assert told == [
            "This role may sign: another national operator must confirm it, then the person is asked.",
            "The staff role under way “Anna operator shanxi” was added successfully.",
        ]

    def test_every_page_of_the_national_administration_opens_and_is_clean_of_inline_script(self, national):
        sign_in(national, staff("operator"), second_factor=True)
        organisation("测试", person("anna"))
        for model, admin in national_site._registry.items():
            response = national.get(f"/staff/{model._meta.app_label}/{model._meta.model_name}/")
            allowed = admin.has_view_permission(response.wsgi_request)
            assert response.status_code == (200 if allowed else 403), model
            html = response.content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html), model
            assert not re.search(r"\s(style|on[a-z]+)=\"", html), model

    def test_the_role_form_uses_the_action(self, national):
        operator, anna = staff("operator"), person("anna")
        sign_in(national, operator, second_factor=True)
        form = {"email": anna.email, "province": "shanxi", "role": "operator"}
        assert national.post("/staff/accounts/rolegrant/add/", form).status_code == 302
        assert list(anna.role_grants.values_list("province", "role")) == [("shanxi", "operator")]
        form["email"] = operator.email
        national.post("/staff/accounts/rolegrant/add/", form)
        assert operator.role_grants.count() == 0, "nobody gives a role to themselves"

    def test_a_person_without_the_right_adds_no_role(self, national):
        anna = person("anna")
        sign_in(national, staff("finance", Role.FINANCE), second_factor=True)
        form = {"email": anna.email, "province": "shanxi", "role": "operator"}
        assert national.post("/staff/accounts/rolegrant/add/", form).status_code == 403
        assert anna.role_grants.count() == 0

    def test_a_province_is_suspended_and_resumed_after_confirmation(self, national, shanxi):
        sign_in(national, staff("operator"), second_factor=True)
        page = f"/staff/tenants/province/{shanxi.pk}/"
        assert national.get(f"{page}act/suspend/").status_code == 200
        shanxi.refresh_from_db()
        assert shanxi.state == "open", "looking changes nothing"
        national.post(f"{page}act/suspend/", {"reason": "under examination"})
        shanxi.refresh_from_db()
        assert shanxi.state == "suspended"
        national.post(f"{page}act/resume/")
        shanxi.refresh_from_db()
        assert shanxi.state == "open"

    def test_finance_cannot_suspend_a_province(self, national, shanxi):
        sign_in(national, staff("finance", Role.FINANCE), second_factor=True)
        assert national.post(f"/staff/tenants/province/{shanxi.pk}/act/suspend/").status_code == 403

    def test_history_pages_show_the_history_of_the_place(self, national):
        sign_in(national, staff("operator"), second_factor=True)
        one = organisation("测试", person("anna"), OrganisationState.PENDING)
        national.post(f"/staff/verification/{one.pk}/verify/")
        html = national.get(f"/staff/accounts/organisation/{one.pk}/history/").content.decode()
        assert "organisation.verified" in html


def test_the_table_of_roles_is_drawn_from_code(national):
    sign_in(national, staff("operator"), second_factor=True)
    national.cookies["django_language"] = "en"
    html = national.get("/staff/roles/").content.decode()
    assert html.count("<tr>") == 1 + len(vocabulary.objects())
    assert all(str(name) in html for name in vocabulary.objects().values())
