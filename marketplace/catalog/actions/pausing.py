"""Stopping and restarting the sale of pools and of providers; running leases stay."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.catalog.models import Pool, Provider
from portal.directory import actions as directory
from tenants import history
from tenants.acts import require


@transaction.atomic
def pause_pool(pool: Pool, *, by: Any = None) -> None:
    """Sell nothing new from the pool; running leases stay."""
    _set_paused(pool, True)
    _unsellable([pool])
    history.record("pool.paused", pool, by=by)


@transaction.atomic
def resume_pool(pool: Pool, *, by: Any = None) -> None:
    """Sell again as soon as the agent reports the pool next."""
    _set_paused(pool, False)
    history.record("pool.resumed", pool, by=by)


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


def _set_paused(thing: Pool | Provider, paused: bool) -> None:
    locked = type(thing)._default_manager.select_for_update(of=("self",)).get(pk=thing.pk)
    sentence = (
        _("It is paused already. Nothing was changed.") if paused else _("It is not paused. Nothing was changed.")
    )
    require(locked.paused != paused, sentence, "wrong_state")
    thing.paused = paused
    thing.save(update_fields=["paused"])


def _unsellable(pools: Iterable[Pool]) -> None:
    directory.stop_selling(pool.pk for pool in pools)
