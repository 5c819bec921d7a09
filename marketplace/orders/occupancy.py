"""What the catalogue asks about leases (marketplace.catalog.occupancy)."""

from collections.abc import Iterable

from django.db.models import Count, Exists, OuterRef

from marketplace.orders.models import Lease


def occupied() -> Exists:
    return Exists(Lease.objects.occupying().filter(card=OuterRef("pk")))


def leases_of_plans(plans: Iterable[int]) -> dict[int, int]:
    live = Lease.objects.occupying().filter(line__plan__in=list(plans))
    return dict(live.values_list("line__plan").annotate(Count("id")))
