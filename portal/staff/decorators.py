"""Marks on pages of staff: who may come in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.accounts import permissions
from portal.accounts.signin.returning import page_to_return_to
from portal.staff import sites

View = Callable[..., HttpResponse]


def for_national_staff(verb: str | None = None, label: str = "") -> Callable[[View], View]:
    """A staff page on the national host: a role at the nation, a second factor used in this session, and the right."""
    return _for_staff("national_site", verb, label)


def for_province_staff(verb: str | None = None, label: str = "") -> Callable[[View], View]:
    """The same on a province's host, for whoever has a role in that province."""
    return _for_staff("province_site", verb, label)


def _for_staff(site_name: str, verb: str | None, label: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            site: sites.StaffSite = getattr(sites, site_name)
            if not site.has_permission(request):
                return site.lead(request, page_to_return_to(request))
            if verb is not None and not permissions.may(request.user, verb, label):
                raise PermissionDenied(_("Your roles do not allow this. Nothing was changed."))
            return view(request, *args, **kwargs)

        return guarded

    return mark
