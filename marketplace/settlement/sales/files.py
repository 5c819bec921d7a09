"""A provider's sales as files for spreadsheets: amounts in yuan to the micro-yuan, times of Beijing."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from marketplace.settlement.sales.reading import Sale, Total
from portal.web.sheets.writing import write
from portal.web.wording import BEIJING, MICRO


def orders(rows: list[Sale]) -> bytes:
    head = [
        *(_("Order"), _("Pool"), _("Card model"), _("Cards"), _("Price, yuan per card-hour"), _("Hours ordered")),
        *(_("State"), _("Placed"), _("Started"), _("Ended at")),
        *(_("Card-hours charged"), _("Income, yuan"), _("Payable so far, yuan")),
    ]
    return write(head, (_order(sale) for sale in rows))


def months(rows: list[Total]) -> bytes:
    head = [
        *(_("Month"), _("Pool"), _("Orders")),
        *(_("Card-hours charged"), _("Income, yuan"), _("Payable so far, yuan")),
    ]
    return write(head, (_month(total) for total in rows))


def _order(sale: Sale) -> list[str]:
    return [
        *(sale.order, sale.pool, str(sale.card_model), str(sale.cards), _yuan(sale.price_u), str(sale.hours)),
        *(str(sale.state.label), _time(sale.placed_at), _time(sale.started_at), _time(sale.ended_at)),
        *(str(sale.card_hours), _yuan(sale.income_u), _yuan(sale.payable_u)),
    ]


def _month(total: Total) -> list[str]:
    return [
        *(f"{total.month:%Y-%m}", total.pool, str(total.orders)),
        *(str(total.card_hours), _yuan(total.income_u), _yuan(total.payable_u)),
    ]


def _yuan(amount_u: int) -> str:
    return f"{Decimal(amount_u) / MICRO:.6f}"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
