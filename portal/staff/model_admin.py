"""Administration of models: reads as the table of rights says, acts through actions, deletes nothing."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import AdminSite, AllValuesFieldListFilter, SimpleListFilter, TabularInline
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import DecimalField, IntegerField, Model, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts import permissions
from portal.staff import vocabulary
from portal.staff.history_words import told
from portal.staff.sites import place_here
from portal.staff.tables import columns
from portal.staff.tables.bulk import Act, BulkActs, reason_of
from portal.staff.tables.exports import ExportsList
from portal.web.texts import fields
from tenants import history
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record

__all__ = ["Act", "PortalAdmin", "PortalInline", "needs_a_person"]

NEVER_SHOWN = frozenset({"password", "secret", "secret_hash", "token_hash", "code_hash", "endpoint", "public_key"})
"""Secrets and what they open: in no administration, for no role."""


def name_in_both_languages(model: type[Model]) -> None:
    """Give the model and its fields the names of the vocabulary, unless the model names them itself."""
    opts = model._meta
    if opts.label_lower in vocabulary.objects():
        opts.verbose_name = vocabulary.one(opts.label_lower)
        opts.verbose_name_plural = vocabulary.objects()[opts.label_lower]
    if opts.app_label in vocabulary.apps_named():
        opts.app_config.verbose_name = vocabulary.apps_named()[opts.app_label]
    fields = vocabulary.words("FIELDS")
    for field in opts.fields:
        named = getattr(field, "_verbose_name", None) is not None
        if field.name in fields and not named:
            field.verbose_name = fields[field.name]


class ByProvince(AllValuesFieldListFilter):
    """Provinces by their names instead of their slugs."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": columns.place(choice["display"])}


def needs_a_person(found: Callable[[], QuerySet[Any]]) -> type[SimpleListFilter]:
    """The rows a queue of the first page counts, as a filter of their list."""
    return type("NeedsAPerson", (_NeedsAPerson,), {"found": staticmethod(found)})


class _NeedsAPerson(SimpleListFilter):
    title = gettext_lazy("attention")
    parameter_name = "attention"
    found: Callable[[], QuerySet[Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("person", _("needs a person"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=self.found().values("pk")) if self.value() == "person" else queryset


class PortalInline(TabularInline):
    """Rows that belong to the object shown: read only, like everything that acts rule."""

    related: tuple[str, ...] = ()
    """What their names need beside what the columns link to."""
    template = "admin/portal_rows.html"
    extra = 0
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [columns.column_of(self.model, name) for name in super().get_fields(request, obj)]

    get_readonly_fields = get_fields

    def __init__(self, parent_model: type[Model], admin_site: AdminSite) -> None:
        name_in_both_languages(self.model)
        super().__init__(parent_model, admin_site)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = columns.related_of(self.model, list(self.fields or ()))
        return super().get_queryset(request).select_related(*related, *self.related)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PortalAdmin(BulkActs, ExportsList):
    """Base of every model's administration."""

    list_per_page = 50
    show_full_result_count = False
    view_on_site = False
    change_form_template = "admin/portal_change_form.html"
    change_list_template = "admin/portal_change_list.html"
    formfield_overrides: ClassVar = {
        DecimalField: {"form_class": fields.DecimalField},
        IntegerField: {"form_class": fields.WholeField},
        URLField: {"assume_scheme": "https"},
    }

    def __init__(self, model: type[Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        name_in_both_languages(model)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Raises `IncorrectLookupParameters` also for a filter whose value only the database finds wrong."""
        try:
            return super().get_changelist_instance(request)
        except DataError as error:
            raise IncorrectLookupParameters(error) from error

    # Rights ------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _shown(self, request: HttpRequest, names: Sequence[Any]) -> list[Any]:
        hidden = NEVER_SHOWN | permissions.hidden_fields(request.user, self.label)
        return [name for name in names if _root(name) not in hidden]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._columns(self._shown(request, super().get_list_display(request)))

    def get_list_display_links(self, request: HttpRequest, list_display: Sequence[Any]) -> list[Any]:
        """The first column that leads nowhere else: a link inside a link is none."""
        return [column for column in list_display if not getattr(column, "portal_links", False)][:1]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """What the columns link to, beside what the list names itself."""
        paths = [columns.path_of(name) for name in self.get_list_display(request)]
        named: Any = super().get_list_select_related(request) or ()
        return sorted({*columns.related_of(self.model, paths), *named})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Nobody narrows a list down by what she may not see: the answer would tell it."""
        user = getattr(request, "user", None)
        hidden = NEVER_SHOWN | (permissions.hidden_fields(user, self.label) if user else frozenset())
        return _root(lookup) not in hidden and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        shown = self._shown(request, super().get_list_filter(request))
        return [("province", ByProvince) if name == "province" else name for name in shown]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return self._shown(request, super().get_search_fields(request))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self._shown(request, super().get_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Fields that are only read are shown as the list shows them."""
        fieldsets: Any = super().get_fieldsets(request, obj)
        if obj is None:
            return list(fieldsets)
        writes = self.has_change_permission(request, obj)
        return [(title, {**part, "fields": self._parts(part["fields"], writes)}) for title, part in fieldsets]

    def _parts(self, names: Sequence[Any], writes: bool) -> list[Any]:
        read = [name for name in names if not writes or name in self.readonly_fields]
        return [self._columns([name])[0] if name in read else name for name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self._columns(self._shown(request, super().get_readonly_fields(request, obj)))

    def _columns(self, names: Sequence[Any]) -> list[Any]:
        return [columns.column_of(self.model, name) for name in names]

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        hidden = permissions.hidden_fields(request.user, self.label)
        return [] if hidden else list(super().get_inlines(request, obj))

    # History -----------------------------------------------------------------------------------

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return history.record("admin.added", obj, by=request.user)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        changed = [name for part in message if isinstance(part, dict) for name in _changed(part)]
        return history.record("admin.changed", obj, by=request.user, changed=changed)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What happened to the object, from the history of this place."""
        obj = self._get(request, object_id)
        with in_province(place_here()):
            records = list(Record.objects.filter(subject_type=self.label, subject_id=str(obj.pk))[:200])
            shown = told(records, named=permissions.BUYERS not in permissions.kept_from(request.user, self.label))
        context = {**self._context(request, obj), "title": _("History of %(object)s") % {"object": obj}}
        return TemplateResponse(request, "admin/portal_history.html", {**context, "records": shown})

    # Acts --------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        act = path("<path:object_id>/act/<slug:verb>/", self.admin_site.admin_view(self.act_view), name=name)
        return [act, *super().get_urls()]

    def acts_for(self, request: HttpRequest, obj: Model) -> list[Act]:
        """Acts the person may do, and the state allows, now."""
        return [act for act in self.allowed_acts(request) if act.offered(obj)]

    def act_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        act = next((act for act in self.acts if act.verb == verb), None)
        if act is None:
            raise Http404
        obj = self._get(request, object_id)
        if not permissions.may(request.user, verb, self.label):
            raise PermissionDenied
        if request.method == "POST":
            return self._run(request, act, obj)
        facts = {"act": act, "about": act.about(obj) if act.about else ""}
        return TemplateResponse(request, "admin/portal_act.html", {**self._context(request, obj), **facts})

    def _run(self, request: HttpRequest, act: Act, obj: Model) -> HttpResponse:
        try:
            act.run(obj, by=request.user, **reason_of(request, act))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            done = _("Done: %(act)s, %(object)s.") % {"act": act.label, "object": obj}
            if act.next_step:
                done = format_html("{} {}", done, act.next_step(obj))
            messages.success(request, self.with_undo(request, act, [obj.pk], done))
        return HttpResponseRedirect(self._url(obj))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal of the action behind the form is shown as a sentence; nothing was saved."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = context.get("original")
        context["portal_acts"] = self.acts_for(request, obj) if obj is not None else []
        context["adminform"].form.label_suffix = ""
        if obj is not None:  # Django would say what may be done with several of its kind
            context |= {"title": str(obj), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    def _get(self, request: HttpRequest, object_id: str) -> Any:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj

    def _context(self, request: HttpRequest, obj: Model) -> dict[str, Any]:
        here = self.admin_site.each_context(request)
        return {**here, "opts": self.opts, "object": obj, "title": str(obj), "object_url": self._url(obj)}

    def _url(self, obj: Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[obj.pk], current_app=self.admin_site.name)


def _root(name: Any) -> str:
    """Field that a column, filter or search word starts from: `organisation` of `organisation__name_zh`."""
    first = columns.path_of(name[0] if isinstance(name, tuple) else name)
    return str(first).lstrip("^=@").split("__")[0]


def _changed(part: dict[str, Any]) -> list[str]:
    return list(part.get("changed", {}).get("fields", []))
