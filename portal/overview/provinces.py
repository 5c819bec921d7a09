"""What closing a province, or its selling again, means for a closing that two operators agree on."""

from portal.overview import province_acts
from tenants.models import Province


def withdraw(province: Province) -> None:
    province_acts.done_with(province)


def resumed(province: Province) -> None:
    province_acts.void_at(province)
