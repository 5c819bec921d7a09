"""Who acts for the platform: people and their roles in a province or at the nation."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import Role, StaffRole, User
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import NATION
from tenants.models import Province


@transaction.atomic
def create_person(email: str, *, name: str = "", password: str | None = None) -> User:
    """An account whose address counts as verified, because whoever runs the portal vouches for it."""
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    history.record("person.created", user)
    return user


@transaction.atomic
def add_staff_role(user: User, province: str, role: str, *, by: User | None) -> StaffRole:
    """`by` None is the command line. Raises `Refusal` if a person would give herself a role."""
    require(by is None or by.pk != user.pk, _("Nobody gives a role to themselves. Nothing was changed."), "own_role")
    require(role in Role.values, _("There is no such role. Nothing was changed."), "unknown_role")
    place = Province.objects.with_schema().filter(schema_name=province).first()
    if place is None:
        raise Refusal(_("“%(slug)s” is not open. Nothing was changed.") % {"slug": province}, "unknown_province")
    staff_role, _made = StaffRole.objects.update_or_create(
        user=user, province=province, role=role, defaults={"active": True}
    )
    history.record("staff_role.added", staff_role, by=by, user=user.pk, province=province, role=role)
    notices.tell([user], "staff_role_added", staff_role, place_zh=place.name_zh, place_en=place.name_en, role=role)
    return staff_role


@transaction.atomic
def deactivate_staff_role(staff_role: StaffRole, *, by: User | None) -> StaffRole:
    """Raises `Refusal` if nobody could give roles at the nation afterwards."""
    operators = StaffRole.objects.active().filter(province=NATION, role=Role.OPERATOR).order_by("pk")
    others = [one for one in operators.select_for_update() if one.pk != staff_role.pk]
    staff_role = StaffRole.objects.select_for_update().get(pk=staff_role.pk)
    require(staff_role.active, _("This role was ended already. Nothing was changed."), "wrong_state")
    last = staff_role.province == NATION and staff_role.role == Role.OPERATOR and not others
    require(
        not last,
        _("This is the last operator of the nation. Name another one first; nothing was changed."),
        "last_operator",
    )
    staff_role.active = False
    staff_role.save(update_fields=["active"])
    history.record("staff_role.deactivated", staff_role, by=by, user=staff_role.user_id)
    return staff_role
