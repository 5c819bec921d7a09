"""What an organisation used in this province, for its own export."""

from collections.abc import Iterator

from marketplace.settlement.models import Usage
from portal.accounts.models import Organisation
from portal.privacy.portability import Table


def tables_in_province(organisation: Organisation) -> Iterator[Table]:
    usage = Usage.objects.filter(meter__line__order__organisation=organisation).select_related("meter__line__order")
    paths = ("meter__line__order__number", "meter__line_id", "during", "cards", "card_seconds", "amount_u")
    yield Table("usage", usage.order_by("pk"), (*paths, "transaction"))
