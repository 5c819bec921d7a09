"""A shop for measuring: pools of cards in Shanxi, buyers with keys, and many quotes of four cards.

Every id that occurs in a purchase ends in a number of twelve digits whose first digit says what it is, so that the
statements of one purchase become a script by writing variables in place of those numbers (see `script`).
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from marketplace.catalog.models import Card, Offer, OfferState, PlanVersion, Pool, Provider, Site
from portal.accounts import tokens
from portal.accounts.models import ApiKey, Membership, Organisation, OrganisationState, User
from portal.accounts.roles import MembershipRole
from portal.checkout import actions
from portal.directory.index.actions import count_stock
from portal.directory.models import Availability, CardModel, OfferIndex
from portal.ledger.models import Account, AccountKind
from portal.ranking.filling import CardRequest
from tenants.context import in_province

PROVINCE = "shanxi"
POOLS, CARDS_PER_POOL, BUYERS, CARDS = 48, 160, 32, 4
ORGANISATION, POOL, QUOTE, FRESH = 100_000_000_000, 200_000_000_000, 300_000_000_000, 400_000_000_000
WALLET, PLAN = 700_000_000, 900_000_000
PRICE_U, HOURS = 2_000_000, 2
LEFT_OUT = 8
"""Lots that a quote lists as not chosen: as many as a card model usually has beside the chosen one."""


def uid(number: int) -> UUID:
    return UUID(f"00000000-0000-4000-8000-{number:012d}")


@dataclass(frozen=True)
class Shop:
    keys: list[str]
    """One API key for each buyer."""


def build() -> Shop:
    model, _made = CardModel.objects.get_or_create(
        slug="bench-card", defaults={"name_zh": "测试卡", "name_en": "Bench", "domestic": True, "card_class": "x"}
    )
    user = User.objects.create_user("bench@example.test", None)
    seller = _organisations()[-1]
    with in_province(PROVINCE):
        _supply(seller, model)
    _index(seller, model)
    return Shop(_buyers(user))


def _organisations() -> list[Organisation]:
    now = timezone.now()
    return Organisation.objects.bulk_create(
        Organisation(
            id=uid(ORGANISATION + n),
            uscc=f"BENCH{n:013d}",
            name_zh=f"买方 {n}",
            state=OrganisationState.VERIFIED,
            verified_at=now,
        )
        for n in range(BUYERS + 1)
    )


def _buyers(user: User) -> list[str]:
    texts = []
    for n in range(BUYERS):
        organisation = Organisation(pk=uid(ORGANISATION + n))
        Membership.objects.create(user=user, organisation=organisation, role=MembershipRole.BUYER)
        for place, (kind, balance) in enumerate([(AccountKind.WALLET, 10**15), (AccountKind.RESERVED, 0)]):
            Account.objects.create(id=WALLET + 2 * n + place, kind=kind, organisation=organisation, balance_u=balance)
        prefix, secret = str(ORGANISATION + n), "s" * 43
        ApiKey.objects.create(
            id=uid(ORGANISATION + n),
            organisation=organisation,
            name="bench",
            prefix=prefix,
            secret_hash=tokens._hash(secret, f"key:{prefix}"),
            scopes=["purchases:write"],
            created_by=user,
            last_used_at=timezone.now() + timezone.timedelta(days=1),
        )
        texts.append(f"sp_{prefix}_{secret}")
    return texts


def _supply(seller: Organisation, model: CardModel) -> None:
    now = timezone.now()
    provider = Provider.objects.create(organisation=seller, slug="bench", short_zh="测")
    site = Site.objects.create(provider=provider, slug="bench", name_zh="机房", city_zh="太原")
    Pool.objects.bulk_create(
        Pool(id=uid(POOL + n), site=site, provider=provider, slug=f"bench-{n}", card_model=model, mode="discrete")
        for n in range(POOLS)
    )
    Card.objects.bulk_create(
        Card(pool_id=uid(POOL + n), serial=f"bench-{n}-{k}", node=f"bench-{n}-{k // 8:02d}")
        for n in range(POOLS)
        for k in range(CARDS_PER_POOL)
    )
    Offer.objects.bulk_create(
        Offer(
            id=uid(POOL + n),
            provider=provider,
            slug=f"bench-{n}",
            name_zh=f"散卡 {n}",
            category="intelligent",
            mode="instant",
            pool_id=uid(POOL + n),
            state=OfferState.PUBLISHED,
            published_at=now,
        )
        for n in range(POOLS)
    )
    PlanVersion.objects.bulk_create(
        PlanVersion(id=PLAN + n, offer_id=uid(POOL + n), version=1, unit="card-hour", price_u=PRICE_U)
        for n in range(POOLS)
    )


def _index(seller: Organisation, model: CardModel) -> None:
    now = timezone.now()
    OfferIndex.objects.bulk_create(
        OfferIndex(
            id=uid(POOL + n),
            province=PROVINCE,
            slug=f"bench-{n}",
            provider=seller,
            provider_zh=seller.name_zh,
            name_zh=f"散卡 {n}",
            category="intelligent",
            mode="instant",
            unit="card-hour",
            price_u=PRICE_U,
            card_model=model,
            pool=uid(POOL + n),
            site_zh=f"机房 {n}",
            version=1,
            search_text="",
            published_at=now,
        )
        for n in range(POOLS)
    )
    Availability.objects.bulk_create(
        Availability(pool=uid(POOL + n), province=PROVINCE, cards=CARDS_PER_POOL, free=CARDS_PER_POOL, measured_at=now)
        for n in range(POOLS)
    )


def write_quotes(first: int, count: int) -> None:
    """Quotes `first` … `first + count - 1`, each for four cards of the pool whose number is the quote's modulo 48."""
    sample = actions.answer(CardRequest(card_model="bench-card", cards=CARDS, hours=HOURS))
    sample.left_out = sample.left_out[:LEFT_OUT]
    sample.id, sample.number = uid(QUOTE - 1 - first), f"T-{first}"
    sample.valid_until = timezone.now() + timezone.timedelta(hours=6)
    sample.save(force_insert=True)
    pool = f"'00000000-0000-4000-8000-' || ({POOL} + n %% {POOLS})"
    line = f"(lines->0) || jsonb_build_object('pool', {pool}, 'offer', {pool})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO checkout_quote (id, number, organisation_id, card_model_id, cards, hours, constraints, lines,
                left_out, alternatives, total_u, rule_version, created_at, valid_until)
            SELECT ('00000000-0000-4000-8000-' || ({QUOTE} + n))::uuid, 'Q-' || n, NULL, card_model_id, cards, hours,
                constraints, jsonb_build_array({line}), left_out, alternatives, total_u, rule_version, created_at,
                valid_until
            FROM checkout_quote, generate_series(%s::bigint, %s::bigint) AS n WHERE id = %s
            """,
            [first, first + count - 1, sample.pk],
        )


def restock() -> None:
    """Between two runs: every card is free again, every report fresh, every table vacuumed."""
    with in_province(PROVINCE), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_lease SET state = 'released', hold_until = NULL, during = tstzrange(lower(during), now()) "
            "WHERE state = 'held'"
        )
        cursor.execute("VACUUM ANALYZE orders_lease")
        cursor.execute("VACUUM ANALYZE catalog_card")
    Availability.objects.update(measured_at=timezone.now() + timezone.timedelta(hours=6))
    count_stock({uid(POOL + n): CARDS_PER_POOL for n in range(POOLS)})
    with connection.cursor() as cursor:
        for table in ("directory_availability", "ledger_account", "accounts_allowance", "checkout_purchase"):
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")


def sold_twice() -> int:
    """Cards that two leases occupy at one time."""
    with in_province(PROVINCE), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT a.card_id) FROM orders_lease a JOIN orders_lease b "
            "ON a.card_id = b.card_id AND a.id < b.id AND a.during && b.during "
            "WHERE a.state = 'held' AND b.state = 'held'"
        )
        return int(cursor.fetchone()[0])


def held_in(pool: int) -> int:
    with in_province(PROVINCE), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM orders_lease l JOIN catalog_card c ON c.id = l.card_id "
            "WHERE l.state = 'held' AND c.pool_id = %s",
            [uid(POOL + pool)],
        )
        return int(cursor.fetchone()[0])
