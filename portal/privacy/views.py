"""A person's own data: the public register, everything kept about oneself as a file, and closing the account."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portal.accounts import actions
from portal.accounts.views.answers import person
from portal.privacy.own_data import everything_about
from portal.privacy.register import lines
from portal.web.decorators import open_to_visitors
from tenants.acts import Refusal


@open_to_visitors
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The register as the code has it, for everybody."""
    return render(request, "privacy/register.html", {"kinds": lines()})


@require_GET
def own_data(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/own_data.html", {"parts": _parts(person(request))})


@require_GET
@reauthentication_required(allow_get=False)
def download(request: HttpRequest) -> HttpResponse:
    """All of it as JSON; the password, factors and sign-ins were proven within the last minutes."""
    answer = JsonResponse(everything_about(person(request)), json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=False)
def close(request: HttpRequest) -> HttpResponse:
    """What closing does and does not, a box to tick, and the act."""
    user = person(request)
    if request.method != "POST":
        return render(request, "privacy/close.html", {"memberships": _memberships(user)})
    if request.POST.get("understood") != "yes":
        messages.error(request, _("Tick the box to say that you have read what happens. Nothing was closed."))
        return redirect("privacy:close")
    try:
        actions.close_account(user, by=user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("privacy:close")
    logout(request)
    messages.success(request, _("Your account is closed. Nobody can sign in with it any more."))
    return redirect("/")


def _memberships(user: Any) -> list[Model]:
    return list(user.memberships.filter(active=True).select_related("organisation").order_by("pk"))


def _parts(user: Any) -> list[tuple[str, int]]:
    """What the file holds, with numbers of entries."""
    words = {
        "email_addresses": _("E-mail addresses"),
        "second_factors": _("Second factors"),
        "sign_ins": _("Signed-in devices"),
        "memberships": _("Organisation"),
        "staff_roles": _("Staff workspace"),
        "role_grants": _("Staff roles under way"),
        "invitations": _("Invitations"),
        "api_keys": _("API keys"),
        "acts": _("History"),
    }
    return [(words[name], len(rows)) for name, rows in everything_about(user).items() if isinstance(rows, list)]
