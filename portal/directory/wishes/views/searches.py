"""A person's saved searches."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.directory.browse import shelf
from portal.directory.browse.catalogue import Asked, Catalogue
from portal.directory.browse.removal import Applied, applied_filters
from portal.directory.models import SavedSearch
from portal.directory.wishes.actions import saving
from portal.directory.wishes.forms import SearchForm
from tenants.acts import Refusal


@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    mine = list(SavedSearch.objects.visible_to(request.user))  # type: ignore[arg-type]  # the page asks for a sign-in
    now = shelf.current()
    rows = [(search, *_found(search.query, now)) for search in mine]
    return render(request, "directory/saved.html", {"rows": rows, "most": saving.MOST})


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Give the conditions of the address a name."""
    query = saving.conditions(request.GET)
    form = SearchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            search = saving.save_search(
                request.user,  # type: ignore[arg-type]  # as above
                form.cleaned_data["name"],
                query,
                notify=form.cleaned_data["notify"],
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": search.name})
            return redirect("directory:saved")
    return _form(request, "directory/save_search.html", form, query)


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Rename it, switch its letters on or off."""
    found = _mine(request, pk)
    form = SearchForm(request.POST or None, initial={"name": found.name, "notify": found.notify})
    if request.method == "POST" and form.is_valid():
        try:
            saving.change_search(found, name=form.cleaned_data["name"], notify=form.cleaned_data["notify"])
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("directory:saved")
    return _form(request, "directory/saved_search.html", form, found.query, search=found)


@require_POST
def forget(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _mine(request, pk)
    saving.forget_search(found)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect("directory:saved")


def _mine(request: HttpRequest, pk: uuid.UUID) -> SavedSearch:
    return get_object_or_404(SavedSearch.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]  # as above


def _found(query: str, at: shelf.Shelf | None = None) -> tuple[list[Applied], int]:
    """The conditions in words, and how many offers meet them now."""
    asked = QueryDict(query)
    found = Catalogue(Asked.read(asked), at)
    return applied_filters(asked, found), found.total


def _form(request: HttpRequest, template: str, form: SearchForm, query: str, **more: object) -> HttpResponse:
    applied, total = _found(query)
    shown = {"form": form, "query": query, "applied": applied, "total": total, **more}
    return render(request, template, shown, status=422 if form.errors else 200)
