"""Asking for a card model that the national taxonomy lacks, and answering: by national staff, told by e-mail."""

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import Organisation, User
from portal.directory.models import CardModel
from portal.directory.taxonomy.models import name_key
from portal.directory.taxonomy.request_models import CardModelRequest, RequestState
from tenants import history
from tenants.acts import Refusal, require

LABEL = "directory.cardmodelrequest"
UNSORTED, DECLARED = "unsorted", "declared"
"""Class and basis of a card model that came from a request, until national staff correct them."""


@transaction.atomic
def request_card_model(organisation: Organisation, *, by: User, **facts: Any) -> CardModelRequest:
    """Ask national staff for a card model; `facts` are columns of `CardModelRequest`.

    Raises `Refusal` `listed` if the list has a model of that name, `asked` if the organisation's request is still open.
    """
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)
    vendor, name = facts["vendor"], facts["name"]
    require(
        not named(name).exists(),
        _("The national list has “%(name)s” already. Nothing was requested; choose it from the list.") % {"name": name},
        "listed",
    )
    asked = CardModelRequest.objects.open().filter(organisation=organisation, vendor=vendor, name=name)
    require(
        not asked.exists(),
        _("Your request for “%(name)s” is still open. It was not sent again.") % {"name": name},
        "asked",
    )
    request = CardModelRequest.objects.create(organisation=organisation, **facts)
    history.record("card_model.requested", request, by=by)
    notices.tell_national_staff("approve", LABEL, "card_model_requested", organisation, model=str(request))
    return request


@transaction.atomic
def approve_card_model(request: CardModelRequest, *, by: User) -> CardModel:
    """Put the card model on the national list with the facts of the request.

    Raises `Refusal` `wrong_state`, or `listed` if the list has a model of that code.
    """
    request = _open(request)
    try:
        with transaction.atomic():
            model = CardModel.objects.create(
                slug=_slug(request),
                vendor_zh=request.vendor,
                vendor_en=request.vendor,
                name_zh=request.name,
                name_en=request.name,
                memory_gb=request.memory_gb,
                fp16_dense_tflops=request.fp16_dense_tflops,
                domestic=request.domestic,
                source=request.source,
                card_class=UNSORTED,
                basis=DECLARED,
            )
    except IntegrityError:
        raise Refusal(
            _(
                "The list has a card model of this name or code already. "
                "Nothing was added; refuse the request and name it."
            ),
            "listed",
        ) from None
    request.move_to(RequestState.APPROVED, card_model=model, decided_at=timezone.now())
    history.record("card_model.approved", request, by=by, card_model=model.pk)
    notices.tell_owners(request.organisation, "card_model_approved", by=by, model=str(request))
    return model


@transaction.atomic
def refuse_card_model(request: CardModelRequest, *, reason: str, by: User) -> None:
    """Answer no. Raises `Refusal` `wrong_state` or `no_reason`."""
    request = _open(request)
    reason = reason.strip()
    require(reason, _("Say why. Nothing was changed."), "no_reason")
    request.move_to(RequestState.REFUSED, reason=reason, decided_at=timezone.now())
    history.record("card_model.refused", request, by=by)
    notices.tell_owners(request.organisation, "card_model_refused", by=by, model=str(request), reason=reason)


def named(name: str) -> QuerySet[CardModel]:
    """Card models of the national list with this name, however it is written."""
    keys = CardModel.objects.annotate(key_zh=name_key(F("name_zh")), key_en=name_key(F("name_en")))
    wanted = name_key(Value(name))
    return keys.filter(Q(key_zh=wanted) | Q(key_en=wanted))


def _open(request: CardModelRequest) -> CardModelRequest:
    found = CardModelRequest.objects.select_related("organisation").select_for_update(of=("self",)).get(pk=request.pk)
    require(
        found.state == RequestState.OPEN, _("This request was answered already. Nothing was changed."), "wrong_state"
    )
    return found


def _slug(request: CardModelRequest) -> str:
    """`huawei-910c`, short enough for its code in identifiers; without Latin letters by the request's number."""
    slug = slugify(re.sub(r"[^\w\s.-]", " ", f"{request.vendor} {request.name}"))
    if "-" not in slug:
        slug = f"card-{slug or str(request.pk)[:8]}"
    vendor, _hyphen, name = slug.partition("-")
    return f"{vendor[:16]}-{name[:23]}".rstrip("-")
