"""Card models that a provider misses: what it asked for, what was answered, and a new request."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.catalog.access import SUPPLY, answer, managed_provider, may, person, provider_of
from marketplace.catalog.forms import CardModelForm
from portal.directory.models import CardModelRequest
from portal.directory.taxonomy.actions import request_card_model


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    provider = managed_provider(request, SUPPLY) if posted else provider_of(request)
    form = CardModelForm(request.POST or None)
    asked = CardModelRequest.objects.filter(organisation=provider.organisation).select_related("card_model")
    return answer(
        request,
        form,
        lambda: request_card_model(provider.organisation, by=person(request), **form.cleaned_data),
        done=lambda made: _("Your request for “%(name)s” is with national staff. You get an e-mail.") % {"name": made},
        to=lambda _made: reverse("catalog:card_models"),
        template="catalog/workspace/card_models.html",
        shown={"provider": provider, "asked": asked[:100], "may_manage": posted or may(request, SUPPLY, provider)},
    )
