"""How a page answers an act."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portal.accounts.models import User
from tenants.acts import Refusal

Choice = TypeVar("Choice")


def person(request: HttpRequest) -> User:
    """The signed-in person: pages ask for a sign-in before their view runs."""
    return cast(User, request.user)


def chosen(request: HttpRequest, name: str, choices: Mapping[str, Choice]) -> Choice:
    """What the button of a form stands for. Raises `Refusal` for a value that the form does not offer."""
    value = request.POST.get(name, "")
    if value not in choices:
        raise Refusal(_("The form was sent with a choice that does not exist. Nothing was changed."), status=422)
    return choices[value]


def act_and_return(request: HttpRequest, act: Callable[[], Any], done: str, to: str) -> HttpResponse:
    """Do it and go to the page `to`, which shows what happened: `done`, or the refusal's sentence."""
    try:
        act()
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(to)
