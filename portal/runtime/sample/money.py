"""Money of the sample buyers, recorded by the sample finance officer."""

from portal.accounts.models import Organisation, User
from portal.ledger.actions import record_top_up
from portal.ledger.models import TopUp
from portal.runtime.sample.people import HEYUAN, XINGYE
from portal.runtime.sample.tables import sample_id

TOP_UPS_U = {XINGYE: 50_000 * 1_000_000, HEYUAN: 2_000 * 1_000_000}


def load() -> None:
    """Top each buyer up once; what she spent since is not given back."""
    finance = User.objects.get(email="finance@example.test")
    for slug, amount_u in TOP_UPS_U.items():
        reference = f"SAMPLE-{slug}-1".upper()
        if not TopUp.objects.filter(bank_reference=reference).exists():
            buyer = Organisation.objects.get(pk=sample_id("organisation", slug))
            record_top_up(buyer, amount_u, reference, by=finance)
