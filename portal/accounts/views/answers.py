"""How a page answers an act."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.accounts.models import User
from tenants.acts import Refusal


def person(request: HttpRequest) -> User:
    """The signed-in person: pages ask for a sign-in before their view runs."""
    return cast(User, request.user)


def act_and_return(request: HttpRequest, act: Callable[[], Any], done: str, to: str) -> HttpResponse:
    """Do it and go to the page `to`, which shows what happened: `done`, or the refusal's sentence."""
    try:
        act()
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(to)
