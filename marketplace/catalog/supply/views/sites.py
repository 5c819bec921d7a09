"""A provider's sites: the list, registering one, correcting one."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.catalog import actions
from marketplace.catalog.access import SUPPLY, answer, managed, managed_provider, may, person, provider_of
from marketplace.catalog.forms import SiteForm
from marketplace.catalog.models import Site
from marketplace.catalog.supply import register


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    shown = {
        "provider": provider,
        "sites": register.sites_of(provider),
        "may_manage": may(request, SUPPLY, provider),
    }
    return render(request, "catalog/workspace/sites.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    provider = managed_provider(request, SUPPLY)
    form = SiteForm(request.POST or None)
    return answer(
        request,
        form,
        lambda: actions.add_site(provider, by=person(request), **form.cleaned_data),
        done=lambda site: _("“%(name)s” is registered. Next, register a pool there.") % {"name": site.name},
        to=lambda _site: reverse("catalog:sites_of_provider"),
        template="catalog/workspace/site_form.html",
        shown={"provider": provider},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    site = managed(request, SUPPLY, Site.objects.all(), site_id)
    form = SiteForm(request.POST or None, initial=SiteForm.of(site))
    return answer(
        request,
        form,
        lambda: actions.change_site(site, by=person(request), **form.cleaned_data),
        done=lambda changed: _("“%(name)s” is saved. The catalogue shows it at once.") % {"name": changed.name},
        to=lambda _changed: reverse("catalog:sites_of_provider"),
        template="catalog/workspace/site_form.html",
        shown={"provider": site.provider, "site": site},
    )
