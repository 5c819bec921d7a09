"""What Prometheus reads at `/metrics`: requests and tasks of every process of this machine, and the portal's state.

Off unless METRICS_TOKEN is set; then the door wants it as a bearer token and is nowhere for everybody else. Processes
leave their counts in files below PORTAL_DATA, from which the process that is asked adds them up; an installation on
several machines scrapes each. What lies in the database (work that waits, orders, stock) is asked at the scrape.
"""

import hmac
import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db.models import Count, Max, Min, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from portal.directory.models import Availability, OrderIndex
from tenants.context import for_each_province, in_public
from tenants.models import Province
from tenants.outbox.models import Letter

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def enabled() -> bool:
    return bool(settings.METRICS_TOKEN)


def prepare() -> None:
    """Before the library is imported, which looks for the folder of counts once."""
    folder = settings.DATA_DIR / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault(FOLDER, str(folder))
    task_prerun.connect(_task_began, weak=False)
    task_postrun.connect(_task_ended, weak=False)


@cache
def _counts() -> dict[str, Any]:
    from prometheus_client import Counter, Histogram  # after `prepare`

    request = ("method", "view")
    return {
        "requests": Counter("portal_requests", "Requests answered", [*request, "status"]),
        "seconds": Histogram("portal_request_seconds", "Time until the answer", request, buckets=SECONDS),
        "tasks": Counter("portal_tasks", "Tasks of the worker that ended", ["task", "outcome"]),
        "task_seconds": Histogram("portal_task_seconds", "Time a task took", ["task"], buckets=SECONDS),
    }


class MetricsMiddleware:
    """Counts every answer by the name of its view, never by its address: addresses carry numbers of orders."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not enabled():
            return self.get_response(request)
        if request.path == "/metrics":
            return scraped(request)
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name or match.func.__qualname__ if match else "none"
        method = request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "other"
        _counts()["requests"].labels(method, view, response.status_code).inc()
        _counts()["seconds"].labels(method, view).observe(time.perf_counter() - began)
        return response


def scraped(request: HttpRequest) -> HttpResponse:
    """The text for Prometheus, for whoever brings the token; 404 otherwise, as for an address that does not exist."""
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(brought.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(StateCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


# Tasks -----------------------------------------------------------------------------------------

_began: dict[str, float] = {}


def _task_began(task_id: str, **more: Any) -> None:
    _began[task_id] = time.perf_counter()


def _task_ended(task_id: str, task: Any, state: str | None, **more: Any) -> None:
    _counts()["tasks"].labels(task.name, (state or "unknown").lower()).inc()
    if (began := _began.pop(task_id, None)) is not None:
        _counts()["task_seconds"].labels(task.name).observe(time.perf_counter() - began)


# The state of the portal -----------------------------------------------------------------------


class StateCollector:
    """Work that waits, orders, stock and its age, by province."""

    def collect(self) -> Iterator[Any]:
        with in_public():
            yield from self._public()
        yield from self._outbox()

    def _public(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        provinces = GaugeMetricFamily("portal_provinces", "Known divisions", labels=["state"])
        for state, number in Province.objects.values_list("state").annotate(Count("pk")).order_by():
            provinces.add_metric([state], number)
        orders = GaugeMetricFamily("portal_orders", "Orders", labels=["province", "state"])
        for *labels, number in OrderIndex.objects.values_list("province", "state").annotate(Count("pk")).order_by():
            orders.add_metric(labels, number)
        cards = GaugeMetricFamily("portal_cards", "Cards by the last count", labels=["province", "kind"])
        age = GaugeMetricFamily("portal_report_age_seconds", "Since an agent reported last", labels=["province"])
        counted = Availability.objects.values_list("province").annotate(Sum("cards"), Sum("free"), Max("measured_at"))
        for province, registered, free, measured_at in counted.order_by():
            cards.add_metric([province, "registered"], registered)
            cards.add_metric([province, "free"], free)
            if measured_at is not None:
                age.add_metric([province], (timezone.now() - measured_at).total_seconds())
        yield from (provinces, orders, cards, age)

    def _outbox(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        due = GaugeMetricFamily("portal_outbox_due", "Letters that wait for a worker", labels=["province"])
        oldest = GaugeMetricFamily("portal_outbox_oldest_seconds", "Wait of the oldest letter", labels=["province"])
        unread = GaugeMetricFamily("portal_province_unread", "1: the province could not be asked", labels=["province"])
        for outcome in for_each_province(_letters):
            label = [outcome.province.slug]
            unread.add_metric(label, float(outcome.error is not None))
            if outcome.value is not None:
                number, since = outcome.value
                due.add_metric(label, number)
                oldest.add_metric(label, (timezone.now() - since).total_seconds() if since else 0)
        yield from (due, oldest, unread)


def _letters(province: Province) -> tuple[int, Any]:
    found = Letter.objects.due().aggregate(number=Count("pk"), since=Min("due_at"))
    return found["number"], found["since"]
