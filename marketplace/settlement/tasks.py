from celery import shared_task

from marketplace.orders.models import OrderLine, OrderState
from marketplace.settlement import actions
from tenants.context import for_each_province
from tenants.models import Province


@shared_task(name="settlement.capture_running", ignore_result=True)
def capture_running() -> None:
    """Hourly: charge what running orders used."""
    for_each_province(_capture_province)


def _capture_province(province: Province) -> None:
    running = OrderLine.objects.filter(order__state=OrderState.ACTIVE, meter__isnull=False)
    for line in running:
        actions.capture_now(line)
