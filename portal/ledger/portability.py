"""An organisation's money, for its own export."""

from collections.abc import Iterator

from portal.accounts.models import Organisation
from portal.ledger.models import Account, Posting, Reservation, TopUp
from portal.privacy.portability import Table


def tables(organisation: Organisation) -> Iterator[Table]:
    own = {"organisation": organisation}
    yield Table("accounts", Account.objects.filter(**own).order_by("pk"), ("kind", "province", "balance_u"))
    postings = Posting.objects.filter(account__organisation=organisation).select_related("account", "transaction")
    paths = ("transaction__at", "transaction__kind", "transaction__reference", "account__kind", "amount_u")
    yield Table("postings", postings.order_by("pk"), paths)
    held = ("purchase_id", "province", "order_id", "reserved_u", "captured_u", "released_u", "created_at", "closed_at")
    yield Table("reservations", Reservation.objects.filter(**own).order_by("pk"), held)
    paths = ("bank_reference", "amount_u", "state", "recorded_at", "decided_at")
    yield Table("top_ups", TopUp.objects.filter(**own).order_by("pk"), paths)
