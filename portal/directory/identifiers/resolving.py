"""What an identifier stands for: the register's row with the pool's last report, its parts explained, its offers."""

from dataclasses import astuple, dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.directory.identifiers.grammar import PARTS, parse, tidy
from portal.directory.identifiers.models import Identifier
from portal.directory.models import Category, OfferIndex
from tenants.models import Province

MOST_OFFERS = 5
KINDS = {"T": Category.GENERAL, "Z": Category.INTELLIGENT, "C": Category.HPC}


@dataclass(frozen=True)
class Explained:
    label: Any
    word: str
    meaning: str


@dataclass(frozen=True)
class Resolved:
    identifier: Identifier
    province: Province
    parts: list[Explained]
    offers: list[OfferIndex]


def find(text: str) -> Identifier | None:
    """The row of a well-formed identifier, with its reports. Raises `Malformed`."""
    parse(text)
    rows = Identifier.objects.with_reports().select_related("organisation", "card_model")
    return rows.filter(text=tidy(text)).first()


def resolve(text: str) -> Resolved | None:
    """All that the page shows; three queries. Raises `Malformed`, None if it was never issued."""
    found = find(text)
    if found is None:
        return None
    province = Province.objects.get(schema_name=found.province)
    offers = OfferIndex.objects.on_sale().filter(pool=found.pool).for_list().order_by("price_u", "id")
    return Resolved(found, province, _explain(found, province), list(offers[:MOST_OFFERS]))


def _explain(row: Identifier, province: Province) -> list[Explained]:
    meanings = [
        _("computing power"),
        province.name,
        row.organisation.name,
        str(KINDS[row.kind].label),
        row.card_model.name,
        row.site_name,
        _("running number of the provider"),
        _("finds typing errors"),
    ]
    words = ["CP", *astuple(parse(row.text)), row.text[-1]]
    return [Explained(part.label, word, meaning) for part, word, meaning in zip(PARTS, words, meanings, strict=True)]
