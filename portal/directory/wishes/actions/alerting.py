"""Acts on wishes to be told when something is in stock (到货通知).

Whoever finds a wish fulfilled locks it and moves it in the transaction that leaves the letter: one wish, one letter,
however many look at the same time.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import User
from portal.directory.models import AlertState, CardModel, OfferIndex, StockAlert
from portal.directory.wishes import stopping
from tenants import history
from tenants.acts import require

MOST = 30
WAITS_FOR = timedelta(days=30)


@dataclass(frozen=True)
class CardsWanted:
    """So many cards of one model at once, at most so dear, in any or in these provinces."""

    card_model: CardModel
    cards: int = 1
    most_u: int | None = None
    """Micro-yuan per card-hour."""
    provinces: tuple[str, ...] = field(default=())

    @property
    def target(self) -> str:
        places = ",".join(sorted(self.provinces))
        return f"cards:{self.card_model.pk}:{self.cards}:{'' if self.most_u is None else self.most_u}:{places}"

    @property
    def path(self) -> str:
        """The cards page with this request."""
        asked: dict[str, object] = {"card_model": self.card_model.pk, "cards": self.cards}
        if self.provinces:
            asked["provinces"] = sorted(self.provinces)
        if self.most_u is not None:
            asked["price"] = f"{self.most_u / 1_000_000:.2f}"
        return f"/cards/?{urlencode(asked, doseq=True)}"


def await_offer(user: User, offer: OfferIndex) -> StockAlert:
    """Be told when the offer can be bought. Raises `Refusal`: `in_stock`, `not_counted`, `too_many`."""
    require(
        offer.pool is not None,
        _("This offer is not counted by card, so it has no stock to wait for. Nothing was noted."),
        "not_counted",
    )
    in_stock = OfferIndex.objects.on_sale().in_stock().filter(pk=offer.pk).exists()
    require(not in_stock, _("This can be bought now. Nothing was noted."), "in_stock")
    return _open(
        user,
        f"offer:{offer.pk}",
        offer=offer.pk,
        path=f"/catalogue/{offer.province}/{offer.slug}/",
        name_zh=offer.name_zh,
        name_en=offer.name_en,
    )


def await_cards(user: User, wanted: CardsWanted) -> StockAlert:
    """Be told when so many cards can be bought at once. Raises `Refusal`: `in_stock`, `too_many`."""
    free = sum(_counts(_lots([wanted.card_model.pk]), wanted.most_u, wanted.provinces).values())
    require(free < wanted.cards, _("This can be bought now. Nothing was noted."), "in_stock")
    return _open(
        user,
        wanted.target,
        path=wanted.path,
        card_model=wanted.card_model,
        cards=wanted.cards,
        most_u=wanted.most_u,
        provinces=sorted(wanted.provinces),
        name_zh=wanted.card_model.name_zh,
        name_en=wanted.card_model.name_en,
    )


@transaction.atomic
def _open(user: User, target: str, **facts: object) -> StockAlert:
    """The open wish for this target, made if there is none."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    mine = StockAlert.objects.open().filter(user=user)
    if waiting := mine.filter(target=target).first():
        return waiting
    require(
        mine.count() < MOST,
        _("You wait for %(most)s things already. Nothing was noted. Cancel one first.") % {"most": MOST},
        "too_many",
    )
    alert = StockAlert.objects.create(user=user, target=target, expires_at=timezone.now() + WAITS_FOR, **facts)
    history.record("alert.opened", alert, by=user)
    return alert


@transaction.atomic
def cancel_alert(alert: StockAlert) -> StockAlert:
    """Wait no longer. Raises `Refusal` `wrong_state` if it is over already."""
    alert = StockAlert.objects.select_for_update(of=("self",)).select_related("user").get(pk=alert.pk)
    require(alert.state == AlertState.OPEN, _("This is over already. Nothing was changed."), "wrong_state")
    alert.move_to(AlertState.CANCELLED, ended_at=timezone.now())
    history.record("alert.cancelled", alert, by=alert.user)
    return alert


@transaction.atomic
def cancel_all(user_id: str) -> None:
    """Wait for nothing any more, asked for by the link in an e-mail about stock."""
    open_ones = StockAlert.objects.open().filter(user_id=int(user_id)).select_for_update(of=("self",)).order_by("pk")
    for alert in open_ones.select_related("user"):
        alert.move_to(AlertState.CANCELLED, ended_at=timezone.now())
        history.record("alert.cancelled", alert, by=alert.user)


# Watching --------------------------------------------------------------------------------------


def look() -> int:
    """Close what has waited too long, and tell everybody whose wish is fulfilled; the number of letters."""
    for alert_id in StockAlert.objects.open().filter(expires_at__lte=timezone.now()).values_list("pk", flat=True):
        _expire(alert_id)
    return sum(tell(alert_id) for alert_id in fulfilled())


def fulfilled() -> list[uuid.UUID]:
    """Open wishes that are met at this moment; three queries, however many there are."""
    buyable = OfferIndex.objects.on_sale().in_stock().values("pk")
    found = list(StockAlert.objects.open().filter(offer__in=buyable).values_list("pk", flat=True))
    wishes = list(StockAlert.objects.open().filter(offer=None))
    lots = _lots(list({one.card_model_id for one in wishes})) if wishes else []
    by_model: dict[str, list[OfferIndex]] = defaultdict(list)
    for lot in lots:
        by_model[lot.card_model_id or ""].append(lot)
    for wish in wishes:
        free = _counts(by_model[wish.card_model_id or ""], wish.most_u, tuple(wish.provinces))
        if sum(free.values()) >= wish.cards:
            found.append(wish.pk)
    return found


def _lots(card_models: list[str | None]) -> list[OfferIndex]:
    """What the instant cards page sells of these models at this moment."""
    sold = OfferIndex.objects.on_sale().in_stock().orderable().filter(card_model__in=card_models)
    return list(sold.with_stock().for_list())


def _counts(lots: list[OfferIndex], most_u: int | None, provinces: tuple[str, ...]) -> dict[uuid.UUID | None, int]:
    """Free cards by pool, each pool once, of the lots that fit."""
    return {
        lot.pool: lot.free or 0
        for lot in lots
        if (most_u is None or (lot.price_u or 0) <= most_u) and (not provinces or lot.province in provinces)
    }


@transaction.atomic
def tell(alert_id: uuid.UUID) -> bool:
    """Leave the one letter of a wish; False if it is over, or in other hands."""
    alert = _taken(alert_id)
    if alert is None:
        return False
    alert.move_to(AlertState.NOTIFIED, ended_at=timezone.now())
    history.record("alert.told", alert)
    notices.tell(
        [alert.user],
        "in_stock",
        alert,
        cards=alert.cards if alert.card_model_id else 0,
        name_zh=alert.name_zh,
        name_en=alert.name_en or alert.name_zh,
        path=alert.path,
        stop=stopping.address_of(stopping.Mails.ALERTS, alert.user_id),
    )
    return True


@transaction.atomic
def _expire(alert_id: uuid.UUID) -> None:
    alert = _taken(alert_id)
    if alert is not None:
        alert.move_to(AlertState.EXPIRED, ended_at=timezone.now())
        history.record("alert.expired", alert)


def _taken(alert_id: uuid.UUID) -> StockAlert | None:
    """The open wish, locked; None if it is over or somebody else has it."""
    rows = StockAlert.objects.open().select_related("user").filter(pk=alert_id)
    return rows.select_for_update(of=("self",), skip_locked=True).first()
