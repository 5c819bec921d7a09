"""Second factors: who must have one, and whether it was used in this session."""

import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.accounts.models import StaffRole, User

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def factors(user: User) -> QuerySet[Authenticator]:
    """The person's second factors; recovery codes alone are none."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS)


def is_staff(user: User | AnonymousUser) -> bool:
    return user.is_authenticated and StaffRole.objects.active().filter(user=user).exists()


def must_set_up(user: User) -> bool:
    """Staff who have no second factor yet."""
    return is_staff(user) and not factors(user).exists()


def used_in_session(request: HttpRequest) -> bool:
    """Whether this session was entered, or confirmed later, with a second factor (a passkey is one too)."""
    if not request.user.is_authenticated:
        return False
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def just_signed_in(request: HttpRequest) -> bool:
    """Whether the password was typed in this session within the time allauth counts as recent."""
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    typed = [record["at"] for record in records if record.get("method") == "password"]
    return bool(typed) and time.time() - max(typed) < app_settings.REAUTHENTICATION_TIMEOUT


def count_set_up(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **more: object
) -> None:
    """Setting up the first factor proves its possession in this session, so it counts as used."""
    if authenticator.type in FACTORS and factors(user).count() == 1:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
