"""Pages of a provider's agents: enrolling, renewing the key, pausing and revoking."""

import shlex
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.activation.agents import actions as acts
from marketplace.activation.agents import codes, serving, standing
from marketplace.activation.models import Agent, EnrolmentCode
from marketplace.catalog.access import AGENTS, managed, may, person, provider_of, require_may
from marketplace.catalog.models import Pool, Provider
from portal.directory.index.record_models import ActivationRecord
from tenants.acts import require
from tenants.context import current_province

STATE_FOLDER = "/var/lib/suanli-agent"
VERBS = {
    "pause": (acts.pause_agent, gettext_lazy("“%(name)s” is paused. Running leases are not affected.")),
    "resume": (acts.resume_agent, gettext_lazy("“%(name)s” sells again with its next report.")),
}


@require_safe
def agents(request: HttpRequest) -> HttpResponse:
    return _page(request, provider_of(request))


@require_POST
def enrol(request: HttpRequest) -> HttpResponse:
    """Make a code for a new agent; it is shown in this answer and never again."""
    provider = provider_of(request)
    require_may(request, AGENTS, provider)
    code = codes.create_code(provider, by=person(request))
    return _page(request, provider, command=_command("enrol", code))


@require_POST
def rotate(request: HttpRequest, key_id: str) -> HttpResponse:
    """Make a code for a new key of this agent; it is shown in this answer and never again."""
    agent = _agent(request, key_id)
    code = codes.create_code(agent.provider, by=person(request), renews=agent)
    return _page(request, agent.provider, command=_command("rotate", code), renewed=agent)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    mine = EnrolmentCode.objects.filter(provider__in=Provider.objects.visible_to(person(request)))
    code = get_object_or_404(mine.select_related("provider__organisation"), pk=pk)
    require_may(request, AGENTS, code.provider)
    codes.withdraw_code(code, by=person(request))
    messages.success(request, _("The code is withdrawn. No agent can use it any more."))
    return redirect("activation:agents")


@require_POST
def change(request: HttpRequest, key_id: str, verb: str) -> HttpResponse:
    """Pause or resume: acts that can be taken back."""
    agent = _agent(request, key_id)
    if verb not in VERBS:
        raise Http404
    act, sentence = VERBS[verb]
    act(agent, by=person(request))
    messages.success(request, sentence % {"name": agent.name})
    return redirect("activation:agents")


@require_POST
def choose(request: HttpRequest, pool_id: UUID) -> HttpResponse:
    """Which agent serves the pool from now on."""
    pool = managed(request, AGENTS, Pool.objects.all(), pool_id)
    key_id = request.POST.get("agent", "").replace("\0", "")
    require(key_id, _("No agent was chosen. Nothing was changed."), "no_choice", status=422)
    agent = get_object_or_404(Agent, pk=key_id, provider=pool.provider_id)
    serving.choose_agent(pool, agent, by=person(request))
    sentence = _("“%(agent)s” serves %(pool)s from now on. The pool is sold once this agent has reported it.")
    messages.success(request, sentence % {"agent": agent.name, "pool": pool.slug})
    return redirect("activation:agents")


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """Says what becomes of running leases, and does it when it is confirmed."""
    agent = _agent(request, key_id)
    if request.method != "POST":
        return render(request, "activation/revoke.html", {"agent": agent, "orders": standing.orders_through(agent)})
    acts.revoke_agent(agent, by=person(request))
    messages.success(request, _("The key of “%(name)s” is refused from now on.") % {"name": agent.name})
    return redirect("activation:agents")


def _agent(request: HttpRequest, key_id: str) -> Agent:
    """The agent, for a member who may manage agents: 404 for strangers, 403 for other members."""
    visible = Agent.objects.visible_to(person(request)).select_related("provider__organisation")
    found: Agent = get_object_or_404(visible, pk=key_id)
    require_may(request, AGENTS, found.provider)
    return found


def _command(verb: str, code: str) -> str:
    """What is typed at the provider's site."""
    words = ["suanli-agent", verb, "--portal", settings.PORTAL_URL, "--code", code, "--state", STATE_FOLDER]
    return shlex.join(words)


def _page(request: HttpRequest, provider: Provider, **more: object) -> HttpResponse:
    agents, places = standing.of_provider(provider)
    shown = {
        "provider": provider,
        "agents": agents,
        "admitted": [one.agent for one in agents if one.agent.revoked_at is None],
        "places": places,
        "waiting": [one for one in places if one.waits],
        "record": ActivationRecord.objects.filter(
            province=current_province(), organisation=provider.organisation_id
        ).first(),
        "codes": standing.open_codes(provider),
        "may_manage": may(request, AGENTS, provider),
        "now": timezone.now(),
        **more,
    }
    answer = render(request, "activation/agents.html", shown)
    if "command" in more:
        answer.headers["Cache-Control"] = "no-store"
    return answer
