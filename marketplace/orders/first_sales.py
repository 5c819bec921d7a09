"""Telling a provider's owners that its cards were sold for the first time in this province."""

from django.db import transaction

from marketplace.catalog.models import Provider
from marketplace.orders.models import Order, OrderLine
from portal.accounts import notices
from tenants import history
from tenants.context import current_province
from tenants.history.models import Record
from tenants.models import Province

ACT = "provider.first_sale"


@transaction.atomic
def tell(order: Order) -> int:
    """Leave the e-mails for the order's providers that sold nothing before; how many providers were told.

    The provider's row is locked: of two orders that start at once, one is the first.
    """
    if order.started_at is None:
        return 0
    sellers = Provider.objects.filter(pk__in=order.lines.values("pool__provider")).select_related("organisation")
    locked = sellers.select_for_update(of=("self",), no_key=True).order_by("pk")
    return sum(_tell(provider, order) for provider in locked)


def _tell(provider: Provider, order: Order) -> bool:
    told = Record.objects.filter(act=ACT, subject_type=provider._meta.label_lower, subject_id=str(provider.pk))
    earlier = OrderLine.objects.filter(pool__provider=provider, order__started_at__lt=order.started_at)
    if told.exists() or earlier.exists():
        return False
    lines = order.lines.filter(pool__provider=provider).select_related("pool__card_model")
    place = Province.objects.get(schema_name=current_province())
    history.record(ACT, provider, order=str(order.pk))
    notices.tell_owners(
        provider.organisation,
        "first_sale",
        number=order.number,
        hours=order.hours,
        lines=[
            {"cards": line.cards, "name_zh": line.pool.card_model.name_zh, "name_en": line.pool.card_model.name_en}
            for line in lines
        ],
        place_zh=place.name_zh,
        place_en=place.name_en,
        province_url=place.url,
    )
    return True
