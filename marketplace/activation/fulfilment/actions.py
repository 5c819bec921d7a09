"""Order → running resource → free cards again. Every step is an act on rows; agents and probes only report.

A step that may fail the order frees its money, so it locks the wallet before the order.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.fulfilment import commands, credentials, endpoints, removal
from marketplace.activation.fulfilment.probe import Finding
from marketplace.activation.models import Agent, Command, Resource, ResourceState, Verb
from marketplace.orders import actions as orders
from marketplace.orders.models import CLEARING, Order, OrderLine, OrderState
from marketplace.settlement import actions as settlement
from portal.directory.measuring import sold_at_once
from tenants import history, outbox
from tenants.acts import Refusal, require

MOST_ATTEMPTS = 5
BACK_OFF_SECONDS = (5, 15, 60, 180, 300)
CODES = ("capacity_gone", "image_pull", "quota", "network", "auth", "policy", "hardware", "internal")
"""Closed list of reasons an agent may give; another word is taken as `internal`."""
FINAL = {
    Verb.APPLY: "ready",
    Verb.VERIFY: "verified",
    Verb.SUSPEND: "suspended",
    Verb.RESUME: "resumed",
    Verb.REVOKE: "revoked",
    Verb.LIST: "listed",
}
"""What each command is answered with when it is done; any may be answered with `failed`."""
UNDER_WAY = ("accepted", "progress")
KEPT_OF_AN_ANSWER = ("status", "step", "percent", "sentence", "serials", "card_model", "code", "retryable")
"""Not the endpoint: its secret is kept encrypted with the resource, and nowhere else."""


class NoAgent(Exception):
    """No agent of the provider can take the command now."""


def start_activation(order: Order) -> None:
    """placed → activating: one resource and one `apply` for each line. Raises `NoAgent`."""
    if order.state == OrderState.PLACED:
        order = orders.start_activation(order)
    if order.state != OrderState.ACTIVATING:
        return
    for line in order.lines.select_related("pool", "order"):
        serials = list(line.leases.order_by("card_id").values_list("card__serial", flat=True))
        resource, _made = Resource.objects.get_or_create(line=line, defaults={"serials": serials})
        if resource.state == ResourceState.WANTED:
            _apply(resource)


@transaction.atomic
def _apply(resource: Resource) -> None:
    agent = commands.agent_for(resource.line)
    if agent is None:
        raise NoAgent(_("No agent of the provider is there to take the order."))
    commands.order(resource, Verb.APPLY, agent)
    resource.move_to(ResourceState.APPLYING)


@transaction.atomic
def take_result(agent: Agent, result: dict[str, Any]) -> None:
    """One answer of an agent to one command.

    Raises `Refusal` for a foreign command, an older attempt, and an answer that does not fit what was asked: the
    command stays open then and is given out again.
    """
    command = Command.objects.select_related("line").filter(pk=result["command"], agent=agent).first()
    if command is None:
        raise Refusal(_("This agent was never given such a command."), "unknown_command")
    may_fail = command.verb == Verb.APPLY and result["status"] == "failed"
    lock = orders.lock_with_wallet if may_fail else orders.lock
    order = lock(command.line.order_id)
    command = Command.objects.select_for_update().get(pk=command.pk)
    resource = Resource.objects.select_for_update().get(line=command.line_id)
    resource.line.order = order
    if result["attempt"] < resource.attempt:
        raise Refusal(_("A newer attempt has been made; this answer is out of date."), "older_attempt")
    fitting = (FINAL[Verb(command.verb)], "failed", *UNDER_WAY)
    require(
        result["attempt"] == command.attempt and result["status"] in fitting,
        _("This is no answer to what was asked. It was not taken."),
        "wrong_answer",
    )
    if command.answered_at is not None:
        return
    if result["status"] in UNDER_WAY:
        _progress(command, resource, result)
        return
    take = {"ready": _ready, "failed": _failed, "revoked": _revoked}.get(result["status"])
    command.answered_at = timezone.now()
    command.answer = {name: result[name] for name in KEPT_OF_AN_ANSWER if result.get(name) not in (None, "", [])}
    command.save(update_fields=["answered_at", "answer"])
    if take is not None:
        take(command, resource, result)


def _progress(command: Command, resource: Resource, result: dict[str, Any]) -> None:
    command.step = str(result.get("sentence") or result.get("step") or "")[:200]
    command.save(update_fields=["step"])
    if resource.taken_at is None:
        resource.taken_at = timezone.now()
        resource.save(update_fields=["taken_at"])


def _ready(command: Command, resource: Resource, result: dict[str, Any]) -> None:
    """The agent says it works; the portal believes its own probe only."""
    if resource.state != ResourceState.APPLYING:
        return
    endpoint = result.get("endpoint") or {}
    now = timezone.now()
    resource.move_to(
        ResourceState.PROBING,
        kind=str(endpoint.get("kind", ""))[:20],
        endpoint=endpoints.accepted(str(endpoint.get("url", ""))),
        secret=credentials.encrypt(str(endpoint.get("secret", ""))),
        taken_at=resource.taken_at or now,
        applied_at=now,
    )
    outbox.leave("activation.probe", resource)


def _failed(command: Command, resource: Resource, result: dict[str, Any]) -> None:
    code = str(result.get("code")) if result.get("code") in CODES else "internal"
    if command.verb == Verb.REVOKE:
        _ask_again(resource)
    elif command.verb == Verb.APPLY and resource.state == ResourceState.APPLYING:
        _give_up_or_retry(resource, code, str(result.get("sentence", "")), bool(result.get("retryable")))


def _give_up_or_retry(resource: Resource, code: str, sentence: str, retryable: bool) -> None:
    if retryable and resource.attempt < MOST_ATTEMPTS:
        resource.move_to(ResourceState.WANTED, attempt=resource.attempt + 1, failure=sentence[:300])
        outbox.leave("activation.retry", resource, due_at=timezone.now() + _back_off(resource.attempt))
        return
    resource.move_to(ResourceState.FAILED, failure_code=code, failure=sentence[:300])
    if resource.line.order.state == OrderState.ACTIVATING:  # another line may have failed, or the buyer cancelled
        fail(resource.line.order, code)


def _back_off(attempt: int) -> timedelta:
    return timedelta(seconds=BACK_OFF_SECONDS[min(attempt, MOST_ATTEMPTS) - 1])


def retry(resource: Resource) -> None:
    """Apply or revoke again under the new attempt number, unless it is no longer wanted. Raises `NoAgent`."""
    if resource.state == ResourceState.WANTED and resource.line.order.state == OrderState.ACTIVATING:
        _apply(resource)
    elif resource.state == ResourceState.REVOKING:
        last = Command.objects.select_related("agent").filter(line=resource.line_id, verb=Verb.REVOKE).last()
        if last is not None:
            commands.order(resource, Verb.REVOKE, last.agent)


@transaction.atomic
def take_finding(resource_id: Any, attempt: int, finding: Finding) -> None:
    """What the probe saw: the resource works, or it is tried again and given up after five attempts."""
    resource = Resource.objects.select_related("line__order").get(pk=resource_id)
    lock = orders.lock if finding.passed else orders.lock_with_wallet
    order = lock(resource.line.order_id)
    resource = Resource.objects.select_for_update().get(pk=resource_id)
    resource.line.order = order
    if resource.state != ResourceState.PROBING or resource.attempt != attempt:
        return
    if not finding.passed:
        _give_up_or_retry(resource, "internal", finding.sentence, retryable=True)
        return
    if not sold_at_once(counted=finding.measured):
        sentence = _("No driver counted the cards of the workspace. They are declared, not measured.")
        _give_up_or_retry(resource, "hardware", sentence, retryable=False)
        return
    resource.move_to(ResourceState.READY, ready_at=timezone.now(), measured=finding.measured, failure="")
    history.record("resource.ready", resource, line=str(resource.line_id), measured=finding.measured)
    _activate_when_complete(order)


def _activate_when_complete(order: Order) -> None:
    """activating → active once every line works; only now the meters start, each at its own `ready_at`."""
    resources = list(Resource.objects.filter(line__order=order).select_related("line"))
    if order.state != OrderState.ACTIVATING or any(one.state != ResourceState.READY for one in resources):
        return
    ready = [(one.line, one.ready_at) for one in resources if one.ready_at is not None]
    for line, ready_at in ready:
        settlement.start_meter(line, ready_at)
    orders.mark_active(order, max(ready_at for _line, ready_at in ready))


def fail(order: Order, code: str) -> None:
    """activating → failed: the money is free now, what was set up is removed. The caller holds wallet and order."""
    orders.mark_failed(order, code)
    outbox.leave("activation.revoke", order)


def suspend_order(order: Order) -> None:
    """The term is over: the workspaces stop, their data stays until the grace is over."""
    for resource in Resource.objects.select_for_update(of=("self",)).filter(
        line__order=order, state=ResourceState.READY
    ):
        asked = Command.objects.filter(line=resource.line_id, verb=Verb.APPLY).exclude(sent_at=None).last()
        if asked is not None:
            commands.order(resource, Verb.SUSPEND, asked.agent)


def revoke_order(order: Order) -> None:
    """Have every resource of an ending, cancelled or failed order removed.

    Cards whose resource no agent was ever asked to set up are free at once.
    """
    for line in OrderLine.objects.filter(order=order).select_related("pool"):
        resource, _made = Resource.objects.get_or_create(line=line)
        resource = Resource.objects.select_for_update().get(pk=resource.pk)
        if resource.state not in (ResourceState.REVOKING, ResourceState.RELEASED):
            _remove(resource)
    _finish_when_released(order)


def _remove(resource: Resource) -> None:
    asked = _withdraw_unsent(resource)
    resource.move_to(ResourceState.REVOKING)
    if asked is None:
        _release(resource)
    else:
        commands.order(resource, Verb.REVOKE, asked)


def _withdraw_unsent(resource: Resource) -> Agent | None:
    """The agent that was asked to set the resource up; an `apply` no poll has taken is never given out."""
    applies = list(
        Command.objects.select_for_update().filter(line=resource.line_id, verb=Verb.APPLY).order_by("attempt")
    )
    for command in applies:
        if command.sent_at is None:
            command.answered_at, command.answer = timezone.now(), {"status": "withdrawn"}
            command.save(update_fields=["answered_at", "answer"])
    return next((command.agent for command in reversed(applies) if command.sent_at is not None), None)


def _revoked(command: Command, resource: Resource, result: dict[str, Any]) -> None:
    """The agent proved the cards free."""
    if resource.state == ResourceState.REVOKING:
        _release(resource)
        _finish_when_released(resource.line.order)


def _release(resource: Resource) -> None:
    resource.move_to(ResourceState.RELEASED, released_at=timezone.now(), secret=None, shown_until=None)
    orders.release_leases(resource.line)
    history.record("resource.released", resource, line=str(resource.line_id))


def _finish_when_released(order: Order) -> None:
    left = Resource.objects.filter(line__order=order).exclude(state=ResourceState.RELEASED)
    if not left.exists():
        outbox.leave("activation.finish", order)


def _ask_again(resource: Resource) -> None:
    """A resource that could not be removed keeps its cards; the agent is asked until it proves them free."""
    resource.attempt += 1
    resource.save(update_fields=["attempt"])
    wait = removal.ASKED_AGAIN_AFTER if removal.is_given_up(resource) else _back_off(resource.attempt)
    outbox.leave("activation.retry", resource, due_at=timezone.now() + wait)


@transaction.atomic
def finish(order: Order) -> None:
    """Every card is free: the order has ended, or is cancelled."""
    order = Order.objects.locked().get(pk=order.pk)
    if order.state in CLEARING:
        orders.finish_ending(order)


def note_usage(agent: Agent, rows: list[dict[str, Any]]) -> list[str]:
    """Keep the provider's own count of card-seconds in history; returns the tokens this agent does not serve."""
    served = OrderLine.objects.filter(commands__agent=agent, pk__in=[row["token"] for row in rows]).distinct()
    lines = {line.pk: line for line in served}
    counted = [
        (lines[row["token"]], {"card_seconds": str(row["card_seconds"])}) for row in rows if row["token"] in lines
    ]
    history.record_each("usage.reported", counted, by=agent)
    return [str(row["token"]) for row in rows if row["token"] not in lines]
