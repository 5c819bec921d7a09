"""The addresses of django-allauth. What changes an account and mails about it is one transaction here."""

from allauth import urls
from django.db import transaction
from django.urls import URLPattern, URLResolver

IN_ONE_TRANSACTION = {
    "account_signup",
    "account_email",
    "account_change_password",
    "account_set_password",
    "account_reset_password_from_key",
}


def _together(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    if isinstance(pattern, URLResolver):
        for inner in pattern.url_patterns:
            _together(inner)
    elif pattern.name in IN_ONE_TRANSACTION:
        pattern.callback = transaction.atomic(pattern.callback)
    return pattern


urlpatterns = [_together(pattern) for pattern in urls.urlpatterns]
