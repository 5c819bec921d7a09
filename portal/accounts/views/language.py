"""The choice of language: kept for the browser, and for people who are signed in also for their e-mails."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.i18n import set_language

from portal.accounts.models import User
from portal.web.decorators import open_to_visitors


@open_to_visitors
def choose_language(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("language")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language(request)
