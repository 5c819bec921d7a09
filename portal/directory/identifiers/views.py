"""Resolving an identifier, and its grammar: open to visitors."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.directory.identifiers.grammar import EXAMPLE, PARTS, Malformed
from portal.directory.identifiers.resolving import Resolved, resolve
from portal.web.decorators import open_to_visitors

LONGEST = 100


@open_to_visitors
@require_safe
def identifiers(request: HttpRequest) -> HttpResponse:
    """The form; with `?identifier=` what it stands for, or a sentence why it stands for nothing."""
    asked = request.GET.get("identifier", "").strip()[:LONGEST].replace("\0", "")
    found: Resolved | None = None
    wrong: Malformed | None = None
    status = HTTPStatus.OK
    if asked:
        try:
            found = resolve(asked)
            status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
        except Malformed as fault:
            wrong, status = fault, HTTPStatus.UNPROCESSABLE_ENTITY
    shown: dict[str, Any] = {"asked": asked, "found": found, "wrong": wrong, "rules": PARTS, "example": EXAMPLE}
    shown |= {"hours": settings.IDENTIFIER_VALID_FOR // timedelta(hours=1), "now": timezone.now()}
    return render(request, "directory/identifiers.html", shown, status=status)
