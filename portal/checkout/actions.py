"""Quote and purchase. A purchase over several provinces is one transaction: all or nothing.

Lock order: idempotency row → wallet → provinces, shared → by province: pools by id → their stock → cards by id → order
→ lease.
"""

import secrets
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.orders import actions as orders
from marketplace.orders import stock
from marketplace.orders.models import STARTING, Order
from marketplace.orders.numbers import number
from portal.accounts.models import ApiKey, Organisation, User
from portal.checkout.models import Purchase, PurchaseState, Quote
from portal.checkout.purchases import guards
from portal.checkout.quotes import offering
from portal.directory.models import OrderIndex
from portal.ledger import actions as ledger
from portal.ranking.filling import RULE_VERSION, CardRequest, Filling, fill
from portal.ranking.reasons import in_both
from portal.web.wording import money_exact
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import in_province, in_public
from tenants.models import Province

LOCK_TIMEOUT = "3s"
TRIES = 3
DEADLOCK, SERIALIZATION, LOCK_NOT_AVAILABLE = "40P01", "40001", "55P03"
EXCLUSION, UNIQUE = "23P01", "23505"

Lines = list[dict[str, Any]]
T = TypeVar("T")


def preview(request: CardRequest) -> Filling:
    """What a quote would say now; nothing is written."""
    return fill(request, offering.lots_for(request), turn=secrets.randbelow(1 << 16))


def answer(request: CardRequest, *, organisation: Organisation | None = None) -> Quote:
    """The quote for a request as it would be now; not saved."""
    now = timezone.now()
    with in_public():
        filling = preview(request)
        return Quote(
            number=number("Q", now),
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

    Raises `Refusal` with code and sentence when a guard fails; nothing is written then.
    """

    @transaction.atomic
    def act() -> Purchase:
        return place_in_transaction(quote, organisation=organisation, by=by, key=key)

    return persistently(act, quote.pk, organisation)


def persistently(act: Callable[[], T], quote_id: uuid.UUID, organisation: Organisation) -> T:
    """Run an act that is one transaction and buys the quote: again after a deadlock, on `public`.

    Raises `Refusal` where the database's own guards refuse. The tries are outside of the transaction, because then
    it needs no savepoint and a failed try holds no lock.
    """
    with in_public():
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                return act()
            except OperationalError as error:
                _again_or_busy(error, last)
            except IntegrityError as error:
                _again_or_clash(error, quote_id, organisation, last)
    raise _busy()


def place_in_transaction(quote: Quote, *, organisation: Organisation, by: User, key: ApiKey | None = None) -> Purchase:
    """As `place_purchase`, inside a transaction of the caller, which runs it by `persistently`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    now = timezone.now()
    purse = ledger.lock_wallet(organisation)
    guards.check_quote(quote, organisation)
    purchase = _write(quote, organisation, by, key)  # first of all: a quote that is used already is refused here
    if quote.valid_until <= now:
        raise _expired(quote)
    guards.check_buyer(purse.organisation, by, key, quote.total_u, now)
    parts = _parts(quote)
    provinces = guards.open_provinces(list(parts))
    order_ids = {slug: uuid.uuid4() for slug in parts}
    amounts = {(slug, order_ids[slug]): offering.amount_of(lines) for slug, lines in parts.items()}
    ledger.reserve(purse, purchase.pk, amounts, by=by)
    purchase.orders = []
    for slug, lines in parts.items():
        with in_province(provinces[slug]):
            row = _place_in_province(provinces[slug], purchase, order_ids[slug], lines, by=key or by)
            purchase.orders.append(row)
    history.record("purchase.placed", purchase, by=key or by, total_u=quote.total_u, quote=quote.number)
    return purchase


def _write(quote: Quote, organisation: Organisation, by: User, key: ApiKey | None) -> Purchase:
    """The purchase, placed at once: nobody has to approve it. It stays only if everything after it goes well."""
    now = timezone.now()
    return Purchase.objects.create(
        number=number("P", now),
        quote=quote,
        organisation=organisation,
        requested_by=by,
        key=key,
        state=PurchaseState.PLACED,
        total_u=quote.total_u,
        created_at=now,
        placed_at=now,
    )


def _place_in_province(
    province: Province, purchase: Purchase, order_id: uuid.UUID, lines: Lines, *, by: Any
) -> OrderIndex:
    pools, plans = guards.lock_supply(lines, purchase.quote.hours)
    return orders.place_order(
        purchase_id=purchase.pk,
        order_id=order_id,
        number=number(province.gb2260 or "00", purchase.created_at),
        organisation=purchase.organisation,
        requested_by=purchase.requested_by,
        hours=purchase.quote.hours,
        lots=[
            orders.LotToPlace(
                pool_id=uuid.UUID(line["pool"]),
                plan_id=plans[uuid.UUID(line["offer"])].pk,
                position=line["position"],
                cards=line["cards"],
                price_u=line["price_u"],
                unusable=tuple(pools[uuid.UUID(line["pool"])].unusable),
                lent_until=pools[uuid.UUID(line["pool"])].lent_until,
            )
            for line in lines
        ],
        by=by,
    )


def _parts(quote: Quote) -> dict[str, Lines]:
    """The quote's lines by province in order of slug: the order in which provinces are locked."""
    parts: dict[str, Lines] = {}
    for place, line in enumerate(quote.lines):
        parts.setdefault(line["province"], []).append({**line, "position": place})
    return dict(sorted(parts.items()))


# Refusals --------------------------------------------------------------------------------------


def _expired(quote: Quote) -> Refusal:
    """Says the price now."""
    fresh = preview(offering.request_of(quote))
    names = {"now": money_exact(fresh.total_u), "difference": money_exact(abs(fresh.total_u - quote.total_u))}
    if not fresh.chosen:
        sentence = _("The quote has expired; no order was placed. At the moment the request cannot be filled.")
    elif fresh.total_u == quote.total_u:
        sentence = _("The quote has expired; no order was placed. The price now is the same, %(now)s.")
    elif fresh.total_u > quote.total_u:
        sentence = _("The quote has expired; no order was placed. The price now is %(now)s, up %(difference)s.")
    else:
        sentence = _("The quote has expired; no order was placed. The price now is %(now)s, down %(difference)s.")
    alternatives = [{"kind": "new_quote", "total_u": fresh.total_u}] if fresh.chosen else []
    return Refusal(sentence % names, "quote_expired", alternatives=alternatives)


def _again_or_busy(error: OperationalError, last: bool) -> None:
    """Deadlocks and serialization failures are tried again; a lock that could not be had in time is not."""
    state = _sqlstate(error)
    if state not in (DEADLOCK, SERIALIZATION, LOCK_NOT_AVAILABLE):
        raise error
    if last or state == LOCK_NOT_AVAILABLE:
        raise _busy() from None


def _busy() -> Refusal:
    return Refusal(_("The platform is busy. Nothing was bought. Trying again cannot order twice."), "busy", status=503)


def _again_or_clash(error: IntegrityError, quote_id: uuid.UUID, organisation: Organisation, last: bool) -> None:
    """A random number that was drawn before is drawn anew; the database's own guards become their sentences."""
    state, constraint = _sqlstate(error), _constraint(error)
    if state == EXCLUSION:
        raise stock.clash() from None
    if state == UNIQUE and "quote" in constraint:
        raise guards.quote_used(quote_id, organisation) from None
    if last or state != UNIQUE or "number" not in constraint:
        raise error


def _sqlstate(error: Exception) -> str:
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def _constraint(error: Exception) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", "") or "")


# Cancelling ------------------------------------------------------------------------------------


def cancel_purchase(purchase: Purchase, *, by: Any) -> int:
    """Cancel every order that is not running yet; returns how many. Raises `Refusal` if none is."""
    with in_public(), transaction.atomic():
        rows = OrderIndex.objects.filter(purchase_id=purchase.pk, state__in=STARTING).order_by("province")
        starting = list(rows)
        require(
            starting, _("No order of this purchase is being activated, so nothing was cancelled."), "nothing_to_cancel"
        )
        for row in starting:
            with in_province(row.province):
                orders.cancel_order(Order.objects.get(pk=row.pk), by=by)
        history.record("purchase.cancelled", purchase, by=by, orders=len(starting))
    return len(starting)
