"""Base and industry models as catalogue entries: what is known of them, and how many offers serve them."""

from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.directory.finding import Finder, folded
from portal.directory.models import BaseModel, OfferIndex

PAGE_SIZE = 30
KINDS = {"base": pgettext_lazy("model", "base model"), "vertical": pgettext_lazy("model", "industry model")}
DOMAINS = {
    "agriculture": _("agriculture"),
    "code": _("program code"),
    "education": _("education"),
    "embedding": _("embedding"),
    "energy": _("energy"),
    "finance": _("finance"),
    "general": _("general"),
    "government": _("government"),
    "image": _("image"),
    "industry": _("manufacturing"),
    "law": _("law"),
    "medical": _("medicine"),
    "mining": _("mining"),
    "ocean": _("ocean"),
    "reasoning": _("reasoning"),
    "remote-sensing": _("remote sensing"),
    "science": _("science"),
    "security": _("security"),
    "speech": _("speech"),
    "telecom": _("telecommunications"),
    "transport": _("transport"),
    "video": _("video"),
    "vision": _("vision"),
    "weather": _("weather"),
}
MODALITIES = {
    "3d": _("3D"),
    "audio": _("audio"),
    "embedding": _("embedding"),
    "gridded-field": _("gridded field"),
    "image": _("image"),
    "molecule": _("molecule"),
    "multimodal": _("multimodal"),
    "protein-sequence": _("protein sequence"),
    "rerank": _("reranking"),
    "text": _("text"),
    "video": _("video"),
}


NAMES = ("pk", "name_zh", "name_en", "vendor_zh", "vendor_en", "slug")


def _named(text: str) -> list[str]:
    """Models whose names hold the words, by the rule of the catalogue; there are few, so they are read and compared."""
    rows = list(BaseModel.objects.values_list(*NAMES))
    finder = Finder([folded(names) for _pk, *names in rows], [])
    found = finder.find(text).bits
    return [row[0] for place, row in enumerate(rows) if found >> place & 1]


class ModelList:
    """The models an address asks for: `q` words, `kind`, `domain`, `served` by an offer; two queries and a count.

    With words, one query more.
    """

    def __init__(self, query: QueryDict) -> None:
        self.text = query.get("q", "").strip()[:100].replace("\0", "")
        self.kind = query.get("kind", "") if query.get("kind", "") in KINDS else ""
        self.domain = query.get("domain", "") if query.get("domain", "") in DOMAINS else ""
        self.served = bool(query.get("served"))

    kinds = tuple(KINDS.items())

    @property
    def domains(self) -> list[tuple[str, str]]:
        return sorted(((slug, str(name)) for slug, name in DOMAINS.items()), key=lambda one: one[1])

    @cached_property
    def offers(self) -> dict[str, int]:
        """Offers on sale by model."""
        counted = OfferIndex.objects.on_sale().filter(base_model__isnull=False).values_list("base_model")
        return dict(counted.annotate(number=Count("*")).order_by())

    def rows(self) -> QuerySet[BaseModel]:
        found = BaseModel.objects.order_by("vendor_en", "name_en")
        if self.text:
            found = found.filter(pk__in=_named(self.text))
        limits = {"kind": self.kind, "domain": self.domain}
        found = found.filter(**{name: value for name, value in limits.items() if value})
        return found.filter(pk__in=list(self.offers)) if self.served else found

    def page(self, number: str | None) -> Page[BaseModel]:
        page = Paginator(self.rows(), PAGE_SIZE).get_page(number)
        page.object_list = list(page.object_list)
        for model in page.object_list:
            model.offer_count = self.offers.get(model.slug, 0)  # type: ignore[attr-defined]
            model.kind_name = KINDS.get(model.kind, model.kind)  # type: ignore[attr-defined]
            model.domain_name = DOMAINS.get(model.domain, model.domain)  # type: ignore[attr-defined]
            model.modality_name = MODALITIES.get(model.modality, model.modality)  # type: ignore[attr-defined]
        return page
