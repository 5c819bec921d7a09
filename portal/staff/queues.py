"""What needs a person of the staff: organisations to verify, roles to confirm, letters that were not delivered."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import GrantState, Organisation, RoleGrant, User
from portal.staff import desk
from portal.staff.tables import columns
from tenants.context import NATION, in_province
from tenants.outbox.models import Letter


def _organisation(one: Any) -> desk.Item:
    note = f"{one.uscc} · {one.get_kind_display()}"
    return desk.Item(one.name, note, one.submitted_at, desk.address("staff:verification"))


def awaiting_verification(user: User) -> desk.Waiting:
    """Not those the person belongs to, nor those whose credit code the person has proven."""
    own = Organisation.objects.visible_to(user).values("pk")
    rows = Organisation.objects.awaiting_verification().exclude(pk__in=own).exclude(code_proven_by=user)
    return desk.waiting(rows, "submitted_at", _organisation)


def roles_awaiting_second(user: User) -> desk.Waiting:
    """Not those the person asked for or would get."""
    rows = RoleGrant.objects.awaiting_second().exclude(requested_by=user).exclude(user=user)
    return desk.waiting(rows.select_related("user", "requested_by"), "requested_at", _grant)


def _grant(one: RoleGrant) -> desk.Item:
    note = _("%(role)s, %(place)s; asked for by %(person)s") % {
        "role": one.get_role_display(),
        "place": columns.place(one.province),
        "person": one.requested_by,
    }
    return desk.Item(str(one.user), note, one.requested_at, desk.page_of(one))


def undelivered(user: User) -> desk.Waiting:
    return desk.waiting(Letter.objects.stuck(), "left_at", _letter)


def undelivered_at_the_nation(user: User) -> desk.Waiting:
    """The nation's outbox lies in its own province, and so does the page where its letters are sent again."""
    with in_province(NATION):
        return desk.waiting(Letter.objects.stuck(), "left_at", _letter_of_the_nation)


def _letter(letter: Letter) -> desk.Item:
    return desk.Item(letter.topic, letter.last_error[:160], letter.left_at, f"{_province_lists()}{letter.pk}/change/")


def _letter_of_the_nation(letter: Letter) -> desk.Item:
    return desk.Item(letter.topic, letter.last_error[:160], letter.left_at, f"{_nation_lists()}{letter.pk}/change/")


def _province_lists() -> str:
    return "/staff/outbox/letter/"


def _nation_lists() -> str:
    return f"{settings.PORTAL_SCHEME}://{NATION}.{settings.PARENT_DOMAIN}{settings.PORT_SUFFIX}{_province_lists()}"


_LETTERS = _("Letters that could not be delivered")
_LETTERS_OTHERWISE = _(
    "The work they ask for stays undone. The portal goes on trying, with e-mails for a day; then a person must decide."
)
_LETTERS_ACT = _("To the outbox")

QUEUES = [
    desk.Queue(
        name="verification",
        label=_("Organisations waiting for verification"),
        verb="verify",
        thing="accounts.organisation",
        otherwise=_("They can neither buy nor sell until somebody has decided."),
        act=_("Check and decide"),
        url=lambda: desk.address("staff:verification"),
        find=awaiting_verification,
        national=True,
    ),
    desk.Queue(
        name="roles",
        label=_("Staff roles waiting for a second operator"),
        verb="confirm",
        thing="accounts.rolegrant",
        otherwise=_("The person does not get the role, and what waits for that role waits on."),
        act=_("Confirm or refuse"),
        url=lambda: desk.list_of(RoleGrant, f"state__exact={GrantState.AWAITING_SECOND}"),
        find=roles_awaiting_second,
        national=True,
    ),
    desk.Queue(
        name="outbox",
        label=_LETTERS,
        verb="retry",
        thing="outbox.letter",
        otherwise=_LETTERS_OTHERWISE,
        act=_LETTERS_ACT,
        url=lambda: f"{_province_lists()}?attention=person",
        find=undelivered,
        tone="bad",
    ),
    desk.Queue(
        name="outbox",
        label=_LETTERS,
        verb="retry",
        thing="outbox.letter",
        otherwise=_LETTERS_OTHERWISE,
        act=_LETTERS_ACT,
        url=lambda: f"{_nation_lists()}?attention=person",
        find=undelivered_at_the_nation,
        national=True,
        tone="bad",
    ),
]
