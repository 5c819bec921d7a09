"""The organisation a person acts for: overview, facts, submission, switch."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts import actions, checklist
from portal.accounts.actions.organisations import EDITABLE
from portal.accounts.forms import OrganisationForm
from portal.accounts.middleware import switch
from portal.accounts.models import Organisation, OrganisationState, StaffRole
from portal.accounts.permissions import membership_may, require_right
from portal.accounts.signin import mfa
from portal.accounts.views.answers import act_and_return, person
from tenants.acts import Refusal
from tenants.context import NATION
from tenants.models import Province

TONES = {
    OrganisationState.UNVERIFIED: "wait",
    OrganisationState.PENDING: "run",
    OrganisationState.VERIFIED: "ok",
    OrganisationState.REJECTED: "wait",
    OrganisationState.SUSPENDED: "bad",
}


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    organisation: Organisation | None = request.organisation  # type: ignore[attr-defined]
    membership = request.membership  # type: ignore[attr-defined]
    owns = membership_may(membership, "organisation.edit")
    context = {
        "organisation": organisation,
        "membership": membership,
        "steps": checklist.steps_of(organisation, owns=owns),
        "staff_pages": _staff_pages(request),
        "role_offers": person(request).role_grants.offered().count(),
        "has_second_factor": mfa.factors(person(request)).exists(),
    }
    if organisation is not None:
        context |= {
            "tone": TONES[OrganisationState(organisation.state)],
            "province": Province.objects.filter(schema_name=organisation.province).first(),
            "members": organisation.memberships.active().count(),
            "may_manage": owns,
            "may_edit": owns and organisation.state in EDITABLE,
        }
    return render(request, "accounts/overview.html", context)


def _staff_pages(request: HttpRequest) -> list[tuple[str, str]]:
    """Name and address of the staff pages the person's roles open."""
    held = StaffRole.objects.active().filter(user=person(request)).values("province")
    places = Province.objects.with_schema().filter(schema_name__in=held)
    return [(place.name, f"{settings.PORTAL_URL if place.slug == NATION else place.url}/staff/") for place in places]


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            organisation = actions.create_organisation(by=person(request), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("uscc", str(refusal))
        else:
            switch(request, organisation.memberships.get(user=person(request)))
            messages.success(request, _("The facts are saved. Look them over, then submit them for verification."))
            return redirect("accounts:overview")
    return render(request, "accounts/create.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    organisation = require_right(request, "organisation.edit").organisation
    form = OrganisationForm(request.POST or None, initial=OrganisationForm.of(organisation))
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_organisation(organisation, by=person(request), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("uscc" if refusal.code == "credit_code_taken" else None, str(refusal))
        else:
            messages.success(request, _("The facts are saved. Look them over, then submit them for verification."))
            return redirect("accounts:overview")
    context = {"form": form, "organisation": organisation}
    return render(request, "accounts/edit.html", context, status=422 if form.errors else 200)


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    organisation = require_right(request, "organisation.submit").organisation
    return act_and_return(
        request,
        lambda: actions.submit_for_verification(organisation, by=person(request)),
        _("Submitted. National staff decide; you get an e-mail."),
        "accounts:overview",
    )


@require_POST
def switch_organisation(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organisations from now on."""
    wanted = request.POST.get("organisation", "")
    memberships = request.memberships  # type: ignore[attr-defined]
    membership = next((one for one in memberships if str(one.organisation_id) == wanted), None)
    if membership is None:
        raise Http404
    switch(request, membership)
    to = request.POST.get("next", "")
    return HttpResponseRedirect(to if get_adapter().is_safe_url(to) else reverse("accounts:overview"))
