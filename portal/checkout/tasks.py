"""Letters that orders leave for what lies above them."""

from celery import shared_task

from marketplace.orders import first_sales
from marketplace.orders.models import Order
from portal.checkout import telling
from tenants.outbox import work
from tenants.tasks import ProvinceTask


@shared_task(base=ProvinceTask, name="checkout.tell")
def tell(schema: str, letter_id: int) -> None:
    """An order was placed, or has moved: tell the buyer of the purchase, and the provider of its first sale."""
    with work.taken(letter_id) as letter:
        if letter is not None:
            order = Order.objects.get(pk=letter.subject_id)
            telling.tell(order.purchase_id)
            first_sales.tell(order)
