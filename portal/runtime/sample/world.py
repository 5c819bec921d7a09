"""Loading the sample world: deterministic, repeatable, refused outside a sample world."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.catalog.models import Card, Offer, Pool, Provider, Site
from portal.accounts.models import Organisation, User
from portal.directory.models import BaseModel, CardModel, OfferIndex
from portal.runtime.sample import money, people, scale, supply, taxonomy
from portal.runtime.sample.tables import rows
from tenants.actions import open_province
from tenants.acts import require
from tenants.context import NATION, in_province, in_public
from tenants.models import Province, ProvinceState

Say = Callable[[str], None]


def _quiet(_sentence: str) -> None:
    pass


def load(*, times: int = 1, say: Say = _quiet) -> None:
    """Make the sample world, or complete it; `times` 20 means about twenty times the offers, in 31 provinces.

    Raises `Refusal` where the installation is not a sample world.
    """
    require(
        settings.SAMPLE_WORLD,
        _("This installation is not a sample world (SAMPLE_WORLD is off). Nothing was loaded."),
        "no_sample_world",
    )
    with in_public():
        taxonomy.load()
        supplies = supply.by_province()
        if times > 1:
            scale.widen(supplies, times)
        supply.add_organisations(rows("providers_sample"))
        for found in supplies.values():
            supply.add_organisations(found.providers)
    for province in (NATION, *supplies):
        if open_if_planned(province):
            say(f"opened {province}")
    for province, found in supplies.items():
        supply.load_province(found)
        say(f"{province}: {len(found.pools)} pools, {len(found.products)} offers")
    with in_public():
        people.load()
        money.load()


def open_if_planned(slug: str) -> bool:
    with in_public():
        planned = Province.objects.filter(schema_name=slug, state=ProvinceState.PLANNED).exists()
    if planned:
        open_province(slug)
    return planned


def counts() -> dict[str, int]:
    """What the installation holds now, over all provinces."""
    found = {
        "card models": CardModel.objects.count(),
        "base models": BaseModel.objects.count(),
        "organisations": Organisation.objects.count(),
        "people": User.objects.count(),
        "offers on the national list": OfferIndex.objects.count(),
    }
    province_rows = {"providers": Provider, "sites": Site, "pools": Pool, "cards": Card, "offers": Offer}
    found.update(dict.fromkeys(province_rows, 0))
    for province in Province.objects.with_schema():
        with in_province(province):
            for name, model in province_rows.items():
                found[name] += model._default_manager.count()
    return found
