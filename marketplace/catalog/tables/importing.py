"""Importing a table: a dry run that changes nothing, and the import of the same bytes in one transaction.

The dry run of sites, pools and offers performs the acts and rolls them back, so that it finds whatever they refuse.
Cards are compared only: a dry run must not keep the locks of pools that are being sold from.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.catalog import actions
from marketplace.catalog.models import CardState, Offer, Pool, Provider, Site
from marketplace.catalog.tables.checking import Change, Checked, compare
from marketplace.catalog.tables.kinds import PRICE, Kind
from tenants import history
from tenants.acts import Refusal

BLAMED = {
    "name_taken": "name_zh",
    "pool_has_cards": "card_model",
    "offer_on_sale": "mode",
    "other_provider": "pool",
    "pool_missing": "pool",
    "pool_not_sold_so": "pool",
    "base_model_missing": "base_model",
    "unit_unfit": "unit",
    "price_missing": "price_u",
    "price_zero": "price_u",
    "second_price_zero": "price_out_u",
}
"""Which column is named for a refusal of an act; for others, the first one that would change."""


class Faulty(Refusal):
    """The file has faults, or has got some since it was checked. Nothing was imported."""

    def __init__(self, checked: Checked) -> None:
        count = len(checked.faults)
        sentence = ngettext(
            "The file has %(count)s fault. Nothing was imported.",
            "The file has %(count)s faults. Nothing was imported.",
            count,
        ) % {"count": count}
        super().__init__(sentence, "faulty_table", status=422)
        self.checked = checked


@transaction.atomic
def dry_run(kind: Kind, provider: Provider, data: bytes, encoding: str = "") -> Checked:
    """What an import would do, and every fault; nothing is changed."""
    checked = compare(kind, provider, data, encoding)
    if kind.name != "cards":
        _perform(checked, provider, by=None)
    transaction.set_rollback(True)
    return checked


@transaction.atomic
def import_table(kind: Kind, provider: Provider, data: bytes, encoding: str = "", *, by: Any) -> Checked:
    """Add and change everything the file says, or raise `Faulty` and change nothing.

    One history row for the file, with its SHA-256, beside those of the acts.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    checked = compare(kind, provider, data, encoding)
    if not checked.faults:
        _perform(checked, provider, by=by)
    if checked.faults:
        raise Faulty(checked)
    history.record(f"{kind.name}.imported", provider, by=by, sha256=checked.table.sha256, **checked.counts())
    return checked


def _perform(checked: Checked, provider: Provider, *, by: Any) -> None:
    if checked.kind.name == "cards":
        _cards(checked, by)
        return
    if checked.kind.name == "pools":
        _lock(change.before for change in checked.changed)
    for change in [*checked.added, *checked.changed]:
        _perform_one(checked, change, provider, by)
    checked.faults.sort(key=lambda fault: fault.row)


def _perform_one(checked: Checked, change: Change, provider: Provider, by: Any) -> None:
    try:
        with transaction.atomic():
            perform(checked.kind, provider, change, by=by)
    except Refusal as refusal:
        name = BLAMED.get(refusal.code) or next(iter(change.values))
        checked.blame(change.row, name, str(refusal))
    except IntegrityError:
        sentence = _("Somebody has registered it a moment ago. Check the file again.")
        checked.blame(change.row, checked.kind.key, sentence)


def perform(kind: Kind, provider: Provider, change: Change, *, by: Any) -> Any:
    """Add or change one site, pool or offer by its act; returns it. Raises `Refusal`."""
    acts: dict[str, Callable[[Provider, Change, Any], Any]] = {"sites": _site, "pools": _pool, "offers": _offer}
    return acts[kind.name](provider, change, by)


def _site(provider: Provider, change: Change, by: Any) -> Site:
    if change.before is None:
        return actions.add_site(provider, by=by, **change.values)
    return actions.change_site(change.before, by=by, **change.values)


def _pool(provider: Provider, change: Change, by: Any) -> Pool:
    if change.before is None:
        return actions.add_pool(by=by, **change.values)
    return actions.change_pool(change.before, by=by, **change.values)


def _offer(provider: Provider, change: Change, by: Any) -> Offer:
    facts = {name: value for name, value in change.values.items() if name not in PRICE}
    price = {name: value for name, value in change.values.items() if name in PRICE}
    offer: Any = change.before
    if offer is None:
        offer = actions.draft_offer(provider, by=by, **facts)
    elif facts:
        actions.change_offer(offer, by=by, **facts)
    if change.before is not None and price:
        plan = next(iter(change.before.latest), None)
        price = {name: getattr(plan, name, None) for name in PRICE} | price
    if price.get("unit"):
        actions.set_price(offer, price["unit"], price["price_u"], price_out_u=price["price_out_u"], by=by)
    return offer  # type: ignore[no-any-return]


# Cards: in bulk, pool by pool ------------------------------------------------------------------


def _cards(checked: Checked, by: Any) -> None:
    """As many statements for twenty thousand cards as for one: they grow with the number of pools only."""
    new: dict[Pool, list[tuple[str, str]]] = defaultdict(list)
    moved: dict[tuple[Pool, str], list[str]] = defaultdict(list)
    for change in checked.added:
        pool, serial = change.values["pool"], change.values["serial"]
        new[pool].append((change.values["node"], serial))
        if change.values["state"] != CardState.IN_SERVICE:
            moved[pool, change.values["state"]].append(serial)
    for change in checked.changed:
        moved[change.before.pool, change.values["state"]].append(change.before.serial)
    _lock([*new, *(pool for pool, _state in moved)])
    for pool in sorted(new, key=lambda pool: pool.pk):
        actions.add_cards(pool, new[pool], by=by)
    for pool, state in sorted(moved, key=lambda one: (one[0].pk, one[1])):
        cards = pool.cards.filter(serial__in=moved[pool, state]).values_list("pk", flat=True)
        actions.move_cards(pool, set(cards), state, by=by)


def _lock(pools: Iterable[Pool]) -> None:
    """In the order of purchases, whatever the order of the file."""
    wanted = {pool.pk for pool in pools}
    list(Pool.objects.filter(pk__in=wanted).locked())
