"""An application from its first page to the provider, act by act."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.catalog import actions as catalog
from marketplace.onboarding.actions import applying, decisions, documents, objections
from marketplace.onboarding.invariants import findings_in_province
from marketplace.onboarding.models import Answer, AnswerState, Application, ApplicationState
from marketplace.onboarding.queues import awaiting_staff
from marketplace.onboarding.tasks import watch
from portal.accounts import actions as accounts
from portal.accounts.models import Organisation, OrganisationState, User
from portal.accounts.notices import message_of
from portal.accounts.roles import MembershipRole
from portal.directory.models import NoticeIndex
from tenants.acts import Refusal
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.marketplace.onboarding.applying import FACTS, accepted, answer, draft, noticed, pdf, submitted
from tests.portal.accounts.giving import given
from tests.portal.accounts.people import member, organisation, person, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def refused(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def letters() -> list[tuple[str, str]]:
    """Notice and address of every letter left."""
    with in_province(NATION):
        left = Letter.objects.filter(topic="accounts.notice").order_by("pk")
        found = list(left.values_list("payload", flat=True))
    addresses = dict(User.objects.values_list("pk", "email"))
    return [(one["notice"], addresses[one["user"]].partition("@")[0]) for one in found]


def end_notice(application: Application) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Application.objects.filter(pk=application.pk).update(notice_began_at=past - timedelta(hours=1), notice_ends_at=past)


class TestStarting:
    def test_a_verified_organisation_gets_a_draft_with_every_attribute(self, here, company, owner):
        application = applying.start_application(company, by=owner)
        assert application.state == ApplicationState.DRAFT
        assert application.answers.count() == 9
        assert applying.start_application(company, by=owner) == application, "an open one is shown again"

    @pytest.mark.parametrize("state", ["unverified", "pending", "rejected", "suspended"])
    def test_others_are_told_why_not(self, here, owner, state):
        with refused("suspended" if state == "suspended" else "not_verified"):
            applying.start_application(organisation("未核验", owner, state), by=owner)
        assert not Application.objects.exists()

    def test_a_provider_of_this_province_is_refused_one_of_another_is_not(self, henan, here, company, owner):
        with in_province(henan):
            catalog.add_provider(company, slug="elsewhere", short_zh="别处")
        applying.withdraw_application(applying.start_application(company, by=owner), by=owner)
        catalog.add_provider(company, slug="here", short_zh="此处")
        with refused("provider_already"):
            applying.start_application(company, by=owner)

    def test_the_nation_and_a_suspended_province_take_none(self, nation, shanxi, company, owner):
        with in_province(nation), refused("not_open"):
            applying.start_application(company, by=owner)
        shanxi.move_to("suspended")
        with in_province(shanxi), refused("not_open"):
            applying.start_application(company, by=owner)

    def test_the_database_refuses_a_second_open_application(self, here, company, owner):
        applying.start_application(company, by=owner)
        with pytest.raises(IntegrityError, match="one_open_application_each"), transaction.atomic():
            Application.objects.create(organisation=company, started_by=owner)


class TestSubmitting:
    def test_what_is_missing_is_named_and_nothing_is_submitted(self, here, company, owner):
        application = applying.start_application(company, by=owner)
        applying.save_answer(answer(application, "contact"), FACTS["contact"], by=owner)
        with pytest.raises(Refusal) as refusal:
            applying.submit_application(application, by=owner)
        assert "Business licence" in str(refusal.value)
        assert "Contact on duty" not in str(refusal.value)
        application.refresh_from_db()
        assert application.state == ApplicationState.DRAFT

    def test_a_complete_one_waits_for_staff_who_are_told(self, here, company, owner, checker):
        application = submitted(company, owner)
        assert list(Application.objects.awaiting_staff()) == [application]
        assert letters() == [("application_submitted", "checker"), ("application_received", "owner")]

    def test_it_is_closed_while_it_waits(self, here, company, owner):
        application = submitted(company, owner)
        with refused("not_editable"):
            applying.save_answer(answer(application, "contact"), FACTS["contact"], by=owner)
        with refused("not_editable"):
            documents.add_document(answer(application, "data_centre"), pdf(mark="late"), by=owner)
        with refused("wrong_state"):
            applying.submit_application(application, by=owner)

    def test_an_account_number_is_nowhere_in_the_clear(self, here, company, owner):
        application = draft(company, owner)
        stored = answer(application, "bank_account")
        number = FACTS["bank_account"]["number"]
        assert stored.facts == {"bank": "中国银行大同分行", "number": "•••• 3445"}
        assert number.encode() not in bytes(stored.secret)
        assert number not in str(list(Record.objects.values_list("facts", flat=True)))

    def test_a_withdrawn_one_leaves_its_answers_to_the_next(self, here, company, owner):
        first = draft(company, owner)
        applying.withdraw_application(first, by=owner)
        second = applying.start_application(company, by=owner)
        assert second != first
        assert answer(second, "profile").facts == FACTS["profile"]
        assert not answer(second, "data_centre").documents.exists()


class TestChecking:
    def test_a_return_names_what_is_wrong_and_only_that_opens(self, here, company, owner, checker):
        application = submitted(company, owner)
        decisions.accept_answer(answer(application, "contact"), by=checker)
        decisions.fault_answer(answer(application, "telecom_licence"), reason="许可证已过期", by=checker)
        application = decisions.return_application(application, by=checker)
        assert (application.state, application.returns) == (ApplicationState.RETURNED, 1)
        with refused("not_editable"):
            applying.save_answer(answer(application, "contact"), FACTS["contact"], by=owner)
        with refused("incomplete"):
            applying.submit_application(application, by=owner)
        applying.save_answer(answer(application, "telecom_licence"), FACTS["telecom_licence"], by=owner)
        application = applying.submit_application(application, by=owner)
        states = dict(application.answers.values_list("attribute", "state"))
        assert states["telecom_licence"] == AnswerState.UNCHECKED
        assert states["contact"] == AnswerState.ACCEPTED

    def test_the_letter_of_a_return_says_attribute_and_reason_in_both_languages(self, here, company, owner, checker):
        application = submitted(company, owner)
        decisions.fault_answer(answer(application, "telecom_licence"), reason="许可证已过期", by=checker)
        decisions.return_application(application, by=checker)
        with in_province(NATION):
            letter = Letter.objects.get(payload__notice="application_returned")
        text = message_of("application_returned", "owner@example.test", letter.payload["facts"]).body
        assert "Value-added telecom business licence: 许可证已过期" in text
        assert text.count("许可证已过期") == 2
        assert text.count("http://shanxi.portal.localhost:8000/apply/") == 2

    def test_a_reason_is_compulsory_and_so_is_a_fault_for_a_return(self, here, company, owner, checker):
        application = submitted(company, owner)
        with refused("reason_missing"):
            decisions.fault_answer(answer(application, "contact"), reason="  ", by=checker)
        with refused("nothing_wrong"):
            decisions.return_application(application, by=checker)
        with pytest.raises(IntegrityError, match="wrong_answer_has_reason"), transaction.atomic():
            Answer.objects.filter(application=application).update(
                state=AnswerState.WRONG, checked_by=checker, checked_at=timezone.now()
            )

    def test_nobody_decides_on_an_organisation_of_their_own(self, here, company, owner, checker):
        application = submitted(company, owner)
        member(checker, company, "viewer")
        for act in (
            lambda: decisions.accept_answer(answer(application, "contact"), by=checker),
            lambda: decisions.fault_answer(answer(application, "contact"), reason="x", by=checker),
            lambda: decisions.return_application(application, by=checker),
            lambda: decisions.approve_application(application, by=checker),
            lambda: decisions.refuse_application(application, reason="x", by=checker),
        ):
            with refused("own"):
                act()

    def test_what_others_must_correct_does_not_keep_the_applicant_from_submitting_again(
        self, here, company, owner, checker
    ):
        application = submitted(company, owner)
        decisions.fault_answer(answer(application, "identity"), reason="信用代码与执照不符", by=checker)
        decisions.return_application(application, by=checker)
        assert applying.submit_application(application, by=owner).state == ApplicationState.SUBMITTED
        assert answer(application, "identity").state == AnswerState.UNCHECKED


class TestApproving:
    def test_it_needs_every_attribute_accepted(self, here, company, owner, checker, approver):
        application = submitted(company, owner)
        decisions.accept_answer(answer(application, "contact"), by=checker)
        with refused("not_all_accepted"):
            decisions.approve_application(application, by=approver)

    def test_whoever_checked_does_not_approve(self, here, company, owner, checker, approver):
        application = accepted(submitted(company, owner), checker)
        with refused("four_eyes"):
            decisions.approve_application(application, by=checker)
        application = decisions.approve_application(application, by=approver)
        assert application.state == ApplicationState.NOTICE
        row = NoticeIndex.objects.get(pk=application.pk)
        assert (row.province, row.applicant_zh, row.outcome) == ("shanxi", company.name_zh, "running")
        assert list(findings_in_province()) == []

    def test_a_notice_of_days_ends_at_six_in_the_evening(self, settings):
        settings.PUBLIC_NOTICE_FOR = timedelta(days=5)
        from datetime import UTC, datetime

        morning, night = datetime(2026, 3, 2, 1, 0, tzinfo=UTC), datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
        assert decisions.notice_end(morning) == datetime(2026, 3, 7, 10, 0, tzinfo=UTC)
        assert decisions.notice_end(night) == datetime(2026, 3, 8, 10, 0, tzinfo=UTC)
        settings.PUBLIC_NOTICE_FOR = timedelta(seconds=90)
        assert decisions.notice_end(night) == night + timedelta(seconds=90)

    def test_the_provider_is_made_when_the_notice_is_over_and_not_before(
        self, shanxi, company, owner, checker, approver
    ):
        with in_province(shanxi):
            application = noticed(company, owner, checker, approver)
        watch()
        with in_province(shanxi):
            application.refresh_from_db()
            assert application.state == ApplicationState.NOTICE
            end_notice(application)
        watch()
        with in_province(shanxi):
            application.refresh_from_db()
            assert application.state == ApplicationState.APPROVED
            provider = application.provider
            assert (provider.slug, provider.short_zh, provider.kind) == ("jinyun", "晋云算力", "cloud")
            assert provider.organisation == company
            assert [one.act for one in Record.objects.filter(act__startswith="provider.")] == ["provider.added"]
        assert Organisation.objects.get(pk=company.pk).kind == "provider"
        assert ("application_granted", "owner") in letters()

    def test_the_same_clock_twice_makes_one_provider(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        end_notice(application)
        assert decisions.grant_application(application) is not None
        assert decisions.grant_application(application) is None
        row = NoticeIndex.objects.get(pk=application.pk)
        assert row.outcome == "approved"

    def test_a_suspended_organisation_waits(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        end_notice(application)
        Organisation.objects.filter(pk=company.pk).update(state=OrganisationState.SUSPENDED)
        assert decisions.grant_application(application) is None

    def test_a_word_taken_meanwhile_gets_a_number(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        catalog.add_provider(organisation("更快的公司"), slug="jinyun", short_zh="更快")
        end_notice(application)
        assert decisions.grant_application(application).slug == "jinyun-2"

    def test_a_refusal_needs_a_reason_and_leaves_the_way_open(self, here, company, owner, checker, approver):
        application = submitted(company, owner)
        with refused("reason_missing"):
            decisions.refuse_application(application, reason=" ", by=checker)
        application = decisions.refuse_application(application, reason="机房不在本省", by=checker)
        assert (application.state, application.reason) == (ApplicationState.REFUSED, "机房不在本省")
        assert not NoticeIndex.objects.exists(), "it never was on notice"
        assert applying.start_application(company, by=owner).state == ApplicationState.DRAFT


class TestObjections:
    def test_an_open_objection_holds_the_approval_until_it_is_dismissed(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        rival = person("rival")
        objection = objections.raise_objection(application, sentence="机房不是它的", contact="139", by=rival)
        end_notice(application)
        assert decisions.grant_application(application) is None
        assert list(Application.objects.awaiting_staff()) == [application]
        objections.dismiss_objection(objection, reason="已核对租约", by=checker)
        assert decisions.grant_application(application) is not None
        assert ("objection_dismissed", "rival") in letters()

    def test_an_upheld_one_refuses_the_application(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        first = objections.raise_objection(application, sentence="甲", contact="1", by=person("rival"))
        objections.raise_objection(application, sentence="乙", contact="2", by=person("other"))
        objections.uphold_objection(first, reason="租约是伪造的", by=checker)
        application.refresh_from_db()
        assert (application.state, application.reason) == (ApplicationState.REFUSED, "租约是伪造的")
        assert not application.objections.filter(state="open").exists()
        assert NoticeIndex.objects.get(pk=application.pk).outcome == "refused"
        assert list(findings_in_province()) == []

    def test_who_approved_does_not_settle_one(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        objection = objections.raise_objection(application, sentence="甲", contact="1", by=person("rival"))
        for settle in (objections.dismiss_objection, objections.uphold_objection):
            with refused("four_eyes"):
                settle(objection, reason="已核对", by=approver)
        assert (awaiting_staff(approver).count, awaiting_staff(checker).count) == (0, 1)
        objections.dismiss_objection(objection, reason="已核对", by=checker)
        assert application.objections.get().settled_by == checker

    def test_a_new_officer_neither_approves_nor_settles_beside_the_operator_who_gave_the_role(
        self, here, company, owner, checker
    ):
        first, second = staff("first"), staff("second")
        fresh = given(person("fresh"), "operator", by=first, second=second, province="shanxi").user
        accounts.add_staff_role(first, "shanxi", "operator")
        with refused("four_eyes"):
            decisions.approve_application(accepted(submitted(company, owner), fresh), by=first)

    def test_who_belongs_to_the_applicant_does_not_settle_one(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        objection = objections.raise_objection(application, sentence="甲", contact="1", by=person("rival"))
        member(checker, company, MembershipRole.VIEWER)
        for settle in (objections.dismiss_objection, objections.uphold_objection):
            with refused("own"):
                settle(objection, reason="已核对", by=checker)
        assert application.objections.get().state == "open"

    def test_one_each_while_it_is_open_and_none_after_the_end(self, here, company, owner, checker, approver):
        application = noticed(company, owner, checker, approver)
        rival = person("rival")
        objections.raise_objection(application, sentence="甲", contact="1", by=rival)
        with refused("objected_already"):
            objections.raise_objection(application, sentence="乙", contact="1", by=rival)
        end_notice(application)
        with refused("notice_over"):
            objections.raise_objection(application, sentence="丙", contact="1", by=person("late"))


def test_the_national_list_is_found_to_differ(here, company, owner, checker, approver):
    application = noticed(company, owner, checker, approver)
    NoticeIndex.objects.filter(pk=application.pk).update(outcome="approved")
    assert [re.sub(r"[0-9a-f-]{36}", "ID", one) for one in findings_in_province()] == [
        "I7: shanxi: outcome of the notice of ID differs on the national list."
    ]
