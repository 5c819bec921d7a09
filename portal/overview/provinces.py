"""What closing a province, or its selling again, means for a closing that two operators agree on."""

from portal.overview.closing import actions
from tenants.models import Province


def withdraw(province: Province) -> None:
    actions.done_with(province)


def resumed(province: Province) -> None:
    actions.void_at(province)
