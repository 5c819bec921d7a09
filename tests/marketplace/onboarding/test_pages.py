"""The pages of an application: the owner, a colleague without the right, a stranger; staff, regulator, data bureau."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from marketplace.catalog import actions as catalog
from marketplace.onboarding.actions import applying, decisions
from marketplace.onboarding.models import Application, Document
from portal.accounts.models import OrganisationState
from portal.accounts.roles import MembershipRole, Role
from tenants.context import in_province
from tests.marketplace.onboarding.applying import FACTS, PDF, accepted, answer, draft, noticed, pdf, submitted
from tests.portal.accounts.people import member, organisation, person, sign_in, staff

pytestmark = pytest.mark.django_db
CONTACT, ACCOUNT = "0352-1234567", "•••• 3445"


@pytest.fixture
def at_shanxi(client_at):
    def come(user=None, *, factor: bool = False):
        client = client_at("shanxi")
        client.cookies["django_language"] = "en"
        return sign_in(client, user, second_factor=factor) if user else client

    return come


def text(answer_) -> str:
    return answer_.content.decode()


class TestApplicant:
    def test_from_the_first_click_to_submitting(self, at_shanxi, shanxi, company, owner):
        client = at_shanxi(owner)
        assert "Begin the application" in text(client.get("/apply/"))
        client.post("/apply/start/")
        assert "Submit (8 sections missing)" in text(client.get("/apply/"))
        for slug, facts in FACTS.items():
            sent = {name: value for name, value in facts.items() if value is not False}
            assert client.post(f"/apply/{slug}/", sent).status_code == 302, slug
        for slug in ("business_licence", "telecom_licence", "data_centre", "security_filing"):
            assert client.post(f"/apply/{slug}/upload/", {"file": pdf(mark=slug)}).status_code == 302, slug
        page = text(client.get("/apply/"))
        assert "Everything is complete" in page
        assert "in examination" in text(client.post("/apply/submit/", follow=True))

    def test_wrong_answers_are_named_and_nothing_is_saved(self, at_shanxi, shanxi, company, owner):
        client = at_shanxi(owner)
        client.post("/apply/start/")
        for slug, sent, sentence in (
            (
                "telecom_licence",
                {"number": "12345", "valid_until": "2030-12-31"},
                "does not look like a licence number",
            ),
            ("telecom_licence", {"number": "B1-20231234", "valid_until": "2020-12-31"}, "was valid until 2020-12-31"),
            ("business_licence", {}, "Give the last day"),
            ("bank_account", {"bank": "中行", "number": "12"}, "8 to 30 digits"),
            ("security_filing", {"level": "1", "number": "14020243001-00001"}, "Level"),
            ("contact", {"name": "甲", "phone": "call me", "email": "x"}, "is not understood as a phone number"),
        ):
            refused = client.post(f"/apply/{slug}/", sent)
            assert (refused.status_code, sentence in text(refused)) == (422, True), slug
        refused = client.post("/apply/data_centre/upload/", {"file": pdf("evil.exe")})
        assert refused.status_code == 302, "a PDF by content, whatever it is called"
        with in_province(shanxi):
            assert not any(Application.objects.get().answers.values_list("facts", flat=True))

    def test_a_file_of_another_type_gets_a_sentence(self, at_shanxi, shanxi, company, owner):
        client = at_shanxi(owner)
        client.post("/apply/start/")
        fake = SimpleUploadedFile("licence.pdf", b"MZ" + b"\0" * 100, content_type="application/pdf")
        refused = client.post("/apply/data_centre/upload/", {"file": fake})
        assert refused.status_code == 422
        assert "neither PDF, PNG nor JPEG" in text(refused)

    def test_an_upload_keeps_what_was_typed(self, at_shanxi, shanxi, company, owner):
        client = at_shanxi(owner)
        client.post("/apply/start/")
        half = {"number": "B1-2023", "valid_until": "2031-12-31"}
        page = text(client.post("/apply/telecom_licence/upload/", {"file": pdf(mark="a"), **half}))
        assert 'value="B1-2023"' in page
        assert 'value="2031-12-31"' in page
        assert "is not saved yet" in page
        fake = SimpleUploadedFile("licence.pdf", b"MZ" + b"\0" * 100, content_type="application/pdf")
        refused = client.post("/apply/telecom_licence/upload/", {"file": fake, **half})
        assert refused.status_code == 422
        assert 'value="B1-2023"' in text(refused)
        with in_province(shanxi):
            found = Application.objects.get().answers.get(attribute="telecom_licence")
            assert (found.facts, found.documents.count()) == ({}, 1)
            document = found.documents.get()
        removed = text(client.post(f"/apply/documents/{document.pk}/remove/", half))
        assert 'value="B1-2023"' in removed

    def test_an_upload_saves_complete_answers_with_it_and_none_by_itself(self, at_shanxi, shanxi, company, owner):
        client = at_shanxi(owner)
        client.post("/apply/start/")
        facts = FACTS["telecom_licence"]
        assert client.post("/apply/telecom_licence/upload/", {"file": pdf(mark="a"), **facts}).status_code == 302
        assert client.post("/apply/telecom_licence/", {"file": pdf(mark="b"), **facts}).status_code == 302
        assert client.post("/apply/telecom_licence/upload/", {"file": pdf(mark="c")}).status_code == 302
        with in_province(shanxi):
            found = Application.objects.get().answers.get(attribute="telecom_licence")
            assert found.facts["number"] == facts["number"]
            assert found.documents.count() == 3

    def test_the_account_number_is_masked_and_typed_anew(self, at_shanxi, shanxi, company, owner):
        with in_province(shanxi):
            draft(company, owner)
        page = text(at_shanxi(owner).get("/apply/bank_account/"))
        assert ACCOUNT in page
        assert FACTS["bank_account"]["number"] not in page

    @pytest.mark.parametrize(
        ("state", "sentence"),
        [(OrganisationState.UNVERIFIED, "not verified by national staff"), (OrganisationState.VERIFIED, "Begin the")],
    )
    def test_who_may_begin(self, at_shanxi, owner, state, sentence):
        organisation("某公司", owner, state)
        assert sentence in text(at_shanxi(owner).get("/apply/"))

    def test_without_an_organisation_the_way_is_shown(self, at_shanxi):
        assert "Register an organisation" in text(at_shanxi(person("alone")).get("/apply/"))

    def test_colleagues_without_the_right_and_strangers(self, at_shanxi, shanxi, company, owner):
        with in_province(shanxi):
            document = answer(draft(company, owner), "data_centre").documents.get()
        colleague, stranger = person("colleague"), person("stranger")
        member(colleague, company, MembershipRole.APPROVER)
        organisation("另一家", stranger)
        address = f"/apply/documents/{document.pk}/"
        codes = {
            name: at_shanxi(who).get(address).status_code
            for name, who in (("colleague", colleague), ("stranger", stranger))
        }
        assert codes == {"colleague": 403, "stranger": 404}
        assert at_shanxi(colleague).get("/apply/").status_code == 403
        assert at_shanxi().get(address).status_code == 302

    def test_a_download_is_an_attachment_nothing_sniffs_or_keeps(self, at_shanxi, shanxi, company, owner):
        with in_province(shanxi):
            document = answer(draft(company, owner), "data_centre").documents.get()
        got = at_shanxi(owner).get(f"/apply/documents/{document.pk}/")
        assert got.getvalue() == PDF + b"data_centre"
        assert got.headers["Content-Disposition"] == 'attachment; filename="data_centre.pdf"'
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Cache-Control"] == "private, no-store"


class TestStaff:
    def case(self, application, client):
        return client.get(f"/staff/applications/{application.pk}/")

    def test_a_return_through_the_pages(self, at_shanxi, shanxi, company, owner, checker):
        with in_province(shanxi):
            application = submitted(company, owner)
        client = at_shanxi(checker, factor=True)
        assert company.name_zh in text(client.get("/staff/applications/"))
        here = f"/staff/applications/{application.pk}/"
        assert client.post(f"{here}check/contact/", {"finding": "JUNK", "reason": "x"}).status_code == 422
        assert client.post(f"{here}check/contact/", {"finding": "accepted"}).status_code == 302
        without = client.post(f"{here}check/telecom_licence/", {"finding": "wrong", "reason": ""})
        assert without.status_code == 422
        client.post(f"{here}check/telecom_licence/", {"finding": "wrong", "reason": "许可证已过期"})
        assert "Return for correction (1 attribute)" in text(client.get(here))
        client.post(f"{here}return/")
        page = text(at_shanxi(owner).get("/apply/"))
        assert "许可证已过期" in page
        assert "Submit (1 section missing)" in page

    def test_approving_asks_for_a_second_officer(self, at_shanxi, shanxi, company, owner, checker, approver):
        with in_province(shanxi):
            application = accepted(submitted(company, owner), checker)
        here = f"/staff/applications/{application.pk}/"
        first, second = at_shanxi(checker, factor=True), at_shanxi(approver, factor=True)
        assert "somebody else must approve" in text(first.get(here))
        assert "somebody else must approve" in text(first.post(f"{here}approve/", follow=True))
        assert "What approving means" in text(second.get(f"{here}approve/"))
        second.post(f"{here}approve/")
        assert company.name_zh in text(at_shanxi().get("/notices/"))

    def test_the_checker_reads_which_providers_have_such_a_name(self, at_shanxi, shanxi, company, owner, checker):
        with in_province(shanxi):
            application = submitted(company, owner)
            for slug, short in (("same", "晋云算力"), ("near", "晋云算力网"), ("other", "太行智算")):
                catalog.add_provider(organisation(short), slug=slug, short_zh=short)
        page = self.case(application, at_shanxi(checker, factor=True))
        assert sorted(page.context["like"]) == ["晋云算力", "晋云算力网"]
        assert "晋云算力网" in text(page)

    def test_drafts_are_not_there_for_staff(self, at_shanxi, shanxi, company, owner, checker):
        with in_province(shanxi):
            application = draft(company, owner)
        client = at_shanxi(checker, factor=True)
        assert self.case(application, client).status_code == 404
        assert company.name_zh not in text(client.get("/staff/applications/?show=ended"))
        assert company.name_zh not in text(client.get("/staff/onboarding/application/"))

    def test_what_each_role_sees_and_may_do(self, at_shanxi, shanxi, company, owner, checker):
        with in_province(shanxi):
            application = submitted(company, owner)
            bank = answer(application, "bank_account")
            Document.objects.filter(answer__attribute="data_centre").update(answer=bank)
            document = bank.documents.get()
        seen = {}
        for name, role in (("regulator", Role.REGULATOR), ("bureau", Role.DATA_BUREAU), ("finance", Role.FINANCE)):
            client = at_shanxi(staff(name, role, "shanxi"), factor=True)
            page = self.case(application, client)
            words = text(page)
            fetched = client.get(f"/staff/applications/{application.pk}/documents/{document.pk}/")
            fetched.getvalue()
            check = client.post(f"/staff/applications/{application.pk}/check/contact/", {"finding": "accepted"})
            account = client.post(f"/staff/applications/{application.pk}/account/")
            seen[name] = (
                page.status_code, CONTACT in words, ACCOUNT in words, "B1-20231234" in words,
                fetched.status_code, check.status_code, account.status_code,
            )  # fmt: skip
        assert seen == {
            "regulator": (200, False, False, True, 404, 403, 403),
            "bureau": (200, True, True, True, 200, 403, 403),
            "finance": (403, False, False, False, 403, 403, 403),
        }

    def test_the_whole_account_number_is_shown_to_who_checks_and_logged(
        self, at_shanxi, shanxi, company, owner, checker
    ):
        from tenants.history.models import Record

        with in_province(shanxi):
            application = submitted(company, owner)
        client = at_shanxi(checker, factor=True)
        assert FACTS["bank_account"]["number"] not in text(self.case(application, client))
        shown = client.post(f"/staff/applications/{application.pk}/account/")
        assert FACTS["bank_account"]["number"] in text(shown)
        with in_province(shanxi):
            assert Record.objects.filter(act="bank_account.viewed", actor_id=str(checker.pk)).count() == 1

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_queue_costs_the_same_for_one_and_for_three(
        self, at_shanxi, shanxi, checker, number, django_assert_num_queries
    ):
        with in_province(shanxi):
            for one in range(number):
                applicant = person(f"applicant-{one}")
                submitted(organisation(f"申请方{one}", applicant), applicant)
        client = at_shanxi(checker, factor=True)
        client.get("/staff/applications/")
        with django_assert_num_queries(14):
            client.get("/staff/applications/")


class TestPublic:
    def test_no_notice_of_the_last_ninety_days_is_left_out(self, at_shanxi, shanxi, monkeypatch):
        monkeypatch.setattr("marketplace.onboarding.views.public.ENDED_ON_A_PAGE", 2)
        now, who = timezone.now(), person("applicant")
        with in_province(shanxi):
            for number in range(3):
                ended = now - timedelta(hours=number)
                times = {"submitted_at": ended, "notice_began_at": ended - timedelta(days=7), "notice_ends_at": ended}
                Application.objects.create(
                    organisation=organisation(f"申请单位{number}"),
                    started_by=who,
                    state="refused",
                    reason="已核对",
                    decided_at=ended,
                    **times,
                )
        first, second = (text(at_shanxi().get(f"/notices/?page={page}")) for page in (1, 2))
        assert ("申请单位2" in first, "申请单位2" in second) == (False, True)
        assert "1 to 2 of 3" in " ".join(re.sub(r"<[^>]+>", "", first).split())

    def test_the_notice_says_who_where_and_until_when_and_nothing_private(
        self, at_shanxi, client_at, shanxi, company, owner, checker, approver
    ):
        with in_province(shanxi):
            application = noticed(company, owner, checker, approver)
        page = text(at_shanxi().get(f"/notices/{application.pk}/"))
        assert company.name_zh in page
        assert "Sign in to object" in page
        for private in (CONTACT, ACCOUNT, "B1-20231234", checker.name, owner.email):
            assert private not in page
        national = client_at()
        national.cookies["django_language"] = "en"
        assert f"http://shanxi.portal.localhost:8000/notices/{application.pk}/" in text(national.get("/notices/"))

    def test_what_was_never_on_notice_does_not_exist(self, at_shanxi, shanxi, company, owner):
        with in_province(shanxi):
            application = submitted(company, owner)
        assert at_shanxi().get(f"/notices/{application.pk}/").status_code == 404

    def test_objecting_and_settling(self, at_shanxi, shanxi, company, owner, checker, approver):
        with in_province(shanxi):
            application = noticed(company, owner, checker, approver)
        rival = at_shanxi(person("rival"))
        there = f"/notices/{application.pk}/object/"
        assert rival.post(there, {"sentence": ""}).status_code == 422
        sent = {"sentence": "机房不是它的", "contact": "13900000000"}
        assert "reached staff" in text(rival.post(there, sent, follow=True))
        assert rival.post(there, sent).status_code == 409
        mine = text(at_shanxi(owner).get("/apply/"))
        assert "An objection is being examined" in mine
        assert "机房不是它的" not in mine
        client = at_shanxi(checker, factor=True)
        here = f"/staff/applications/{application.pk}/"
        assert "13900000000" in text(client.get(here))
        with in_province(shanxi):
            objection = application.objections.get()
        junk = client.post(f"{here}objections/{objection.pk}/", {"outcome": "JUNK", "reason": "已核对"})
        with in_province(shanxi):
            assert (junk.status_code, application.objections.get().state) == (422, "open")
        own = at_shanxi(approver, factor=True)
        own.cookies["django_language"] = "en"
        assert "somebody else decides on objections" in text(own.get(here))
        settled = client.post(
            f"{here}objections/{objection.pk}/", {"outcome": "dismissed", "reason": "已核对"}, follow=True
        )
        assert "Settled" in text(settled)


def test_the_province_home_and_the_organisation_page_lead_there(at_shanxi, client_at, company, owner):
    assert 'href="/apply/"' in text(at_shanxi().get("/"))
    page = text(sign_in(client_at(), owner).get("/organisation/"))
    assert "http://shanxi.portal.localhost:8000/apply/" in page


def test_a_granted_applicant_is_led_to_its_workspace(at_shanxi, shanxi, company, owner, checker, approver):
    from tests.marketplace.onboarding.test_actions import end_notice

    with in_province(shanxi):
        application = noticed(company, owner, checker, approver)
        end_notice(application)
        decisions.grant_application(application)
    assert 'href="/provider/"' in text(at_shanxi(owner).get("/apply/"))
    assert at_shanxi(owner).get("/provider/").status_code == 200
    with in_province(shanxi):
        assert applying.why_not(company).code == "provider_already"
