"""Removing what people kept of the catalogue when its term is over. Each returns how many rows it removed."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from portal.directory.models import SavedSearch, StockAlert

ALERT_KEPT_FOR = timedelta(days=30)
"""A wish that is over."""


def forget_alerts() -> int:
    """Wishes that are over for 30 days, and all of people who closed their account."""
    over = Q(ended_at__lt=timezone.now() - ALERT_KEPT_FOR)
    return StockAlert.objects.filter(over | Q(user__is_active=False)).delete()[0]


def forget_searches() -> int:
    """Searches that were deleted, and all of people who closed their account."""
    return SavedSearch.objects.filter(Q(active=False) | Q(user__is_active=False)).delete()[0]
