"""`manage.py create_staff EMAIL --province nation --role operator`: the first member of staff, and any later one."""

from argparse import ArgumentParser
from typing import Any

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from portal.accounts import actions
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.signin import mfa
from tenants.acts import Refusal
from tenants.context import NATION, in_public


class Command(BaseCommand):
    help = "Give a person a staff role, at the nation or in a province; make the account if there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--province", default=NATION, help="slug of an open province; the nation if not named")
        parser.add_argument("--role", action="append", choices=Role.values, help="may be given several times")
        parser.add_argument("--name", default="", help="name of the person, for a new account")

    @no_translations
    def handle(self, *, email: str, province: str, role: list[str] | None, name: str, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is not an e-mail address. Nothing was changed.") from None
        roles = role or [Role.OPERATOR]
        try:
            with in_public(), transaction.atomic():
                user = User.objects.filter(email__iexact=email).first() or actions.create_person(email, name=name)
                for one in roles:
                    actions.add_staff_role(user, province, one)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{user.email} is now {', '.join(roles)} ({province}).")
        self._say_what_is_left(user)

    def _say_what_is_left(self, user: User) -> None:
        if not user.has_usable_password():
            self.stdout.write(f"Set a password here, once, within three days:\n  {password_link(user)}")
        if not mfa.factors(user).exists():
            self.stdout.write("At the first sign-in the portal leads to setting up a second factor (TOTP or passkey).")
        self.stdout.write(f"Staff pages: {settings.PORTAL_URL}/staff/ and /staff/ on the host of the province.")


def password_link(user: User) -> str:
    """One-time link to the page that sets a password; it is void once a password is set."""
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    route = {"uidb36": user_pk_to_url_str(user), "key": token}
    path = reverse("account_reset_password_from_key", settings.PUBLIC_SCHEMA_URLCONF, kwargs=route)
    return f"{settings.PORTAL_URL}{path}"
