"""The agents' doors on the national host: enrol, lease (long-poll), results, usage (specs/trading.md §6)."""

from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.activation.agents import actions as agents
from marketplace.activation.agents import refusals, waiting
from marketplace.activation.agents.authentication import AgentAuthentication, AgentUser
from marketplace.activation.fulfilment import actions, commands
from marketplace.activation.models import Agent
from portal.api.throttling import AgentThrottle, EnrolmentThrottle
from portal.web.wording import gap
from tenants.acts import Refusal
from tenants.context import in_province

MOST_WAIT_SECONDS = 25
UNREADABLE = (400, 413, 415, 422)


class EnrolmentSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=200)
    public_key = serializers.CharField(max_length=64)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    agent_version = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class HealthSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField(default=True)
    sentence = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    words = serializers.DictField(child=serializers.CharField(max_length=200, allow_blank=True), default=dict)
    failing = serializers.ListField(child=serializers.UUIDField(), max_length=200, required=False, default=list)
    """Tokens of leases whose workspace ended again and again and is left alone."""


class CapacitySerializer(serializers.Serializer[Any]):
    pool = serializers.CharField(max_length=80)
    cards = serializers.IntegerField(min_value=0, max_value=1_000_000)
    faulty = serializers.ListField(child=serializers.CharField(max_length=100), required=False, default=list)


class PollSerializer(serializers.Serializer[Any]):
    agent_version = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    health = HealthSerializer(required=False)
    capacity = CapacitySerializer(many=True, required=False, default=list)
    wait_seconds = serializers.IntegerField(min_value=0, max_value=MOST_WAIT_SECONDS, default=MOST_WAIT_SECONDS)


class EndpointSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=20)
    url = serializers.URLField(max_length=300)
    secret = serializers.CharField(max_length=500)


class ResultSerializer(serializers.Serializer[Any]):
    command = serializers.UUIDField()
    token = serializers.UUIDField()
    attempt = serializers.IntegerField(min_value=1)
    status = serializers.ChoiceField(
        ["accepted", "progress", "ready", "failed", "revoked", "verified", "suspended", "resumed", "listed"]
    )
    step = serializers.CharField(max_length=60, required=False, allow_blank=True, allow_null=True)
    percent = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    sentence = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)
    endpoint = EndpointSerializer(required=False, allow_null=True)
    serials = serializers.ListField(child=serializers.CharField(max_length=100), required=False)
    card_model = serializers.CharField(max_length=40, required=False, allow_blank=True, allow_null=True)
    code = serializers.CharField(max_length=20, required=False, allow_blank=True, allow_null=True)
    retryable = serializers.BooleanField(required=False, default=False)


class ResultsSerializer(serializers.Serializer[Any]):
    results = ResultSerializer(many=True)


class EnrolDoor(APIView):
    """Exchange a one-time code and a public key for a key id and the provider's pools."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (EnrolmentThrottle,)
    schema = None

    def post(self, request: Request) -> Response:
        asked = _read(EnrolmentSerializer, request)
        agent, province = agents.enrol(
            asked["code"], public_key=asked["public_key"], name=asked["name"], version=asked["agent_version"]
        )
        with in_province(province):
            answer = {
                "key_id": agent.key_id,
                "province": province,
                "provider": agent.provider.slug,
                "pools": agents.pools_of(agent),
            }
        return Response(answer, status=201)


class AgentDoor(APIView):
    authentication_classes = (AgentAuthentication,)
    permission_classes = (IsAuthenticated,)
    throttle_classes = (AgentThrottle,)
    schema = None

    def handle_exception(self, exc: Exception) -> Response:
        """What could not be read is told to the agent, and counted where its province sees it."""
        answer = super().handle_exception(exc)
        caller: Any = self.request.user
        if answer.status_code in UNREADABLE and isinstance(caller, AgentUser):
            with in_province(caller.province):
                refusals.note(caller.agent, [{"code": refusals.MALFORMED, "sentence": _sentence(answer)}])
        return answer


class LeaseDoor(AgentDoor):
    """Long-poll: takes the agent's report, gives its commands; holds no database connection while it waits."""

    def post(self, request: Request) -> Response:
        asked = _read(PollSerializer, request)
        caller = _caller(request)
        event = waiting.prepare(caller.agent.key_id)
        with in_province(caller.province):
            refused = agents.accept_report(
                caller.agent,
                health=asked.get("health") or {"ok": True},
                capacity=asked["capacity"],
                version=asked["agent_version"],
            )
            taken = commands.take(caller.agent)
            wait = 0 if taken else commands.seconds_until_repeat(caller.agent, asked["wait_seconds"])
        if wait:
            taken = self._wait(caller, event, wait)
        return Response({"server_time": timezone.now(), "commands": taken, "refused": refused})

    def _wait(self, caller: AgentUser, event: Any, seconds: float) -> list[dict[str, Any]]:
        connection.close()
        event.wait(seconds)
        with in_province(caller.province):
            still = Agent.objects.filter(pk=caller.agent.pk, revoked_at=None).exists()
            return commands.take(caller.agent) if still else []


class ResultsDoor(AgentDoor):
    """Answers to commands: each is taken or refused on its own."""

    def post(self, request: Request) -> Response:
        asked = _read(ResultsSerializer, request)
        caller = _caller(request)
        taken, refused = [], []
        with in_province(caller.province):
            for result in asked["results"]:
                try:
                    actions.take_result(caller.agent, result)
                    taken.append(str(result["command"]))
                except Refusal as refusal:
                    refused.append({"command": str(result["command"]), "code": refusal.code, "sentence": str(refusal)})
        return Response({"taken": taken, "refused": refused})


class UsageSerializer(serializers.Serializer[Any]):
    token = serializers.UUIDField()
    card_seconds = serializers.DecimalField(max_digits=20, decimal_places=6, min_value=0)


class UsageDoor(AgentDoor):
    """The provider's own count of card-seconds. The portal's clock is the meter; a lower count is kept for disputes."""

    def post(self, request: Request) -> Response:
        rows = request.data.get("usage", []) if isinstance(request.data, dict) else None
        serializer = UsageSerializer(data=rows, many=True)
        serializer.is_valid(raise_exception=True)
        caller = _caller(request)
        with in_province(caller.province):
            unknown = actions.note_usage(caller.agent, serializer.validated_data)
        return Response({"taken": len(serializer.validated_data) - len(unknown), "unknown": unknown})


def _read(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _caller(request: Request) -> AgentUser:
    caller: Any = request.user
    if not isinstance(caller, AgentUser):
        raise Refusal(_("Only an agent may knock here."), "not_an_agent", status=403)
    return caller


def _sentence(answer: Response) -> str:
    """The problem in one line, with the first field that was not understood."""
    told = [str(answer.data.get("detail", ""))]
    told += [f"{one['pointer']}: {one['detail']}" for one in answer.data.get("errors", [])[:1]]
    return gap().join(told)
