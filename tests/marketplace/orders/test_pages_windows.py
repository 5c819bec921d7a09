"""The workspace's pages of maintenance and lending windows, seen by owner, colleague and stranger."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.orders import actions
from marketplace.orders.models import Order
from marketplace.orders.windows import actions as window_actions
from marketplace.orders.windows.models import LendingWindow, MaintenanceWindow
from portal.accounts.roles import MembershipRole
from portal.checkout.actions import place_purchase
from tenants.context import in_province
from tests.market import buyer, on_sale, quote_for
from tests.portal.accounts import people

pytestmark = pytest.mark.django_db
PAGE = "/provider/windows/"


@pytest.fixture
def lot(shanxi, henan):
    return on_sale("shanxi", 8)


@pytest.fixture
def came_as(client_at, lot):
    """A client of somebody with this role in the provider's organisation; without a role, a stranger."""

    def come(role: str | None):
        user = people.person(f"{role or 'stranger'}-at-windows")
        organisation = lot.provider.organisation if role else on_sale("henan").provider.organisation
        people.member(user, organisation, role or MembershipRole.OWNER)
        client = people.sign_in(client_at("shanxi"), user)
        client.cookies["django_language"] = "en"
        return client

    return come


@pytest.fixture
def owner(came_as):
    return came_as(MembershipRole.OWNER)


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def typed(hours: float) -> str:
    return timezone.localtime(timezone.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def maintenance(starts: float, ends: float, scope: str = "pool") -> dict[str, str]:
    facts = {"scope": scope, "starts_at": typed(starts), "ends_at": typed(ends), "reason": "new switches"}
    return {f"maintenance-{name}": value for name, value in facts.items()}


def count(model) -> int:
    with in_province("shanxi"):
        return model.objects.standing().count()


def test_maintenance_is_announced_shown_and_taken_back(owner, lot):
    page = f"{PAGE}{lot.pool.pk}/"
    assert "No maintenance announced" in text(owner.get(page))
    assert owner.post(f"{page}maintenance/", maintenance(24, 26)).status_code == 302
    assert "new switches" in text(owner.get(page))
    assert "lent until the maintenance" in text(owner.get(PAGE))
    with in_province("shanxi"):
        window = MaintenanceWindow.objects.get()
    assert owner.post(f"{PAGE}maintenance/{window.pk}/cancel/").status_code == 302
    assert "The maintenance is taken back for 1 pool." in text(owner.get(page))
    assert count(MaintenanceWindow) == 0


def test_a_whole_site_is_announced_pool_by_pool(owner, lot):
    with in_province("shanxi"):
        from marketplace.catalog import actions as catalog

        second = catalog.add_pool(lot.pool.site, card_model=lot.pool.card_model, mode="server")
    owner.post(f"{PAGE}{lot.pool.pk}/maintenance/", maintenance(24, 26, scope="site"))
    with in_province("shanxi"):
        pools = set(MaintenanceWindow.objects.values_list("pool", flat=True))
    assert pools == {lot.pool.pk, second.pk}


def test_maintenance_that_hits_an_order_names_it_and_one_press_announces_it_later(owner, lot):
    who = buyer()
    purchase = place_purchase(quote_for(who, 2), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        actions.start_activation(order)
        order = actions.mark_active(order, timezone.now())
    page = text(owner.post(f"{PAGE}{lot.pool.pk}/maintenance/", maintenance(1, 3)), 409)
    assert order.number in page
    assert who.organisation.name_zh not in page
    later = dict(re.findall(r'<input type="hidden" name="(maintenance-\w+)" value="([^"]*)">', page))
    assert owner.post(f"{PAGE}{lot.pool.pk}/maintenance/", later).status_code == 302
    with in_province("shanxi"):
        window = MaintenanceWindow.objects.get()
    assert window.starts_at == order.ends_at + timedelta(minutes=30)
    assert window.ends_at - window.starts_at == timedelta(hours=2)


def test_weekly_and_single_windows_are_added_and_removed(owner, lot):
    page = f"{PAGE}{lot.pool.pk}/"
    weekly = {"weekly-weekdays": ["1", "3"], "weekly-opens": "22:00", "weekly-closes": "08:00"}
    assert owner.post(f"{page}weekly/", weekly).status_code == 302
    single = {"single-starts_at": typed(100), "single-ends_at": typed(110)}
    assert owner.post(f"{page}single/", single).status_code == 302
    shown = text(owner.get(page))
    assert "Mon, Wed" in shown
    assert "08:00 on the next day" in shown
    with in_province("shanxi"):
        windows = list(LendingWindow.objects.all())
    for window in windows:
        assert owner.post(f"{PAGE}lending/{window.pk}/cancel/").status_code == 302
    assert count(LendingWindow) == 0


def test_what_is_missing_or_wrong_is_said_and_nothing_is_changed(owner, lot):
    page = f"{PAGE}{lot.pool.pk}/"
    assert "3 answers need a correction" in text(owner.post(f"{page}maintenance/", {"maintenance-scope": "pool"}))
    assert "3 answers need a correction" in text(owner.post(f"{page}weekly/"))
    short = {"weekly-weekdays": ["1"], "weekly-opens": "08:00", "weekly-closes": "09:00"}
    assert "at least 100 minutes" in text(owner.post(f"{page}weekly/", short), 409)
    backwards = {"single-starts_at": typed(5), "single-ends_at": typed(4)}
    assert "The window must end after it begins." in text(owner.post(f"{page}single/", backwards), 409)
    far = {"single-starts_at": "0001-01-01T00:00", "single-ends_at": typed(4)}
    assert "more than ten years from now" in text(owner.post(f"{page}single/", far), 409)
    assert (count(MaintenanceWindow), count(LendingWindow)) == (0, 0)


def test_colleagues_without_the_right_see_and_are_told_and_strangers_find_nothing(came_as, lot):
    with in_province("shanxi"):
        at = timezone.now() + timedelta(days=1)
        (first,) = window_actions.announce_maintenance([lot.pool], at, at + timedelta(hours=1), "fans", by=None)
        second = window_actions.add_single_window(lot.pool, at, at + timedelta(hours=2), by=None)
    viewer, stranger = came_as(MembershipRole.VIEWER), came_as(None)
    page = f"{PAGE}{lot.pool.pk}/"
    assert "Announce maintenance" not in text(viewer.get(page))
    assert [stranger.get(one).status_code for one in (PAGE, page)] == [404, 404]
    posts = [f"{page}{form}/" for form in ("maintenance", "weekly", "single")]
    posts += [f"{PAGE}maintenance/{first.pk}/cancel/", f"{PAGE}lending/{second.pk}/cancel/"]
    for address in posts:
        assert viewer.post(address).status_code == 403
        assert stranger.post(address).status_code == 404
    assert (count(MaintenanceWindow), count(LendingWindow)) == (1, 1)


def queries(client) -> int:
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return sum(not one["sql"].startswith("SET ") for one in captured)


def test_the_list_costs_the_same_with_one_pool_and_with_three(owner, lot):
    assert queries(owner) == 6
    for _number in range(2):
        on_sale("shanxi", 2, provider=lot.provider)
    assert queries(owner) == 6
