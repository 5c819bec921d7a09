"""Real workers: an honest order becomes active while another provider's slow workspaces hold their probes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from marketplace.activation.fulfilment.probe import DEADLINE_SECONDS
from marketplace.activation.models import Command, Resource
from marketplace.orders.models import Order, OrderState
from portal.runtime import processes
from portal.runtime.broker import JOBS, PROBES
from portal.runtime.processes import Part
from tenants.context import in_province
from tests.live import LivePortal, free_port
from tests.market import Buyer, OnSale, buyer, card_model, on_sale
from tests.marketplace.activation.probing import answered, manifest, placed
from tests.portal.outbound.servers import Stranger, ok, stranger, trickling

pytestmark = pytest.mark.processes

SLOW_ORDERS = 8
ACTIVE_WITHIN_SECONDS, HELD_UP_FOR_SECONDS = 10, 6


def eventually(fact: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.05)
    return fact()


@pytest.fixture
def slow_workspaces() -> Iterator[Stranger]:
    """Headers come one byte every two seconds."""
    with stranger(trickling(b"", b"H", 2)) as server:
        yield server


@pytest.fixture
def portal(race_database, tmp_path) -> Iterator[LivePortal]:
    """Beat and no worker yet; no pages are needed."""
    running = LivePortal(free_port(), race_database.url, tmp_path)
    running.start(processes.beat(tmp_path))
    yield running
    running.stop_all()


def asked(lot: OnSale, order: str) -> bool:
    """The worker has asked the agent for the workspace."""
    with in_province(lot.province):
        return Command.objects.filter(line__order=order).exists()


def state(lot: OnSale, order: str) -> str:
    with in_province(lot.province):
        return Order.objects.get(pk=order).state


def slowed_down(portal: LivePortal, who: Buyer, slow_workspaces: Stranger, at_once: int) -> None:
    """Eight orders of a provider whose workspaces are slow; so many of them are being probed."""
    lot = on_sale("shanxi", SLOW_ORDERS, card=card_model("slow-card", name_zh="慢卡", name_en="Slow card").slug)
    orders = [placed(who, lot) for _one in range(SLOW_ORDERS)]
    for order in orders:
        assert eventually(lambda order=order: asked(lot, order)), portal.log("worker")
    for order in orders:
        answered(lot, order, slow_workspaces.port)
    assert eventually(lambda: len(slow_workspaces.came) == at_once), portal.log("worker")


def honest_order(portal: LivePortal, who: Buyer, seconds: float) -> str:
    """State of an order for a sound workspace so many seconds after it was placed, or as soon as it is active."""
    lot, until = on_sale("shanxi", 2), time.monotonic() + seconds
    with stranger(ok(b"")) as workspace:
        order = placed(who, lot)
        if eventually(lambda: asked(lot, order), until - time.monotonic()):
            with in_province("shanxi"):
                resource = Resource.objects.select_related("line__pool").get(line__order=order)
            workspace.answering = ok(manifest([resource]))
            answered(lot, order, workspace.port)
            eventually(lambda: state(lot, order) == OrderState.ACTIVE, until - time.monotonic())
        return state(lot, order)


def test_slow_workspaces_of_one_provider_delay_nobody_elses_order(portal, slow_workspaces):
    portal.start(processes.worker())
    portal.start(processes.prober())
    who = buyer()
    slowed_down(portal, who, slow_workspaces, at_once=2)
    assert honest_order(portal, who, ACTIVE_WITHIN_SECONDS) == OrderState.ACTIVE, portal.log("prober")
    assert eventually(lambda: len(slow_workspaces.came) >= 4), portal.log("prober")
    came = slow_workspaces.came
    assert min(third - first for first, third in zip(came, came[2:], strict=False)) >= DEADLINE_SECONDS - 0.5


def test_with_one_queue_and_no_places_they_do(portal, slow_workspaces):
    """Negative control."""
    portal.start(unguarded())
    who = buyer()
    slowed_down(portal, who, slow_workspaces, at_once=SLOW_ORDERS)
    assert honest_order(portal, who, HELD_UP_FOR_SECONDS) == OrderState.PLACED, portal.log("worker")


def unguarded() -> Part:
    part, command = processes.worker(), list(processes.worker().command)
    command[command.index("portal.celery")] = "tests.marketplace.activation.unguarded_worker"
    command[command.index("--queues") + 1] = f"{JOBS},{PROBES}"
    return replace(part, command=command)
