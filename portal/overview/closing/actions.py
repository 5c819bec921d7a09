"""What national staff do with a whole province: every step against it needs a reason, its closing a second person."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import User
from portal.accounts.permissions import staff_with
from portal.accounts.signing import require_other_eyes
from portal.overview.closing.models import ClosingState, ProvinceClosing
from tenants import history
from tenants.actions import close_province, lock_province, suspend_province
from tenants.acts import Refusal, reasoned, require
from tenants.models import Province, ProvinceState


@transaction.atomic
def suspend_sales(province: Province, *, reason: str, by: User) -> Province:
    """Staff of the province read the reason."""
    reason = reasoned(reason)
    with history.because(reason):
        province = suspend_province(province.slug, by=by)
    names = {"place_zh": province.name_zh, "place_en": province.name_en}
    people = staff_with("pause", "catalog.provider", province.slug)
    notices.tell(people, "province_suspended", province, by=by, reason=reason, **names)
    return province


@transaction.atomic
def ask_closing(province: Province, *, reason: str, typed: str, by: User) -> ProvinceClosing:
    """Nothing is closed before a second operator confirms it."""
    reason = reasoned(reason)
    _require_name(province, typed)
    province = lock_province(province.slug)
    require(
        province.state == ProvinceState.SUSPENDED,
        _("%(name)s is “%(state)s” now. Suspend its sales first, then close it. Nothing was changed.")
        % {"name": province.name, "state": province.get_state_display()},
        "wrong_state",
    )
    require(
        closing_of(province) is None,
        _("The closing of %(name)s waits for a second operator already. Nothing was changed.")
        % {"name": province.name},
        "closing_asked",
    )
    closing = ProvinceClosing.objects.create(province=province.slug, reason=reason, asked_by=by)
    history.record("province.closing_asked", province, by=by, reason=reason)
    return closing


@transaction.atomic
def confirm_closing(province: Province, *, typed: str, by: User) -> Province:
    """Close it for good, with the reason that the first operator gave."""
    _require_name(province, typed)
    closing = _asked(province)
    own = _("You asked for this closing yourself; another operator must confirm it. Nothing was changed.")
    require_other_eyes(closing.asked_by_id, by=by, own=own)
    closing.confirmed_by = by
    closing.save(update_fields=["confirmed_by"])
    with history.because(closing.reason):
        return close_province(province.slug, by=by)


@transaction.atomic
def drop_closing(province: Province, *, reason: str, by: User) -> Province:
    """The province stays suspended."""
    reason = reasoned(reason)
    _asked(province).move_to(ClosingState.DROPPED, decided_at=timezone.now())
    history.record("province.closing_dropped", province, by=by, reason=reason)
    return province


def closing_of(province: Province) -> ProvinceClosing | None:
    """The closing that waits for a second operator."""
    return ProvinceClosing.objects.asked().filter(province=province.slug).select_related("asked_by").first()


def done_with(province: Province) -> None:
    """The province is closed, by whatever way."""
    for closing in ProvinceClosing.objects.asked().filter(province=province.slug):
        closing.move_to(ClosingState.DONE, decided_at=timezone.now())


def void_at(province: Province) -> None:
    """The province sells again: a closing asked for before is not confirmed after the next suspension."""
    for closing in ProvinceClosing.objects.asked().filter(province=province.slug):
        closing.move_to(ClosingState.DROPPED, decided_at=timezone.now())


def _asked(province: Province) -> ProvinceClosing:
    lock_province(province.slug)
    closing = ProvinceClosing.objects.asked().select_for_update().filter(province=province.slug).first()
    if closing is None:
        raise Refusal(_("Nobody has asked for this closing, or it is over. Nothing was changed."), "no_closing")
    return closing


def _require_name(province: Province, typed: str) -> None:
    require(
        typed.strip() in (province.name_zh, province.name_en),
        _("What you typed is not the name of the province. Nothing was changed."),
        "wrong_name",
    )
