"""Acts as buttons of the administration: on one object's page, or on several chosen in a list.

A list asks for confirmation once and then calls the same action for each object by itself: what one is refused does
not stop the others, and the answer names every one of them. Where an act has an inverse, it can be undone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts import permissions
from tenants.acts import Refusal

MOST = 200
"""So many objects one confirmation can be read for."""


@dataclass(frozen=True)
class Act:
    """A button on an object's page: asks for confirmation, then calls an action."""

    verb: str
    """Word in the table of rights."""
    label: Any
    """What the button says."""
    consequence: Any
    """What happens and what does not, read before confirming."""
    run: Callable[..., Any]
    """Called with the object, `by=` and, where they are asked for, `reason=` and `typed=`."""
    offered: Callable[[Any], bool]
    """Whether the object's state allows it now."""
    asks_reason: bool = False
    asks_name: bool = False
    """The person types the object's name: for what cannot be undone."""
    about: Callable[[Any], str] | None = None
    """What the person must know of this object before confirming."""
    bulk: bool = False
    """Also for several objects chosen in the list: only where none of them needs a look of its own."""
    inverse: str = ""
    """Verb of the act that undoes this one; it asks no reason."""
    next_step: Callable[[Any], str] | None = None
    """What is said of the object when it is done: where to look, and what comes next."""


@dataclass(frozen=True)
class Outcome:
    """What became of one object: done, or the sentence why not."""

    pk: Any
    name: str
    refused: str = ""


class BulkActs(ModelAdmin):
    """Part of `PortalAdmin`: acts on what is chosen in a list."""

    acts: ClassVar[Sequence[Act]] = ()

    @property
    def label(self) -> str:
        return str(self.opts.label_lower)

    def allowed_acts(self, request: HttpRequest) -> list[Act]:
        return [act for act in self.acts if permissions.may(request.user, act.verb, self.label)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        bulk = [act for act in self.allowed_acts(request) if act.bulk]
        return {act.verb: (partial(_ask, act=act), act.verb, act.label) for act in bulk}

    def get_action_choices(self, request: HttpRequest, default_choices: Any = ()) -> list[Any]:
        return [("", _("Choose an act")), *((verb, label) for _run, verb, label in self.get_actions(request).values())]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_bulk"
        return [path("bulk/<slug:verb>/", self.admin_site.admin_view(self.bulk_view), name=name), *super().get_urls()]

    def bulk_url(self, verb: str) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_bulk"
        return reverse(name, args=[verb], current_app=self.admin_site.name)

    def ask_bulk(self, request: HttpRequest, act: Act, chosen: "QuerySet[Any]") -> HttpResponse | None:
        """What will happen to which objects, before anything does."""
        rows = list(chosen[: MOST + 1])
        if len(rows) > MOST:
            sentence = _("More than %(most)s objects are chosen. Narrow the list down; nothing was changed.")
            messages.error(request, sentence % {"most": MOST})
            return None
        facts = {"act": act, "rows": rows, "title": act.label, "opts": self.opts, "post_to": self.bulk_url(act.verb)}
        return TemplateResponse(request, "admin/portal_bulk.html", {**self.admin_site.each_context(request), **facts})

    def bulk_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        undoing = {one.inverse for one in self.acts}
        act = next((one for one in self.acts if one.verb == verb and (one.bulk or verb in undoing)), None)
        if act is None:
            raise Http404
        if not permissions.may(request.user, verb, self.label):
            raise PermissionDenied(_("Your roles do not allow this. Nothing was changed."))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        outcomes = self._run_each(request, act, request.POST.getlist("id")[:MOST])
        return TemplateResponse(request, "admin/portal_outcomes.html", self._told(request, act, outcomes))

    def _run_each(self, request: HttpRequest, act: Act, keys: Iterable[str]) -> list[Outcome]:
        reason = reason_of(request, act)
        return [self._outcome(request, act, key, reason) for key in dict.fromkeys(keys)]

    def _outcome(self, request: HttpRequest, act: Act, key: str, reason: dict[str, str]) -> Outcome:
        try:
            row = self.get_queryset(request).filter(pk=key).first()
        except (ValueError, ValidationError):
            row = None
        if row is None:
            return Outcome(key, key, _("It is not here any more. Nothing was changed."))
        try:
            act.run(row, by=request.user, **reason)
        except Refusal as refusal:
            return Outcome(row.pk, str(row), str(refusal))
        return Outcome(row.pk, str(row))

    def _told(self, request: HttpRequest, act: Act, outcomes: list[Outcome]) -> dict[str, Any]:
        done = [one for one in outcomes if not one.refused]
        number = len(done)
        sentence = ngettext("%(act)s: done for %(number)s object.", "%(act)s: done for %(number)s objects.", number)
        told = sentence % {"act": act.label, "number": number}
        if done:
            messages.success(request, self.with_undo(request, act, [one.pk for one in done], told))
        refused = [one for one in outcomes if one.refused]
        facts = {"act": act, "done": done, "refused": refused, "title": act.label, "opts": self.opts}
        return {**self.admin_site.each_context(request), **facts}

    def with_undo(self, request: HttpRequest, act: Act, keys: Sequence[Any], told: str) -> str:
        """The sentence, and where the act has an inverse that the person may do, a button that undoes it."""
        inverse = next((one for one in self.allowed_acts(request) if one.verb == act.inverse), None)
        if inverse is None:
            return told
        ids = format_html_join("", '<input type="hidden" name="id" value="{}">', ((key,) for key in keys))
        form = (
            '{} <form method="post" action="{}" class="portal-undo"><input type="hidden" name="csrfmiddlewaretoken" '
            'value="{}">{}<button type="submit">{}</button></form>'
        )
        say = _("Undo: %(act)s") % {"act": inverse.label}
        return format_html(form, told, self.bulk_url(inverse.verb), get_token(request), ids, say)


def reason_of(request: HttpRequest, act: Act) -> dict[str, str]:
    """What the act is called with beside `by=`, without NUL, which no text of the database can hold."""
    asked = [("reason", act.asks_reason), ("typed", act.asks_name)]
    return {name: request.POST.get(name, "").replace("\0", "") for name, wanted in asked if wanted}


def _ask(admin: BulkActs, request: HttpRequest, chosen: "QuerySet[Model]", *, act: Act) -> HttpResponse | None:
    return admin.ask_bulk(request, act, chosen)
