"""Marks on views: pages ask for a sign-in unless they say here that visitors may come in."""

from django.contrib.auth.decorators import login_not_required as open_to_visitors

__all__ = ["open_to_visitors"]
