"""What an administration keeps from a role, and from everybody."""

import pytest

from marketplace.activation.models import Resource
from marketplace.orders.models import Order
from portal.accounts.roles import Role
from portal.staff.model_admin import PortalAdmin
from portal.staff.sites import ProvinceSite
from portal.staff.tables.columns import path_of
from tenants.context import in_province
from tests.portal.accounts.people import staff

pytestmark = pytest.mark.django_db
COLUMNS = ("number", "organisation", "requested_by", "state", "total_u", "placed_at")


class OrderAdmin(PortalAdmin):
    list_display = COLUMNS
    list_filter = ("state", ("organisation", None))
    search_fields = ("number", "organisation__name_zh")
    fields = COLUMNS


def seen(rf, user) -> dict[str, list]:
    request = rf.get("/staff/orders/order/")
    request.user = user
    admin = OrderAdmin(Order, ProvinceSite())
    with in_province("shanxi"):
        return {
            "columns": [path_of(name) for name in admin.get_list_display(request)],
            "filters": [name for name in admin.get_list_filter(request) if isinstance(name, str)],
            "search": admin.get_search_fields(request),
            "fields": [path_of(name) for name in admin.get_fields(request)],
        }


def test_the_regulator_sees_neither_buyers_nor_amounts(rf):
    plain = ["number", "state", "placed_at"]
    assert seen(rf, staff("regulator", Role.REGULATOR, "shanxi")) == {
        "columns": plain,
        "filters": ["state"],
        "search": ["number"],
        "fields": plain,
    }


def test_the_operator_sees_both(rf):
    found = seen(rf, staff("operator", Role.OPERATOR, "shanxi"))
    assert (found["columns"], found["fields"]) == (list(COLUMNS), list(COLUMNS))
    assert found["search"] == ["number", "organisation__name_zh"]


def test_access_data_is_shown_to_nobody(rf):
    class Careless(PortalAdmin):
        fields = list_display = ("state", "endpoint", "secret")

    request = rf.get("/")
    request.user = staff("operator", Role.OPERATOR, "shanxi")
    admin = Careless(Resource, ProvinceSite())
    with in_province("shanxi"):
        assert admin.get_fields(request) == admin.get_list_display(request) == ["state"]
