"""The roles that people have: in an organisation, and on the staff of a province or of the nation."""

from typing import Any

from django.db import models
from django.utils.translation import pgettext_lazy


class MembershipRole(models.TextChoices):
    OWNER = "owner", pgettext_lazy("membership", "owner")
    APPROVER = "approver", pgettext_lazy("membership", "approver")
    BUYER = "buyer", pgettext_lazy("membership", "buyer")
    FINANCE = "finance", pgettext_lazy("membership", "finance")
    VIEWER = "viewer", pgettext_lazy("membership", "viewer")


def roles_to_give(present: str = "") -> list[tuple[str, Any]]:
    """Roles that an owner can give: nothing waits for an approver yet. Who has that role may keep it."""
    return [(one.value, one.label) for one in MembershipRole if one != MembershipRole.APPROVER or one == present]


class Role(models.TextChoices):
    """Staff roles, separate as in reality; the same words in a province and at the nation."""

    OPERATOR = "operator", pgettext_lazy("staff", "operator")
    REGULATOR = "regulator", pgettext_lazy("staff", "regulator")
    DATA_BUREAU = "data_bureau", pgettext_lazy("staff", "data bureau")
    FINANCE = "finance", pgettext_lazy("staff", "finance")
    CUP_OFFICER = "cup_officer", pgettext_lazy("staff", "cup officer")
    CUP_CLERK = "cup_clerk", pgettext_lazy("staff", "cup clerk")
    JUDGE = "judge", pgettext_lazy("staff", "judge")
