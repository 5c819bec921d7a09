"""Staff roles that a person was offered: accepted with the person's own second factor, or declined."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts import actions
from portal.accounts.models import RoleGrant
from portal.accounts.signin import mfa
from portal.accounts.views.answers import act_and_return, chosen, person
from portal.staff.sites import confirmation_of, national
from portal.staff.tables.columns import place

HERE = "staff:role_offers"


@require_http_methods(["GET", "HEAD", "POST"])
def role_offers(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _answer(request)
    offers = list(person(request).role_grants.offered().select_related("requested_by", "confirmed_by"))
    return render(request, "staff/role_offers.html", {"offers": [(one, place(one.province)) for one in offers]})


def _answer(request: HttpRequest) -> HttpResponse:
    answers: dict[str, tuple[Callable[..., Any], str]] = {
        "accept": (actions.accept_role, _("The role is yours from now on.")),
        "decline": (actions.decline_role, _("You have declined the role.")),
    }
    act, done = chosen(request, "answer", answers)
    number = request.POST.get("offer", "")
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    grant = get_object_or_404(RoleGrant.objects.select_related("user"), pk=number, user=person(request))
    if act is actions.accept_role and (elsewhere := _to_second_factor(request)):
        return elsewhere
    return act_and_return(request, lambda: act(grant, by=person(request)), done, HERE)


def _to_second_factor(request: HttpRequest) -> HttpResponse | None:
    """Where the second factor is set up, or used; None once it was used in this session."""
    if mfa.used_in_session(request):
        return None
    if mfa.factors(person(request)).exists():
        messages.info(request, _("Use your second factor, then accept the role."))
        return national(confirmation_of(request), request, request.path)
    messages.info(request, _("Staff work with a second factor. Set one up, then accept the role."))
    return national("/accounts/2fa/totp/activate/", request, request.path)
