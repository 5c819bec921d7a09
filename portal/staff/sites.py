"""The two administration sites: national (public models) and province (its schema)."""

from typing import Any, cast
from urllib.parse import urlencode, urljoin

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from portal.accounts import permissions
from portal.accounts.models import User
from portal.accounts.signin import mfa
from portal.staff import desk, examining, vocabulary
from portal.staff.tables.columns import EMPTY
from portal.staff.tables.columns import place as place_name
from tenants.context import NATION, PUBLIC, current_province


def place_here() -> str:
    """Where roles must lie to be staff here: the province of the host, or the nation."""
    here = current_province()
    return NATION if here == PUBLIC else here


class StaffSite(AdminSite):
    """Open to people with a role here who used a second factor in this session; deletes nothing, logs to history."""

    enable_nav_sidebar = False
    empty_value_display = EMPTY
    site_url = "/"
    index_template = "admin/portal_index.html"
    app_index_template = "admin/portal_app.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(permissions.roles_of(request.user, place_here())) and mfa.used_in_session(request)

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        wanted = request.GET.get("next")
        safe = get_adapter().is_safe_url(wanted)
        return self.lead(request, wanted if wanted and safe else reverse("admin:index", current_app=self.name))

    def lead(self, request: HttpRequest, wanted: str) -> HttpResponse:
        """To what is missing: the national sign-in, setting up a second factor, or using it; 403 for non-staff."""
        if not request.user.is_authenticated:
            return national("/accounts/login/", request, wanted)
        if not permissions.roles_of(request.user, place_here()):
            raise PermissionDenied(_("This page is for staff with a role here. Nothing was changed."))
        if mfa.must_set_up(request.user):
            messages.info(request, _("Staff work with a second factor. Set one up, then open the staff pages again."))
            return national("/accounts/2fa/totp/activate/", request, wanted)
        return national(confirmation_of(request), request, wanted)

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """What waits for this person, and the lists the roles open."""
        lines = desk.lines_for(cast(User, request.user))
        waiting = sum(line.waiting.count for line in lines)
        facts = {"lines": lines, "waiting": waiting, "may_examine": self.may_examine(request)}
        context = {**facts, "now": timezone.now(), **(extra_context or {})}
        return super().index(request, context)

    def get_urls(self) -> list[Any]:
        return [path("invariants/", self.admin_view(self.invariants), name="invariants"), *super().get_urls()]

    def invariants(self, request: HttpRequest) -> HttpResponse:
        """What must always be true here, examined now; for those who run the place."""
        if not self.may_examine(request):
            raise PermissionDenied(_("Your roles do not allow this. Nothing was changed."))
        names, examined = vocabulary.apps_named(), examining.examine()
        findings = [(app, place_name(slug), text) for app, slug, text in examining.told(examined, names)]
        facts = {"findings": findings, "examined": [names.get(one.label, one.label) for one in examined]}
        context = {**self.each_context(request), **facts, "now": timezone.now()}
        return TemplateResponse(request, "admin/portal_invariants.html", context)

    def may_examine(self, request: HttpRequest) -> bool:
        return permissions.may(request.user, "retry", "outbox.letter")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return national("/accounts/logout/", request, "/")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return national("/accounts/password/change/", request, "/")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Apps under the names of the vocabulary, in alphabetical order of their labels."""
        listed = super().get_app_list(request, app_label)
        for app in listed:
            app["name"] = vocabulary.apps_named().get(app["app_label"], app["name"])
        return sorted(listed, key=lambda app: app["app_label"])

    def get_log_entries(self, request: HttpRequest) -> Any:
        """None: acts are in the history of the place, not in the log all provinces would share."""
        from django.contrib.admin.models import LogEntry

        return LogEntry.objects.none()


def confirmation_of(request: HttpRequest) -> str:
    """Page where the person's own second factor is asked for: code, or passkey where there is no code."""
    kinds = set(mfa.factors(cast(User, request.user)).values_list("type", flat=True))
    return "/accounts/2fa/reauthenticate/" + ("" if "totp" in kinds else "webauthn/")


def national(path: str, request: HttpRequest, wanted: str) -> HttpResponse:
    """Redirect to a page of the national host that comes back to `wanted` on this host."""
    province = getattr(request, "tenant", None)
    back = urljoin(settings.PORTAL_URL if province is None else province.url, wanted)
    return HttpResponseRedirect(f"{settings.PORTAL_URL}{path}?{urlencode({'next': back})}")


class NationalSite(StaffSite):
    site_title = site_header = gettext_lazy("National staff")
    index_title = gettext_lazy("What staff of the nation see and decide")


class ProvinceSite(StaffSite):
    site_title = site_header = gettext_lazy("Staff of the province")
    index_title = gettext_lazy("What staff of the province see and decide")


national_site = NationalSite(name="national")
province_site = ProvinceSite(name="province")
for _site in (national_site, province_site):
    _site.disable_action("delete_selected")
