"""Provinces on the national site: how each stands, and opening, suspending, backing up and closing it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.overview.closing import actions as province_acts
from portal.overview.forms import NetworksForm
from portal.overview.links.standing import Standing, standings
from portal.staff.model_admin import Act, PortalAdmin
from portal.staff.sites import national_site
from portal.web.wording import beijing
from tenants import actions
from tenants.models import Province, ProvinceKind, ProvinceState

EMPTY = "—"


def _staff_it(province: Province) -> str:
    """Where it answers now, and who is missing there."""
    add = reverse("admin:accounts_rolegrant_add", current_app=national_site.name)
    link = '<a href="{}">{}</a>'
    return format_html(
        gettext("It answers at {address} now. Next: {name_staff}, who admit its providers."),
        address=format_html(link, f"{province.url}/", f"{province.url}/"),
        name_staff=format_html(link, f"{add}?province={province.slug}", gettext("name its staff")),
    )


def _closing_asked(province: Province) -> str:
    closing = province_acts.closing_of(province)
    if closing is None:
        return ""
    told = {"person": closing.asked_by, "at": beijing(closing.asked_at), "reason": closing.reason}
    return format_html(gettext("Asked for by {person}, {at}. The reason: {reason}"), **told)


@admin.register(Province, site=national_site)
class ProvinceAdmin(PortalAdmin):
    list_display = (
        *("name_zh", "name_en", "schema_name", "gb2260", "state", "link", "version"),
        *("backed_up_at", "opened_at"),
    )
    list_filter = ("state",)
    search_fields = ("name_zh", "name_en", "schema_name")
    list_per_page = 100
    fields = (
        *("name_zh", "name_en", "schema_name", "gb2260", "kind", "state", "link", "version"),
        *("opened_at", "backed_up_at", "closed", "short_zh", "region_zh", "region_en", "hub_zh"),
        "workspace_networks",
    )
    readonly_fields = tuple(name for name in fields if name != "workspace_networks")
    form = NetworksForm
    acts = (
        Act(
            "open",
            _("Open the province"),
            _("Its tables are made and it answers on its own host at once. This takes a few seconds."),
            lambda province, by: actions.open_province(province.slug, by=by),
            lambda province: province.state == ProvinceState.PLANNED,
            next_step=_staff_it,
        ),
        Act(
            "backup",
            _("Back up now"),
            _("Its tables, as they are at this moment, are written to a file in the data folder; sales go on."),
            lambda province, by: actions.backup_province(province.slug, by=by),
            lambda province: province.state != ProvinceState.PLANNED,
        ),
        Act(
            "suspend",
            _("Suspend sales"),
            _("Nothing new is sold in the province; leases that run go on. Its staff read the reason."),
            province_acts.suspend_sales,
            lambda province: province.kind == ProvinceKind.PROVINCE and province.state == ProvinceState.OPEN,
            asks_reason=True,
        ),
        Act(
            "resume",
            _("Resume sales"),
            _("The province sells again."),
            lambda province, by: actions.resume_province(province.slug, by=by),
            lambda province: province.state == ProvinceState.SUSPENDED,
        ),
        Act(
            "close",
            _("Ask to close the province"),
            _("Another operator must confirm it; until then nothing is closed. Resuming sales drops it."),
            province_acts.ask_closing,
            lambda province: province.state == ProvinceState.SUSPENDED and not province_acts.closing_of(province),
            asks_reason=True,
            asks_name=True,
        ),
        Act(
            "confirm",
            _("Close the province"),
            _(
                "This cannot be undone. Its tables are exported to a file, its offers leave the national lists, and "
                "its host says that it is closed; what was bought there stays readable. It is refused while cards "
                "are held or leased, orders are not finished or money is reserved."
            ),
            province_acts.confirm_closing,
            lambda province: province_acts.closing_of(province) is not None,
            asks_name=True,
            about=_closing_asked,
        ),
        Act(
            "refuse",
            _("Do not close it"),
            _("The province stays suspended."),
            province_acts.drop_closing,
            lambda province: province_acts.closing_of(province) is not None,
            asks_reason=True,
            about=_closing_asked,
        ),
    )

    def save_model(self, request: HttpRequest, obj: Province, form: Any, change: bool) -> None:
        actions.list_networks(obj.slug, form.cleaned_data["workspace_networks"], by=request.user)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The action has written the history."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """All rows of the list are judged together."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        known = standings(changelist.result_list)
        for province in changelist.result_list:
            province.standing = known[province.pk]
        return changelist

    @admin.display(description=pgettext_lazy("field", "link"))
    def link(self, province: Province) -> str:
        linked = province.kind == ProvinceKind.PROVINCE and province.state != ProvinceState.PLANNED
        return _of(province).link.word if linked else EMPTY

    @admin.display(description=pgettext_lazy("province", "closed at"))
    def closed(self, province: Province) -> datetime | str:
        return province.closed_at or EMPTY

    @admin.display(description=pgettext_lazy("field", "tables"))
    def version(self, province: Province) -> str:
        return _of(province).version or EMPTY


def _of(province: Province) -> Standing:
    known: Standing | None = getattr(province, "standing", None)
    return known or standings([province])[province.pk]
