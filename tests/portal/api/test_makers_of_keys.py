"""A key can do what its scopes and its maker's present role both allow, from one request to the next."""

import pytest

from marketplace.activation.agents.actions import enrol
from marketplace.activation.agents.codes import create_code
from portal.accounts import actions, tokens
from portal.accounts.actions import SCOPES
from portal.accounts.models import ApiKey, Invitation, Membership, OrganisationState
from portal.accounts.permissions import SCOPES_NEED, members
from portal.accounts.roles import MembershipRole
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import YUAN, fund, on_sale, quote_for
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, member, post, problem, program

pytestmark = pytest.mark.django_db

WALLET, ORDERS, OFFERS = "/api/v1/wallet/", "/api/v1/orders/", "/api/v1/offers/"


class Company:
    """An organisation with two owners and money; `maker` made a key with every scope."""

    def __init__(self) -> None:
        self.boss, self.maker = people.person("boss"), people.person("maker")
        self.organisation = people.organisation("测试公司", self.boss)
        self.membership = people.member(self.maker, self.organisation, MembershipRole.OWNER)
        fund(self.organisation, 100 * YUAN)
        self.key, self.text = key_of(self.organisation, self.maker)

    @property
    def program(self):
        return program(self.text)

    def becomes(self, role: str) -> None:
        actions.change_role(self.membership, role, by=self.boss)

    def buys(self, attempt: str):
        quote = quote_for(None, 1)
        return post(self.program, "/api/v1/purchases/", {"quote": str(quote.pk)}, key=attempt)


@pytest.fixture
def company() -> Company:
    return Company()


def test_a_key_stops_when_its_maker_is_removed_and_works_again_as_the_role_given_later(company):
    assert company.program.get(WALLET).status_code == 200
    actions.deactivate_member(company.membership, by=company.boss)
    refused = company.program.get(WALLET)
    assert problem(refused) == (401, "key_unknown")
    assert "has left the organisation" in refused.json()["detail"]
    assert problem(company.program.get(OFFERS)) == (401, "key_unknown"), "it is no key at all, open doors included"
    Membership.objects.filter(pk=company.membership.pk).update(active=True, role=MembershipRole.VIEWER)
    assert company.program.get(ORDERS).status_code == 200
    assert problem(company.program.get(WALLET)) == (403, "maker_may_not")


def test_a_key_keeps_what_its_demoted_maker_keeps(company):
    on_sale("shanxi", 4)
    assert company.buys("first").status_code == 201
    company.becomes(MembershipRole.FINANCE)
    assert (company.program.get(WALLET).status_code, company.program.get(ORDERS).status_code) == (200, 200)
    refused = company.buys("second")
    assert problem(refused) == (403, "maker_may_not")
    assert "“purchases:write”" in refused.json()["detail"]
    company.becomes(MembershipRole.BUYER)
    assert company.buys("third").status_code == 201


@pytest.mark.parametrize("role", MembershipRole)
def test_a_key_can_do_no_more_than_a_person_of_its_makers_role(company, role):
    company.becomes(role)
    key = ApiKey.objects.usable().get()
    found = {WALLET: company.program.get(WALLET), ORDERS: company.program.get(ORDERS)}
    exports = "/api/v1/exports/"
    found[exports] = company.program.get(exports)
    person = member(company.maker)
    assert {path: answer.status_code for path, answer in found.items()} == {
        path: person.get(path).status_code for path in found
    }
    assert (key.maker_role, set(SCOPES_NEED)) == (role, set(SCOPES))


def test_every_scope_needs_a_right_that_is_in_the_table():
    assert {act for act in SCOPES_NEED.values() if act not in members()} == set()
    assert members()["purchases.view"] == frozenset(MembershipRole), "scopes for everybody lean on it"


def test_a_key_of_a_suspended_organisation_reads_and_buys_nothing(company):
    on_sale("shanxi", 4)
    officer = people.staff("operator")
    actions.suspend_organisation(company.organisation, reason="under examination", by=officer)
    assert company.program.get(WALLET).status_code == 200
    assert problem(company.buys("first")) == (409, "organisation_suspended")
    actions.resume_organisation(company.organisation, by=officer)
    company.organisation.refresh_from_db()
    assert company.organisation.state == OrganisationState.VERIFIED
    assert company.buys("second").status_code == 201


def test_a_key_of_a_closed_account_stops(company):
    actions.close_account(company.maker, by=company.maker)
    assert problem(company.program.get(WALLET)) == (401, "key_unknown")


def test_owners_see_keys_whose_maker_has_left_and_replace_or_revoke_them(company, client_at):
    actions.deactivate_member(company.membership, by=company.boss)
    client = people.sign_in(client_at(), company.boss)
    page = client.get("/organisation/keys/", headers={"accept-language": "en"})
    assert [(row.stands, row.maker_left) for row in page.context["keys"]] == [(True, True)]
    assert "The person who made it has left the organisation" in page.content.decode()
    made = client.post(f"/organisation/keys/{company.key.pk}/rotate/").context["new_key_text"]
    assert program(made).get(WALLET).status_code == 200
    assert problem(company.program.get(WALLET)) == (401, "key_unknown")
    client.post(f"/organisation/keys/{company.key.pk}/revoke/")
    assert ApiKey.objects.get(pk=company.key.pk).revoked_at is not None


def test_the_list_says_what_a_key_cannot_do_now(company, client_at):
    company.becomes(MembershipRole.VIEWER)
    client = people.sign_in(client_at(), company.boss)
    (row,) = client.get("/organisation/keys/").context["keys"]
    allowed = {scope for (scope, (_word, may)) in zip(company.key.scopes, row.scopes, strict=True) if may}
    assert allowed == {"agents:read", "catalog:read", "orders:read", "quotes:write", "supply:read"}
    assert row.is_limited


def test_an_invitation_ends_with_the_right_of_who_sent_it(company):
    guest = people.person("guest")
    actions.invite(company.organisation, email=guest.email, role=MembershipRole.OWNER, by=company.maker)
    token = tokens.invitation_token(Invitation.objects.get())
    company.becomes(MembershipRole.BUYER)
    with pytest.raises(Refusal) as told:
        actions.accept_invitation(token, by=guest)
    assert (told.value.code, company.organisation.memberships.count()) == ("invitation_over", 2)
    company.becomes(MembershipRole.OWNER)
    assert actions.accept_invitation(token, by=guest).role == MembershipRole.OWNER


def test_an_enrolment_code_ends_with_the_right_of_who_made_it(company):
    with in_province("shanxi"):
        lot = on_sale("shanxi", 1)
        membership = people.member(company.maker, lot.provider.organisation, MembershipRole.APPROVER)
        code = create_code(lot.provider, by=company.maker)
    actions.deactivate_member(membership, by=company.boss)
    key = "A" * 43 + "="
    with pytest.raises(Refusal) as told:
        enrol(code, public_key=key, name="late", version="1")
    assert told.value.code == "bad_code"
    Membership.objects.filter(pk=membership.pk).update(active=True)
    assert enrol(code, public_key=key, name="late", version="1")[1] == "shanxi"
