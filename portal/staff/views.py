"""Pages of national staff: who waits for verification, and what every role may do."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.accounts import actions, likeness
from portal.accounts.forms import ProofForm, ReasonForm
from portal.accounts.models import Organisation
from portal.accounts.permissions import HIDDEN_FROM, may, table
from portal.accounts.roles import Role
from portal.accounts.uscc import TEST_PREFIX
from portal.accounts.views.answers import act_and_return, person
from portal.staff import vocabulary
from portal.staff.decorators import for_national_staff
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.models import Province

LABEL = "accounts.organisation"
PER_PAGE = 20


@require_GET
@for_national_staff("view", LABEL)
def verification(request: HttpRequest) -> HttpResponse:
    """Pending organisations, the longest waiting first, with every fact the decision needs."""
    return _queue(request)


def _queue(request: HttpRequest, wrong: UUID | None = None, form: ReasonForm | ProofForm | None = None) -> HttpResponse:
    waiting = Organisation.objects.awaiting_verification().prefetch_related("memberships__user")
    waiting = waiting.select_related("code_proven_by")
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    provinces = {one.slug: one for one in Province.objects.provinces()}
    reasons, like = _earlier_reasons([str(one.pk) for one in page]), likeness.like_named(list(page))
    context = {
        "page": page,
        "cases": [
            _case(one, provinces, reasons, form if one.pk == wrong else None) | {"like": like[one.pk]} for one in page
        ],
        "may_verify": may(request.user, "verify", LABEL),
        "may_reject": may(request.user, "reject", LABEL),
    }
    return render(request, "staff/verification.html", context, status=422 if form else 200)


def _case(
    organisation: Organisation,
    provinces: dict[str, Province],
    reasons: dict[str, list[str]],
    form: ReasonForm | ProofForm | None,
) -> dict[str, Any]:
    registered = provinces.get(organisation.province)
    return {
        "organisation": organisation,
        "owners": [one.user for one in organisation.memberships.all() if one.active and one.role == "owner"],
        "province": registered,
        "code_province": next((one for one in provinces.values() if one.gb2260 == organisation.uscc[2:4]), None),
        "is_test_code": organisation.uscc.startswith(TEST_PREFIX),
        "code_fits": registered is not None and registered.gb2260 == organisation.uscc[2:4],
        "reasons": reasons.get(str(organisation.pk), []),
        "form": form if isinstance(form, ReasonForm) else ReasonForm(auto_id=f"id_{organisation.pk}_%s"),
        "proof": form if isinstance(form, ProofForm) else ProofForm(auto_id=f"id_{organisation.pk}_%s"),
    }


def _earlier_reasons(pks: list[str]) -> dict[str, list[str]]:
    """Reasons for which these organisations were returned before, from history."""
    found: dict[str, list[str]] = {}
    with in_province(NATION):
        rows = Record.objects.filter(act="organisation.rejected", subject_type=LABEL, subject_id__in=pks)
        for record in rows.order_by("id"):
            found.setdefault(record.subject_id, []).append(record.facts.get("reason", ""))
    return found


@require_POST
@for_national_staff("verify", LABEL)
def verify(request: HttpRequest, pk: UUID) -> HttpResponse:
    organisation = get_object_or_404(Organisation, pk=pk)
    return act_and_return(
        request,
        lambda: actions.verify_organisation(organisation, by=person(request)),
        _("%(name)s is verified; its owners are told by e-mail.") % {"name": organisation.name},
        "staff:verification",
    )


@require_POST
@for_national_staff("verify", LABEL)
def prove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What shows that a credit code is registered although a check character does not fit."""
    organisation = get_object_or_404(Organisation, pk=pk)
    form = ProofForm(request.POST, auto_id=f"id_{pk}_%s")
    if not form.is_valid():
        return _queue(request, pk, form)
    return act_and_return(
        request,
        lambda: actions.prove_credit_code(organisation, proof=form.cleaned_data["proof"], by=person(request)),
        _("The proof is recorded. Another officer verifies %(name)s.") % {"name": organisation.name},
        "staff:verification",
    )


@require_POST
@for_national_staff("reject", LABEL)
def reject(request: HttpRequest, pk: UUID) -> HttpResponse:
    organisation = get_object_or_404(Organisation, pk=pk)
    form = ReasonForm(request.POST, auto_id=f"id_{pk}_%s")
    if not form.is_valid():
        return _queue(request, pk, form)
    return act_and_return(
        request,
        lambda: actions.reject_organisation(organisation, reason=form.cleaned_data["reason"], by=person(request)),
        _("%(name)s was returned for correction; its owners are told the reason.") % {"name": organisation.name},
        "staff:verification",
    )


@require_GET
@for_national_staff()
def roles(request: HttpRequest) -> HttpResponse:
    """The table of rights, drawn from the code that decides."""
    labels = sorted({label for objects in table().values() for label in objects})
    rows = [(vocabulary.objects()[label], [_verbs(role, label) for role in Role]) for label in labels]
    kept = vocabulary.words("KEPT")
    hidden = [(role.label, [kept[kind] for kind in sorted(kinds)]) for role, kinds in HIDDEN_FROM.items()]
    return render(request, "staff/roles.html", {"roles": list(Role), "rows": rows, "hidden": hidden})


def _verbs(role: Role, label: str) -> list[Any]:
    return [vocabulary.words("VERBS")[verb] for verb in table()[role].get(label, ())]
