"""Public notices of this province, and objecting to one."""

import uuid
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.onboarding.actions import objections
from marketplace.onboarding.answers.forms import ObjectionForm
from marketplace.onboarding.models import Application, ApplicationState
from marketplace.onboarding.views import tone_of
from portal.accounts.views.answers import person
from portal.web.decorators import open_to_visitors
from tenants.acts import Refusal

ENDED_SHOWN_FOR = timedelta(days=90)
ENDED_ON_A_PAGE = 100


@open_to_visitors
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    noticed = Application.objects.exclude(notice_began_at=None).select_related("organisation")
    ended = noticed.exclude(state=ApplicationState.NOTICE).filter(decided_at__gte=timezone.now() - ENDED_SHOWN_FOR)
    running = noticed.filter(state=ApplicationState.NOTICE).order_by("notice_ends_at")
    page = Paginator(ended.order_by("-decided_at", "pk"), ENDED_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = {"running": running, "ended": page.object_list, "page": page, "now": timezone.now()}
    return render(request, "onboarding/notices.html", shown)


@open_to_visitors
@require_safe
def notice(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    return _page(request, _noticed(application), ObjectionForm())


@require_POST
def object_to(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    found, form = _noticed(application), ObjectionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        objections.raise_objection(found, by=person(request), **form.cleaned_data)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, found, form, status=409)
    messages.success(
        request, _("Your objection has reached staff of the province. The approval waits; you get an e-mail.")
    )
    return redirect("onboarding:notice", found.pk)


def _noticed(pk: uuid.UUID) -> Application:
    """An application that is or was on notice; others are nobody's business (404)."""
    noticed = Application.objects.exclude(notice_began_at=None).select_related("organisation")
    return get_object_or_404(noticed, pk=pk)


def _page(request: HttpRequest, application: Application, form: ObjectionForm, status: int = 200) -> HttpResponse:
    profile = application.answers.get(attribute="profile").facts
    running = application.state == ApplicationState.NOTICE
    shown = {
        "application": application,
        "short_name": profile.get("short_zh", ""),
        "tone": tone_of(application.state),
        "running": running,
        "form": form,
        "takes_objections": application.takes_objections,
    }
    return render(request, "onboarding/notice.html", shown, status=status)
