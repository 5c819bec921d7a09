"""`/dev/mail/`: what the portal would have sent. It exists in the sample world only."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from portal.runtime.mail import mailbox

app_name = "runtime"


@login_not_required
def mail_list(request: HttpRequest) -> HttpResponse:
    return render(request, "runtime/mail_list.html", {"mails": mailbox.newest_first(_folder())})


@login_not_required
def mail_detail(request: HttpRequest, key: str) -> HttpResponse:
    mail = mailbox.find(_folder(), key)
    if mail is None:
        raise Http404
    return render(request, "runtime/mail_detail.html", {"mail": mail})


def _folder() -> Path:
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    if not settings.SAMPLE_WORLD or folder is None:
        raise Http404
    return Path(folder)


urlpatterns = [
    path("mail/", mail_list, name="mail_list"),
    path("mail/<slug:key>/", mail_detail, name="mail_detail"),
]
