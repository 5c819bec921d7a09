"""`agents/` for programs: how the organisation's agents stand in every province, pausing them, choosing their pools."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.activation.agents import actions, serving
from marketplace.activation.agents.standing import Standing, standings
from marketplace.activation.models import Agent, Counting
from marketplace.catalog.access import AGENTS
from marketplace.catalog.models import Pool
from portal.accounts import permissions
from portal.accounts.models import ApiKey, User
from portal.api import views
from portal.api.idempotency import answer_once
from portal.api.openapi import KEY_PARAMETER
from portal.api.shapes import Shape
from tenants.context import in_province
from tenants.models import Province


class ServedPool(serializers.Serializer[Any]):
    pool = serializers.CharField()
    reported = serializers.IntegerField(
        allow_null=True, help_text="Cards as the agent counts them; null until it has reported the pool."
    )
    registered = serializers.IntegerField()
    faulty = serializers.ListField(child=serializers.CharField(), help_text="Serials out of order.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Registered serials that the agent's driver does not find."
    )
    counting = serializers.ChoiceField(
        Counting.choices, allow_null=True, help_text="How the agent knows of the cards; null until it has reported."
    )
    refused = serializers.CharField(allow_blank=True, help_text="Why the report was not taken; empty if it was.")
    reported_at = serializers.DateTimeField(allow_null=True)


class AgentAnswer(serializers.Serializer[Any]):
    province = serializers.SlugField()
    key_id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(["working", "paused", "waiting", "silent", "unhealthy", "revoked"])
    sentence = serializers.CharField(allow_blank=True)
    version = serializers.CharField(allow_blank=True)
    paused = serializers.BooleanField()
    enrolled_at = serializers.DateTimeField()
    reported_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    failing_orders = serializers.ListField(child=serializers.CharField())
    pools = ServedPool(many=True)


class Agents(views.Door):
    scopes = {"GET": "agents:read"}

    @extend_schema(responses=AgentAnswer(many=True))
    def get(self, request: Request) -> Response:
        """The organisation's agents in every province."""
        organisation = views.organisation_of(request)
        found: list[dict[str, Any]] = []
        for province in Province.objects.with_schema() if organisation else ():
            with in_province(province):
                own = standings(Agent.objects.filter(provider__organisation=organisation))
                found += [_answer(province.slug, one) for one in own]
        return Response(found)


class AgentPause(views.Door):
    scopes = {"POST": "agents:write"}

    @extend_schema(parameters=[KEY_PARAMETER], responses=AgentAnswer)
    def post(self, request: Request, province: str, key_id: str) -> Response:
        """Sell nothing new through this agent; running leases stay."""
        return _change(request, province, key_id, actions.pause_agent)


class AgentResume(views.Door):
    scopes = {"POST": "agents:write"}

    @extend_schema(parameters=[KEY_PARAMETER], responses=AgentAnswer)
    def post(self, request: Request, province: str, key_id: str) -> Response:
        """Sell through this agent again, from its next report on."""
        return _change(request, province, key_id, actions.resume_agent)


class PoolChoice(Shape):
    pool = serializers.SlugField(max_length=80, help_text="A pool of the agent's provider.")


class AgentServe(views.Door):
    scopes = {"POST": "agents:write"}
    takes = {"POST": PoolChoice}

    @extend_schema(parameters=[KEY_PARAMETER], responses=AgentAnswer)
    def post(self, request: Request, province: str, key_id: str) -> Response:
        """Let this agent serve a pool from now on; the pool is not sold until this agent reports it."""

        def serve(agent: Agent, *, by: Any) -> None:
            pool = get_object_or_404(Pool, slug=self.said(request)["pool"], provider=agent.provider_id)
            serving.choose_agent(pool, agent, by=by)

        return _change(request, province, key_id, serve)


def _change(request: Request, province: str, key_id: str, change: Callable[..., None]) -> Response:
    if not Province.objects.with_schema().filter(schema_name=province).exists():
        raise Http404
    with in_province(province):
        agent = _agent(request, key_id)

    def act() -> tuple[int, Any]:
        with in_province(province):
            change(agent, by=request.auth if isinstance(request.auth, ApiKey) else request.user)
            (standing,) = standings(Agent.objects.filter(pk=agent.pk))
            return 200, _answer(province, standing)

    return answer_once(request, agent.provider.organisation, act)


def _agent(request: Request, key_id: str) -> Agent:
    """404 for strangers, 403 for members without the right; a key's right is its scope."""
    known = Agent.objects.select_related("provider__organisation")
    if isinstance(request.auth, ApiKey):
        return get_object_or_404(known, pk=key_id, provider__organisation=request.auth.organisation_id)
    if not isinstance(request.user, User):
        raise Http404
    agent = get_object_or_404(known.visible_to(request.user), pk=key_id)
    if not permissions.member_may(request.user, AGENTS, agent.provider.organisation):
        raise PermissionDenied(
            _("Your role in %(organisation)s does not allow this. Nothing was changed.")
            % {"organisation": agent.provider.organisation.name}
        )
    return agent


def _answer(province: str, one: Standing) -> dict[str, Any]:
    own = ("key_id", "name", "version", "paused", "enrolled_at", "reported_at", "revoked_at")
    facts = {
        **{name: getattr(one.agent, name) for name in own},
        "province": province,
        "state": one.state,
        "sentence": one.sentence,
        "failing_orders": one.failing,
        "pools": [
            {
                "pool": row.pool.slug,
                "reported": row.report.cards if row.report else None,
                "registered": row.registered,
                "faulty": row.report.faulty if row.report else [],
                "missing": row.report.missing if row.report else [],
                "counting": row.report.counting if row.report else None,
                "refused": row.refused,
                "reported_at": row.report.reported_at if row.report else None,
            }
            for row in one.served
        ],
    }
    return dict(AgentAnswer(facts).data)


urlpatterns = [
    path("agents/", Agents.as_view(), name="agents"),
    path("agents/<slug:province>/<str:key_id>/pause/", AgentPause.as_view(), name="pause_agent"),
    path("agents/<slug:province>/<str:key_id>/resume/", AgentResume.as_view(), name="resume_agent"),
    path("agents/<slug:province>/<str:key_id>/serve/", AgentServe.as_view(), name="serve_pool"),
]
