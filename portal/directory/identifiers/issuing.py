"""Acts on identifiers. Called by the provinces' acts inside their transactions, never by a person.

An identifier is issued with its pool, and stays what it is: a pool that gets another card model or site gets a new
one, and the old one is cancelled and never used again.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.directory.identifiers import grammar
from portal.directory.identifiers.models import Identifier
from portal.directory.models import CardModel
from tenants.acts import Refusal
from tenants.models import Province


@dataclass(frozen=True, kw_only=True)
class PoolFacts:
    """What an identifier says of a pool."""

    pool: uuid.UUID
    organisation_id: uuid.UUID
    card_model: CardModel
    site: uuid.UUID
    site_zh: str = ""
    site_en: str = ""
    city_zh: str = ""
    city_en: str = ""

    def fits(self, row: Identifier) -> bool:
        """Whether the identifier still says what is so."""
        mine = (self.organisation_id, self.card_model.pk, self.site)
        return mine == (row.organisation_id, row.card_model_id, row.site)


def issue(province: str, pools: Iterable[PoolFacts]) -> list[Identifier]:
    """Give every pool that has none, or none that fits, an identifier; the new ones.

    Raises `Refusal` `no_identifier` where a code has no number left.
    """
    wanted = {one.pool: one for one in pools}
    live = {row.pool: row for row in Identifier.objects.live().filter(pool__in=wanted)}
    lacking = [one for pool, one in wanted.items() if pool not in live or not one.fits(live[pool])]
    if not lacking:
        return []
    _lock(province)
    cancel([one.pool for one in lacking if one.pool in live])
    register = _Register(province, {one.organisation_id for one in lacking})
    return Identifier.objects.bulk_create([register.row(one) for one in lacking], batch_size=500)


def cancel(pools: Collection[uuid.UUID]) -> int:
    """The pools are no more: their identifiers are cancelled, not reused. How many were."""
    return Identifier.objects.live().filter(pool__in=pools).update(cancelled_at=timezone.now())


def cancel_others(province: Province, pools: Collection[uuid.UUID] = ()) -> int:
    """Cancel every identifier of the province but those of these pools. How many were."""
    others = Identifier.objects.live().filter(province=province.slug).exclude(pool__in=pools)
    return others.update(cancelled_at=timezone.now())


def rename_site(site: uuid.UUID, *, site_zh: str, site_en: str, city_zh: str, city_en: str) -> None:
    """Show the new names; the code stays, since it was given out."""
    names = {"site_zh": site_zh, "site_en": site_en, "city_zh": city_zh, "city_en": city_en}
    Identifier.objects.live().filter(site=site).update(**names)


def _lock(province: str) -> None:
    """One at a time takes numbers in a province, until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.identifiers'), hashtext(%s))", [province])


class _Register:
    """The codes and numbers a province has given out, and the next ones. Its lock is held."""

    def __init__(self, province: str, organisations: set[uuid.UUID]) -> None:
        self.province = province
        self.code = Province.objects.values_list("gb2260", flat=True).get(schema_name=province) or "00"
        given = Identifier.objects.filter(province_code=self.code)
        self.last_provider = given.aggregate(most=Max("provider_code"))["most"] or 0
        self.providers: dict[uuid.UUID, int] = {}
        self.sites: dict[uuid.UUID, str] = {}
        self.site_codes: dict[int, set[str]] = defaultdict(set)
        self.serials: dict[int, int] = defaultdict(int)
        for row in given.filter(organisation__in=organisations):
            self.providers[row.organisation_id] = row.provider_code
            self.sites[row.site] = row.site_code
            self.site_codes[row.provider_code].add(row.site_code)
            self.serials[row.provider_code] = max(self.serials[row.provider_code], row.serial)

    def row(self, facts: PoolFacts) -> Identifier:
        provider = self._provider(facts.organisation_id)
        site = self._site(facts, provider)
        kind = grammar.kind_of(facts.card_model.card_class)
        parts = self._numbered(provider, kind, facts.card_model.code, site)
        return Identifier(
            text=parts.text(),
            province=self.province,
            province_code=self.code,
            organisation_id=facts.organisation_id,
            provider_code=provider,
            kind=kind,
            card_model=facts.card_model,
            site=facts.site,
            site_code=site,
            site_zh=facts.site_zh,
            site_en=facts.site_en,
            city_zh=facts.city_zh,
            city_en=facts.city_en,
            serial=int(parts.serial),
            pool=facts.pool,
        )

    def _provider(self, organisation_id: uuid.UUID) -> int:
        if organisation_id not in self.providers:
            self.last_provider += 1
            _within(self.last_provider, grammar.MOST_PROVIDER)
            self.providers[organisation_id] = self.last_provider
        return self.providers[organisation_id]

    def _site(self, facts: PoolFacts, provider: int) -> str:
        if facts.site not in self.sites:
            code = grammar.numbered(grammar.initials(facts.city_en), self.site_codes[provider])
            if code is None:
                raise _exhausted()
            self.sites[facts.site] = code
            self.site_codes[provider].add(code)
        return self.sites[facts.site]

    def _numbered(self, provider: int, kind: str, model: str, site: str) -> grammar.Parts:
        """The next serial that has a check character."""
        while True:
            self.serials[provider] += 1
            _within(self.serials[provider], grammar.MOST_SERIAL)
            parts = grammar.Parts(self.code, f"{provider:06d}", kind, model, site, f"{self.serials[provider]:05d}")
            if parts.check() is not None:
                return parts


def _within(number: int, most: int) -> None:
    if number > most:
        raise _exhausted()


def _exhausted() -> Refusal:
    return Refusal(
        _("No identifier is left for this provider or site. The pool was not registered. Ask the operator."),
        "no_identifier",
    )
