"""Agents and what they were asked, on the province's staff site."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.activation.agents import actions
from marketplace.activation.models import Agent, Assignment, CapacityReport, Command, RefusedRows, Resource
from marketplace.activation.queues import refused_reports, silent_agents
from portal.accounts.staff_acts import with_reason
from portal.staff.model_admin import Act, PortalAdmin, needs_a_person
from portal.staff.sites import province_site


@admin.register(Agent, site=province_site)
class AgentAdmin(PortalAdmin):
    list_display = ("name", "provider", "standing", "paused", "reported_at", "version", "revoked_at")
    list_filter = (needs_a_person(silent_agents), "paused")
    search_fields = ("name", "key_id", "provider__slug")
    fields = (
        *("name", "key_id", "provider", "version", "standing", "health", "paused"),
        *("enrolled_at", "reported_at", "revoked_at"),
    )
    acts = (
        Act(
            "pause",
            _("Pause"),
            _("Nothing new is sold through this agent; running leases stay. The owners read the reason."),
            with_reason(actions.pause_agent, "agent.paused", lambda agent: agent.provider.organisation),
            lambda agent: not agent.paused and agent.revoked_at is None,
            asks_reason=True,
            bulk=True,
            inverse="resume",
        ),
        Act(
            "resume",
            _("Resume"),
            _("The agent's pools are sold again."),
            actions.resume_agent,
            lambda agent: agent.paused and agent.revoked_at is None,
            bulk=True,
        ),
        Act(
            "revoke",
            _("Revoke the key"),
            _("The agent is refused from now on and must enrol anew; running leases stay. The owners read the reason."),
            with_reason(actions.revoke_agent, "agent.revoked", lambda agent: agent.provider.organisation),
            lambda agent: agent.revoked_at is None,
            asks_reason=True,
        ),
    )

    @admin.display(description=pgettext_lazy("field", "state"))
    def standing(self, agent: Agent) -> str:
        """As its provider reads it: an agent that was healthy when it stopped is silent now."""
        return str(agent.state_at(timezone.now()).label)


@admin.register(Assignment, site=province_site)
class AssignmentAdmin(PortalAdmin):
    list_display = ("pool", "agent", "since")
    list_filter = ("agent",)
    search_fields = ("pool__slug", "agent__name", "agent__key_id")
    fields = ("pool", "agent", "since")


@admin.register(CapacityReport, site=province_site)
class CapacityReportAdmin(PortalAdmin):
    list_display = ("pool", "agent", "cards", "counting", "reported_at", "refused")
    list_filter = (needs_a_person(refused_reports),)
    search_fields = ("pool__slug",)
    fields = ("pool", "agent", "cards", "counting", "faulty", "missing", "reported_at", "refused")


@admin.register(RefusedRows, site=province_site)
class RefusedRowsAdmin(PortalAdmin):
    list_display = ("hour", "agent", "code", "rows", "latest_at", "sentence")
    list_filter = ("code", "hour")
    search_fields = ("agent__name", "agent__key_id", "sentence")
    fields = ("agent", "hour", "code", "rows", "latest_at", "sentence")


@admin.register(Command, site=province_site)
class CommandAdmin(PortalAdmin):
    list_display = ("created_at", "verb", "line__order", "attempt", "agent", "sent_at", "answered_at", "step")
    list_filter = ("verb", "agent")
    date_hierarchy = "created_at"
    search_fields = ("line__order__number",)
    fields = ("agent", "line__order", "verb", "attempt", "created_at", "sent_at", "answered_at", "step", "answer")


@admin.register(Resource, site=province_site)
class ResourceAdmin(PortalAdmin):
    list_display = ("line__order", "state", "attempt", "ready_at", "released_at", "failure_code")
    list_filter = ("state", "failure_code")
    search_fields = ("line__order__number",)
    fields = (
        *("line__order", "state", "attempt", "kind", "serials", "measured"),
        *("taken_at", "applied_at", "ready_at", "released_at", "failure_code", "failure"),
    )
