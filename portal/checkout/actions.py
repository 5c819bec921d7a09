"""Quote and purchase. A purchase over several provinces is one transaction: all or nothing.

Lock order: idempotency row → wallet → pools by (province, pool id) → cards by id → order → lease.
"""

import secrets
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.catalog.models import Offer, OfferState, PlanVersion
from marketplace.orders import actions as orders
from marketplace.orders import stock
from marketplace.orders.models import Order
from portal.accounts.models import ApiKey, Organisation, OrganisationState, User
from portal.checkout import offering
from portal.checkout.filling import RULE_VERSION, CardRequest, Filling, fill, in_both
from portal.checkout.models import Purchase, PurchaseState, Quote
from portal.directory.models import Availability, OrderIndex
from portal.ledger import actions as ledger
from portal.ledger.money import yuan
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import in_province, in_public
from tenants.models import Province

LOCK_TIMEOUT = "3s"
TRIES = 3
DEADLOCK, SERIALIZATION, LOCK_NOT_AVAILABLE = "40P01", "40001", "55P03"
EXCLUSION, UNIQUE = "23P01", "23505"


def preview(request: CardRequest) -> Filling:
    """What a quote would say now; nothing is written."""
    return fill(request, offering.lots_for(request), turn=secrets.randbelow(1 << 16))


def answer(request: CardRequest, *, organisation: Organisation | None = None) -> Quote:
    """The quote for a request as it would be now; not saved."""
    now = timezone.now()
    with in_public():
        filling = preview(request)
        return Quote(
            number=_number("Q", now),
            organisation=organisation,
            card_model_id=request.card_model,
            cards=request.cards,
            hours=request.hours,
            constraints=offering.constraints_of(request),
            lines=[offering.as_line(request, chosen, place) for place, chosen in enumerate(filling.chosen)],
            left_out=[{**offering.as_fact(one.lot), **in_both(one.reason)} for one in filling.left_out],
            alternatives=[] if filling.chosen else offering.alternatives(request, filling),
            total_u=filling.total_u,
            rule_version=RULE_VERSION,
            created_at=now,
            valid_until=now + settings.QUOTE_VALID_FOR,
        )


def make_quote(request: CardRequest, *, organisation: Organisation | None = None) -> Quote:
    """Answer a request for cards: immutable, valid for 30 minutes, holds nothing. Visitors may ask too."""
    quote = answer(request, organisation=organisation)
    with in_public():
        quote.save(force_insert=True)
    return quote


def place_purchase(quote: Quote, *, organisation: Organisation, by: User, key: ApiKey | None = None) -> Purchase:
    """Buy what the quote says, in every province of it or not at all.

    Raises `Refusal` with code and sentence when a guard of specs/trading.md §3 fails; nothing is written then.
    """
    with in_public():
        _check_quote(quote, organisation)
        for attempt in range(TRIES):
            try:
                return _place(quote, organisation, by, key)
            except OperationalError as error:
                _again_or_busy(error, attempt)
            except IntegrityError as error:
                raise _clash(error) from None
    raise _busy()


@transaction.atomic
def _place(quote: Quote, organisation: Organisation, by: User, key: ApiKey | None) -> Purchase:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    now = timezone.now()
    parts = _parts(quote)
    purchase_id = uuid.uuid4()
    order_ids = {province: uuid.uuid4() for province in parts}
    amounts = {(slug, order_ids[slug]): offering.amount_of(lines) for slug, lines in parts.items()}
    ledger.reserve(purchase_id, organisation, amounts, by=by)
    _check_organisation(organisation, quote.total_u, now)
    purchase = Purchase.objects.create(
        id=purchase_id,
        number=_number("P", now),
        quote=quote,
        organisation=organisation,
        requested_by=by,
        key=key,
        state=PurchaseState.PLACED,
        total_u=quote.total_u,
        created_at=now,
        placed_at=now,
    )
    history.record("purchase.placed", purchase, by=key or by, total_u=quote.total_u)
    provinces = _open_provinces(list(parts))
    _check_reports(parts, now)
    for slug, lines in parts.items():
        with in_province(provinces[slug]):
            _place_in_province(provinces[slug], purchase, order_ids[slug], quote.hours, lines, by=key or by)
    return purchase


def _place_in_province(
    province: Province, purchase: Purchase, order_id: uuid.UUID, hours: int, lines: list[dict[str, Any]], *, by: Any
) -> Order:
    pools = stock.lock_pools(uuid.UUID(line["pool"]) for line in lines)
    plans = _plans_on_sale(lines)
    for line in lines:
        _check_line(province, line, pools[uuid.UUID(line["pool"])], plans.get(uuid.UUID(line["offer"])))
    return orders.place_order(
        purchase_id=purchase.pk,
        order_id=order_id,
        number=orders.order_number(province.gb2260 or "00", purchase.created_at),
        organisation=purchase.organisation,
        requested_by=purchase.requested_by,
        hours=hours,
        lots=[
            orders.LotToPlace(
                pool_id=uuid.UUID(line["pool"]),
                plan_id=plans[uuid.UUID(line["offer"])].pk,
                position=line["position"],
                cards=line["cards"],
                price_u=line["price_u"],
            )
            for line in lines
        ],
        by=by,
    )


# Guards ----------------------------------------------------------------------------------------


def _check_quote(quote: Quote, organisation: Organisation) -> None:
    require(
        quote.lines, _("This quote could not be filled, so there is nothing to buy. Nothing was bought."), "not_filled"
    )
    require(
        quote.organisation_id in (None, organisation.pk),
        _("This quote was made for another organisation. Nothing was bought."),
        "foreign_quote",
    )
    if quote.valid_until <= timezone.now():
        raise _expired(quote)
    require(
        not Purchase.objects.filter(quote=quote).exists(),
        _("This quote has been used already. Nothing was bought a second time."),
        "quote_used",
    )


def _expired(quote: Quote) -> Refusal:
    fresh = preview(offering.request_of(quote))
    if not fresh.chosen:
        sentence = _("The quote has expired; no order was placed. At the moment the request cannot be filled.")
    elif fresh.total_u == quote.total_u:
        sentence = _("The quote has expired; no order was placed. The price now is unchanged.")
    else:
        names = {"now": yuan(fresh.total_u), "difference": yuan(abs(fresh.total_u - quote.total_u))}
        if fresh.total_u > quote.total_u:
            sentence = (
                _("The quote has expired; no order was placed. The price now is %(now)s, up %(difference)s.") % names
            )
        else:
            sentence = (
                _("The quote has expired; no order was placed. The price now is %(now)s, down %(difference)s.") % names
            )
    return Refusal(sentence, "quote_expired", alternatives=[{"kind": "new_quote", "total_u": fresh.total_u}])


def _check_organisation(organisation: Organisation, total_u: int, now: datetime) -> None:
    """Read anew under the wallet's lock."""
    organisation = Organisation.objects.get(pk=organisation.pk)
    require(
        organisation.state != OrganisationState.SUSPENDED,
        _("%(name)s is suspended and cannot buy. Nothing was bought.") % {"name": organisation.name},
        "organisation_suspended",
    )
    require(
        organisation.state == OrganisationState.VERIFIED,
        _("%(name)s is not verified yet; only verified organisations buy. Nothing was bought.")
        % {"name": organisation.name},
        "organisation_not_verified",
    )
    if organisation.purchase_limit_u is not None and total_u > organisation.purchase_limit_u:
        raise Refusal(
            _("This purchase is above your organisation's limit of %(limit)s per purchase. Nothing was bought.")
            % {"limit": yuan(organisation.purchase_limit_u)},
            "purchase_limit",
        )
    if organisation.monthly_limit_u is not None:
        _check_month(organisation, organisation.monthly_limit_u, total_u, now)


def _check_month(organisation: Organisation, limit_u: int, total_u: int, now: datetime) -> None:
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    bought = Purchase.objects.filter(organisation=organisation, state=PurchaseState.PLACED, placed_at__gte=month)
    spent = bought.aggregate(total=Sum("total_u"))["total"] or 0
    if spent + total_u > limit_u:
        raise Refusal(
            _("With this purchase the month's limit of %(limit)s would be exceeded by %(over)s. Nothing was bought.")
            % {"limit": yuan(limit_u), "over": yuan(spent + total_u - limit_u)},
            "monthly_limit",
        )


def _open_provinces(slugs: list[str]) -> dict[str, Province]:
    provinces = {one.slug: one for one in Province.objects.open().filter(schema_name__in=slugs)}
    for slug in slugs:
        require(
            slug in provinces,
            _("Sales in %(province)s are suspended. Nothing was bought.") % {"province": slug},
            "province_closed",
        )
    return provinces


def _check_reports(parts: dict[str, list[dict[str, Any]]], now: datetime) -> None:
    """Every pool's agent reported within the last 60 s and neither it nor its provider is paused."""
    lines = [line for part in parts.values() for line in part]
    reports = {one.pool: one for one in Availability.objects.filter(pool__in=[line["pool"] for line in lines])}
    for line in lines:
        report = reports.get(uuid.UUID(line["pool"]))
        fresh = report and report.measured_at and now - report.measured_at <= settings.STOCK_FRESH_FOR
        require(
            report and fresh,
            _("The stock of %(site)s was not confirmed within the last 60 s. Nothing was bought or charged.")
            % {"site": offering.named(line, "site")},
            "stale_stock",
        )
        require(
            report and report.sellable,
            _("Sales of %(site)s are paused. Nothing was bought and nothing was charged.")
            % {"site": offering.named(line, "site")},
            "paused",
        )


def _plans_on_sale(lines: list[dict[str, Any]]) -> dict[uuid.UUID, PlanVersion]:
    """Newest plan version of each published offer of a provider that is not paused."""
    offers = [uuid.UUID(line["offer"]) for line in lines]
    on_sale = Offer.objects.filter(pk__in=offers, state=OfferState.PUBLISHED, provider__paused=False)
    newest = PlanVersion.objects.filter(offer__in=on_sale).order_by("offer_id", "-version").distinct("offer_id")
    return {plan.offer_id: plan for plan in newest}


def _check_line(province: Province, line: dict[str, Any], pool: Any, plan: PlanVersion | None) -> None:
    site = {"site": offering.named(line, "site")}
    require(
        plan is not None and not pool.paused and not pool.provider.paused,
        _("Sales of %(site)s are paused. Nothing was bought and nothing was charged.") % site,
        "paused",
    )
    require(
        plan is not None and plan.version == line["offer_version"] and plan.price_u == line["price_u"],
        _("The price of %(site)s has changed since the quote. Nothing was bought and nothing was charged.") % site,
        "price_changed",
    )


# Cancelling ------------------------------------------------------------------------------------


def cancel_purchase(purchase: Purchase, *, by: Any) -> int:
    """Cancel every order that is still being activated; returns how many. Raises `Refusal` if none is."""
    with in_public():
        rows = list(OrderIndex.objects.filter(purchase_id=purchase.pk, state="activating").order_by("province"))
    require(rows, _("No order of this purchase is being activated, so nothing was cancelled."), "nothing_to_cancel")
    for row in rows:
        with in_province(row.province):
            orders.cancel_order(Order.objects.get(pk=row.pk), by=by)
    return len(rows)


# Refusals of the database ------------------------------------------------------------------------


def _again_or_busy(error: OperationalError, attempt: int) -> None:
    state = _sqlstate(error)
    if state == LOCK_NOT_AVAILABLE:
        raise _busy() from None
    if state not in (DEADLOCK, SERIALIZATION):
        raise error
    if attempt + 1 == TRIES:
        raise _busy() from None


def _busy() -> Refusal:
    return Refusal(_("The platform is busy. Nothing was bought. Trying again cannot order twice."), "busy", status=503)


def _clash(error: IntegrityError) -> Exception:
    if _sqlstate(error) == EXCLUSION:
        return Refusal(
            _("Another buyer has just reserved these cards. Nothing was bought and nothing was charged."),
            "no_longer_free",
        )
    if _sqlstate(error) == UNIQUE and "quote" in str(error):
        return Refusal(_("This quote has been used already. Nothing was bought a second time."), "quote_used")
    return error


def _sqlstate(error: Exception) -> str:
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def _parts(quote: Quote) -> dict[str, list[dict[str, Any]]]:
    """The quote's lines by province in order of slug: the order in which provinces are locked."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for place, line in enumerate(quote.lines):
        parts.setdefault(line["province"], []).append({**line, "position": place})
    return dict(sorted(parts.items()))


def _number(head: str, now: datetime) -> str:
    day = timezone.localtime(now).strftime("%Y%m%d")
    return f"{head}-{day}-{''.join(secrets.choice(orders.ALPHABET) for _digit in range(6))}"
