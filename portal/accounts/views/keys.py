"""Keys for programs of the acting organisation."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import actions
from portal.accounts.actions import SCOPES
from portal.accounts.forms import KeyForm
from portal.accounts.models import ApiKey, Organisation
from portal.accounts.permissions import key_may, require_right
from portal.accounts.roles import MembershipRole
from portal.accounts.views.answers import act_and_return, person
from tenants.acts import Refusal


@dataclass(frozen=True)
class Row:
    """A key as the list shows it."""

    key: ApiKey
    scopes: list[tuple[Any, bool]]
    """Each in words, and whether the maker's role allows it now."""
    stands: bool
    """Neither revoked nor over."""

    @property
    def maker_left(self) -> bool:
        return self.stands and self.key.maker_role is None

    @property
    def maker_role(self) -> Any:
        return MembershipRole(self.key.maker_role).label if self.key.maker_role else ""

    @property
    def is_limited(self) -> bool:
        return not self.maker_left and not all(allowed for _scope, allowed in self.scopes)


@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The list; a POST makes a key and shows it, once."""
    organisation = require_right(request, "keys.manage").organisation
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        key, text = actions.create_api_key(
            organisation, name=facts["name"], scopes=facts["scopes"], expires_at=facts["days"], by=person(request)
        )
        return _shown_once(request, organisation, key, text)
    return _page(request, organisation, form, status=422 if form.errors else 200)


@never_cache
@require_POST
def rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    key = _key(request, pk)
    try:
        successor, text = actions.rotate_api_key(key, by=person(request))
    except Refusal as refusal:
        form = KeyForm()
        return _page(request, key.organisation, form, status=409, refusal=str(refusal))
    return _shown_once(request, key.organisation, successor, text)


@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    key = _key(request, pk)
    return act_and_return(
        request,
        lambda: actions.revoke_api_key(key, by=person(request)),
        _("The key “%(name)s” no longer works.") % {"name": key.name},
        "accounts:keys",
    )


def _key(request: HttpRequest, pk: UUID) -> ApiKey:
    organisation = require_right(request, "keys.manage").organisation
    return get_object_or_404(ApiKey.objects.select_related("organisation"), organisation=organisation, pk=pk)


def _shown_once(request: HttpRequest, organisation: Organisation, key: ApiKey, text: str) -> HttpResponse:
    return _page(request, organisation, KeyForm(), new_key=key, new_key_text=text)


def _page(
    request: HttpRequest, organisation: Organisation, form: KeyForm, status: int = 200, **more: object
) -> HttpResponse:
    context = {"organisation": organisation, "form": form, "keys": _rows(organisation), **more}
    return render(request, "accounts/keys.html", context, status=status)


def _rows(organisation: Organisation) -> list[Row]:
    """The newest first; two queries."""
    found = organisation.api_keys.with_maker_role().select_related("created_by").order_by("-created_at")
    standing = set(organisation.api_keys.standing().values_list("pk", flat=True))
    return [_row(key, key.pk in standing) for key in found]


def _row(key: ApiKey, stands: bool) -> Row:
    return Row(key, [(SCOPES[scope], key_may(key, scope)) for scope in key.scopes if scope in SCOPES], stands)
