"""What must be true before a purchase is placed, each with its own sentence and code.

All are asked under the wallet's lock, those of a province also under the locks of its pools. A refusal means that
nothing was written.
"""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.models import CapacityReport
from marketplace.catalog.models import OfferState, PlanVersion, Pool
from marketplace.orders import stock
from marketplace.orders.windows import terms
from portal.accounts import permissions
from portal.accounts.models import ApiKey, Organisation, OrganisationState, User
from portal.checkout.models import Purchase, PurchaseState, Quote
from portal.checkout.quotes import lending, offering
from portal.directory.measuring import sold_at_once
from portal.directory.models import Availability
from portal.web.wording import money_exact
from tenants.acts import Refusal, require
from tenants.models import Province

Line = dict[str, Any]
NEW_QUOTE = [{"kind": "new_quote"}]


class Plan(NamedTuple):
    """A plan version that is on sale."""

    offer_id: uuid.UUID
    pk: int
    version: int
    price_u: int | None


# The quote -------------------------------------------------------------------------------------


def check_quote(quote: Quote, organisation: Organisation) -> None:
    """Filled, and made for nobody else. That it is unused and valid is asked by the caller."""
    require(
        quote.organisation_id in (None, organisation.pk),
        _("This quote was made for another organisation. Nothing was bought."),
        "foreign_quote",
    )
    require(
        quote.lines, _("This quote could not be filled, so there is nothing to buy. Nothing was bought."), "not_filled"
    )


def quote_used(quote_id: uuid.UUID, organisation: Organisation) -> Refusal:
    """Its buyer is told for which purchase."""
    used = Purchase.objects.filter(quote=quote_id, organisation=organisation)
    number = used.values_list("number", flat=True).first()
    if number is None:
        return Refusal(_("This quote has been used already. Nothing was bought a second time."), "quote_used")
    return Refusal(
        _("This quote has been used already, for purchase %(number)s. Nothing was bought a second time.")
        % {"number": number},
        "quote_used",
    )


# The buyer -------------------------------------------------------------------------------------


def check_buyer(organisation: Organisation, by: User, key: ApiKey | None, total_u: int, now: datetime) -> None:
    """The organisation, read under the wallet's lock, may buy, and this person or key may spend so much for it."""
    _check_organisation(organisation)
    if key is None:
        may = permissions.can_buy(by, organisation)
        sentence = _("Your role in %(name)s does not allow buying. Nothing was bought.") % {"name": organisation.name}
    else:
        may = key.organisation_id == organisation.pk and permissions.key_may(key, "purchases:write")
        sentence = _("This key does not allow buying for %(name)s. Nothing was bought.") % {"name": organisation.name}
    require(may, sentence, "may_not_buy", status=403)
    if organisation.purchase_limit_u is not None and total_u > organisation.purchase_limit_u:
        raise Refusal(
            _("This purchase is above your organisation's limit of %(limit)s per purchase. Nothing was bought.")
            % {"limit": money_exact(organisation.purchase_limit_u)},
            "purchase_limit",
        )
    if organisation.monthly_limit_u is not None:
        _check_month(organisation, organisation.monthly_limit_u, now)


def _check_organisation(organisation: Organisation) -> None:
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


def _check_month(organisation: Organisation, limit_u: int, now: datetime) -> None:
    """Calendar month in Beijing."""
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    bought = Purchase.objects.filter(organisation=organisation, state=PurchaseState.PLACED, placed_at__gte=month)
    spent = bought.aggregate(total=Sum("total_u", default=0))["total"]  # with this purchase, which is written already
    require(
        spent <= limit_u,
        _("With this purchase the month's limit of %(limit)s would be exceeded by %(over)s. Nothing was bought.")
        % {"limit": money_exact(limit_u), "over": money_exact(spent - limit_u)},
        "monthly_limit",
    )


# The supply ------------------------------------------------------------------------------------


_SELLING = """
    SELECT * FROM tenants_province
    WHERE schema_name = ANY(%s) AND state = 'open' ORDER BY schema_name FOR KEY SHARE
"""
"""Purchases hold these rows together; who suspends or closes one waits for them, and they for a suspension begun."""


def open_provinces(slugs: list[str]) -> dict[str, Province]:
    """The provinces of a purchase, all of which sell, and go on to sell until it is committed."""
    provinces = {one.slug: one for one in Province.objects.raw(_SELLING, [slugs])}
    for slug in slugs:
        if slug not in provinces:
            raise Refusal(
                _("Sales in %(province)s are suspended. Nothing was bought and nothing was charged.")
                % {"province": Province.objects.get(schema_name=slug).name},
                "province_closed",
                alternatives=NEW_QUOTE,
            )
    return provinces


def _paused(site: dict[str, str]) -> str:
    return _("Sales of %(site)s are paused. Nothing was bought and nothing was charged.") % site


def _declared(site: dict[str, str]) -> str:
    sentence = _(
        "Nothing was bought and nothing was charged. The cards of %(site)s are declared, not measured; they are sold "
        "by quote only."
    )
    return sentence % site


def lock_supply(lines: list[Line], hours: int) -> tuple[dict[uuid.UUID, Any], dict[uuid.UUID, Plan]]:
    """In the province: the lines' pools, locked, with `unusable` serials and `lent_until`, and each offer's plan."""
    reports = CapacityReport.objects.filter(pool=OuterRef("pk"))
    unusable = {name: Subquery(reports.values(name)) for name in ("faulty", "missing")}
    locked = stock.locked_pools(uuid.UUID(line["pool"]) for line in lines).annotate(**unusable)
    pools: dict[uuid.UUID, Any] = {pool.pk: pool for pool in locked.only("paused", "paused_by_staff")}
    for pool in pools.values():
        pool.unusable = [*(pool.faulty or ()), *(pool.missing or ())]
    plans = _plans_on_sale(lines)
    for line in lines:
        _check_line(line, pools.get(uuid.UUID(line["pool"])), plans.get(uuid.UUID(line["offer"])))
    _check_windows(lines, pools, hours)
    _check_reports(lines)  # last: what has a reason of its own above stops the sale of the stock too
    return pools, plans


def _check_reports(lines: list[Line]) -> None:
    """Every pool's agent reported within the last 60 s, and neither it, the pool nor its provider is paused.

    Locked, after the pools and in the order in which they are counted: who pauses an agent waits for purchases.
    """
    rows = Availability.objects.filter(pool__in=[line["pool"] for line in lines]).order_by("pool")
    reports = {one.pool: one for one in rows.select_for_update(no_key=True)}
    now = timezone.now()
    for line in lines:
        report = reports.get(uuid.UUID(line["pool"]))
        site = {"site": offering.named(line, "site")}
        require(
            report is not None and offering.fresh(report, now),
            _("Nothing was bought and nothing was charged. The stock of %(site)s was not confirmed in the last 60 s.")
            % site,
            "stale_stock",
            alternatives=NEW_QUOTE,
        )
        require(
            report is not None and sold_at_once(counted=report.counted),
            _declared(site),
            "declared_cards",
            alternatives=NEW_QUOTE,
        )
        require(report is not None and report.sellable, _paused(site), "paused", alternatives=NEW_QUOTE)


def _check_windows(lines: list[Line], pools: dict[uuid.UUID, Any], hours: int) -> None:
    """Read after the pools are locked, so that no window can be made in between."""
    now = timezone.now()
    limits = terms.limits(pools, now)
    for line in lines:
        limit = limits.get(uuid.UUID(line["pool"]))
        reason = lending.objection(limit, hours, now)
        if limit is not None and reason is not None:
            raise lending.refusal(offering.named(line, "site"), reason, limit, now)
        pools[uuid.UUID(line["pool"])].lent_until = limit.until if limit else None


def _plans_on_sale(lines: list[Line]) -> dict[uuid.UUID, Plan]:
    """Newest plan version of each published offer whose provider sells; read after the pools are locked."""
    offers = [uuid.UUID(line["offer"]) for line in lines]
    on_sale = PlanVersion.objects.filter(
        offer__in=offers,
        offer__state=OfferState.PUBLISHED,
        offer__paused_by_staff=False,
        offer__provider__paused=False,
    )
    newest = on_sale.order_by("offer_id", "-version").distinct("offer_id")
    return {row[0]: Plan(*row) for row in newest.values_list("offer_id", "pk", "version", "price_u")}


def _check_line(line: Line, pool: Pool | None, plan: Plan | None) -> None:
    site = {"site": offering.named(line, "site")}
    for_sale = pool is not None and plan is not None and not pool.is_paused
    require(for_sale, _paused(site), "paused", alternatives=NEW_QUOTE)
    require(
        plan is not None and plan.version == line["offer_version"] and plan.price_u == line["price_u"],
        _("The price of %(site)s has changed since the quote. Nothing was bought and nothing was charged.") % site,
        "price_changed",
        alternatives=NEW_QUOTE,
    )
