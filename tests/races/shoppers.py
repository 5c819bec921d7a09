"""Two hundred buyers who press the button together, over HTTP, each with a key and a quote for one card."""

import asyncio
import json
import uuid
from collections import Counter

from django.db import transaction
from django.utils import timezone

from portal.accounts.actions.keys import SCOPES
from portal.accounts.models import ApiKey, Membership, Organisation, OrganisationState, User
from portal.accounts.roles import MembershipRole
from portal.accounts.tokens import new_key
from portal.checkout.actions import answer
from portal.checkout.models import Quote
from portal.ledger.models import Account, AccountKind, Posting, Transaction, TransactionKind
from portal.ranking.filling import CardRequest
from tests.market import CARD, YUAN

Shopper = tuple[str, uuid.UUID]
"""Text of the key, id of the quote."""


def shoppers(count: int) -> list[Shopper]:
    """Organisations with money enough for one card, each with a key and its own quote for one card."""
    user = User.objects.create_user("shoppers@example.test", None)
    now, keys = timezone.now(), [new_key() for _one in range(count)]
    organisations = Organisation.objects.bulk_create(
        Organisation(uscc=f"RACE{n:014d}", name_zh=f"买方 {n}", state=OrganisationState.VERIFIED, verified_at=now)
        for n in range(count)
    )
    Membership.objects.bulk_create(
        Membership(user=user, organisation=one, role=MembershipRole.BUYER) for one in organisations
    )
    _fund(organisations)
    ApiKey.objects.bulk_create(
        ApiKey(
            organisation=one,
            name="race",
            prefix=key.prefix,
            secret_hash=key.secret_hash,
            scopes=list(SCOPES),
            created_by=user,
        )
        for one, key in zip(organisations, keys, strict=True)
    )
    return list(zip([key.secret for key in keys], _quotes(organisations), strict=True))


def _fund(organisations: list[Organisation], amount_u: int = 100 * YUAN) -> None:
    """One transfer for all of them: a hundred yuan each."""
    kinds = ((AccountKind.WALLET, amount_u), (AccountKind.RESERVED, 0))
    accounts = Account.objects.bulk_create(
        Account(kind=kind, organisation=one, balance_u=balance) for one in organisations for kind, balance in kinds
    )
    bank = Account.objects.create(kind=AccountKind.BANK_CLEARING, balance_u=-amount_u * len(organisations))
    with transaction.atomic():
        booked = Transaction.objects.create(kind=TransactionKind.TOP_UP, reference="race")
        Posting.objects.bulk_create(
            Posting(transaction=booked, account=one, amount_u=one.balance_u)
            for one in [bank, *accounts]
            if one.balance_u
        )


def _quotes(organisations: list[Organisation]) -> list[uuid.UUID]:
    found = answer(CardRequest(card_model=CARD, cards=1, hours=1))
    assert found.lines, "the request could not be filled"
    for n, organisation in enumerate(organisations):
        found.pk, found.number, found.organisation = uuid.uuid4(), f"Q-race-{n}", organisation
        found.save(force_insert=True)
    order = {organisation.pk: n for n, organisation in enumerate(organisations)}
    quotes = Quote.objects.filter(organisation__in=organisations).values_list("organisation", "pk")
    return [quote for _organisation, quote in sorted(quotes, key=lambda row: order[row[0]])]


def all_at_once(port: int, crowd: list[Shopper]) -> Counter[tuple[int, str]]:
    """Everybody buys; "busy" is pressed again under the same key, as the sentence says. (status, code) → how often."""
    return Counter(asyncio.run(_crowd(port, crowd)))


async def _crowd(port: int, crowd: list[Shopper]) -> list[tuple[int, str]]:
    gate = asyncio.Event()
    waiting = [asyncio.create_task(_shopper(port, *one, gate)) for one in crowd]
    await asyncio.sleep(0.5)
    gate.set()
    return await asyncio.gather(*waiting)


async def _shopper(port: int, key: str, quote: uuid.UUID, gate: asyncio.Event) -> tuple[int, str]:
    body = json.dumps({"quote": str(quote)})
    request = (
        f"POST /api/v1/purchases/ HTTP/1.1\r\nHost: portal.localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: race-{quote}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n{body}"
    )
    await gate.wait()
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request.encode())
        head, _blank, answered = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        status = int(head.split(b" ", 2)[1])
        if status != 503:
            return status, json.loads(answered).get("code", "") if status != 201 else ""
