"""What happened to a purchase, in sentences: from its quote, its booking and the history of its provinces."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import ApiKey, User
from portal.checkout.purchases.following import Followed, Followings, ProvinceOrder
from portal.checkout.state_words import cards_text
from portal.web.wording import money, money_exact
from tenants.history.models import ActorKind, Record


@dataclass
class Entry:
    at: datetime
    tone: str
    sentence: str
    stamp: str = ""


def trail_of(purchase: Followings) -> list[Entry]:
    """Newest last; names of people and keys of this organisation cost one query each, whatever the length."""
    names = _actors(purchase)
    entries = _beginning(purchase)
    for order in purchase.orders:
        for record in order.records:
            entry = _entry(record, order, names.get((record.actor_kind, record.actor_id), ""))
            if entry is not None:
                entries.append(entry)
    return sorted(entries, key=lambda entry: entry.at)


def _beginning(purchase: Followings) -> list[Entry]:
    bought, quote = purchase.purchase, purchase.purchase.quote
    by = str(bought.requested_by) if bought.key is None else str(bought.key)
    count = len(purchase.orders)
    held = (
        _("The stock is held, %(money)s reserved")
        if count == 1
        else _("The stock of %(count)s provinces is held at once, %(money)s reserved")
    )
    return [
        Entry(quote.created_at, "ok", _("Quote %(number)s") % {"number": quote.number}, money(quote.total_u)),
        Entry(bought.created_at, "ok", _("%(name)s bought") % {"name": by}),
        Entry(bought.placed_at or bought.created_at, "ok", held % {"count": count, "money": money(bought.total_u)}),
    ]


def _entry(record: Record, order: ProvinceOrder, by: str) -> Entry | None:
    """One history row as a sentence; acts that say nothing to a buyer are left out."""
    where = order.short
    facts = {"province": where, "cards": cards_text(order.cards), "name": by}
    lot = _lot(record, order)
    if record.act == "resource.ready" and lot is not None:
        checked = {"province": where, "cards": cards_text(lot.line.cards)}
        return Entry(record.at, "ok", _("%(province)s: %(cards)s passed the check") % checked)
    if record.act == "credentials.viewed":
        return Entry(record.at, "ok", _("%(name)s looked at the access to %(province)s") % facts)
    if record.act == "order.failed":
        sentence = _("%(province)s: activation failed, nothing is charged") % facts
        return Entry(record.at, "bad", sentence, _reason(order))
    if record.act == "order.settled":
        return Entry(record.at, "ok", _settled(record) % {"province": where, **_amounts(record)})
    if record.act == "order.end_near":
        ends_at = datetime.fromisoformat(record.facts["ends_at"])
        near = {**facts, "time": f"{timezone.localtime(ends_at):%Y-%m-%d %H:%M}"}
        return Entry(record.at, "warn", _("%(province)s: ends at %(time)s, the buyer was told") % near)
    sentences = {
        "order.activating": ("run", _("%(province)s: the request goes to the provider")),
        "order.active": ("ok", _("%(province)s: %(cards)s active, the meter runs")),
        "order.ending": ("run", _("%(province)s: %(name)s ended the order, the meter stands")),
        "order.cancelling": ("run", _("%(province)s: %(name)s cancelled the order")),
        "order.unproven": ("warn", _("%(province)s: the provider did not prove the deletion, staff look after it")),
        "order.ended": ("off", _ended(order)),
        "order.cancelled": ("off", _cancelled(record)),
    }
    if record.act not in sentences:
        return None
    tone, sentence = sentences[record.act]
    return Entry(record.at, tone, sentence % {**facts, "name": by or _("the platform")})


def _settled(record: Record) -> str:
    if record.facts["charged_u"]:
        return _("%(province)s: %(charged)s charged, %(released)s back in the wallet")
    return _("%(province)s: nothing charged, %(released)s back in the wallet")


def _amounts(record: Record) -> dict[str, str]:
    return {
        "charged": money_exact(record.facts["charged_u"]),
        "released": money_exact(record.facts["released_u"]),
    }


def _ended(order: ProvinceOrder) -> str:
    return _("%(province)s: order over") if order.unproven else _("%(province)s: cards free, data deleted, order over")


def _cancelled(record: Record) -> str:
    """By the buyer at once, or when the cards were free."""
    by_somebody = record.actor_kind != ActorKind.SYSTEM
    return _("%(province)s: %(name)s cancelled the order") if by_somebody else _("%(province)s: cancellation done")


def _lot(record: Record, order: ProvinceOrder) -> Followed | None:
    return next((lot for lot in order.lots if str(lot.line.pk) == record.facts.get("line")), None)


def _reason(order: ProvinceOrder) -> str:
    code = order.order.failure_code
    return _("Reason %(code)s: %(sentence)s") % {"code": code, "sentence": order.reason} if code else ""


def _actors(purchase: Followings) -> dict[tuple[str, str], str]:
    acted = {(record.actor_kind, record.actor_id) for order in purchase.orders for record in order.records}
    users = [pk for kind, pk in acted if kind == ActorKind.USER and pk.isdigit()]
    keys = [pk for kind, pk in acted if kind == ActorKind.KEY]
    members = purchase.purchase.organisation.memberships
    names = {(ActorKind.USER.value, str(user.pk)): str(user) for user in User.objects.filter(pk__in=users)}
    inside = {str(pk) for pk in members.values_list("user_id", flat=True)}
    for actor in names:
        if actor[1] not in inside:
            names[actor] = _("staff of the platform")
    names.update({(ActorKind.KEY.value, str(key.pk)): str(key) for key in ApiKey.objects.filter(pk__in=keys)})
    return names
