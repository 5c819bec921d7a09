"""Who may do what: the one source of rights, collected from the `rights` of every app, drawn at /staff/roles/.

Staff: a role in a province, or at the nation, allows verbs on objects. Objects that live in `public` are answered
by the roles at the nation; objects that live in a province by the roles in the province the connection is in.
Members: an organisation's roles allow acts in its name; see `members`.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.roles import MembershipRole, Role
from tenants import registry
from tenants.context import NATION, PUBLIC, current_province

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from portal.accounts.models import ApiKey, Membership, Organisation, User

BUYERS, PRICES, CONTACTS = "buyers", "prices", "contacts"
HIDDEN_FROM: dict[Role, set[str]] = {Role.REGULATOR: {BUYERS, PRICES, CONTACTS}}
"""What a role does not see in the objects it may view."""


@cache
def table() -> dict[Role, dict[str, tuple[str, ...]]]:
    """Role → kind of object → verbs: the `RIGHTS` of every app."""
    found: dict[Role, dict[str, tuple[str, ...]]] = {role: {} for role in Role}
    for right in registry.rows("rights", "RIGHTS"):
        objects = found[Role(right.role)]
        objects[right.object] = objects.get(right.object, ()) + right.verbs
    return found


@cache
def withheld() -> dict[str, dict[str, frozenset[str]]]:
    """Kind of facts → kind of object → its fields: `WITHHELD` of every app."""
    found: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for row in registry.rows("rights", "WITHHELD"):
        found[row.kind][row.object] = found[row.kind].get(row.object, frozenset()) | set(row.fields)
    return dict(found)


@cache
def members() -> dict[str, frozenset[MembershipRole]]:
    """Acts in the name of an organisation, and the membership roles that may do them: `MEMBER_RIGHTS` of every app."""
    rows = registry.rows("rights", "MEMBER_RIGHTS")
    return {row.act: frozenset(map(MembershipRole, row.roles)) for row in rows}


SCOPES_NEED = {
    "catalog:read": "purchases.view",
    "quotes:write": "purchases.view",
    "purchases:write": "purchase",
    "orders:read": "purchases.view",
    "orders:write": "orders.end",
    "credentials:read": "credentials.view",
    "wallet:read": "wallet.view",
    "agents:read": "purchases.view",
    "agents:write": "agents.manage",
    "supply:read": "purchases.view",
    "supply:write": "supply.manage",
    "exports:write": "organisation.export",
}
"""Scope of a key → act that its maker must be allowed to do; every membership role may view purchases."""


# Staff -----------------------------------------------------------------------------------------


def parse(permission: str) -> tuple[str, str]:
    """("catalog.offer", "view") of Django's name "catalog.view_offer"."""
    app_label, _dot, codename = permission.partition(".")
    verb, _line, model = codename.partition("_")
    return f"{app_label}.{model}", verb


def place_of(label: str) -> str:
    """Where roles must lie to touch this object now: the nation for public objects, else the current province."""
    here = current_province()
    in_province = label.partition(".")[0] in _province_apps()
    return here if in_province and here != PUBLIC else NATION


@cache
def _province_apps() -> frozenset[str]:
    return frozenset(config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS)


def roles_of(user: "User | AnonymousUser", place: str) -> frozenset[Role]:
    """The person's active roles in one province (or at the nation)."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return frozenset(Role(role) for province, role in _all_roles(user) if province == place)


def _all_roles(user: Any) -> frozenset[tuple[str, str]]:
    """Every active role of the person, in all provinces, read once per user object (a request has its own).

    Roles of all provinces are kept, never an answer: so nothing crosses `in_province`.
    """
    known: frozenset[tuple[str, str]] | None = getattr(user, "_staff_roles", None)
    if known is None:
        known = frozenset(user.staff_roles.active().values_list("province", "role"))
        user._staff_roles = known
    return known


def may(user: "User | AnonymousUser", verb: str, label: str, province: str | None = None) -> bool:
    """Whether the person may do this to such objects, in the given province or where the connection is."""
    roles = roles_of(user, province or place_of(label))
    return any(verb in table()[role].get(label, ()) for role in roles)


def may_enter(user: "User | AnonymousUser", app_label: str) -> bool:
    """Whether the person may view anything of this app here."""
    roles = roles_of(user, place_of(f"{app_label}."))
    return any(label.startswith(f"{app_label}.") for role in roles for label in table()[role])


def hidden_fields(user: "User | AnonymousUser", label: str) -> frozenset[str]:
    """Fields of this object that every role the person views it by keeps from her."""
    roles = [role for role in roles_of(user, place_of(label)) if "view" in table()[role].get(label, ())]
    each = [_hidden_from(role, label) for role in roles]
    return frozenset.intersection(*each) if each else frozenset()


def kept_from(user: "User | AnonymousUser", label: str) -> frozenset[str]:
    """Kinds of facts of this object that every role the person views it by keeps from her."""
    roles = [role for role in roles_of(user, place_of(label)) if "view" in table()[role].get(label, ())]
    each = [frozenset(HIDDEN_FROM.get(role, ())) for role in roles]
    return frozenset.intersection(*each) if each else frozenset()


def _hidden_from(role: Role, label: str) -> frozenset[str]:
    return frozenset(field for kind in HIDDEN_FROM.get(role, ()) for field in withheld().get(kind, {}).get(label, ()))


def staff_with(verb: str, label: str, place: str = NATION) -> "Iterator[User]":
    """Active people whose role in that place allows the verb: those a waiting thing waits for."""
    roles = [role for role, objects in table().items() if verb in objects.get(label, ())]
    people: QuerySet[User] = get_user_model().objects.holding(roles, place)  # type: ignore[attr-defined]
    return people.order_by("pk").iterator()


# Members ---------------------------------------------------------------------------------------


def membership_may(membership: "Membership | None", act: str) -> bool:
    return membership is not None and membership.active and membership.role in members()[act]


def member_may(user: "User | AnonymousUser", act: str, organisation: "Organisation") -> bool:
    """Whether the person may act so in the organisation's name; one query."""
    if not user.is_authenticated or not user.is_active:
        return False
    roles = list(members()[act])
    return user.memberships.active().filter(organisation=organisation, role__in=roles).exists()


def key_may(key: "ApiKey", scope: str) -> bool:
    """Whether the key has the scope and its maker's role allows now what the scope stands for."""
    return scope in key.scopes and key.maker_role in members()[SCOPES_NEED[scope]]


def can_buy(user: "User | AnonymousUser", organisation: "Organisation") -> bool:
    return member_may(user, "purchase", organisation)


def require_right(request: HttpRequest, act: str) -> "Membership":
    """The acting membership, if it may act so; otherwise 403 with a sentence."""
    return require_member(request, *members()[act])


def require_member(request: HttpRequest, *roles: str) -> "Membership":
    """The acting membership, if its role is one of these (any, when none is named); otherwise 403 with a sentence."""
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    if membership is None:
        raise PermissionDenied(_("You do not belong to an organisation yet. Nothing was changed."))
    if roles and membership.role not in roles:
        raise PermissionDenied(
            _("Your role in %(organisation)s (%(role)s) does not allow this. Nothing was changed.")
            % {"organisation": membership.organisation.name, "role": membership.get_role_display()}
        )
    return membership
