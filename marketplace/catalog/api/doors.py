"""What the doors of a provider share: they open in the province that the address names, for its own provider."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.access import provider_of
from marketplace.catalog.models import Provider
from marketplace.catalog.tables.checking import Change
from marketplace.catalog.tables.importing import perform
from marketplace.catalog.tables.kinds import Kind, cell, cells_of, known_to, value_of
from portal.accounts import permissions
from portal.accounts.models import ApiKey, User
from portal.api import views
from portal.api.idempotency import answer_once
from portal.web.sheets.reading import Row
from tenants.acts import Refusal
from tenants.context import in_province, in_public
from tenants.models import Province

SAFE = ("GET", "HEAD", "OPTIONS")


class ProviderDoor(views.Door):
    """In `province`, for the provider that the key's organisation, or the person's, is there: 404 for all others."""

    scopes = {"GET": "supply:read", "POST": "supply:write", "PATCH": "supply:write"}
    right: ClassVar[str] = "supply.manage"
    """Word of `permissions.MEMBERS` that a person needs for changing something."""
    provider: Provider
    by: User | ApiKey

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with in_public(), ExitStack() as self.entered:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        province = get_object_or_404(Province.objects.with_schema(), schema_name=kwargs["province"])
        self.entered.enter_context(in_province(province))
        if isinstance(request.auth, ApiKey):
            self.by = request.auth
            providers = Provider.objects.select_related("organisation")
            self.provider = get_object_or_404(providers, organisation=request.auth.organisation)
        else:
            self.by = request.user  # type: ignore[assignment]  # signed in: visitors were answered 401
            self.provider = provider_of(request._request)
            self._require_right(request)

    def _require_right(self, request: Request) -> None:
        if request.method in SAFE or permissions.member_may(self.by, self.right, self.provider.organisation):  # type: ignore[arg-type]  # a person
            return
        raise PermissionDenied(
            _("Your role in %(organisation)s does not allow this. Nothing was done.")
            % {"organisation": self.provider.organisation.name}
        )

    def once(self, request: Request, act: Callable[[], tuple[int, Any]]) -> Response:
        """Answer through the caller's `Idempotency-Key`."""
        return answer_once(request, self.provider.organisation, act)


def write(kind: Kind, provider: Provider, said: Mapping[str, Any], before: Any = None, *, by: Any) -> Any:
    """Add or change one object as a row of its table would, by the same forms and acts; returns it.

    Raises `ValidationError` by field, `Refusal` of the act. What `said` does not name stays as it is.
    """
    cells = {name: cell(kind, name, value, words=False) for name, value in said.items()}
    stands = cells_of(kind, before, words=False) if before is not None else {}
    form = kind.form(stands | cells, known_to(kind, provider))
    if before is None and not cells.get(kind.key):
        form.fields[kind.key].required = False
    if form.errors:
        raise ValidationError({name: [str(one) for one in errors] for name, errors in form.errors.items()})
    values = {name: value for name, value in form.cleaned_data.items() if before is None or name in cells}
    if before is not None:
        values = {name: value for name, value in values.items() if value != value_of(before, name)}
    values.pop("state", None)
    if not values:
        return before
    try:
        with transaction.atomic():
            return perform(kind, provider, Change(Row(0, cells), before, values), by=by)
    except IntegrityError:  # of the codes: everything else was checked above
        raise Refusal(_("This code is registered in this province already. Nothing was done."), "slug_taken") from None
