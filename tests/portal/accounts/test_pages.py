"""Organisation pages with three people: the owner, a colleague without the right, a stranger."""

import pytest

from portal.accounts import actions, tokens
from portal.accounts.models import ApiKey, Invitation, Membership, Organisation, OrganisationState
from tests.portal.accounts.people import credit_code, member, organisation, person, sign_in

pytestmark = pytest.mark.django_db
PAGES = ["/organisation/", "/organisation/members/", "/organisation/keys/", "/organisation/edit/"]


@pytest.fixture
def anna():
    return person("anna")


@pytest.fixture
def ours(anna):
    return organisation("本单位", anna, OrganisationState.UNVERIFIED)


@pytest.fixture
def as_owner(client_at, anna, ours):
    return sign_in(client_at(), anna)


@pytest.fixture
def as_colleague(client_at, ours):
    bert = person("bert")
    member(bert, ours, "viewer")
    return sign_in(client_at(), bert)


@pytest.fixture
def as_stranger(client_at):
    carl = person("carl")
    organisation("外单位", carl, OrganisationState.UNVERIFIED)
    return sign_in(client_at(), carl)


@pytest.mark.parametrize("path", [*PAGES, "/organisation/new/", "/organisation/invitations/abc/"])
def test_visitors_sign_in_first(client_at, path):
    response = client_at().get(path)
    assert (response.status_code, response.url) == (
        302,
        f"http://portal.localhost:8000/accounts/login/?next={path}",
    )


@pytest.mark.parametrize("path", PAGES)
def test_owners_see_every_page(as_owner, path):
    response = as_owner.get(path)
    assert response.status_code == 200
    assert "本单位" in response.content.decode()


@pytest.mark.parametrize(("path", "status"), list(zip(PAGES, [200, 200, 403, 403], strict=True)))
def test_colleagues_see_what_their_role_allows(as_colleague, path, status):
    assert as_colleague.get(path).status_code == status


@pytest.mark.parametrize("path", PAGES)
def test_strangers_see_their_own(as_stranger, ours, path):
    html = as_stranger.get(path).content.decode()
    assert "外单位" in html
    assert "本单位" not in html


def test_people_without_an_organisation_are_led_to_make_one(client_at):
    nobody = sign_in(client_at(), person("nobody"))
    assert "/organisation/new/" in nobody.get("/organisation/").content.decode()
    assert [nobody.get(path).status_code for path in PAGES[1:]] == [403, 403, 403]


def test_nobody_is_made_an_approver_while_nothing_waits_for_one(as_owner, ours):
    answer = as_owner.post("/organisation/members/invite/", {"email": "eve@example.test", "role": "approver"})
    assert (answer.status_code, Invitation.objects.count()) == (422, 0)
    frank, grace = member(person("frank"), ours, "buyer"), member(person("grace"), ours, "approver")
    assert as_owner.post(f"/organisation/members/{frank.pk}/role/", {"role": "approver"}).status_code == 404
    assert as_owner.post(f"/organisation/members/{grace.pk}/role/", {"role": "approver"}).status_code == 302
    assert as_owner.get("/organisation/members/").content.decode().count('value="approver"') == 1


class TestRegistering:
    def test_the_sample_world_offers_a_code_that_works(self, client_at, anna, settings):
        settings.SAMPLE_WORLD = True
        client = sign_in(client_at(), anna)
        shown = client.get("/organisation/new/").context["form"].fields["uscc"].help_text
        code = shown.split()[-1].split("：")[-1].split("。")[0]
        assert client.post("/organisation/new/", self.facts(uscc=code)).url == "/organisation/"
        settings.SAMPLE_WORLD = False
        assert "919900" not in client.get("/organisation/new/").content.decode()

    def facts(self, **changed):
        return {"name_zh": "新单位", "uscc": credit_code(), "kind": "buyer", "province": "shanxi", **changed}

    def test_from_the_form_to_the_queue(self, client_at, anna):
        client = sign_in(client_at(), anna)
        assert client.post("/organisation/new/", self.facts()).url == "/organisation/"
        made = Organisation.objects.get()
        assert client.get("/organisation/").status_code == 200
        assert client.post("/organisation/submit/").status_code == 302
        made.refresh_from_db()
        assert made.state == OrganisationState.PENDING
        assert "等待" in client.get("/organisation/").content.decode() or made.get_state_display()

    def test_a_wrong_code_is_said_beside_its_field_and_nothing_is_saved(self, client_at, anna):
        client = sign_in(client_at(), anna)
        client.cookies["django_language"] = "en"
        response = client.post("/organisation/new/", self.facts(uscc="91350100M000100Y44"))
        assert response.status_code == 422
        sentence = "The last character, the check character of the whole credit code, does not fit. Nothing was saved."
        assert response.context["form"].errors["uscc"] == [sentence]
        assert sentence in response.content.decode()
        assert Organisation.objects.count() == 0

    def test_a_taken_code_is_said_too(self, client_at, anna, ours):
        response = sign_in(client_at(), person("dora")).post("/organisation/new/", self.facts(uscc=ours.uscc))
        assert response.status_code == 422
        assert Organisation.objects.count() == 1

    def test_colleagues_cannot_submit_or_edit(self, as_colleague, ours):
        assert as_colleague.post("/organisation/submit/").status_code == 403
        assert as_colleague.post("/organisation/edit/", self.facts()).status_code == 403
        ours.refresh_from_db()
        assert (ours.state, ours.name_zh) == (OrganisationState.UNVERIFIED, "本单位")

    def test_the_owner_reads_why_it_was_returned(self, as_owner, anna, ours):
        actions.submit_for_verification(ours, by=anna)
        actions.reject_organisation(ours, reason="营业执照名称不同", by=person("judge"))
        assert "营业执照名称不同" in as_owner.get("/organisation/").content.decode()


class TestMembers:
    def test_the_owner_invites_changes_and_removes(self, as_owner, anna, ours):
        as_owner.post("/organisation/members/invite/", {"email": "dora@example.test", "role": "buyer"})
        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.role, invitation.invited_by) == ("dora@example.test", "buyer", anna)
        dora = person("dora")
        row = actions.accept_invitation(tokens.invitation_token(invitation), by=dora)
        as_owner.post(f"/organisation/members/{row.pk}/role/", {"role": "finance"})
        row.refresh_from_db()
        assert row.role == "finance"
        as_owner.post(f"/organisation/members/{row.pk}/deactivate/")
        row.refresh_from_db()
        assert not row.active

    @pytest.mark.parametrize("who", ["as_colleague", "as_stranger"])
    def test_others_do_not(self, request, who, anna, ours):
        owner = Membership.objects.get(user=anna)
        invitation = actions.invite(ours, email="dora@example.test", role="buyer", by=anna)
        client = request.getfixturevalue(who)
        expected = 403 if who == "as_colleague" else 404
        for path, form in [
            (f"/organisation/members/{owner.pk}/role/", {"role": "viewer"}),
            (f"/organisation/members/{owner.pk}/deactivate/", {}),
            (f"/organisation/invitations/{invitation.pk}/withdraw/", {}),
        ]:
            assert client.post(path, form).status_code == expected, path
        owner.refresh_from_db()
        invitation.refresh_from_db()
        assert (owner.role, owner.active, invitation.state) == ("owner", True, "open")

    def test_invited_addresses_are_shown_to_owners_only(self, as_owner, as_colleague, anna, ours):
        """As the register of personal data says."""
        actions.invite(ours, email="dora@example.test", role="buyer", by=anna)
        seen = [
            "dora@example.test" in one.get("/organisation/members/").content.decode()
            for one in (as_owner, as_colleague)
        ]
        assert seen == [True, False]

    def test_nobody_sends_invitations_without_end(self, as_owner, monkeypatch):
        monkeypatch.setattr("django.conf.settings.RATE_INVITATION", "2/hour")
        forms = [{"email": f"{n}@example.test", "role": "viewer"} for n in range(3)]
        answers = [as_owner.post("/organisation/members/invite/", form).status_code for form in forms]
        assert (answers, Invitation.objects.count()) == ([302, 302, 429], 2)

    def test_the_last_owner_is_told_why_they_stay(self, as_owner, anna):
        row = Membership.objects.get(user=anna)
        answer = as_owner.post(f"/organisation/members/{row.pk}/deactivate/", follow=True)
        assert len(list(answer.context["messages"])) == 1
        row.refresh_from_db()
        assert row.active


class TestInvitation:
    @pytest.fixture
    def link(self, anna, ours):
        invitation = actions.invite(ours, email="dora@example.test", role="buyer", by=anna)
        return f"/organisation/invitations/{tokens.invitation_token(invitation)}/"

    def test_the_invited_person_accepts_and_acts_for_it(self, client_at, link):
        client = sign_in(client_at(), person("dora"))
        assert "本单位" in client.get(link).content.decode()
        assert client.post(link).url == "/organisation/"
        assert "本单位" in client.get("/organisation/").content.decode()

    def test_others_learn_nothing_and_cannot_accept(self, as_stranger, link):
        page = as_stranger.get(link)
        assert page.status_code == 200
        assert "本单位" not in page.content.decode()
        assert as_stranger.post(link).status_code == 409
        assert Membership.objects.count() == 2, "the two owners"

    def test_a_made_up_link_is_not_found(self, as_stranger):
        assert as_stranger.get("/organisation/invitations/0123456789/").status_code == 404


class TestKeys:
    FORM = {"name": "批处理", "scopes": ["quotes:write"], "days": "90"}

    def test_a_key_is_shown_once(self, as_owner):
        page = as_owner.post("/organisation/keys/", self.FORM)
        key = ApiKey.objects.get()
        text = page.context["new_key_text"]
        assert text in page.content.decode()
        assert tokens.find_key(text) == key
        assert "no-store" in page["Cache-Control"]
        assert text not in as_owner.get("/organisation/keys/").content.decode()

    def test_rotating_and_revoking(self, as_owner):
        old = as_owner.post("/organisation/keys/", self.FORM).context["new_key_text"]
        key = ApiKey.objects.get()
        new = as_owner.post(f"/organisation/keys/{key.pk}/rotate/").context["new_key_text"]
        assert (tokens.find_key(old), tokens.find_key(new) is not None) == (key, True)
        as_owner.post(f"/organisation/keys/{key.pk}/revoke/")
        assert tokens.find_key(old) is None

    @pytest.mark.parametrize(("who", "status"), [("as_colleague", 403), ("as_stranger", 404)])
    def test_others_do_not(self, request, who, status, anna, ours):
        key, text = actions.create_api_key(ours, name="x", scopes=["quotes:write"], by=anna)
        client = request.getfixturevalue(who)
        for act in ("rotate", "revoke"):
            assert client.post(f"/organisation/keys/{key.pk}/{act}/").status_code == status
        assert tokens.find_key(text) == key


class TestActingOrganisation:
    def test_the_oldest_membership_acts_until_another_is_chosen(self, as_owner, anna):
        second = organisation("第二单位")
        member(anna, second)
        assert as_owner.get("/organisation/").context["organisation"].name_zh == "本单位"
        as_owner.post("/organisation/switch/", {"organisation": str(second.pk)})
        assert as_owner.get("/organisation/").context["organisation"] == second

    def test_nobody_switches_into_somebody_elses(self, as_stranger, ours):
        assert as_stranger.post("/organisation/switch/", {"organisation": str(ours.pk)}).status_code == 404

    def test_a_former_member_no_longer_acts(self, as_colleague, ours):
        Membership.objects.filter(user__name="Bert").update(active=False)
        assert as_colleague.get("/organisation/members/").status_code == 403

    def test_the_choice_leads_only_to_our_own_pages(self, as_owner, ours):
        form = {"organisation": str(ours.pk), "next": "https://evil.example/"}
        assert as_owner.post("/organisation/switch/", form).url == "/organisation/"
        assert as_owner.post("/organisation/switch/", {**form, "next": "word"}).status_code == 302

    @pytest.mark.parametrize("count", [1, 3])
    def test_it_costs_members_one_query_and_visitors_none(self, rf, anna, ours, count, django_assert_num_queries):
        from django.contrib.auth.models import AnonymousUser

        from portal.accounts.middleware import OrganisationMiddleware

        for number in range(count - 1):
            member(anna, organisation(f"另{number}"))
        middleware = OrganisationMiddleware(lambda request: None)
        for user, queries, acting in ((AnonymousUser(), 0, None), (anna, 1, ours)):
            request = rf.get("/")
            request.user, request.session = user, {}
            with django_assert_num_queries(queries):
                middleware(request)
                middleware.process_view(request, None, (), {})
                assert request.organisation == acting


MEMBERS_PAGE_QUERIES = 5
"""Session, person, memberships, members, invitations; the provinces of the switch in the head come from memory."""


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_members_asks_the_same_number_of_questions(as_owner, ours, count, django_assert_num_queries):
    for number in range(count - 1):
        member(person(f"m{number}"), ours)
    as_owner.get("/organisation/members/")
    with django_assert_num_queries(MEMBERS_PAGE_QUERIES):
        as_owner.get("/organisation/members/")
