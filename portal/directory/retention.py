"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.directory.models import SavedSearch, StockAlert
from tenants.registry import CONTRACT, Personal, fields_of

ALERT_KEPT_FOR = timedelta(days=30)
"""A wish that is over."""

PERSONAL = (
    Personal(
        "searches",
        (
            *fields_of("directory.savedsearch", "user name query"),
            *fields_of("directory.stockalert", "user target path provinces name_zh name_en"),
        ),
        what=_("Saved searches and wishes to be told of stock"),
        purpose=_("finding offers again, telling the person when they can be bought"),
        seen_by=_("the person"),
        kept=_(
            "until the person deletes them; wishes 30 days after they are over; all within a day of closing the account"
        ),
        ground=CONTRACT,
    ),
)
NOT_PERSONAL = {
    "about an organisation": (*fields_of("directory.noticeindex", "province applicant_zh applicant_en"),),
    "about goods, places and prices": (
        *fields_of("directory.identifier", "text province province_code kind site_code site_zh site_en city_zh"),
        *fields_of("directory.identifier", "city_en"),
        *fields_of("directory.cardmodel", "slug code vendor_zh vendor_en name_zh name_en interconnect"),
        *fields_of("directory.cardmodel", "form_factor card_class k8s_resource source basis"),
        *fields_of("directory.cardmodelrequest", "vendor name source reason"),
        *fields_of("directory.basemodel", "slug name_zh name_en vendor_zh vendor_en kind domain modality"),
        *fields_of("directory.basemodel", "parameters price_as_of filing source basis"),
        *fields_of("directory.availability", "province"),
        *fields_of("directory.offerindex", "province slug provider_zh provider_en name_zh name_en summary_zh"),
        *fields_of("directory.offerindex", "summary_en pool_mode network site_zh site_en city_zh city_en"),
        *fields_of("directory.offerindex", "prices search_text search_sounds"),
    ),
    "about a trade, by number": (*fields_of("directory.orderindex", "province number state"),),
    "about what an agent said of its health, and its next key": (*fields_of("directory.activationrecord", "province"),),
}
"""Reason → fields with free text that say nothing about a person."""


def forget() -> None:
    """Remove what is past its term; run daily."""
    forget_alerts()
    forget_searches()


def forget_alerts() -> int:
    """Wishes that are over for 30 days, and all of people who closed their account."""
    over = Q(ended_at__lt=timezone.now() - ALERT_KEPT_FOR)
    return StockAlert.objects.filter(over | Q(user__is_active=False)).delete()[0]


def forget_searches() -> int:
    """Searches that were deleted, and all of people who closed their account."""
    return SavedSearch.objects.filter(Q(active=False) | Q(user__is_active=False)).delete()[0]
