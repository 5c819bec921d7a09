"""Lists of both staff sites: constant queries, money in yuan, several objects at once, nothing hidden told."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.catalog.models import STANDING, Card, Offer, Pool, Provider
from marketplace.orders.models import Lease, Order
from portal.accounts.models import OrganisationState
from portal.accounts.roles import Role
from portal.checkout.actions import place_purchase
from portal.staff.sites import national_site, province_site
from tenants import hosts
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tests import market
from tests.portal.accounts.people import organisation, person, sign_in, staff

pytestmark = pytest.mark.django_db


def at(client_at, user, province=None):
    client = sign_in(client_at(province), user, second_factor=True)
    client.cookies["django_language"] = "en"
    return client


def buy(province, times):
    """So many purchases in the province, each of its own buyer and provider."""
    for _n in range(times):
        market.on_sale(province, 2)
        buyer = market.buyer()
        place_purchase(market.quote_for(buyer, 1, hours=3), organisation=buyer.organisation, by=buyer.user)


def list_of(model) -> str:
    return f"/staff/{model._meta.app_label}/{model._meta.model_name}/"


def counted(client, models) -> dict[str, tuple[int, int]]:
    """Rows and queries of each list."""
    found = {}
    for model in models:
        client.get(list_of(model))
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(list_of(model))
        if answer.status_code == 200:
            rows = len(re.findall(r'<tr>|<tr class="', answer.content.decode().partition("<tbody>")[2]))
            found[model._meta.label] = (rows, len(queries))
    return found


@pytest.mark.parametrize(
    ("site", "place", "role"),
    [
        (national_site, None, Role.OPERATOR),
        (national_site, None, Role.FINANCE),
        (province_site, "shanxi", Role.OPERATOR),
    ],
)
def test_every_list_costs_the_same_with_one_and_with_more(client_at, monkeypatch, site, place, role):
    monkeypatch.setattr(hosts.kept, "seconds", float("inf"))  # a slow machine would read them anew in between
    client = at(client_at, staff("worker", role, place or NATION), place)
    buy("shanxi", 1)
    before = counted(client, site._registry)
    buy("shanxi", 2)
    after = counted(client, site._registry)
    grown = {name for name in before if after[name][0] > before[name][0]}
    assert len(grown) >= {Role.OPERATOR: 7, Role.FINANCE: 5}[role]
    assert {name: (before[name][1], after[name][1]) for name in grown if before[name][1] != after[name][1]} == {}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.FINANCE])
def test_no_page_shows_micro_yuan(client_at, role):
    buy("shanxi", 1)
    for place in (None, "shanxi"):
        client = at(client_at, staff(f"worker-{place}", role, place or NATION), place)
        for model in (national_site if place is None else province_site)._registry:
            with in_province(place or NATION):
                first = model._default_manager.order_by("pk").first()
            pages = [list_of(model), *([f"{list_of(model)}{first.pk}/change/"] if first is not None else [])]
            for page in pages:
                html = client.get(page).content.decode()
                assert "micro" not in html, page
                assert '/change/"><a ' not in html, page
                assert "2000000" not in html.replace(",", ""), page
    assert "¥6.00" in at(client_at, staff("w", role, "shanxi"), "shanxi").get(list_of(Order)).content.decode()


def test_related_objects_are_links_where_their_page_is_here(client_at):
    buy("shanxi", 1)
    client = at(client_at, staff("local", province="shanxi"), "shanxi")
    with in_province("shanxi"):
        order, pool = Order.objects.get(), Pool.objects.get()
    assert (
        f'<a href="/staff/orders/order/{order.pk}/change/">{order.number}</a>'
        in client.get(list_of(Lease)).content.decode()
    )
    assert f'<a href="/staff/catalog/pool/{pool.pk}/change/">{pool}</a>' in client.get(list_of(Card)).content.decode()


def test_lists_and_objects_stand_in_the_frame_of_the_portal(client_at):
    market.on_sale("shanxi", 2)
    with in_province("shanxi"):
        offer = Offer.objects.first()
    client = at(client_at, staff("operator", Role.OPERATOR, "shanxi"), "shanxi")
    page = f"{list_of(Offer)}{offer.pk}"
    for path in (list_of(Offer), f"{page}/change/", f"{page}/act/pause/", f"{page}/history/"):
        html = client.get(path).content.decode()
        assert html.count('class="mast"') == html.count('name="language"') == html.count("data-theme-switch") == 1, path
        assert "admin/css/" not in html, path


def test_rows_of_an_object_and_yes_or_no_are_named_in_words(client_at):
    market.on_sale("shanxi", 2)
    with in_province("shanxi"):
        offer = Offer.objects.first()
    client = at(client_at, staff("operator", Role.OPERATOR, "shanxi"), "shanxi")
    client.cookies["django_language"] = "zh-hans"
    html = client.get(f"{list_of(Offer)}{offer.pk}/change/").content.decode()
    assert "价格版本" in html
    assert '<div class="readonly">否</div>' in html
    assert "icon-no" not in html + client.get(list_of(Offer)).content.decode()


def test_what_is_hidden_narrows_no_list_down(client_at):
    """Otherwise the regulator could find a price by halving, and a buyer by trying."""
    buy("shanxi", 1)
    with in_province("shanxi"):
        order = Order.objects.get()
    regulator = at(client_at, staff("regulator", Role.REGULATOR, "shanxi"), "shanxi")
    buyer = f"organisation__id__exact={order.organisation_id}"
    for query in ("total_u__gte=1", buyer, "organisation__name_zh__contains=x"):
        assert regulator.get(f"{list_of(Order)}?{query}").status_code == 400
    operator = at(client_at, staff("operator", province="shanxi"), "shanxi")
    assert operator.get(f"{list_of(Order)}?{buyer}").status_code == 200


class TestSeveralAtOnce:
    @pytest.fixture
    def offers(self):
        lots = [market.on_sale("shanxi", 2) for _n in range(3)]
        return [lot.offer for lot in lots]

    @pytest.fixture
    def operator(self, client_at):
        return at(client_at, staff("local", province="shanxi"), "shanxi")

    def states(self):
        with in_province("shanxi"):
            return list(Offer.objects.annotate(standing=STANDING).order_by("pk").values_list("standing", flat=True))

    def choose(self, client, rows, verb):
        return client.post(
            list_of(type(rows[0])), {"action": verb, "index": 0, "_selected_action": [str(row.pk) for row in rows]}
        )

    def test_choosing_asks_first_and_changes_nothing(self, operator, offers):
        html = self.choose(operator, offers, "pause").content.decode()
        assert all(offer.name_zh in html for offer in offers)
        assert "running leases stay" in html
        assert set(self.states()) == {"published"}

    def test_each_gets_its_own_answer_and_its_own_history(self, operator, offers):
        from marketplace.catalog.actions import pause_offer_as_staff

        with in_province("shanxi"):
            pause_offer_as_staff(offers[1])
        ids = [str(offer.pk) for offer in offers] + ["00000000-0000-0000-0000-000000000000", "nonsense"]
        form = {"id": ids, "reason": "价格待核"}
        html = operator.post(f"{list_of(Offer)}bulk/pause/", form).content.decode()
        assert "3 were refused and not changed" in html
        assert "It is paused already. Nothing was changed." in html
        assert html.count("It is not here any more. Nothing was changed.") == 2
        assert set(self.states()) == {"paused"}
        with in_province("shanxi"):
            paused = Record.objects.filter(act="offer.paused").exclude(actor_kind="system")
            assert {(record.subject_id, record.facts["reason"]) for record in paused} == {
                (str(offer.pk), "价格待核") for offer in (offers[0], offers[2])
            }

    def test_undo_takes_back_exactly_what_was_done(self, operator, offers):
        html = operator.post(
            f"{list_of(Offer)}bulk/pause/", {"id": [str(one.pk) for one in offers[:2]], "reason": "x"}
        ).content.decode()
        undo = html.partition('class="portal-undo"')[2].partition("</form>")[0]
        assert sorted(re.findall(r'name="id" value="([^"]+)"', undo)) == sorted(str(one.pk) for one in offers[:2])
        operator.post(f"{list_of(Offer)}bulk/resume/", {"id": re.findall(r'name="id" value="([^"]+)"', undo)})
        assert set(self.states()) == {"published"}

    @pytest.mark.parametrize(("role", "place"), [(Role.REGULATOR, "shanxi"), (Role.OPERATOR, "henan")])
    def test_a_colleague_and_a_stranger_do_not(self, client_at, offers, role, place):
        client = at(client_at, staff("other", role, place), "shanxi")
        answer = client.post(f"{list_of(Offer)}bulk/pause/", {"id": [str(offers[0].pk)]}, follow=True)
        assert answer.status_code == 403
        assert set(self.states()) == {"published"}

    def test_verifying_needs_a_look_and_returning_a_reason(self, client_at):
        waiting = [organisation(f"待核验{n}", person(f"o{n}"), OrganisationState.PENDING) for n in (1, 2)]
        client = at(client_at, staff("operator"))
        chosen = {"id": [str(one.pk) for one in waiting]}
        page = list_of(type(waiting[0]))
        assert '<option value="verify">' not in client.get(page).content.decode()
        assert client.post(f"{page}bulk/verify/", chosen).status_code == 404
        html = client.post(f"{page}bulk/reject/", chosen).content.decode()
        assert html.count("Say what must be corrected: the owners read it. Nothing was changed.") == 2
        client.post(f"{page}bulk/reject/", {**chosen, "reason": "名称\0不符"})
        states = {one.rejection_reason for one in type(waiting[0]).objects.filter(pk__in=chosen["id"])}
        assert states == {"名称不符"}

    def test_looking_at_the_address_changes_nothing(self, operator, offers):
        assert operator.get(f"{list_of(Offer)}bulk/pause/").status_code == 405

    def test_pausing_one_can_be_undone_from_its_page(self, operator, offers):
        with in_province("shanxi"):
            provider = Provider.objects.first()
        page = f"{list_of(Provider)}{provider.pk}"
        html = operator.post(f"{page}/act/pause/", {"reason": "x"}, follow=True).content.decode()
        assert 'action="/staff/catalog/provider/bulk/resume/"' in html
