"""Acts on questions to providers: ask and answer. The views hand in only what the person may see."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import Organisation, OrganisationState, User
from portal.accounts.permissions import members
from portal.checkout.requests.models import Enquiry
from portal.directory.models import OfferIndex
from tenants import history
from tenants.acts import require

MOST_OPEN = 10
"""Unanswered questions of one organisation."""


@transaction.atomic
def ask(offer: OfferIndex, question: str, *, organisation: Organisation, by: User) -> Enquiry:
    """Ask the provider about an offer. Raises `Refusal`: `suspended`, `own_offer`, `not_on_sale`, `too_many`."""
    asking = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    _may_be_asked(offer, asking)
    require(
        Enquiry.objects.unanswered().filter(organisation=asking).count() < MOST_OPEN,
        _("Your organisation has %(most)s questions without an answer. Nothing was sent. Wait for an answer first.")
        % {"most": MOST_OPEN},
        "too_many",
    )
    enquiry = Enquiry.objects.create(
        organisation=asking,
        provider=offer.provider,
        offer=offer.pk,
        province=offer.province,
        slug=offer.slug,
        name_zh=offer.name_zh,
        name_en=offer.name_en,
        asked_by=by,
        question=question,
    )
    history.record("enquiry.asked", enquiry, by=by)
    notices.tell_members(offer.provider, members()["requests.answer"], "enquiry_asked", enquiry, **_facts(enquiry))
    return enquiry


def _may_be_asked(offer: OfferIndex, asking: Organisation) -> None:
    require(
        asking.state != OrganisationState.SUSPENDED,
        _("Your organisation is suspended. Nothing was sent."),
        "suspended",
    )
    require(
        offer.provider_id != asking.pk,
        _("This is an offer of your own organisation. Nothing was sent."),
        "own_offer",
    )
    on_sale = OfferIndex.objects.on_sale().filter(pk=offer.pk)
    require(
        on_sale.exclude(provider__state=OrganisationState.SUSPENDED).exists(),
        _("This offer is not sold at present. Nothing was sent. Choose another offer in the catalogue."),
        "not_on_sale",
    )


@transaction.atomic
def answer(enquiry: Enquiry, text: str, *, by: User) -> Enquiry:
    """Answer once, in the provider's name. Raises `Refusal` `answered`."""
    locked = Enquiry.objects.select_for_update(of=("self",)).select_related("organisation", "asked_by")
    enquiry = locked.get(pk=enquiry.pk)
    require(
        enquiry.answered_at is None,
        _("This question was answered already. Nothing was sent."),
        "answered",
    )
    enquiry.answer, enquiry.answered_by, enquiry.answered_at = text, by, timezone.now()
    enquiry.save(update_fields=["answer", "answered_by", "answered_at"])
    history.record("enquiry.answered", enquiry, by=by)
    people = notices.buyer_or_owners(enquiry.organisation, enquiry.asked_by)
    notices.tell(people, "enquiry_answered", enquiry, **notices.names_of(enquiry.organisation), **_facts(enquiry))
    return enquiry


def _facts(enquiry: Enquiry) -> dict[str, Any]:
    return {
        "offer_zh": enquiry.name_zh,
        "offer_en": enquiry.name_en or enquiry.name_zh,
        "path": f"/requests/{enquiry.pk}/",
    }
