"""Letters of the outbox that need an agent or a probe."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from marketplace.activation.fulfilment import actions, credentials, endpoints, places, record, removal
from marketplace.activation.fulfilment.probe import Finding, probe_workspace
from marketplace.activation.models import Command, Nonce, Resource, ResourceState, Verb
from marketplace.orders import actions as orders
from marketplace.orders.models import Order, OrderLine, OrderState
from portal.directory.index.record_models import ActivationRecord
from tenants.context import for_each_province
from tenants.models import Province
from tenants.outbox import work
from tenants.outbox.models import Letter
from tenants.tasks import ProvinceTask, one_by_one

NOT_TAKEN_AFTER = timedelta(minutes=5)
"""An agent that has not taken an `apply` in this time is gone: the order fails and frees cards and money."""
NONCES_KEPT_FOR = timedelta(minutes=15)


@shared_task(base=ProvinceTask, name="activation.start")
def start(schema: str, letter_id: int) -> None:
    with work.taken(letter_id) as letter:
        if letter is not None:
            in_vain = _in_vain(letter)
            order = _locked(letter.subject_id, in_vain)
            try:
                actions.start_activation(order)
            except actions.NoAgent as reason:
                _wait_or_fail(order, in_vain, reason)


def _in_vain(letter: Letter) -> bool:
    """No agent was there in the time an agent has to take an order."""
    return timezone.now() - letter.left_at >= NOT_TAKEN_AFTER


def _locked(order_id: Any, in_vain: bool) -> Order:
    """Behind its wallet where the order may fail now, which frees its money."""
    lock = orders.lock_with_wallet if in_vain else orders.lock
    return lock(order_id)


def _wait_or_fail(order: Order, in_vain: bool, reason: Exception) -> None:
    if not in_vain:
        raise work.NotNow(str(reason))
    actions.fail(order, "network")


@shared_task(base=ProvinceTask, name="activation.retry")
def retry(schema: str, letter_id: int) -> None:
    with work.taken(letter_id) as letter:
        if letter is not None:
            in_vain = _in_vain(letter)
            line = OrderLine.objects.get(resource__id=UUID(letter.subject_id))
            order = _locked(line.order_id, in_vain)
            resource = Resource.objects.select_for_update(of=("self",)).select_related("line").get(pk=letter.subject_id)
            resource.line.order = order
            try:
                actions.retry(resource)
            except actions.NoAgent as reason:
                _wait_or_fail(order, in_vain, reason)


@shared_task(base=ProvinceTask, name="activation.probe")
def probe(schema: str, letter_id: int) -> None:
    """Outside any transaction and without a connection: a slow workspace holds nothing but a place of its agent."""
    letter = Letter.objects.open().filter(pk=letter_id).first()
    if letter is None:
        return
    resource = Resource.objects.select_related("line__pool").get(pk=letter.subject_id)
    if resource.state != ResourceState.PROBING or resource.secret is None:
        with work.taken(letter_id):
            return
    with places.held(resource, letter_id) as has_place:
        if has_place:
            finding = _found(resource, letter_id)
            with work.taken(letter_id) as taken:
                if taken is not None:
                    actions.take_finding(resource.pk, resource.attempt, finding)


def _found(resource: Resource, letter_id: int) -> Finding:
    try:
        secret = credentials.decrypt(resource.secret or b"")
        card_model, networks = resource.line.pool.card_model_id, endpoints.networks()
        connection.close()
        return probe_workspace(
            resource.endpoint, secret, card_model=card_model, serials=resource.serials, networks=networks
        )
    except Exception as error:
        work.put_off(letter_id, f"{type(error).__name__}: {error}")
        raise


@shared_task(base=ProvinceTask, name="activation.suspend")
def suspend(schema: str, letter_id: int) -> None:
    with work.taken(letter_id) as letter:
        if letter is not None:
            order = Order.objects.locked().get(pk=letter.subject_id)
            if order.state == OrderState.ENDING:
                actions.suspend_order(order)


@shared_task(base=ProvinceTask, name="activation.revoke")
def revoke(schema: str, letter_id: int) -> None:
    with work.taken(letter_id) as letter:
        if letter is not None:
            actions.revoke_order(Order.objects.locked().get(pk=letter.subject_id))


@shared_task(base=ProvinceTask, name="activation.finish")
def finish(schema: str, letter_id: int) -> None:
    with work.taken(letter_id) as letter:
        if letter is not None:
            actions.finish(Order.objects.get(pk=letter.subject_id))


@shared_task(name="activation.watch", ignore_result=True)
def watch() -> None:
    """Fail orders no agent took, give up removals nobody proves, and forget nonces outside the clock window."""
    for_each_province(_watch_province)


@shared_task(name="activation.keep_records", ignore_result=True)
def keep_records() -> None:
    """Hourly: count every provider's activations of the last 90 days for the ranking rule."""
    for_each_province(_keep_records_of)


def _keep_records_of(province: Province) -> None:
    ActivationRecord.objects.write(province.slug, record.count())


def _watch_province(province: Province) -> None:
    now = timezone.now()
    Nonce.objects.filter(used_at__lt=now - NONCES_KEPT_FOR).delete()
    stuck = Command.objects.filter(
        verb=Verb.APPLY,
        sent_at=None,
        answered_at=None,
        created_at__lt=now - NOT_TAKEN_AFTER,
        line__order__state=OrderState.ACTIVATING,
    )
    one_by_one(_fail_stuck, set(stuck.values_list("line__order_id", flat=True)))
    unproven = removal.unproven_for(removal.PROVEN_WITHIN)
    one_by_one(removal.give_up, Order.objects.filter(pk__in=unproven.values("line__order")))


def _fail_stuck(order_id: UUID) -> None:
    with transaction.atomic():
        order = orders.lock_with_wallet(order_id)
        if order.state == OrderState.ACTIVATING:
            actions.fail(order, "network")
