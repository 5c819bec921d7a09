"""Stopping and restarting the sale of pools and of providers; running leases stay.

The pause of a pool's provider and that of staff are two facts: each lifts its own, and the pool sells without both.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.catalog.models import Pool, Provider
from portal.directory.index import actions as directory
from tenants import history
from tenants.acts import require


@transaction.atomic
def pause_pool(pool: Pool, *, by: Any = None) -> None:
    """Its provider sells nothing new from the pool; running leases stay."""
    _set_paused(pool, True)
    _unsellable([pool])
    history.record("pool.paused", pool, by=by)


@transaction.atomic
def resume_pool(pool: Pool, *, by: Any = None) -> None:
    """Sell again as soon as the agent reports the pool next. Refused while staff have paused it."""
    require(not Pool.objects.locked().get(pk=pool.pk).paused_by_staff, only_staff_lift_it(), "paused_by_staff")
    _set_paused(pool, False)
    history.record("pool.resumed", pool, by=by)


@transaction.atomic
def pause_pool_as_staff(pool: Pool, *, by: Any = None) -> None:
    """As `pause_pool`, until staff lift it; whether its provider has paused it too stays as it is."""
    _set_paused(pool, True, "paused_by_staff")
    _unsellable([pool])
    history.record("pool.paused", pool, by=by, staff=True)


@transaction.atomic
def resume_pool_as_staff(pool: Pool, *, by: Any = None) -> None:
    _set_paused(pool, False, "paused_by_staff")
    history.record("pool.resumed", pool, by=by, staff=True)


@transaction.atomic
def pause_provider(provider: Provider, *, by: Any = None) -> None:
    """Sell nothing new of the provider in this province; running leases stay. Purchases under way are waited for."""
    _set_paused(provider, True)
    _unsellable(provider.pools.locked())
    history.record("provider.paused", provider, by=by)


@transaction.atomic
def resume_provider(provider: Provider, *, by: Any = None) -> None:
    """Sell again as soon as the agents report the pools next."""
    _set_paused(provider, False)
    history.record("provider.resumed", provider, by=by)


def only_staff_lift_it() -> str:
    return _("Staff of the province have paused this, and only they can put it on sale again. Nothing was changed.")


def not_twice(paused: bool) -> str:
    return _("It is paused already. Nothing was changed.") if paused else _("It is not paused. Nothing was changed.")


def _set_paused(thing: Pool | Provider, paused: bool, field: str = "paused") -> None:
    locked = type(thing)._default_manager.select_for_update(of=("self",)).get(pk=thing.pk)
    require(getattr(locked, field) != paused, not_twice(paused), "wrong_state")
    setattr(thing, field, paused)
    thing.save(update_fields=[field])


def _unsellable(pools: Iterable[Pool]) -> None:
    directory.stop_selling(pool.pk for pool in pools)
