"""The agents' doors on the national host: enrol, lease (long-poll), results, usage."""

import threading
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from marketplace.activation.agents import actions as agents
from marketplace.activation.agents import waiting
from marketplace.activation.agents.authentication import AgentAuthentication, AgentUser
from marketplace.activation.agents.bounds import shapes
from marketplace.activation.agents.reporting import refusals, registers, reports
from marketplace.activation.fulfilment import actions, commands
from marketplace.activation.models import Agent
from portal.api.throttling import AgentThrottle, AgentUsageThrottle, EnrolmentThrottle
from portal.web.wording import gap
from tenants.acts import Refusal, require
from tenants.context import in_province

UNREADABLE = (400, 413, 415, 422)


class EnrolDoor(APIView):
    """Exchange a one-time code and a public key for a key id and the pools that the agent serves."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (EnrolmentThrottle,)
    schema = None

    def post(self, request: Request) -> Response:
        _refuse_query(request)
        asked = shapes.read(shapes.EnrolmentSerializer, request)
        agent, province = agents.enrol(
            asked["code"], public_key=asked["public_key"], name=asked["name"], version=asked["agent_version"]
        )
        with in_province(province):
            register = registers.register_of(agent)
            answer = {
                "key_id": agent.key_id,
                "province": province,
                "provider": agent.provider.slug,
                "others": register.others,
                "may_declare": settings.SAMPLE_WORLD,
                **register.as_sent(),
            }
        return Response(answer, status=201)


class AgentDoor(APIView):
    authentication_classes = (AgentAuthentication,)
    permission_classes = (IsAuthenticated,)
    throttle_classes: tuple[type[BaseThrottle], ...] = (AgentThrottle,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_query(request)

    def handle_exception(self, exc: Exception) -> Response:
        """What could not be taken is told to the agent, and counted where its province sees it."""
        answer = super().handle_exception(exc)
        caller: Any = getattr(self.request, "_user", None)  # without asking who it is a second time
        if answer.status_code in UNREADABLE and isinstance(caller, AgentUser):
            with in_province(caller.province):
                refusals.note(caller.agent, [{"code": _reason(answer), "sentence": _sentence(answer)}])
        if answer.data.get("code") == "no_place_to_wait":
            answer["Retry-After"] = str(waiting.ASK_AGAIN_SECONDS)
        return answer


class LeaseDoor(AgentDoor):
    """Long-poll: takes the agent's report, gives its commands; holds no database connection while it waits."""

    def post(self, request: Request) -> Response:
        asked = shapes.read_poll(request)
        caller = _caller(request)
        with in_province(caller.province):
            taken = reports.accept_report(caller.agent, asked.report)
            with waiting.listening(caller.agent.key_id) as event:
                news = _news(caller.agent, asked.register)
                wait = commands.seconds_until_repeat(caller.agent, asked.wait_seconds)
                if wait and not news["commands"] and (asked.register is None or "pools" not in news):
                    with waiting.place():
                        news = _wait(caller.agent, taken.poll, event, wait, asked.register)
        return Response({"server_time": timezone.now(), "refused": taken.refused, **news})


def _news(agent: Agent, known: str | None) -> dict[str, Any]:
    """The commands for the agent, and its register unless it knows this version.

    The register is read last: it has the cards that the commands name.
    """
    given = commands.take(agent)
    register = registers.register_of(agent)
    return {"commands": given, **(register.as_sent() if register.version != known else {})}


def _wait(agent: Agent, poll: int, event: threading.Event, seconds: float, known: str | None) -> dict[str, Any]:
    """Until there is a command or the time is up. Raises `Refusal` when a newer poll takes the place of this one."""
    until = time.monotonic() + seconds
    while True:
        connection.close()
        woken = event.wait(max(0.0, until - time.monotonic()))
        event.clear()
        if not waiting.still_admitted(agent, poll):
            return {"commands": []}
        news = _news(agent, known)
        if news["commands"] or not woken:
            return news


class ResultsDoor(AgentDoor):
    """Answers to commands: each is taken or refused on its own."""

    def post(self, request: Request) -> Response:
        asked = shapes.read(shapes.ResultsSerializer, request)
        caller = _caller(request)
        taken, refused = [], []
        with in_province(caller.province):
            for result in asked["results"]:
                try:
                    actions.take_result(caller.agent, result)
                    taken.append(str(result["command"]))
                except Refusal as refusal:
                    refused.append({"command": str(result["command"]), "code": refusal.code, "sentence": str(refusal)})
            refusals.note(caller.agent, [row for row in refused if row["code"] in refusals.REASONS])
        return Response({"taken": taken, "refused": refused})


class UsageDoor(AgentDoor):
    """The provider's own count of card-seconds. The portal's clock is the meter; a lower count is kept for disputes."""

    throttle_classes = (AgentThrottle, AgentUsageThrottle)

    def post(self, request: Request) -> Response:
        rows = shapes.read(shapes.UsagesSerializer, request)["usage"]
        caller = _caller(request)
        with in_province(caller.province):
            unknown = actions.note_usage(caller.agent, rows)
        return Response({"taken": len(rows) - len(unknown), "unknown": unknown})


def _refuse_query(request: Request) -> None:
    names = ", ".join(sorted(request.query_params)[:5])
    sentence = _("These addresses take no query; yours has: %(names)s. Nothing was done.") % {"names": names}
    require(not names, sentence, "unknown_field", status=422)


def _caller(request: Request) -> AgentUser:
    caller: Any = request.user
    if not isinstance(caller, AgentUser):
        raise Refusal(_("Only an agent may knock here."), "not_an_agent", status=403)
    return caller


def _reason(answer: Response) -> str:
    code = str(answer.data.get("code", ""))
    return code if code in refusals.REASONS else refusals.MALFORMED


def _sentence(answer: Response) -> str:
    """The problem in one line, with the first field that was not understood."""
    told = [str(answer.data.get("detail", ""))]
    told += [f"{one['pointer']}: {one['detail']}" for one in answer.data.get("errors", [])[:1]]
    return gap().join(told)
