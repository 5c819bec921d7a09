"""Who may do what: the one source of rights, drawn for staff at /staff/roles/.

Staff: a role in a province, or at the nation, allows verbs on objects. Objects that live in `public` are answered
by the roles at the nation; objects that live in a province by the roles in the province the connection is in.
Members: an organisation's roles allow acts in its name; see `MEMBERS`.
"""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.models import ApiKey, Membership, MembershipRole, Organisation, Role, StaffRole, User
from tenants.context import NATION, PUBLIC, current_province

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

_VIEW_CATALOG = {f"catalog.{model}": "view" for model in ("provider", "site", "pool", "card", "offer")}
_VIEW_SALES = {f"orders.{model}": "view" for model in ("order", "orderline", "lease")}
_VIEW_USAGE = {f"settlement.{model}": "view" for model in ("meter", "usage")}
_VIEW_TAXONOMY = {f"directory.{model}": "view" for model in ("cardmodel", "basemodel", "availability", "identifier")}
_VIEW_LEDGER = {f"ledger.{model}": "view" for model in ("account", "transaction", "posting", "reservation", "topup")}

TABLE: dict[Role, dict[str, str]] = {
    Role.OPERATOR: {
        "accounts.user": "view",
        "accounts.organisation": "view verify reject suspend resume",
        "accounts.membership": "view",
        "accounts.invitation": "view",
        "accounts.staffrole": "view deactivate",
        "accounts.rolegrant": "view add confirm refuse",
        "accounts.apikey": "view revoke",
        "tenants.province": "view change open backup suspend resume close confirm refuse",
        "tenants.domain": "view",
        "directory.cardmodel": "view add change",
        "directory.cardmodelrequest": "view approve refuse",
        "directory.basemodel": "view add change",
        "directory.availability": "view",
        "directory.identifier": "view",
        "directory.offerindex": "view",
        "directory.orderindex": "view",
        "checkout.quote": "view",
        "checkout.purchase": "view",
        "ledger.topup": "view",
        "catalog.provider": "view pause resume",
        "catalog.site": "view",
        "catalog.pool": "view pause resume",
        "catalog.card": "view",
        "catalog.offer": "view pause resume",
        "catalog.planversion": "view",
        "onboarding.application": "view check return approve refuse settle",
        **_VIEW_SALES,
        "orders.order": "view end",
        "orders.lease": "view lift",
        **_VIEW_USAGE,
        "activation.agent": "view pause resume revoke",
        "activation.enrolmentcode": "view add",
        "activation.assignment": "view",
        "activation.capacityreport": "view",
        "activation.command": "view",
        "activation.refusedrows": "view",
        "activation.resource": "view",
        "history.record": "view",
        "outbox.letter": "view retry set_aside",
        "overview.alarm": "view acknowledge",
    },
    Role.REGULATOR: {
        "tenants.province": "view",
        **_VIEW_TAXONOMY,
        "directory.offerindex": "view",
        "directory.orderindex": "view",
        **_VIEW_CATALOG,
        "onboarding.application": "view",
        **_VIEW_SALES,
        **_VIEW_USAGE,
        "activation.agent": "view",
        "activation.assignment": "view",
        "activation.capacityreport": "view",
        "activation.refusedrows": "view",
        "overview.alarm": "view",
    },
    Role.DATA_BUREAU: {
        "accounts.organisation": "view",
        "tenants.province": "view",
        **_VIEW_TAXONOMY,
        "directory.offerindex": "view",
        "directory.orderindex": "view",
        "checkout.purchase": "view",
        **_VIEW_CATALOG,
        "catalog.planversion": "view",
        "onboarding.application": "view",
        **_VIEW_SALES,
        **_VIEW_USAGE,
        "history.record": "view",
    },
    Role.FINANCE: {
        "accounts.organisation": "view",
        **_VIEW_LEDGER,
        "ledger.topup": "view add book refuse reverse confirm keep",
        "directory.orderindex": "view",
        "checkout.purchase": "view",
        "catalog.provider": "view",
        "catalog.planversion": "view",
        **_VIEW_SALES,
        **_VIEW_USAGE,
    },
    Role.CUP_OFFICER: {},
    Role.CUP_CLERK: {},
    Role.JUDGE: {},
}

BUYERS, PRICES, CONTACTS = "buyers", "prices", "contacts"
HIDDEN_FROM: dict[Role, set[str]] = {Role.REGULATOR: {BUYERS, PRICES, CONTACTS}}
"""What a role does not see in the objects it may view."""
FIELDS_OF: dict[str, dict[str, set[str]]] = {
    BUYERS: {
        "orders.order": {"organisation", "requested_by", "purchase_id"},
        "directory.orderindex": {"organisation", "purchase_id"},
        "checkout.purchase": {"organisation", "requested_by", "key", "quote"},
        "overview.alarm": {"acknowledged_by"},
    },
    PRICES: {
        "orders.order": {"total_u"},
        "orders.orderline": {"price_u", "plan"},
        "directory.orderindex": {"total_u"},
        "directory.offerindex": {"price_u", "price_out_u", "prices"},
        "directory.basemodel": {"price_in", "price_out", "price_as_of"},
        "checkout.purchase": {"total_u"},
        "settlement.meter": {"captured_u"},
        "settlement.usage": {"amount_u"},
    },
    CONTACTS: {"onboarding.application": {"started_by", "approved_by", "answers", "objections"}},
}

_OWNER, _APPROVER, _BUYER = MembershipRole.OWNER, MembershipRole.APPROVER, MembershipRole.BUYER
MEMBERS: dict[str, frozenset[MembershipRole]] = {
    "organisation.edit": frozenset({_OWNER}),
    "organisation.submit": frozenset({_OWNER}),
    "members.manage": frozenset({_OWNER}),
    "keys.manage": frozenset({_OWNER}),
    "organisation.export": frozenset({_OWNER}),
    "provider.apply": frozenset({_OWNER}),
    "offers.manage": frozenset({_OWNER, _APPROVER}),
    "supply.manage": frozenset({_OWNER, _APPROVER}),
    "agents.manage": frozenset({_OWNER, _APPROVER}),
    "purchase": frozenset({_OWNER, _APPROVER, _BUYER}),
    "approve": frozenset({_OWNER, _APPROVER}),
    "orders.end": frozenset({_OWNER, _APPROVER, _BUYER}),
    "credentials.view": frozenset({_OWNER, _APPROVER, _BUYER}),
    "wallet.view": frozenset({_OWNER, _APPROVER, _BUYER, MembershipRole.FINANCE}),
    "purchases.view": frozenset(MembershipRole),
}
"""Acts in the name of an organisation and the membership roles that may do them."""

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
        known = frozenset(StaffRole.objects.active().filter(user=user).values_list("province", "role"))
        user._staff_roles = known
    return known


def may(user: "User | AnonymousUser", verb: str, label: str, province: str | None = None) -> bool:
    """Whether the person may do this to such objects, in the given province or where the connection is."""
    roles = roles_of(user, province or place_of(label))
    return any(verb in TABLE[role].get(label, "").split() for role in roles)


def may_enter(user: "User | AnonymousUser", app_label: str) -> bool:
    """Whether the person may view anything of this app here."""
    roles = roles_of(user, place_of(f"{app_label}."))
    return any(label.startswith(f"{app_label}.") for role in roles for label in TABLE[role])


def hidden_fields(user: "User | AnonymousUser", label: str) -> frozenset[str]:
    """Fields of this object that every role the person views it by keeps from her."""
    roles = [role for role in roles_of(user, place_of(label)) if "view" in TABLE[role].get(label, "").split()]
    each = [_hidden_from(role, label) for role in roles]
    return frozenset.intersection(*each) if each else frozenset()


def kept_from(user: "User | AnonymousUser", label: str) -> frozenset[str]:
    """Kinds of facts of this object that every role the person views it by keeps from her."""
    roles = [role for role in roles_of(user, place_of(label)) if "view" in TABLE[role].get(label, "").split()]
    each = [frozenset(HIDDEN_FROM.get(role, ())) for role in roles]
    return frozenset.intersection(*each) if each else frozenset()


def _hidden_from(role: Role, label: str) -> frozenset[str]:
    return frozenset(field for kind in HIDDEN_FROM.get(role, ()) for field in FIELDS_OF[kind].get(label, ()))


def staff_with(verb: str, label: str, place: str = NATION) -> Iterator[User]:
    """Active people whose role in that place allows the verb: those a waiting thing waits for."""
    roles = [role for role, objects in TABLE.items() if verb in objects.get(label, "").split()]
    held = StaffRole.objects.active().filter(province=place, role__in=roles, user__is_active=True)
    return User.objects.filter(pk__in=held.values("user")).order_by("pk").iterator()


# Members ---------------------------------------------------------------------------------------


def membership_may(membership: Membership | None, act: str) -> bool:
    return membership is not None and membership.active and membership.role in MEMBERS[act]


def member_may(user: "User | AnonymousUser", act: str, organisation: Organisation) -> bool:
    """Whether the person may act so in the organisation's name; one query."""
    if not user.is_authenticated or not user.is_active:
        return False
    roles = list(MEMBERS[act])
    return Membership.objects.active().filter(user=user, organisation=organisation, role__in=roles).exists()


def key_may(key: ApiKey, scope: str) -> bool:
    """Whether the key has the scope and its maker's role allows now what the scope stands for."""
    return scope in key.scopes and key.maker_role in MEMBERS[SCOPES_NEED[scope]]


def can_buy(user: "User | AnonymousUser", organisation: Organisation) -> bool:
    return member_may(user, "purchase", organisation)


def require_right(request: HttpRequest, act: str) -> Membership:
    """The acting membership, if it may act so; otherwise 403 with a sentence."""
    return require_member(request, *MEMBERS[act])


def require_member(request: HttpRequest, *roles: str) -> Membership:
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
