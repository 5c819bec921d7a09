"""Questions to providers: every offer leads on, both sides are told, and nobody else reads them."""

import pytest

from portal.accounts.models import OrganisationState, User
from portal.accounts.roles import MembershipRole
from portal.checkout.requests import actions
from portal.checkout.requests.models import LONGEST, Enquiry
from portal.directory.models import OfferIndex, PurchaseMode
from tenants.acts import Refusal
from tests.market import buyer, on_sale, somebody
from tests.portal.accounts.people import member
from tests.portal.accounts.post import deliver


@pytest.fixture
def who(db):
    return buyer()


@pytest.fixture
def offer(who):
    """On quotation: its cards are free, and no button buys it."""
    made = on_sale("shanxi", 4)
    OfferIndex.objects.filter(pk=made.offer.pk).update(mode=PurchaseMode.QUOTE)
    return OfferIndex.objects.select_related("provider").get(pk=made.offer.pk)


@pytest.fixture
def seller(offer):
    made = somebody("seller")
    member(made, offer.provider, MembershipRole.OWNER)
    return made


def address(offer) -> str:
    return f"/requests/new/{offer.province}/{offer.slug}/"


def asked(offer, who) -> Enquiry:
    return actions.ask(offer, "How many from March?", organisation=who.organisation, by=who.user)


def test_an_offer_without_a_way_to_buy_leads_to_a_question(signed_in, offer):
    page = signed_in().get(f"/catalogue/{offer.province}/{offer.slug}/").content.decode()
    assert f'href="{address(offer)}"' in page
    answer = signed_in().get(address(offer))
    assert (answer.status_code, address(offer) in answer["Location"]) == (302, True)


def test_can_be_bought_now_counts_what_has_a_way_to_buy(signed_in, offer):
    sold = on_sale("henan", 4)
    page = signed_in().get("/catalogue/?stock=1")
    assert [one.pk for one in page.context["page"].object_list] == [sold.offer.pk]


def test_question_and_answer_reach_both_sides(signed_in, who, offer, seller):
    User.objects.update(language="en")
    deliver()
    response = signed_in(who.user).post(address(offer), {"question": "How many from March?"})
    enquiry = Enquiry.objects.get()
    assert response["Location"] == f"/requests/{enquiry.pk}/"
    told = [(sent.to, sent.subject) for sent in deliver()]
    assert ([seller.email], f"A question about “{offer.name_en or offer.name_zh}”") in told
    assert "How many from March?" in signed_in(seller).get(f"/requests/{enquiry.pk}/").content.decode()
    signed_in(seller).post(f"/requests/{enquiry.pk}/", {"answer": "Sixty-four."})
    told = [(sent.to, sent.subject) for sent in deliver()]
    assert told == [([who.user.email], f"Your question about “{offer.name_en or offer.name_zh}” was answered")]
    assert "Sixty-four." in signed_in(who.user).get(f"/requests/{enquiry.pk}/").content.decode()
    assert str(enquiry.pk) in signed_in(who.user).get("/requests/").content.decode()


def test_who_asked_does_not_answer_and_strangers_find_nothing(signed_in, who, offer, seller):
    enquiry = asked(offer, who)
    colleague, stranger = somebody("colleague"), buyer(name="另一家")
    member(colleague, offer.provider, MembershipRole.VIEWER)
    path = f"/requests/{enquiry.pk}/"
    answers = [signed_in(one).post(path, {"answer": "x"}).status_code for one in (who.user, colleague, stranger.user)]
    assert answers == [409, 403, 404]
    assert signed_in(stranger.user).get(path).status_code == 404
    assert str(enquiry.pk) not in signed_in(stranger.user).get("/requests/").content.decode()


def test_a_question_is_answered_once(who, offer, seller, english):
    enquiry = asked(offer, who)
    actions.answer(enquiry, "first", by=seller)
    with pytest.raises(Refusal, match="answered already"):
        actions.answer(enquiry, "second", by=seller)
    assert Enquiry.objects.get().answer == "first"


def test_an_organisation_has_so_many_open_questions(who, offer, seller):
    first = asked(offer, who)
    for _more in range(actions.MOST_OPEN - 1):
        asked(offer, who)
    with pytest.raises(Refusal) as refusal:
        asked(offer, who)
    assert (refusal.value.code, Enquiry.objects.count()) == ("too_many", actions.MOST_OPEN)
    actions.answer(first, "yes", by=seller)
    asked(offer, who)


def test_what_is_not_sold_is_not_asked_about(who, offer):
    OfferIndex.objects.filter(pk=offer.pk).update(paused=True)
    with pytest.raises(Refusal) as paused:
        asked(offer, who)
    OfferIndex.objects.filter(pk=offer.pk).update(paused=False)
    offer.provider.state = OrganisationState.SUSPENDED
    offer.provider.save()
    with pytest.raises(Refusal) as suspended:
        asked(offer, who)
    assert (paused.value.code, suspended.value.code) == ("not_on_sale", "not_on_sale")


def test_a_question_too_long_is_refused(signed_in, who, offer):
    response = signed_in(who.user).post(address(offer), {"question": "x" * (LONGEST + 1)})
    assert (response.status_code, Enquiry.objects.count()) == (422, 0)
