"""One purchase as its page shows it: gathered from `public` and from every province that has an order of it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import ngettext

from marketplace.activation.models import Command, Resource, ResourceState, Verb
from marketplace.orders.models import BILLABLE, RUNNING, STARTING, Order, OrderLine, OrderState
from marketplace.settlement.metering import card_seconds, charge_until, counted_until
from marketplace.settlement.models import Meter
from portal.checkout import state_words
from portal.checkout.models import Purchase
from portal.checkout.quotes.offering import letter_of
from portal.directory.models import OrderIndex
from portal.ledger.models import Reservation
from tenants.context import in_province
from tenants.history.models import Record
from tenants.models import Province


@dataclass
class Followed:
    """One lot: an order line with what became of it."""

    line: OrderLine
    order: Order
    province: Province
    resource: Resource | None
    meter: Meter | None
    command: Command | None
    """The newest request to set it up."""
    at: datetime
    """The moment that the whole page shows."""

    shown: tuple[str, str] | None = None
    """Address and secret, in the answer to the request that asked to see them and nowhere else."""

    @property
    def letter(self) -> str:
        return letter_of(self.line.position)

    @property
    def short(self) -> str:
        return state_words.short_name(self.province.name)

    @property
    def card_seconds(self) -> Decimal:
        """Metered so far, all cards together: what `used_u` is worked out from."""
        if self.meter is None:
            return Decimal(0)
        return card_seconds(self.meter, self.meter.ready_at, counted_until(self.meter, self.at))

    @property
    def used_u(self) -> int:
        """What the time so far costs, booked or not."""
        return charge_until(self.meter, counted_until(self.meter, self.at)) if self.meter else 0

    @property
    def running(self) -> bool:
        return self.meter is not None and self.meter.stopped_at is None

    @property
    def accessible(self) -> bool:
        """The workspace works and its secret can be shown."""
        return self.resource is not None and self.resource.state == ResourceState.READY and bool(self.resource.secret)


@dataclass
class ProvinceOrder:
    """The part of the purchase in one province."""

    order: Order
    province: Province
    lots: list[Followed]
    records: list[Record]
    reservation: Reservation | None
    query: str = ""
    """Asks the cards page for as many cards again."""

    @property
    def cards(self) -> int:
        return sum(lot.line.cards for lot in self.lots)

    @property
    def used_u(self) -> int:
        return sum(lot.used_u for lot in self.lots)

    @property
    def short(self) -> str:
        return state_words.short_name(self.province.name)

    @property
    def reason(self) -> str:
        return state_words.failure(self.order.failure_code)

    @property
    def endable(self) -> bool:
        return self.order.state in RUNNING

    @property
    def cancellable(self) -> bool:
        return self.order.state in STARTING

    @property
    def settled(self) -> bool:
        """Nothing more is charged, and nothing is reserved."""
        return self.order.state not in BILLABLE

    @property
    def unproven(self) -> bool:
        """The provider did not prove in time that cards are free and data deleted; staff look after them."""
        return any(record.act == "order.unproven" for record in self.records)

    @property
    def open_u(self) -> int:
        """Still reserved beyond what was used so far: it goes back when the order ends now."""
        return 0 if self.settled else max(0, self.order.total_u - self.used_u)


@dataclass
class Followings:
    purchase: Purchase
    orders: list[ProvinceOrder]
    at: datetime
    lots: list[Followed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lots = sorted((lot for order in self.orders for lot in order.lots), key=lambda lot: lot.line.position)

    @property
    def title(self) -> str:
        quote = self.purchase.quote
        facts = {"cards": quote.cards, "name": quote.card_model.name, "hours": quote.hours}
        sentence = ngettext("%(cards)s %(name)s, %(hours)s hour", "%(cards)s %(name)s, %(hours)s hours", quote.hours)
        return state_words.spaced(sentence % facts)

    @property
    def states(self) -> list[str]:
        return [order.order.state for order in self.orders]

    @property
    def pill(self) -> tuple[str, str]:
        return state_words.purchase_state(self.states)

    @property
    def moving(self) -> bool:
        return any(state in state_words.MOVING for state in self.states)

    @property
    def running(self) -> bool:
        return any(lot.running for lot in self.lots)

    @property
    def stoppable(self) -> bool:
        return any(order.endable or order.cancellable for order in self.orders)

    @property
    def over(self) -> bool:
        return all(state in Order.moves.final() for state in self.states)

    @property
    def settled(self) -> bool:
        return all(order.settled for order in self.orders)

    @property
    def unproven(self) -> list[ProvinceOrder]:
        return [order for order in self.orders if order.unproven]

    @property
    def cards(self) -> int:
        return sum(lot.line.cards for lot in self.lots)

    @property
    def card_seconds(self) -> Decimal:
        return sum((lot.card_seconds for lot in self.lots), Decimal(0))

    @property
    def card_hours(self) -> Decimal:
        return self.card_seconds / 3600

    @property
    def most_card_hours(self) -> int:
        return sum(lot.line.cards * lot.order.hours for lot in self.lots)

    @property
    def used_u(self) -> int:
        return sum(lot.used_u for lot in self.lots)

    @property
    def released_u(self) -> int:
        return sum(order.reservation.released_u for order in self.orders if order.reservation)

    @property
    def open_u(self) -> int:
        """What may still be charged at most."""
        return sum(order.open_u for order in self.orders)

    @property
    def accessible(self) -> list[Followed]:
        return [lot for lot in self.lots if lot.accessible]

    @property
    def failed(self) -> list[ProvinceOrder]:
        return [order for order in self.orders if order.order.state == OrderState.FAILED]

    @property
    def declared_only(self) -> bool:
        """Some lot that works runs on cards nobody measured."""
        return any(lot.resource and lot.resource.ready_at and not lot.resource.measured for lot in self.lots)

    @property
    def ends_at(self) -> datetime | None:
        return max((order.order.ends_at for order in self.orders if order.order.ends_at), default=None)

    @property
    def ending_soon(self) -> list[ProvinceOrder]:
        """Orders whose buyer has been told that they end soon."""
        return [one for one in self.orders if one.endable and one.order.warned_minutes is not None]

    @property
    def digest(self) -> str:
        """Changes whenever something on the page moved, except the running meter."""
        facts: list[Any] = [(order.order.state, len(order.records)) for order in self.orders]
        for lot in self.lots:
            facts.append((lot.resource and lot.resource.state, lot.command and lot.command.sent_at))
            facts.append((lot.command and lot.command.step, lot.meter and lot.meter.stopped_at))
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def follow(purchase: Purchase) -> Followings:
    """Everything about the purchase; four queries in `public`, four in each of its provinces."""
    indexed = list(OrderIndex.objects.filter(purchase_id=purchase.pk).order_by("province"))
    provinces = {one.slug: one for one in Province.objects.filter(schema_name__in=[row.province for row in indexed])}
    reservations = {one.order_id: one for one in Reservation.objects.filter(purchase_id=purchase.pk)}
    orders, at = [], timezone.now()
    for row in indexed:
        province = provinces[row.province]
        with in_province(province):
            orders.append(_province_order(row, province, reservations.get(row.pk), at))
    orders.sort(key=lambda one: min((lot.line.position for lot in one.lots), default=0))
    return Followings(purchase, orders, at)


def _province_order(
    row: OrderIndex, province: Province, reservation: Reservation | None, at: datetime
) -> ProvinceOrder:
    order = Order.objects.get(pk=row.pk)
    lines = OrderLine.objects.filter(order=order).select_related(
        "pool__site", "pool__provider__organisation", "resource", "meter"
    )
    asked = Command.objects.filter(line__order=order, verb=Verb.APPLY).order_by("attempt")
    newest = {command.line_id: command for command in asked}
    lots = [_followed(line, order, province, newest.get(line.pk), at) for line in lines]
    return ProvinceOrder(order, province, lots, _records(order, lots), reservation)


def _followed(line: OrderLine, order: Order, province: Province, command: Command | None, at: datetime) -> Followed:
    line.order = order
    meter: Meter | None = getattr(line, "meter", None)
    if meter is not None:
        meter.line = line
    return Followed(line, order, province, getattr(line, "resource", None), meter, command, at)


def _records(order: Order, lots: list[Followed]) -> list[Record]:
    subjects = [str(order.pk), *(str(lot.line.pk) for lot in lots)]
    subjects += [str(lot.resource.pk) for lot in lots if lot.resource]
    kinds = [model._meta.label_lower for model in (Order, OrderLine, Resource)]
    return list(Record.objects.filter(subject_type__in=kinds, subject_id__in=subjects).order_by("id"))
