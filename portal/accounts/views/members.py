"""Members of the acting organisation, and invitations to it."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts import actions, allowance, tokens
from portal.accounts.actions.members import is_addressed_to
from portal.accounts.forms import InvitationForm, RoleForm
from portal.accounts.middleware import switch
from portal.accounts.models import Invitation, Membership
from portal.accounts.permissions import members as rights_of_members
from portal.accounts.permissions import membership_may, require_member, require_right
from portal.accounts.roles import MembershipRole
from portal.accounts.views.answers import act_and_return, person
from tenants import registry
from tenants.acts import Refusal


@require_GET
def members(request: HttpRequest) -> HttpResponse:
    return _page(request, InvitationForm())


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    organisation = require_right(request, "members.manage").organisation
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if allowance.spend(f"invitation:user:{request.user.pk}", settings.RATE_INVITATION) is not None:
        raise Refusal(_("Too many invitations in a short time. Nobody was invited; try again later."), status=429)
    return act_and_return(
        request,
        lambda: actions.invite(organisation, by=person(request), **form.cleaned_data),
        _("The invitation is on its way to %(email)s.") % {"email": form.cleaned_data["email"]},
        "accounts:members",
    )


def _page(request: HttpRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    membership = require_member(request)
    organisation = membership.organisation
    may_manage = membership_may(membership, "members.manage")
    people = organisation.memberships.active().select_related("user").order_by("since", "pk")
    context: dict[str, Any] = {
        "organisation": organisation,
        "people": people,
        "may_manage": may_manage,
        "invitations": organisation.invitations.usable().order_by("created_at") if may_manage else [],
        "form": form,
        "roles": MembershipRole.choices,
        "rights": rights_by_role(),
    }
    return render(request, "accounts/members.html", context, status=status)


def rights_by_role() -> list[tuple[Any, list[bool]]]:
    """Each act in words, and for every membership role whether the table allows it."""
    words: dict[str, Any] = {}
    for _label, module in registry.modules("words"):
        words |= getattr(module, "MEMBER_ACTS", {})
    return [(words[act], [role in roles for role in MembershipRole]) for act, roles in rights_of_members().items()]


@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    form = RoleForm.over(membership.role, request.POST)
    if not form.is_valid():
        raise Http404
    return act_and_return(
        request,
        lambda: actions.change_role(membership, form.cleaned_data["role"], by=person(request)),
        _("The role of %(person)s was changed.") % {"person": membership.user},
        "accounts:members",
    )


@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    return act_and_return(
        request,
        lambda: actions.deactivate_member(membership, by=person(request)),
        _("%(person)s no longer acts for the organisation.") % {"person": membership.user},
        "accounts:members",
    )


def _member(request: HttpRequest, pk: int) -> Membership:
    organisation = require_right(request, "members.manage").organisation
    return get_object_or_404(Membership.objects.active().select_related("user"), organisation=organisation, pk=pk)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    organisation = require_right(request, "members.manage").organisation
    invitation = get_object_or_404(Invitation, organisation=organisation, pk=pk)
    return act_and_return(
        request,
        lambda: actions.withdraw_invitation(invitation, by=person(request)),
        _("The invitation was withdrawn; its link no longer works."),
        "accounts:members",
    )


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page an invitation's link opens: what it asks, to the invited address only."""
    found = (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(token_hash=tokens.invitation_hash(token))
        .first()
    )
    if found is None:
        raise Http404
    refusal = ""
    if request.method == "POST":
        try:
            membership = actions.accept_invitation(token, by=person(request))
        except Refusal as caught:
            refusal = str(caught)
        else:
            switch(request, membership)
            return redirect("accounts:overview")
    context = {
        "invitation": found,
        "addressed": is_addressed_to(found, person(request)),
        "is_open": Invitation.objects.usable().filter(pk=found.pk).exists(),
        "refusal": refusal,
    }
    return render(request, "accounts/invitation.html", context, status=409 if refusal else 200)
