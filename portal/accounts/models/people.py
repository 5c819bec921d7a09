"""People who sign in."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.accounts import permissions
from portal.accounts.models.roles import StaffRole
from portal.web.texts.lines import Line


class UserManager(DjangoUserManager["User"]):
    """Users are known by their e-mail address, compared without case."""

    def holding(self, roles: Iterable[str], place: str) -> "models.QuerySet[User]":
        """Active people with one of these roles in a province, or at the nation."""
        held = StaffRole.objects.active().filter(province=place, role__in=list(roles))
        return self.filter(is_active=True, pk__in=held.values("user"))

    def _create_user(self, email: str, password: str | None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        return self._create_user(email, password, **extra)

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        return self._create_user(email, password, is_superuser=True, is_staff=True, **extra)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractUser):
    """A person. Rights come from memberships and staff roles, never from `is_superuser`."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = Line(_("name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, blank=True, default="", db_default=""
    )
    """In which the portal writes to the person; empty until one is chosen, and then e-mails say all in both."""
    sample = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    actor_kind = "user"
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_without_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Only the table of roles answers: neither `is_superuser` nor Django's own permission rows do."""
        label, verb = permissions.parse(perm)
        return permissions.may(self, verb, label)

    def has_module_perms(self, app_label: str) -> bool:
        return permissions.may_enter(self, app_label)
