"""Applications in the province's administration: to search and to read. Deciding is done at /staff/applications/."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from marketplace.onboarding.models import Application
from portal.staff.model_admin import PortalAdmin
from portal.staff.sites import province_site


@admin.register(Application, site=province_site)
class ApplicationAdmin(PortalAdmin):
    list_display = ("organisation", "state", "submitted_at", "returns", "notice_ends_at", "decided_at")
    list_filter = ("state",)
    list_select_related = ("organisation",)
    search_fields = ("organisation__name_zh", "organisation__uscc")
    fields = (*list_display, "notice_began_at", "approved_by", "reason", "provider")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Drafts are nobody's business but the applicant's."""
        return super().get_queryset(request).exclude(submitted_at=None)
