"""The statements of one purchase over HTTP, captured from the code, as a pgbench script.

Each transaction of the script does what one request does, with the quote, pool and buyer of its own number and
with new random ids. Nothing is left out and nothing is added.
"""

import re
from collections.abc import Iterable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.orders.models import OrderLine
from portal.checkout.models import Purchase
from portal.directory.models import OrderIndex
from portal.ledger.models import Transaction
from tenants.context import in_province
from tests.benchmarks.shop import (
    FRESH,
    ORGANISATION,
    PLAN,
    POOL,
    POOLS,
    PROVINCE,
    QUOTE,
    WALLET,
    Shop,
    uid,
)

VARIABLES = f"""\
\\set n :first + :client_id * :each + :done
\\set done :done + 1
\\set quote {QUOTE} + :n
\\set pool {POOL} + :n % {POOLS}
\\set plan {PLAN} + :n % {POOLS}
\\set buyer {ORGANISATION} + :client_id
\\set wallet {WALLET} + 2 * :client_id
\\set reserved :wallet + 1
\\set purchase random({FRESH}, {FRESH} + 99999999999)
\\set order random({FRESH}, {FRESH} + 99999999999)
\\set line random({FRESH}, {FRESH} + 99999999999)
\\set booking random({FRESH}, {FRESH} + 99999999999)
"""


def capture(shop: Shop, quote: int) -> list[str]:
    """Statements of a purchase by the first buyer, as psycopg sent them."""
    client = Client(headers={"host": "portal.localhost:8000", "authorization": f"Bearer {shop.keys[0]}"})
    client.get("/api/v1/purchases/")
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(
            "/api/v1/purchases/",
            {"quote": str(uid(QUOTE + quote))},
            content_type="application/json",
            headers={"idempotency-key": f"key-{QUOTE + quote}"},
        )
    assert answer.status_code == 201, answer.content
    return [" ".join(one["sql"].split()) for one in captured]


def sets(statements: Iterable[str]) -> int:
    """How many of them only set the search path or a timeout."""
    return sum(one.startswith("SET ") for one in statements)


def pgbench(statements: Iterable[str], quote: int) -> str:
    """The script; pgbench gets `first` (number of the run's first quote), `each` (quotes per client) and `done` 0."""
    named = _names(quote)
    lines = [_line(one, named) for one in statements]
    return VARIABLES + "\n".join(lines) + "\n"


def _names(quote: int) -> dict[str, str]:
    """What stood in the captured statements → the variable that stands for it."""
    purchase = Purchase.objects.get(quote=uid(QUOTE + quote))
    order = OrderIndex.objects.get(purchase_id=purchase.pk)
    booking = Transaction.objects.get(reference=str(purchase.pk))
    with in_province(PROVINCE):
        line = OrderLine.objects.get(order=order.pk)
    fresh = {purchase.pk: ":purchase", order.pk: ":order", line.pk: ":line", booking.pk: ":booking"}
    named: dict[str, str] = {}
    for known, variable in fresh.items():
        named[str(known)] = f"00000000-0000-4000-8000-{variable}"
        named[known.hex] = f"00000000000040008000{variable}"
    return {
        **named,
        purchase.number: "P-:purchase",
        order.number: "O-:order",
        str(QUOTE + quote): ":quote",
        str(POOL + quote % POOLS): ":pool",
        str(PLAN + quote % POOLS): ":plan",
        str(ORGANISATION): ":buyer",
        str(WALLET + 1): ":reserved",
        str(WALLET): ":wallet",
    }


def _line(statement: str, named: dict[str, str]) -> str:
    for known, variable in named.items():
        statement = statement.replace(known, variable)
    if "accounts_idempotentanswer" in statement and statement.startswith("INSERT"):
        return statement.replace("RETURNING id", "RETURNING id AS kept") + " \\gset"
    if "accounts_idempotentanswer" in statement and statement.startswith("UPDATE"):
        return re.sub(r'("id" = )\d+', r"\1:kept", statement) + ";"
    return statement + ";"
